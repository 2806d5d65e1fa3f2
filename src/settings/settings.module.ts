import { Module } from '@nestjs/common';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { AccountRows } from './account-rows.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CredentialsService } from './credentials.service.js';
import { ExportTypesService } from './export-types.service.js';
import { KeyRotationService } from './key-rotation.service.js';
import { Settings } from './settings.entity.js';
import { SettingsRepository } from './settings.repository.js';
import { SettingsService } from './settings.service.js';

/** The operator's ArrowSphere accounts. Whoever calls ArrowSphere gets the account from here. */
@Module({
  imports: [DatabaseModule.forFeature([Settings]), ArrowGatewayModule, JobsModule],
  providers: [
    SettingsService,
    CredentialsService,
    ExportTypesService,
    AccountRows,
    ApiKeyCipher,
    KeyRotationService,
    SettingsRepository,
  ],
  exports: [SettingsService, CredentialsService, ExportTypesService],
})
export class SettingsModule {}
