import { Module } from '@nestjs/common';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { NamesOfPeople } from '../directory/users/names-of-people.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MappingsModule } from '../mappings/mappings.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { BillingAccount, BillingSwitch } from './accounts/billing-account.entity.js';
import { BillingAccountsRepository } from './accounts/billing-accounts.repository.js';
import { BillingAccountsService } from './accounts/billing-accounts.service.js';
import { BillingRule } from './accounts/billing-rule.entity.js';
import { BillingRulesService } from './accounts/billing-rules.service.js';
import { ConsumptionCleanupService } from './consumption/consumption-cleanup.service.js';
import { ConsumptionLedgerService } from './consumption/consumption-ledger.service.js';
import { ConsumptionRecord } from './consumption/consumption-record.entity.js';
import { ConsumptionRecordsRepository } from './consumption/consumption-records.repository.js';
import { ConsumptionRecordsService } from './consumption/consumption-records.service.js';
import { ConsumptionSyncService } from './consumption/consumption-sync.service.js';
import { ConsumptionRepository } from './consumption/consumption.repository.js';
import { HistoricalConsumptionService } from './consumption/historical-consumption.service.js';
import { MonthLockRepository } from './core/month-lock.repository.js';
import { Invoice } from './invoices/invoice.entity.js';
import { InvoiceRepository } from './invoices/invoice.repository.js';
import { InvoicesService } from './invoices/invoices.service.js';
import { ChargeItemsRepository } from './ledger/charge-items.repository.js';
import { Charge } from './ledger/charge.entity.js';
import { InvoicePosting } from './ledger/invoice-posting.entity.js';
import { LedgerRepository } from './ledger/ledger.repository.js';
import { PendingPosting } from './ledger/pending-posting.entity.js';
import { PosterService } from './ledger/poster.service.js';
import { TieOutRepository } from './ledger/tie-out.repository.js';
import { TieOutService } from './ledger/tie-out.service.js';
import { ArrowLookupsService } from './operations/arrow-lookups.service.js';
import { BillingJobsService } from './operations/billing-jobs.service.js';
import { DueMonthsRepository } from './operations/due-months.repository.js';
import { ResourceSyncService } from './operations/resource-sync.service.js';
import { LicenseOwner } from './payers/license-owner.entity.js';
import { PayersRepository } from './payers/payers.repository.js';
import { PayersService } from './payers/payers.service.js';
import { BillingFiguresRepository } from './reports/billing-figures.repository.js';
import { BillingMetrics } from './reports/billing.metrics.js';
import { ExplainRepository } from './reports/explain.repository.js';
import { ExplainService } from './reports/explain.service.js';
import { ReportsRepository } from './reports/reports.repository.js';
import { ReportsService } from './reports/reports.service.js';
import { BillingMonth } from './statements/billing-month.entity.js';
import { BillingSyncItem } from './statements/billing-sync-item.entity.js';
import { BillingSync } from './statements/billing-sync.entity.js';
import { BillingSyncsRepository } from './statements/billing-syncs.repository.js';
import { BillingSyncsService } from './statements/billing-syncs.service.js';
import { ExportCleanupService } from './statements/export-cleanup.service.js';
import { ExportLoader } from './statements/export-loader.service.js';
import { ExportPreparation } from './statements/export-preparation.service.js';
import { ExportPage, ExportSnapshot } from './statements/export-snapshot.entity.js';
import { LineVendorsService } from './statements/line-vendors.service.js';
import { LinesRepository } from './statements/lines.repository.js';
import { SnapshotsRepository } from './statements/snapshots.repository.js';
import { StagingRepository } from './statements/staging.repository.js';
import { StatementImportService } from './statements/statement-import.service.js';
import { StatementRepository } from './statements/statement.repository.js';

const entities = [
  BillingAccount,
  BillingMonth,
  BillingRule,
  BillingSwitch,
  BillingSync,
  BillingSyncItem,
  Charge,
  ConsumptionRecord,
  ExportPage,
  ExportSnapshot,
  Invoice,
  InvoicePosting,
  LicenseOwner,
  PendingPosting,
];

/** What other modules may inject. */
const services = [
  ArrowLookupsService,
  BillingAccountsService,
  BillingJobsService,
  BillingSyncsService,
  ConsumptionCleanupService,
  ConsumptionRecordsService,
  ExplainService,
  HistoricalConsumptionService,
  InvoicesService,
  LineVendorsService,
  ReportsService,
  ResourceSyncService,
];

/**
 * What ArrowSphere bills becomes what organisations are charged: once, exactly, and so that every cent can be explained.
 * Lines are evidence, charges are money: statements and consumption say what a charge ought to be, and postings that are
 * never changed bring it there.
 */
@Module({
  imports: [
    DatabaseModule.forFeature(entities),
    DirectoryModule,
    JobsModule,
    ArrowGatewayModule,
    SettingsModule,
    MappingsModule,
  ],
  providers: [
    ...services,
    BillingAccountsRepository,
    BillingFiguresRepository,
    BillingMetrics,
    BillingRulesService,
    BillingSyncsRepository,
    ChargeItemsRepository,
    ConsumptionLedgerService,
    ConsumptionRecordsRepository,
    ConsumptionRepository,
    ConsumptionSyncService,
    DueMonthsRepository,
    ExplainRepository,
    ExportCleanupService,
    ExportLoader,
    ExportPreparation,
    InvoiceRepository,
    LedgerRepository,
    LinesRepository,
    MonthLockRepository,
    PayersRepository,
    PayersService,
    PosterService,
    ReportsRepository,
    SnapshotsRepository,
    StagingRepository,
    StatementImportService,
    StatementRepository,
    TieOutRepository,
    TieOutService,
  ],
  exports: services,
})
export class BillingModule {
  constructor(people: NamesOfPeople, invoices: InvoiceRepository) {
    people.standIn(BillingAccount, 'pausedBy');
    people.standIn(BillingRule, 'changedBy');
    people.standIn(BillingSwitch, 'changedBy');
    people.standIn(ConsumptionRecord, 'reversedBy');
    people.standIn(ExportSnapshot, 'fetchedBy');
    people.standIn(Invoice, 'changedBy');
    people.onErasure((person, manager) => invoices.eraseContact(person, manager));
  }
}
