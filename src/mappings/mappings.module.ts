import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AvailableCustomersService } from './available-customers.service.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsController } from './customer-mappings.controller.js';
import { CustomerMappingsService } from './customer-mappings.service.js';

/** Which ArrowSphere customer is which organisation. Licences and billing ask here. */
@Module({
  imports: [TypeOrmModule.forFeature([CustomerMapping]), SettingsModule, ArrowGatewayModule],
  controllers: [CustomerMappingsController],
  providers: [CustomerMappingsService, AvailableCustomersService],
  exports: [CustomerMappingsService, AvailableCustomersService],
})
export class MappingsModule {}
