import { Injectable } from '@nestjs/common';
import { columnsOf } from '../../database/columns-of.js';
import { insertRows } from '../../database/insert-rows.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import type { Reason } from '../core/reasons.js';
import type { InvoiceBillTo } from '../invoices/invoice.repository.js';
import type { Charge } from './charge.entity.js';
import { InvoicePosting } from './invoice-posting.entity.js';
import * as sql from './ledger.sql.js';
import type { ChargeFacts, ChargePlan, Pending } from './plan-charge.js';

/** A charge with what is posted on it, as it is stored. */
export interface StoredCharge
  extends
    Omit<ChargeFacts, 'isIssued' | 'heldBecause'>,
    Readonly<Pick<Charge, 'uuid' | 'kind' | 'licenseReference' | 'customerUuid' | 'name' | 'start' | 'end'>> {
  readonly heldReason: Reason | '';
  /**
   * Rate of what stands of it on the invoice of its own month; else of what stands last elsewhere; else, of rounding, that of
   * most of what it rounds; null: nothing stands.
   */
  readonly postedTaxPercent: string | null;
  /** Sums over the charges of its bill-to party that stand as their lines have it, and are not among those answered. */
  readonly standingTarget: string;
  readonly standingRounded: string;
}

/** A posting as it is shown. Amounts in `currency`. */
export type PostingSample = Pick<InvoicePosting, 'revision' | 'kind' | 'amount' | 'target' | 'name'> &
  Pick<StoredCharge, 'customerUuid' | 'licenseReference' | 'currency' | 'posted'>;

export type NewPosting = Omit<InvoicePosting, 'uuid' | 'created' | 'invoice'>;

/** Charges, postings and what waits. */
@Injectable()
export class LedgerRepository {
  /**
   * The charges of these organisations in the month that there is something to decide about, or one of `held`, by
   * organisation and currency; rounding comes first, and is always there.
   */
  charges(
    { manager, scope, rule }: LockedMonth,
    customers: readonly string[],
    held: readonly string[],
  ): Promise<StoredCharge[]> {
    return manager.query(sql.CHARGE_FACTS(rule.priceSource), [...scope, customers, rule.taxPercent, held]);
  }

  /** Bill-to parties of charges that were never posted and stand as their lines have it; those of `held` do not. */
  newParties(
    { manager, scope, rule }: LockedMonth,
    customers: readonly string[],
    held: readonly string[],
  ): Promise<InvoiceBillTo[]> {
    return manager.query(sql.NEW_PARTIES(rule.priceSource), [...scope, customers, held]);
  }

  /** Posts them on these drafts. Answers how many, and the first `limit` of them. */
  async postNew(
    { manager, scope, rule, jobUuid }: LockedMonth,
    customers: readonly string[],
    held: readonly string[],
    drafts: readonly string[],
    limit: number,
  ): Promise<{ postings: number; sample: PostingSample[] }> {
    const parameters = [...scope, customers, held, drafts, rule.uuid, rule.taxPercent, jobUuid, limit];
    const statement = sql.POST_NEW_CHARGES(rule.priceSource);
    const rows = await manager.query<(PostingSample & { postings: number })[]>(statement, parameters);
    return { postings: rows[0]?.postings ?? 0, sample: rows };
  }

  /** Every bill-to party of these organisations has one from then on. */
  async ensureRoundingCharges({ manager, scope }: LockedMonth, customers: readonly string[]): Promise<void> {
    await manager.query(sql.ENSURE_ROUNDING_CHARGES, [...scope, customers]);
  }

  /** Organisations that have charges in the month, or in it for any of these licences, and how many charges they have. */
  chargedCustomers(
    { manager, scope }: LockedMonth,
    licenses: readonly string[] | null,
  ): Promise<{ customerUuid: string; charges: number }[]> {
    return manager.query(sql.CHARGED_CUSTOMERS, [...scope, licenses]);
  }

  /** Notes which charges are closed by now. `byCalendar`: closes those that no statement says anything of. */
  async closeCharges(
    { manager, scope, now }: LockedMonth,
    byCalendar: boolean,
    licenses: readonly string[] | null,
  ): Promise<void> {
    await manager.query(sql.CLOSE_CHARGES, [...scope, byCalendar, now, licenses]);
  }

  async updateCharges(
    { manager, now }: LockedMonth,
    planned: readonly (ChargePlan & { readonly uuid: string })[],
  ): Promise<void> {
    if (!planned.length) return;
    const columns = columnsOf(planned, 'uuid', 'target', 'rounded', 'basis', 'heldReason');
    await manager.query(sql.UPDATE_CHARGES, [now, ...columns]);
  }

  /** Appends postings at their charges' next revisions. A revision that is there already fails the transaction. */
  append({ manager }: LockedMonth, postings: readonly NewPosting[]): Promise<void> {
    return insertRows(manager, InvoicePosting, postings);
  }

  async replacePending(
    { manager, now }: LockedMonth,
    pending: readonly (Pending & { readonly chargeUuid: string })[],
    gone: readonly string[],
  ): Promise<void> {
    if (gone.length) await manager.query(sql.DELETE_PENDING, [gone]);
    if (!pending.length) return;
    await manager.query(sql.UPSERT_PENDING, [now, ...columnsOf(pending, 'chargeUuid', 'amount', 'reason')]);
  }
}
