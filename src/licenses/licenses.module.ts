import { Module } from '@nestjs/common';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { NamesOfPeople } from '../directory/users/names-of-people.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MappingsModule } from '../mappings/mappings.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { WaldurGatewayModule } from '../waldur-gateway/waldur-gateway.module.js';
import { ArrowDataService } from './arrow-data.service.js';
import { CustomerExportService } from './customer-export.service.js';
import { CustomerLicensesService } from './customer-licenses.service.js';
import { DiscoverLicensesService } from './discover-licenses.service.js';
import { LicenseLink } from './license-link.entity.js';
import { LicenseLinkingService } from './license-linking.service.js';
import { LicenseLinksRepository } from './license-links.repository.js';
import { LicenseLinksService } from './license-links.service.js';
import { LicenseWritesMetrics } from './license-writes.metrics.js';
import { WaldurWrite } from './waldur-write.entity.js';
import { WaldurWritesRepository } from './waldur-writes.repository.js';
import { WaldurWritesService } from './waldur-writes.service.js';

const services = [
  CustomerLicensesService,
  DiscoverLicensesService,
  ArrowDataService,
  LicenseLinkingService,
  LicenseLinksService,
];

/** Which licence is which resource: discovered, linked, imported, kept in a ledger, and what ArrowSphere says of them. */
@Module({
  imports: [
    DatabaseModule.forFeature([LicenseLink, WaldurWrite]),
    DirectoryModule,
    JobsModule,
    WaldurGatewayModule,
    SettingsModule,
    MappingsModule,
    ArrowGatewayModule,
  ],
  providers: [
    CustomerExportService,
    LicenseLinksRepository,
    LicenseWritesMetrics,
    WaldurWritesRepository,
    WaldurWritesService,
    ...services,
  ],
  exports: services,
})
export class LicensesModule {
  constructor(people: NamesOfPeople) {
    people.standIn(LicenseLink, 'actorUsername', 'impersonatorUsername');
  }
}
