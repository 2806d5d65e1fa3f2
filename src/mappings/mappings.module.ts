import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AutoMapService } from './auto-map.service.js';
import { AvailableCustomersService } from './available-customers.service.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsController } from './customer-mappings.controller.js';
import { CustomerMappingsRepository } from './customer-mappings.repository.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { SettingsHealthController } from './settings-health.controller.js';
import { SettingsHealthService } from './settings-health.service.js';
import { SetupController } from './setup.controller.js';
import { SetupService } from './setup.service.js';
import { SyncFromArrowService } from './sync-from-arrow.service.js';
import { VendorChoicesService } from './vendor-choices.service.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';
import { VendorOfferingMappingsController } from './vendor-offering-mappings.controller.js';
import { VendorOfferingMappingsRepository } from './vendor-offering-mappings.repository.js';
import { VendorOfferingMappingsService } from './vendor-offering-mappings.service.js';

const exported = [
  CustomerMappingsService,
  AvailableCustomersService,
  AutoMapService,
  SyncFromArrowService,
  VendorOfferingMappingsService,
  VendorChoicesService,
  SetupService,
  SettingsHealthService,
];

/**
 * Which ArrowSphere customer is which organisation, which vendor's licences are which offering, and the set-up that
 * gets an operator there. Licences and billing ask here.
 */
@Module({
  imports: [TypeOrmModule.forFeature([CustomerMapping, VendorOfferingMapping]), SettingsModule, ArrowGatewayModule],
  controllers: [
    CustomerMappingsController,
    VendorOfferingMappingsController,
    SetupController,
    SettingsHealthController,
  ],
  providers: [CustomerMappingsRepository, VendorOfferingMappingsRepository, ...exported],
  exports: exported,
})
export class MappingsModule {}
