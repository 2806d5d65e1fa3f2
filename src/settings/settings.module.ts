import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArrowGatewayModule } from '../arrow-gateway/arrow-gateway.module.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import { SettingsController } from './settings.controller.js';
import { Settings } from './settings.entity.js';
import { SettingsService } from './settings.service.js';

/** The operator's ArrowSphere accounts. Whoever calls ArrowSphere gets the account from here. */
@Module({
  imports: [TypeOrmModule.forFeature([Settings]), ArrowGatewayModule],
  controllers: [SettingsController],
  providers: [SettingsService, ApiKeyCipher],
  exports: [SettingsService],
})
export class SettingsModule {}
