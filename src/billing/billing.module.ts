import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MappingsModule } from '../mappings/mappings.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { BillingAccount, BillingSwitch } from './accounts/billing-account.entity.js';
import { BillingAccountsController } from './accounts/billing-accounts.controller.js';
import { BillingAccountsRepository } from './accounts/billing-accounts.repository.js';
import { BillingAccountsService } from './accounts/billing-accounts.service.js';
import { BillingRulesService } from './accounts/billing-rules.service.js';
import { BillingRule } from './accounts/billing-rule.entity.js';
import { ConsumptionCleanupService } from './consumption/consumption-cleanup.service.js';
import { ConsumptionLedgerService } from './consumption/consumption-ledger.service.js';
import { ConsumptionRecord } from './consumption/consumption-record.entity.js';
import { ConsumptionRepository } from './consumption/consumption.repository.js';
import { ConsumptionSyncService } from './consumption/consumption-sync.service.js';
import { HistoricalConsumptionService } from './consumption/historical-consumption.service.js';
import { MonthLockRepository } from './core/month-lock.repository.js';
import { Invoice } from './invoices/invoice.entity.js';
import { InvoiceRepository } from './invoices/invoice.repository.js';
import { Charge } from './ledger/charge.entity.js';
import { InvoicePosting } from './ledger/invoice-posting.entity.js';
import { LedgerRepository } from './ledger/ledger.repository.js';
import { PendingPosting } from './ledger/pending-posting.entity.js';
import { PosterService } from './ledger/poster.service.js';
import { TieOutRepository } from './ledger/tie-out.repository.js';
import { TieOutService } from './ledger/tie-out.service.js';
import { LicenseOwner } from './payers/license-owner.entity.js';
import { PayersRepository } from './payers/payers.repository.js';
import { PayersService } from './payers/payers.service.js';
import { BillingMonth } from './statements/billing-month.entity.js';
import { BillingSync } from './statements/billing-sync.entity.js';
import { BillingSyncItem } from './statements/billing-sync-item.entity.js';
import { ExportLoader } from './statements/export-loader.service.js';
import { ExportPage, ExportSnapshot } from './statements/export-snapshot.entity.js';
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

@Module({
  imports: [TypeOrmModule.forFeature(entities), JobsModule, ArrowGatewayModule, SettingsModule, MappingsModule],
  controllers: [BillingAccountsController],
  providers: [
    BillingAccountsRepository,
    BillingRulesService,
    BillingAccountsService,
    ConsumptionCleanupService,
    ConsumptionLedgerService,
    ConsumptionRepository,
    ConsumptionSyncService,
    ExportLoader,
    HistoricalConsumptionService,
    InvoiceRepository,
    LedgerRepository,
    MonthLockRepository,
    PayersRepository,
    PayersService,
    PosterService,
    SnapshotsRepository,
    StagingRepository,
    StatementImportService,
    StatementRepository,
    TieOutRepository,
    TieOutService,
  ],
})
export class BillingModule {}
