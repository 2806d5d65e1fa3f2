import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { MonthRange } from '../../common/year-month.js';

export interface BilledLicense {
  readonly licenseReference: string;
  readonly name: string;
  /** `""`: unknown. */
  readonly arrowCustomer: string;
}

const BILLED_LICENSES = `
  SELECT DISTINCT ON (license_reference)
    license_reference AS "licenseReference",
    description AS name,
    arrow_customer AS "arrowCustomer"
  FROM billing_sync_item
  WHERE account_uuid = $1
    AND month BETWEEN $2 AND $3
    AND presence = 'present'
    AND license_reference <> ''
  ORDER BY license_reference, month DESC, arrow_customer DESC, description DESC`;

/** Of the last two months with lines: earlier ones would cost a look at every line there ever was. */
const RECENT_VENDORS = `
  WITH account AS (
    SELECT uuid
    FROM billing_account
    WHERE settings_uuid = $1
       OR (partner_reference = $2 AND $2 <> '')
  ),
  newest AS (
    SELECT max(month) AS month
    FROM billing_sync_item
    WHERE account_uuid IN (SELECT uuid FROM account)
  )
  SELECT DISTINCT line.vendor_name AS name
  FROM billing_sync_item line
  CROSS JOIN newest
  WHERE line.account_uuid IN (SELECT uuid FROM account)
    AND line.vendor_name <> ''
    AND line.month >= newest.month - interval '1 month'
  ORDER BY name`;

/** What the lines of exports say, summed up. */
@Injectable()
export class LinesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Licences with a line in these months, each once, as its newest line has it. */
  licensesBetween(accountUuid: string, { from, to }: MonthRange): Promise<BilledLicense[]> {
    return this.dataSource.query(BILLED_LICENSES, [accountUuid, from.firstDay, to.firstDay]);
  }

  /** Vendors on the newest lines of the account of these settings or of this partner (`""`: not known). */
  async recentVendors(settingsUuid: string, partnerReference: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(RECENT_VENDORS, [settingsUuid, partnerReference]);
    return rows.map(({ name }) => name);
  }
}
