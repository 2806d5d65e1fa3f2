import { Injectable } from '@nestjs/common';
import { type VendorChoice, VendorChoicesService } from '../../mappings/vendor-choices.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import { LinesRepository } from './lines.repository.js';

/** The vendors that lines name: some are spelled otherwise than in ArrowSphere's catalogue. */
@Injectable()
export class LineVendorsService {
  constructor(
    private readonly lines: LinesRepository,
    private readonly settings: SettingsService,
    private readonly choices: VendorChoicesService,
  ) {}

  /** Catalogue and lines together. Throws `SettingsMissingError` and, without any lines, the gateway's errors. */
  async choose(settingsUuid?: string): Promise<VendorChoice[]> {
    const settings = await this.settings.resolve(settingsUuid);
    return this.choices.find(settings, await this.lines.recentVendors(settings.uuid, settings.partnerReference));
  }
}
