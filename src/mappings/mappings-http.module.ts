import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { CustomerMappingsController } from './customer-mappings.controller.js';
import { MappingsModule } from './mappings.module.js';
import { SettingsHealthController } from './settings-health.controller.js';
import { SetupController } from './setup.controller.js';
import { VendorOfferingMappingsController } from './vendor-offering-mappings.controller.js';

/** Mappings over HTTP, and the set-up wizard: `/api/admin/arrow/customer-mappings/`, `vendor-offering-mappings/`, `settings/`. */
@Module({
  imports: [MappingsModule, AccessModule],
  controllers: [
    CustomerMappingsController,
    VendorOfferingMappingsController,
    SetupController,
    SettingsHealthController,
  ],
})
export class MappingsHttpModule {}
