import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { PushedItemsController } from './pushed-items.controller.js';
import { WaldurChargesModule } from './waldur-charges.module.js';

/** Charges on invoices of Waldur over HTTP: `/api/admin/arrow/pushed-items/`. */
@Module({ imports: [WaldurChargesModule, AccessModule], controllers: [PushedItemsController] })
export class WaldurChargesHttpModule {}
