import { Injectable } from '@nestjs/common';
import { ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import type { Settings } from '../settings/settings.entity.js';
import { SettingsService } from '../settings/settings.service.js';
import type { VendorChoice } from './vendor-choices.dto.js';

/** The catalogue where vendors of cloud usage are. */
const CATEGORY = 'IAAS';

/** The vendor names that may be mapped to offerings. */
@Injectable()
export class VendorChoicesService {
  constructor(
    private readonly settings: SettingsService,
    private readonly gateway: ArrowGateway,
  ) {}

  /**
   * The vendors of ArrowSphere's catalogue, by name, and those of `onLines` that it does not have: export lines spell
   * some vendors in their own way. A catalogue that cannot be read is an error: a part of it would look like all.
   * Throws the gateway's errors.
   */
  async find(settings: Settings, onLines: readonly string[]): Promise<VendorChoice[]> {
    const catalogue = await this.gateway.listVendors(this.settings.accountOf(settings), CATEGORY);
    const sources = new Map<string, VendorChoice['source']>(onLines.map((name) => [name, 'lines']));
    for (const name of catalogue) sources.set(name, 'catalogue');
    const choices = [...sources].map(([name, source]) => ({ value: name, label: name, source }));
    return choices.sort((a, b) => a.label.localeCompare(b.label, 'en'));
  }
}
