import { Injectable } from '@nestjs/common';
import { type Page, pageAmong, type Paging } from '../../common/page.js';
import { type VendorChoice, VendorChoicesService } from '../../mappings/vendor-choices.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import { LinesRepository } from './lines.repository.js';

/** Which vendors are meant; what is left out does not matter. */
export interface VendorChoiceFilter extends Paging {
  /** Part of it. */
  readonly arrowVendorName?: string;
  /** Of this account; of the active one, where neither is given. */
  readonly settings?: string;
  readonly settingsUuid?: string;
}

/** The vendors that lines name: some are spelled otherwise than in ArrowSphere's catalogue. */
@Injectable()
export class LineVendorsService {
  constructor(
    private readonly lines: LinesRepository,
    private readonly settings: SettingsService,
    private readonly choices: VendorChoicesService,
  ) {}

  /**
   * Catalogue and lines together, all of them where no page is asked for. Throws `SettingsMissingError`,
   * `PageNotFoundError` and the gateway's errors.
   */
  async choose({
    arrowVendorName = '',
    settings,
    settingsUuid,
    ...paging
  }: VendorChoiceFilter): Promise<Page<VendorChoice>> {
    const isOfOne = !settings || !settingsUuid || settings === settingsUuid;
    const account = await this.settings.resolve(settingsUuid ?? settings);
    const onLines = await this.lines.recentVendors(account.uuid, account.partnerReference);
    const part = arrowVendorName.toLowerCase();
    const found = (await this.choices.find(account, onLines)).filter(({ name }) => name.toLowerCase().includes(part));
    return pageAmong(paging, isOfOne ? found : []);
  }
}
