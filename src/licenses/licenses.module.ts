import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { MappingsModule } from '../mappings/mappings.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { ArrowDataService } from './arrow-data.service.js';
import { CustomerExportService } from './customer-export.service.js';
import { CustomerLicensesController } from './customer-licenses.controller.js';
import { CustomerLicensesService } from './customer-licenses.service.js';
import { DiscoverLicensesService } from './discover-licenses.service.js';
import { LicenseLink } from './license-link.entity.js';
import { LicenseLinkingService } from './license-linking.service.js';
import { LicenseLinksController } from './license-links.controller.js';
import { LicenseLinksRepository } from './license-links.repository.js';
import { LicenseLinksService } from './license-links.service.js';

const services = [
  CustomerLicensesService,
  DiscoverLicensesService,
  ArrowDataService,
  LicenseLinkingService,
  LicenseLinksService,
];

/** Which licence is which resource: discovered, linked, imported, kept in a ledger, and what ArrowSphere says of them. */
@Module({
  imports: [TypeOrmModule.forFeature([LicenseLink]), SettingsModule, MappingsModule, ArrowGatewayModule],
  controllers: [CustomerLicensesController, LicenseLinksController],
  providers: [CustomerExportService, LicenseLinksRepository, ...services],
  exports: services,
})
export class LicensesModule {}
