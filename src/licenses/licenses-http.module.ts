import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { CustomerLicensesController } from './customer-licenses.controller.js';
import { LicenseLinksController } from './license-links.controller.js';
import { LicensesModule } from './licenses.module.js';

/** Licences over HTTP: actions of `/api/admin/arrow/customer-mappings/`, and `license-links/`. */
@Module({
  imports: [LicensesModule, AccessModule],
  controllers: [CustomerLicensesController, LicenseLinksController],
})
export class LicensesHttpModule {}
