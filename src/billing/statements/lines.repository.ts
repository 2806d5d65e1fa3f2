import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import type { DecimalString } from '../../common/money.js';
import type { MonthRange } from '../../common/year-month.js';
import type { ItemStatus } from './billing-sync-item.entity.js';

export interface BilledLicense {
  readonly licenseReference: string;
  readonly name: string;
  /** `""`: unknown. */
  readonly arrowCustomer: string;
}

/** Money of one licence in one month that is charged to nobody, or to an organisation without a resource. */
export interface UnlinkedSpend {
  /** `""`: the lines name none. */
  readonly licenseReference: string;
  readonly endCustomerName: string;
  readonly vendorName: string;
  readonly currency: string;
  readonly amount: DecimalString;
  readonly lines: number;
  readonly status: ItemStatus;
  readonly reason: string;
  readonly customerUuid: string | null;
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

/** Largest amount first. `$1` account, `$2` month, `$3` at most so many, `$4` skip so many. */
const unlinkedSpend = (price: PriceSource) => `
  SELECT
    line.license_reference AS "licenseReference",
    max(line.end_customer_name) AS "endCustomerName",
    max(line.vendor_name) AS "vendorName",
    line.currency,
    coalesce(sum(line.${price}), 0)::text AS amount,
    count(*)::integer AS lines,
    line.status,
    line.reason,
    charge.customer_uuid AS "customerUuid"
  FROM billing_sync_item line
  LEFT JOIN charge ON charge.uuid = line.charge_uuid
  WHERE line.account_uuid = $1
    AND line.month = $2
    AND line.presence = 'present'
    AND (line.status = 'unmatched' OR line.status = 'billable' AND charge.resource_uuid IS NULL)
  GROUP BY line.license_reference, line.currency, line.status, line.reason, charge.customer_uuid
  ORDER BY
    abs(coalesce(sum(line.${price}), 0)) DESC,
    line.license_reference,
    line.currency,
    line.status,
    line.reason,
    charge.customer_uuid
  LIMIT $3
  OFFSET $4`;

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

  /** What is not charged to a resource in a month (its first day), largest amount first. */
  unlinkedSpend(
    accountUuid: string,
    month: string,
    price: PriceSource,
    limit: number,
    offset: number,
  ): Promise<UnlinkedSpend[]> {
    return this.dataSource.query(unlinkedSpend(price), [accountUuid, month, limit, offset]);
  }

  /** Vendors on the newest lines of the account of these settings or of this partner (`""`: not known). */
  async recentVendors(settingsUuid: string, partnerReference: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(RECENT_VENDORS, [settingsUuid, partnerReference]);
    return rows.map(({ name }) => name);
  }
}
