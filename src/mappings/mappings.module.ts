import { Module } from '@nestjs/common';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { WaldurMirrorModule } from '../waldur-mirror/waldur-mirror.module.js';
import { AutoMapService } from './auto-map.service.js';
import { AvailableCustomersService } from './available-customers.service.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsRepository } from './customer-mappings.repository.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { SettingsHealthService } from './settings-health.service.js';
import { SetupService } from './setup.service.js';
import { SyncFromArrowService } from './sync-from-arrow.service.js';
import { WaldurGatewayModule } from '../waldur-gateway/waldur-gateway.module.js';
import { ImportFromWaldurService } from './import-from-waldur.service.js';
import { VendorChoicesService } from './vendor-choices.service.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';
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
  ImportFromWaldurService,
  SettingsHealthService,
];

/**
 * Which ArrowSphere customer is which organisation, which vendor's licences are which offering, and the set-up that
 * gets an operator there. Licences and billing ask here.
 */
@Module({
  imports: [
    DatabaseModule.forFeature([CustomerMapping, VendorOfferingMapping]),
    DirectoryModule,
    SettingsModule,
    ArrowGatewayModule,
    WaldurGatewayModule,
    WaldurMirrorModule,
  ],
  providers: [CustomerMappingsRepository, VendorOfferingMappingsRepository, ...exported],
  exports: exported,
})
export class MappingsModule {}
