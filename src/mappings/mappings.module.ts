import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AvailableCustomersService } from './available-customers.service.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsController } from './customer-mappings.controller.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';
import { VendorOfferingMappingsController } from './vendor-offering-mappings.controller.js';
import { VendorOfferingMappingsService } from './vendor-offering-mappings.service.js';

/** Which ArrowSphere customer is which organisation, and which vendor's licences are which offering. Licences and billing ask here. */
@Module({
  imports: [TypeOrmModule.forFeature([CustomerMapping, VendorOfferingMapping]), SettingsModule, ArrowGatewayModule],
  controllers: [CustomerMappingsController, VendorOfferingMappingsController],
  providers: [CustomerMappingsService, AvailableCustomersService, VendorOfferingMappingsService],
  exports: [CustomerMappingsService, AvailableCustomersService, VendorOfferingMappingsService],
})
export class MappingsModule {}
