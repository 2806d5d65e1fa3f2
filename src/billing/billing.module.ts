import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MappingsModule } from '../mappings/mappings.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { BillingAccount, BillingSwitch } from './accounts/billing-account.entity.js';
import { BillingAccountsController } from './accounts/billing-accounts.controller.js';
import { BillingAccountsService } from './accounts/billing-accounts.service.js';
import { ArrowLookupsController } from './actions/arrow-lookups.controller.js';
import { ArrowLookupsService } from './actions/arrow-lookups.service.js';
import { BillingActionsController } from './actions/billing-actions.controller.js';
import { BillingJobsService } from './actions/billing-jobs.service.js';
import { PauseService } from './actions/pause.service.js';
import { ResourceSyncService } from './actions/resource-sync.service.js';
import { ConsumptionCleanupService } from './consumption/consumption-cleanup.service.js';
import { ConsumptionLedgerService } from './consumption/consumption-ledger.service.js';
import { ConsumptionRecord } from './consumption/consumption-record.entity.js';
import { ConsumptionRecordsController } from './consumption/consumption-records.controller.js';
import { ConsumptionRecordsService } from './consumption/consumption-records.service.js';
import { ConsumptionSyncService } from './consumption/consumption-sync.service.js';
import { ConsumptionController } from './consumption/consumption.controller.js';
import { HistoricalConsumptionService } from './consumption/historical-consumption.service.js';
import { Invoice } from './invoices/invoice.entity.js';
import { InvoiceItemsService } from './invoices/invoice-items.service.js';
import { InvoiceViewsService } from './invoices/invoice-views.service.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { InvoicesService } from './invoices/invoices.service.js';
import { InvoicePosting } from './ledger/invoice-posting.entity.js';
import { LedgerService } from './ledger/ledger.service.js';
import { LicenseCharge } from './ledger/license-charge.entity.js';
import { TieOutService } from './ledger/tie-out.service.js';
import { LicenseOwner } from './matching/license-owner.entity.js';
import { PartiesService } from './matching/parties.service.js';
import { BillingReportsController } from './reports/billing-reports.controller.js';
import { BillingSummaryService } from './reports/billing-summary.service.js';
import { CustomerBillingController } from './reports/customer-billing.controller.js';
import { ExplainService } from './reports/explain.service.js';
import { ReportsService } from './reports/reports.service.js';
import { BilledLicensesService } from './statement/billed-licenses.service.js';
import { BillingMonth } from './statement/billing-month.entity.js';
import { BillingMonthsService } from './statement/billing-months.service.js';
import { BillingSync } from './statement/billing-sync.entity.js';
import { BillingSyncItem } from './statement/billing-sync-item.entity.js';
import { BillingSyncItemsController } from './statement/billing-sync-items.controller.js';
import { BillingSyncsController } from './statement/billing-syncs.controller.js';
import { BillingSyncsService } from './statement/billing-syncs.service.js';
import { ExportPage, ExportSnapshot } from './statement/export-snapshot.entity.js';
import { LineVendorsService } from './statement/line-vendors.service.js';
import { SnapshotsService } from './statement/snapshots.service.js';
import { StagingLoader } from './statement/staging-loader.service.js';
import { StatementApplier } from './statement/statement-applier.service.js';
import { StatementSyncService } from './statement/statement-sync.service.js';
import { VendorChoicesController } from './statement/vendor-choices.controller.js';

const entities = [
  BillingAccount,
  BillingSwitch,
  BillingMonth,
  BillingSync,
  BillingSyncItem,
  ConsumptionRecord,
  ExportPage,
  ExportSnapshot,
  Invoice,
  InvoicePosting,
  LicenseCharge,
  LicenseOwner,
];

/**
 * What ArrowSphere bills becomes what organisations are charged: once, exactly, and so that every cent can be explained.
 * Statements, consumption and invoices meet in one ledger of entries that are never changed.
 */
@Module({
  imports: [TypeOrmModule.forFeature(entities), JobsModule, ArrowGatewayModule, SettingsModule, MappingsModule],
  // Those with fixed paths stand before those that take a UUID there.
  controllers: [
    BillingActionsController,
    ArrowLookupsController,
    ConsumptionController,
    BillingReportsController,
    BillingSyncsController,
    BillingSyncItemsController,
    ConsumptionRecordsController,
    BillingAccountsController,
    CustomerBillingController,
    InvoicesController,
    VendorChoicesController,
  ],
  providers: [
    ArrowLookupsService,
    BilledLicensesService,
    BillingSummaryService,
    ConsumptionCleanupService,
    ExplainService,
    HistoricalConsumptionService,
    ReportsService,
    ResourceSyncService,
    BillingAccountsService,
    BillingJobsService,
    BillingMonthsService,
    BillingSyncsService,
    ConsumptionLedgerService,
    ConsumptionRecordsService,
    ConsumptionSyncService,
    InvoiceItemsService,
    InvoiceViewsService,
    InvoicesService,
    LedgerService,
    LineVendorsService,
    PartiesService,
    PauseService,
    SnapshotsService,
    StagingLoader,
    StatementApplier,
    StatementSyncService,
    TieOutService,
  ],
  exports: [
    BillingAccountsService,
    BillingJobsService,
    BillingSyncsService,
    ConsumptionRecordsService,
    InvoiceViewsService,
  ],
})
export class BillingModule {}
