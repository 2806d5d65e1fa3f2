import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { NamesOfPeople } from '../directory/users/names-of-people.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MappingsModule } from '../mappings/mappings.module.js';
import { ExportsService } from './exports.service.js';
import { ImportsRepository } from './imports.repository.js';
import { ImportsService } from './imports.service.js';
import { SheetImport } from './sheet-import.entity.js';
import { UploadsService } from './uploads.service.js';

const services = [ImportsService, UploadsService, ExportsService];

/** Organisations, projects, offerings, resources and mappings as files: brought in and taken out. */
@Module({
  imports: [DatabaseModule.forFeature([SheetImport]), DirectoryModule, JobsModule, MappingsModule],
  providers: [...services, ImportsRepository],
  exports: services,
})
export class SpreadsheetsModule {
  constructor(people: NamesOfPeople) {
    people.standIn(SheetImport, 'requestedBy');
  }
}
