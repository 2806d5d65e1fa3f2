import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { BillingAccountsController } from './accounts/billing-accounts.controller.js';
import { BillingModule } from './billing.module.js';
import { ConsumptionController } from './consumption/consumption.controller.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { BillingActionsController } from './operations/billing-actions.controller.js';
import { ReportsController } from './reports/reports.controller.js';
import { BillingSyncItemsController } from './statements/billing-sync-items.controller.js';
import { BillingSyncsController } from './statements/billing-syncs.controller.js';
import { VendorChoicesController } from './statements/vendor-choices.controller.js';

/** Billing over HTTP: `/api/admin/arrow/billing-syncs/` and its like, and `/api/invoices/`. */
@Module({
  imports: [BillingModule, AccessModule],
  // Those with fixed paths stand before those that take a UUID there.
  controllers: [
    BillingActionsController,
    ConsumptionController,
    ReportsController,
    BillingAccountsController,
    BillingSyncItemsController,
    BillingSyncsController,
    InvoicesController,
    VendorChoicesController,
  ],
})
export class BillingHttpModule {}
