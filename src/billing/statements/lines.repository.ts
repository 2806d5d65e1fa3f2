import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../../common/page.js';
import type { MonthRange } from '../../common/year-month.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { findByOrThrow } from '../../database/find-or-throw.js';
import { containing, mentions, narrow } from '../../database/paginate.js';
import { BillingSyncItemNotFoundError } from '../core/billing.errors.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';
import { monthOf } from './billing-syncs.repository.js';

/** Which lines are meant; what is left out does not matter. Of references and vendor name, a part. */
export interface LineFilter extends Paging {
  readonly billingSync?: string;
  readonly billingSyncUuid?: string;
  /** `YYYY-MM` */
  readonly reportPeriod?: string;
  readonly vendorName?: string;
  readonly classification?: string;
  readonly subscriptionReference?: string;
  readonly arrowLineReference?: string;
  readonly hasCompensation?: boolean;
}

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

const FIRST_LINES = `
  SELECT item.uuid
  FROM unnest($1::uuid[]) AS wanted (uuid)
  CROSS JOIN LATERAL (
    SELECT line.uuid
    FROM billing_sync_item line
    WHERE line.billing_sync_uuid = wanted.uuid
    ORDER BY line.created, line.uuid
    LIMIT $2
  ) item`;

/** Lines of statements that nobody is mapped for are not listed, as the statements are not. */
const IS_LISTED = `
  item.billingSyncUuid IN (
    SELECT statement.uuid
    FROM billing_sync statement
    WHERE statement.customer_mapping_uuid IS NOT NULL
  )`;

const IS_CORRECTED = `
  EXISTS (
    SELECT
    FROM invoice_posting posting
    WHERE posting.charge_uuid = item.charge_uuid
      AND posting.kind = 'compensation'
  )`;

/** Lines of exports: those of statements that are listed, and what lines say, summed up. */
@Injectable()
export class LinesRepository extends EntityRepository<BillingSyncItem, LineFilter> {
  constructor(@InjectRepository(BillingSyncItem) rows: Repository<BillingSyncItem>) {
    super(rows, BillingSyncItemNotFoundError);
  }

  /** Throws `BillingSyncItemNotFoundError`. */
  override get(uuid: string): Promise<BillingSyncItem> {
    const find = (known: string) => this.filtered({}).andWhere({ uuid: known }).getOne();
    return findByOrThrow(find, uuid, BillingSyncItemNotFoundError);
  }

  /** The first lines of each of these statements, by their references. */
  async firstLines(statements: readonly string[], atMost: number): Promise<BillingSyncItem[]> {
    const rows = await this.rows.query<{ uuid: string }[]>(FIRST_LINES, [statements, atMost]);
    return this.rows.find({
      where: { uuid: In(rows.map((row) => row.uuid)) },
      order: { arrowLineReference: 'ASC', occurrence: 'ASC', uuid: 'ASC' },
    });
  }

  /** Licences with a line in these months, each once, as its newest line has it. */
  licensesBetween(accountUuid: string, { from, to }: MonthRange): Promise<BilledLicense[]> {
    return this.rows.query(BILLED_LICENSES, [accountUuid, from.firstDay, to.firstDay]);
  }

  /** Vendors on the newest lines of the account of these settings or of this partner (`""`: not known). */
  async recentVendors(settingsUuid: string, partnerReference: string): Promise<string[]> {
    const rows = await this.rows.query<{ name: string }[]>(RECENT_VENDORS, [settingsUuid, partnerReference]);
    return rows.map(({ name }) => name);
  }

  protected filtered(filter: LineFilter): SelectQueryBuilder<BillingSyncItem> {
    const found = this.rows.createQueryBuilder('item').where(IS_LISTED);
    if (filter.hasCompensation !== undefined) found.andWhere(`${filter.hasCompensation ? '' : 'NOT '}${IS_CORRECTED}`);
    return narrow(found, {
      'item.billingSyncUuid = :sync': filter.billingSync,
      'item.billingSyncUuid = :syncUuid': filter.billingSyncUuid,
      'item.month = :month': monthOf(filter.reportPeriod),
      'item.classification = :classification': filter.classification,
      [mentions('item.vendorName', 'vendor')]: containing(filter.vendorName),
      [mentions('item.subscriptionReference', 'subscription')]: containing(filter.subscriptionReference),
      [mentions('item.arrowLineReference', 'line')]: containing(filter.arrowLineReference),
    });
  }
}
