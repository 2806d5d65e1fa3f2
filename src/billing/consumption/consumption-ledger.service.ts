import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type DecimalString, equal } from '../../common/money.js';
import { LedgerService } from '../ledger/ledger.service.js';
import type { BillingContext } from '../statement/billing-context.js';
import { postingContext, WHOLE_SETS } from '../statement/statement-applier.service.js';

/** What ArrowSphere said a licence consumed in the month, and who pays for it. */
export interface Consumed {
  readonly licenseReference: string;
  readonly resourceUuid: string;
  readonly projectUuid: string;
  readonly customerUuid: string;
  /** Zero is a value like any other. */
  readonly sell: DecimalString;
  readonly buy: DecimalString;
  readonly currency: string;
  readonly isEstimate: boolean;
  readonly lineCount: number;
}

/** What became of one licence. */
export type ConsumptionOutcome = 'changed' | 'unchanged' | 'finalized' | 'better_known' | 'currency_conflict';

interface KnownRecord {
  readonly license_reference: string;
  readonly consumed_sell: DecimalString;
  readonly consumed_buy: DecimalString;
  readonly is_estimate: boolean;
  readonly finalized: boolean;
  readonly reversed: boolean;
}

/** Takes consumption into the records of a month and, where the account charges it, into the ledger. */
@Injectable()
export class ConsumptionLedgerService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * All of one month, in one transaction. What is final is looked at under the lock and left alone, unless `reopen` says
   * that it is to be provisional again: then its closing is taken back first. Answers the outcome per licence.
   */
  store(
    context: BillingContext,
    consumed: readonly Consumed[],
    reopen = false,
  ): Promise<Map<string, ConsumptionOutcome>> {
    return this.dataSource.transaction(async (manager) => {
      await this.lock(manager, context);
      const known = await this.known(manager, context, consumed);
      const currencies = await this.currencies(manager, context, consumed);
      const outcomes = new Map(
        consumed.map((entry) => [
          entry.licenseReference,
          judge(entry, known.get(entry.licenseReference), currencies, reopen),
        ]),
      );
      const stored = consumed.filter((entry) =>
        ['changed', 'unchanged'].includes(outcomes.get(entry.licenseReference)!),
      );
      if (!stored.length) return outcomes;
      await this.write(manager, context, stored);
      if (context.account.chargeMode === 'provisional_then_final') await this.claim(manager, context, stored);
      await this.ledger.postDifferences(manager, postingContext(context), [
        ...new Set(stored.map((entry) => entry.customerUuid)),
      ]);
      return outcomes;
    });
  }

  /** Nobody else posts for this month until the transaction ends. */
  async lock(manager: EntityManager, { account, month }: BillingContext): Promise<void> {
    await manager.query('INSERT INTO billing_month (account_uuid, month) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      account.uuid,
      month.firstDay,
    ]);
    await manager.query(WHOLE_SETS);
    await manager.query('SELECT 1 FROM billing_month WHERE account_uuid = $1 AND month = $2 FOR UPDATE', [
      account.uuid,
      month.firstDay,
    ]);
  }

  private async known(
    manager: EntityManager,
    { account, month }: BillingContext,
    consumed: readonly Consumed[],
  ): Promise<Map<string, KnownRecord>> {
    const rows = await manager.query<KnownRecord[]>(
      `SELECT license_reference, consumed_sell, consumed_buy, is_estimate, finalized_at IS NOT NULL AS finalized, reversed_at IS NOT NULL AS reversed
       FROM consumption_record WHERE account_uuid = $1 AND month = $2 AND license_reference = ANY($3::text[]) FOR UPDATE`,
      [account.uuid, month.firstDay, consumed.map((entry) => entry.licenseReference)],
    );
    return new Map(rows.map((row) => [row.license_reference, row]));
  }

  private async currencies(
    manager: EntityManager,
    { month }: BillingContext,
    consumed: readonly Consumed[],
  ): Promise<Map<string, string>> {
    const rows = await manager.query<{ customer_uuid: string; currency: string }[]>(
      'SELECT customer_uuid, currency FROM invoice WHERE month = $1 AND customer_uuid = ANY($2::uuid[])',
      [month.firstDay, consumed.map((entry) => entry.customerUuid)],
    );
    const currencies = new Map(rows.map((row) => [row.customer_uuid, row.currency]));
    // Without an invoice yet, the first licence's currency becomes the invoice's.
    for (const { customerUuid, currency } of consumed)
      if (!currencies.has(customerUuid)) currencies.set(customerUuid, currency);
    return currencies;
  }

  private async write(
    manager: EntityManager,
    { account, month, settings, now }: BillingContext,
    consumed: readonly Consumed[],
  ): Promise<void> {
    await manager.query(
      `INSERT INTO consumption_record AS record (account_uuid, month, price_source, last_sync_at, license_reference, resource_uuid, customer_uuid, project_uuid,
         consumed_sell, consumed_buy, currency, is_estimate, raw_data)
       SELECT $1, $2::date, $3, $4::timestamptz, license, resource, customer, project, sell, buy, currency, estimate,
              jsonb_build_object('line_count', lines, 'source', CASE WHEN estimate THEN 'estimate' ELSE 'monthly' END, 'currency', currency)
       FROM unnest($5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::numeric[], $10::numeric[], $11::text[], $12::boolean[], $13::integer[])
         AS given (license, resource, customer, project, sell, buy, currency, estimate, lines)
       ON CONFLICT (account_uuid, month, license_reference) DO UPDATE SET
         consumed_sell = excluded.consumed_sell, consumed_buy = excluded.consumed_buy, currency = excluded.currency, price_source = excluded.price_source,
         is_estimate = excluded.is_estimate, raw_data = excluded.raw_data, last_sync_at = excluded.last_sync_at, modified = excluded.last_sync_at,
         final_sell = NULL, final_buy = NULL, finalized_at = NULL, reconciled_at = NULL, reversed_at = NULL, reversed_by = ''`,
      [
        account.uuid,
        month.firstDay,
        settings.invoicePriceSource,
        now,
        consumed.map((entry) => entry.licenseReference),
        consumed.map((entry) => entry.resourceUuid),
        consumed.map((entry) => entry.customerUuid),
        consumed.map((entry) => entry.projectUuid),
        consumed.map((entry) => entry.sell),
        consumed.map((entry) => entry.buy),
        consumed.map((entry) => entry.currency),
        consumed.map((entry) => entry.isEstimate),
        consumed.map((entry) => entry.lineCount),
      ],
    );
  }

  /** Says that these licences are charged by consumption this month, unless their lines are charged already. */
  private async claim(
    manager: EntityManager,
    { account, month }: BillingContext,
    consumed: readonly Consumed[],
  ): Promise<void> {
    await manager.query(
      `INSERT INTO license_charge (account_uuid, month, license_reference, path) SELECT $1, $2, license, 'license' FROM unnest($3::text[]) AS license
       ON CONFLICT (account_uuid, month, license_reference) DO NOTHING`,
      [account.uuid, month.firstDay, consumed.map((entry) => entry.licenseReference)],
    );
  }
}

function judge(
  consumed: Consumed,
  known: KnownRecord | undefined,
  currencies: ReadonlyMap<string, string>,
  reopen: boolean,
): ConsumptionOutcome {
  if (currencies.get(consumed.customerUuid) !== consumed.currency) return 'currency_conflict';
  if (!known) return 'changed';
  if (known.finalized && !reopen) return 'finalized';
  if (consumed.isEstimate && !known.is_estimate && !known.reversed) return 'better_known';
  const same =
    equal(known.consumed_sell, consumed.sell) &&
    equal(known.consumed_buy, consumed.buy) &&
    !known.finalized &&
    !known.reversed;
  return same && known.is_estimate === consumed.isEstimate ? 'unchanged' : 'changed';
}
