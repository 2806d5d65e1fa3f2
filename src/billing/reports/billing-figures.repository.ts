import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import type { BillingAccount } from '../accounts/billing-account.entity.js';

/** How current an account is. */
export interface AccountFigures extends Pick<
  BillingAccount,
  'settingsUuid' | 'partnerReference' | 'billingPaused' | 'created'
> {
  /** When an export was last applied, or found to be the one that is applied. */
  readonly syncedAt: Date | null;
  /** When an export last came as a whole. */
  readonly exportedAt: Date | null;
}

/** Amounts of an account in one currency. */
export interface MoneyFigures {
  readonly settingsUuid: string;
  readonly currency: string;
  /** Sum of the months' differences, each without its sign. */
  readonly difference: DecimalString;
  readonly monthsAway: number;
  readonly unmatched: DecimalString;
  readonly pending: DecimalString;
}

const ACCOUNTS = `
  SELECT
    account.settings_uuid AS "settingsUuid",
    account.partner_reference AS "partnerReference",
    account.billing_paused AS "billingPaused",
    account.created,
    (SELECT max(applied_at) FROM billing_month WHERE account_uuid = account.uuid) AS "syncedAt",
    (SELECT max(completed_at) FROM export_snapshot WHERE account_uuid = account.uuid AND hash <> '') AS "exportedAt"
  FROM billing_account account
  ORDER BY account.created, account.uuid`;

/** As the last run of each month found them, for the months that are still read again. `$1` now. */
const MONEY = `
  WITH figure AS (
    SELECT
      month.account_uuid,
      entry ->> 'currency' AS currency,
      (entry ->> 'difference')::numeric AS difference,
      (entry ->> 'tiesOut')::boolean AS ties_out,
      (entry ->> 'unmatched')::numeric AS unmatched,
      0 AS pending
    FROM billing_month month
    CROSS JOIN jsonb_array_elements(month.tie_out) entry
    WHERE month.month > $1::timestamptz - interval '13 months'
    UNION ALL
    SELECT charge.account_uuid, charge.currency, 0, true, 0, pending.amount
    FROM pending_posting pending
    JOIN charge ON charge.uuid = pending.charge_uuid
  )
  SELECT
    account.settings_uuid AS "settingsUuid",
    figure.currency,
    trim_scale(sum(abs(figure.difference)))::text AS difference,
    count(*) FILTER (WHERE NOT figure.ties_out)::integer AS "monthsAway",
    trim_scale(sum(figure.unmatched))::text AS unmatched,
    trim_scale(sum(figure.pending))::text AS pending
  FROM figure
  JOIN billing_account account ON account.uuid = figure.account_uuid
  GROUP BY 1, 2
  ORDER BY 1, 2`;

/** What the metrics say of billing: small tables, and no lines. */
@Injectable()
export class BillingFiguresRepository {
  constructor(private readonly dataSource: DataSource) {}

  accounts(): Promise<AccountFigures[]> {
    return this.dataSource.query(ACCOUNTS);
  }

  money(now: Date): Promise<MoneyFigures[]> {
    return this.dataSource.query(MONEY, [now]);
  }
}
