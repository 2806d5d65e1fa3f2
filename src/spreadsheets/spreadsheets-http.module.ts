import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { ImportsController } from './imports.controller.js';
import { SpreadsheetsModule } from './spreadsheets.module.js';
import { TemplatesController } from './templates.controller.js';

/** Import and export over HTTP: `/api/admin/arrow/directory/`. */
@Module({
  imports: [SpreadsheetsModule, AccessModule],
  controllers: [ImportsController, TemplatesController],
})
export class SpreadsheetsHttpModule {}
