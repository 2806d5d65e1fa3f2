import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Counted } from '../../common/page.js';
import type { VendorChoice, VendorChoicesQuery } from '../../mappings/vendor-choices.dto.js';
import { VendorChoicesService } from '../../mappings/vendor-choices.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';

/** The vendors that lines name: some are spelled otherwise than in ArrowSphere's catalogue. */
@Injectable()
export class LineVendorsService {
  constructor(
    @InjectRepository(BillingSyncItem) private readonly items: Repository<BillingSyncItem>,
    private readonly settings: SettingsService,
    private readonly choices: VendorChoicesService,
  ) {}

  /** Catalogue and lines together. Throws `SettingsMissingError` and, without any lines, the gateway's errors. */
  async choose(query: VendorChoicesQuery): Promise<Counted<VendorChoice[]>> {
    const settings = await this.settings.resolve(query.settings_uuid);
    return this.choices.find(settings, await this.recent(settings));
  }

  /** How many there are. Throws as {@link choose}. */
  async count(query: VendorChoicesQuery): Promise<Counted<null>> {
    return new Counted(null, (await this.choose(query)).total);
  }

  /** Of the last two months with lines of this account: earlier ones would cost a look at every line there ever was. */
  private async recent({ uuid, partnerReference }: Settings): Promise<string[]> {
    const rows: { name: string }[] = await this.items.query(
      `WITH account AS (
         SELECT uuid FROM billing_account WHERE settings_uuid = $1 OR (partner_reference = $2 AND $2 <> '')
       ), newest AS (
         SELECT max(month) AS month FROM billing_sync_item WHERE account_uuid IN (SELECT uuid FROM account)
       )
       SELECT DISTINCT vendor_name AS name FROM billing_sync_item, newest
         WHERE account_uuid IN (SELECT uuid FROM account) AND vendor_name <> ''
           AND billing_sync_item.month >= newest.month - interval '1 month'
         ORDER BY name`,
      [uuid, partnerReference],
    );
    return rows.map(({ name }) => name);
  }
}
