import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ImportsRepository } from './imports.repository.js';
import { ImportsService } from './imports.service.js';
import { SheetImport } from './sheet-import.entity.js';
import { UploadsService } from './uploads.service.js';

const services = [ImportsService, UploadsService];

/** Organisations, projects, offerings, resources and mappings as files: brought in and taken out. */
@Module({
  imports: [DatabaseModule.forFeature([SheetImport]), JobsModule],
  providers: [...services, ImportsRepository],
  exports: services,
})
export class SpreadsheetsModule {}
