import { Injectable } from '@nestjs/common';
import { ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import type { Settings } from '../settings/settings.entity.js';
import { SettingsService } from '../settings/settings.service.js';

/** The catalogue where vendors of cloud usage are. */
const CATEGORY = 'IAAS';

/** Where a vendor name was found: in ArrowSphere's catalogue, or on stored export lines. */
export const VENDOR_SOURCES = ['catalogue', 'lines'] as const;

/** A vendor name that may be mapped. */
export interface VendorChoice {
  readonly name: string;
  readonly source: (typeof VENDOR_SOURCES)[number];
}

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
    return [...sources].map(([name, source]) => ({ name, source })).sort((a, b) => a.name.localeCompare(b.name, 'en'));
  }
}
