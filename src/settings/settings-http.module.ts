import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { SettingsController } from './settings.controller.js';
import { SettingsModule } from './settings.module.js';

/** ArrowSphere accounts over HTTP: `/api/admin/arrow/settings/`. */
@Module({
  imports: [SettingsModule, AccessModule],
  controllers: [SettingsController],
})
export class SettingsHttpModule {}
