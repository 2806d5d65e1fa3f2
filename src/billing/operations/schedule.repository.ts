import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/**
 * Months of an account that schedules read beside those of the open window. Settled ones daily for a month and weekly for
 * a year; any, as soon as a mapping, link or rule that touches it has changed since it was applied.
 * `$1` account, `$2` partner, `$3` now.
 */
const DUE_MONTHS = `
  SELECT month.month
  FROM billing_month month
  WHERE month.account_uuid = $1
    AND month.applied_at IS NOT NULL
    AND (
      (month.settled_at > $3::timestamptz - interval '1 month' AND month.applied_at <= $3::timestamptz - interval '1 day')
      OR (month.settled_at > $3::timestamptz - interval '1 year' AND month.applied_at <= $3::timestamptz - interval '1 week')
      OR EXISTS (
        SELECT
        FROM customer_mapping mapping
        JOIN arrow_settings settings ON settings.uuid = mapping.settings_uuid
        JOIN billing_sync statement ON statement.arrow_customer = mapping.arrow_reference
        WHERE settings.partner_reference = $2
          AND mapping.modified > month.applied_at
          AND statement.account_uuid = month.account_uuid
          AND statement.month = month.month
      )
      OR EXISTS (
        SELECT
        FROM license_link link
        JOIN billing_sync_item item
          ON item.license_reference IN (link.license_reference, link.previous_license_reference)
        LEFT JOIN charge ON charge.uuid = item.charge_uuid
        WHERE link.created > month.applied_at
          AND item.account_uuid = month.account_uuid
          AND item.month = month.month
          AND item.presence = 'present'
          AND item.license_reference <> ''
          AND charge.closed_at IS NULL
      )
      OR EXISTS (
        SELECT
        FROM billing_rule rule
        WHERE rule.account_uuid = month.account_uuid
          AND rule.valid_from <= month.month
          AND rule.modified > month.applied_at
      )
    )
  ORDER BY month.month`;

const SETTLED_MONTHS = `
  SELECT month
  FROM billing_month
  WHERE account_uuid = $1
    AND settled_at IS NOT NULL`;

const BILLED_LICENSES = `
  SELECT license_reference AS "licenseReference", min(arrow_customer) AS "arrowCustomer", max(description) AS name
  FROM billing_sync_item
  WHERE account_uuid = $1
    AND month BETWEEN $2 AND $3
    AND presence = 'present'
    AND license_reference <> ''
  GROUP BY license_reference
  ORDER BY license_reference`;

/** A licence with lines, and a name for people. */
export interface BilledLicense {
  readonly licenseReference: string;
  /** `""`: unknown. */
  readonly arrowCustomer: string;
  readonly name: string;
}

/** Which months are due, and which licences they bill. Months are first days. */
@Injectable()
export class ScheduleRepository {
  constructor(private readonly dataSource: DataSource) {}

  async dueMonths(accountUuid: string, partner: string | null, now: Date): Promise<string[]> {
    return monthsOf(await this.dataSource.query(DUE_MONTHS, [accountUuid, partner, now]));
  }

  async settledMonths(accountUuid: string): Promise<string[]> {
    return monthsOf(await this.dataSource.query(SETTLED_MONTHS, [accountUuid]));
  }

  /** Licences that have a line in these months. */
  billedLicenses(accountUuid: string, from: string, to: string): Promise<BilledLicense[]> {
    return this.dataSource.query(BILLED_LICENSES, [accountUuid, from, to]);
  }
}

function monthsOf(rows: readonly { readonly month: string }[]): string[] {
  return rows.map((row) => row.month);
}
