import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import { YearMonth } from '../../common/year-month.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { CHARGES } from './charges.sql.js';
import type { PostingKind } from './invoice-posting.entity.js';

/** For whom and by what rules differences are posted. */
export interface PostingContext {
  readonly accountUuid: string;
  /** The month that is charged. */
  readonly month: YearMonth;
  /** The month that runs now on the account's calendar: where corrections of issued invoices go. */
  readonly currentMonth: YearMonth;
  readonly priceSource: PriceSource;
  /** Stands before the names on invoices. */
  readonly itemPrefix: string;
  readonly taxPercent: DecimalString;
  /** The job that posts. */
  readonly jobUuid: string | null;
}

/** One entry that is to be posted, or was. Amounts in `currency`, with two decimals. */
export interface PlannedPosting {
  readonly charge_key: string;
  readonly revision: number;
  readonly kind: PostingKind;
  readonly customer_uuid: string;
  readonly license_reference: string | null;
  readonly name: string;
  readonly currency: string;
  /** What the charge stands at, exact. */
  readonly target: DecimalString;
  /** What was posted before. */
  readonly posted: DecimalString;
  readonly amount: DecimalString;
}

export interface Posted {
  readonly postings: number;
  /** Whose invoices changed. */
  readonly customers: readonly string[];
  /** At most 100 of them, for a dry run to show. */
  readonly sample: readonly PlannedPosting[];
}

const SAMPLE = 100;

/** The only writer of postings: whatever a charge stands at, minus what is posted already, is posted next. */
@Injectable()
export class LedgerService {
  constructor(private readonly invoices: InvoicesService) {}

  /**
   * Posts the differences of these customers (all, where `null`) for one month. To be called in a transaction that has
   * locked the month; calling it again changes nothing. Throws `InvoiceCurrencyError`.
   */
  async postDifferences(
    manager: EntityManager,
    context: PostingContext,
    customers: readonly string[] | null,
  ): Promise<Posted> {
    await this.plan(manager, context, customers);
    const parties = await manager.query<{ customer_uuid: string; currency: string }[]>(
      'SELECT DISTINCT customer_uuid, currency FROM posting_plan ORDER BY 1, 2',
    );
    const invoices = await this.invoices.openFor(manager, parties, context);
    const [{ count, sample }] = await manager.query<[{ count: number; sample: PlannedPosting[] | null }]>(POST, [
      context.accountUuid,
      context.month.firstDay,
      context.month.lastDay,
      context.month.toString(),
      [...invoices.keys()],
      [...invoices.values()],
      context.priceSource,
      context.jobUuid,
      context.itemPrefix,
    ]);
    await manager.query('DROP TABLE posting_plan');
    return { postings: count, customers: [...invoices.keys()], sample: sample ?? [] };
  }

  /** Target minus posted, per charge, where there is a difference. The party is that of the first posting. */
  private async plan(
    manager: EntityManager,
    { accountUuid, month, priceSource }: PostingContext,
    customers: readonly string[] | null,
  ) {
    await manager.query(
      `CREATE TEMPORARY TABLE posting_plan ON COMMIT DROP AS
       WITH ${CHARGES(priceSource)},
       posted AS (
         SELECT charge_key, currency, sum(amount) AS amount, max(revision) AS revision
         FROM invoice_posting WHERE account_uuid = $1 AND month = $2
           AND ($3::uuid[] IS NULL OR invoice_uuid IN (SELECT uuid FROM invoice WHERE customer_uuid = ANY($3))) GROUP BY charge_key, currency
       )
       SELECT charge.*, coalesce(posted.amount, 0) AS posted, coalesce(posted.revision, 0) + 1 AS revision,
              round(charge.exact, 2) - coalesce(posted.amount, 0) AS amount
       FROM charge LEFT JOIN posted USING (charge_key, currency)
       WHERE round(charge.exact, 2) <> coalesce(posted.amount, 0)`,
      [accountUuid, month.firstDay, customers],
    );
  }
}

/**
 * From the plan to the ledger. `$1` account, `$2`/`$3` first and last day of the month, `$4` `YYYY-MM`, `$5`/`$6` customers and
 * their invoices, `$7` price source, `$8` job, `$9` prefix of names.
 */
const POST = `
  WITH entry AS (
    SELECT plan.*, invoice.uuid AS invoice_uuid,
           CASE WHEN charge_key LIKE 'rounding:%' THEN 'rounding' WHEN reversed THEN 'reversal'
                WHEN revision > 1 AND (settled OR invoice.month <> $2) THEN 'compensation' ELSE 'charge' END AS kind
    FROM posting_plan plan
    JOIN unnest($5::uuid[], $6::uuid[]) AS chosen (customer_uuid, invoice_uuid) USING (customer_uuid)
    JOIN invoice ON invoice.uuid = chosen.invoice_uuid
  ),
  added AS (
    INSERT INTO invoice_posting (invoice_uuid, account_uuid, month, charge_key, revision, kind, amount, target, price_source, currency,
                                 license_reference, path, project_uuid, resource_uuid, name, start, "end", job_uuid)
    SELECT invoice_uuid, $1, $2, charge_key, revision, kind, amount, exact, $7, currency,
           license_reference, path, project_uuid, resource_uuid,
           left(CASE WHEN kind = 'rounding' THEN 'Rounding ' || $4
                     WHEN kind = 'compensation' THEN $9 || ' adjustment: ' || left(coalesce(nullif(name, ''), license_reference), 180)
                          || CASE WHEN amount < 0 THEN ' (credit for ' ELSE ' (additional charge for ' END || $4 || ')'
                     WHEN path = 'license' THEN $9 || ': ' || name
                     ELSE coalesce(nullif(name, ''), $9 || ': ' || license_reference) END, 255),
           greatest($2::date, least($3::date, coalesce(service_start, $2::date))),
           least($3::date, greatest($2::date, coalesce(service_end, $3::date))), $8::uuid
    FROM entry
    RETURNING charge_key, currency, kind, name, amount
  )
  SELECT (SELECT count(*)::int FROM added) AS count,
         (SELECT jsonb_agg(shown) FROM (
            SELECT added.charge_key, plan.revision, added.kind, customer_uuid,
                   license_reference, added.name, currency, trim_scale(exact)::text AS target,
                   round(posted, 2)::text AS posted, round(added.amount, 2)::text AS amount
            FROM added JOIN posting_plan plan USING (charge_key, currency) LIMIT ${SAMPLE}) shown) AS sample`;
