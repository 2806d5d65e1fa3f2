import { Module } from '@nestjs/common';
import { BillingModule } from '../billing/billing.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { WaldurGatewayModule } from '../waldur-gateway/waldur-gateway.module.js';
import { PushedItem } from './pushed-item.entity.js';
import { PushedItemsRepository } from './pushed-items.repository.js';
import { PushedItemsService } from './pushed-items.service.js';
import { WaldurChargesMetrics } from './waldur-charges.metrics.js';
import { WaldurChargesService } from './waldur-charges.service.js';

/** Charges on invoices of the Waldur beside. Without `WALDUR_PUSH_CHARGES` it does nothing. */
@Module({
  imports: [DatabaseModule.forFeature([PushedItem]), BillingModule, JobsModule, WaldurGatewayModule],
  providers: [PushedItemsRepository, PushedItemsService, WaldurChargesService, WaldurChargesMetrics],
  exports: [PushedItemsService, WaldurChargesService],
})
export class WaldurChargesModule {}
