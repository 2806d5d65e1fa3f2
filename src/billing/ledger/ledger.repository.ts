import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import type { Reason } from '../core/reasons.js';
import type { ChargeBasis, ChargeKind } from './charge.entity.js';
import type { PostingKind } from './invoice-posting.entity.js';
import {
  CHARGE_FACTS,
  CHARGED_CUSTOMERS,
  CLOSE_CHARGES,
  CREATE_ROUNDING_CHARGES,
  DELETE_PENDING,
  DRAFT_AT_OTHER_RATES,
  INSERT_POSTINGS,
  UPDATE_CHARGES,
  UPSERT_PENDING,
} from './ledger.sql.js';
import type { DraftAmount } from './plan-charge.js';

/** A charge with what is posted on it, as it is stored. */
export interface StoredCharge {
  readonly uuid: string;
  readonly kind: ChargeKind;
  readonly licenseReference: string;
  readonly customerUuid: string;
  readonly projectUuid: string | null;
  readonly arrowCustomer: string;
  readonly currency: string;
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly linesSell: DecimalString;
  readonly linesBuy: DecimalString;
  readonly target: DecimalString;
  readonly rounded: DecimalString;
  readonly basis: ChargeBasis;
  readonly heldReason: Reason | '';
  readonly isClosed: boolean;
  readonly posted: DecimalString;
  readonly revision: number;
  /** Rate of its last posting on the invoice of its own month. */
  readonly postedTaxPercent: string | null;
  readonly isAtOtherRates: boolean;
  readonly pendingAmount: DecimalString | null;
  readonly pendingReason: Reason | null;
  readonly isConsumptionKnown: boolean;
  /** Null where no consumption is known. */
  readonly isFirstParty: boolean | null;
  readonly isTakenBack: boolean;
  readonly consumedSell: DecimalString | null;
  readonly consumedBuy: DecimalString | null;
}

export interface NewPosting {
  readonly chargeUuid: string;
  readonly revision: number;
  readonly kind: PostingKind;
  readonly amount: DecimalString;
  readonly target: DecimalString;
  readonly basis: ChargeBasis;
  readonly invoiceUuid: string;
  readonly correctsInvoiceUuid: string | null;
  readonly taxPercent: string;
  readonly name: string;
  readonly start: string;
  readonly end: string;
}

export interface PendingDifference {
  readonly chargeUuid: string;
  readonly amount: DecimalString;
  readonly reason: Reason;
}

export interface PlannedCharge {
  readonly uuid: string;
  readonly target: DecimalString;
  readonly rounded: DecimalString;
  readonly basis: ChargeBasis;
  readonly heldReason: Reason | '';
}

/** Charges, postings and what waits. Every method works in the caller's transaction, which has locked the month. */
@Injectable()
export class LedgerRepository {
  /** The charges of these organisations in the month of the context, by organisation and currency. */
  charges(
    manager: EntityManager,
    { account, month, rule }: BillingContext,
    customers: readonly string[],
  ): Promise<StoredCharge[]> {
    return manager.query(CHARGE_FACTS, [account.uuid, month.firstDay, customers, rule.taxPercent]);
  }

  /** What stands on the drafts of the month at another rate than that of the rule, per charge. */
  async draftAmountsAtOtherRates(
    manager: EntityManager,
    { month, rule }: BillingContext,
    charges: readonly string[],
  ): Promise<Map<string, DraftAmount[]>> {
    const found = new Map<string, DraftAmount[]>();
    if (!charges.length) return found;
    const rows = await manager.query<(DraftAmount & { chargeUuid: string })[]>(DRAFT_AT_OTHER_RATES, [
      charges,
      month.firstDay,
      rule.taxPercent,
    ]);
    for (const { chargeUuid, ...amount } of rows) found.set(chargeUuid, [...(found.get(chargeUuid) ?? []), amount]);
    return found;
  }

  /** Organisations that have charges in the month, or in it for any of these licences, and how many charges they have. */
  chargedCustomers(
    manager: EntityManager,
    { account, month }: BillingContext,
    licenses: readonly string[] | null,
  ): Promise<{ customerUuid: string; charges: number }[]> {
    return manager.query(CHARGED_CUSTOMERS, [account.uuid, month.firstDay, licenses]);
  }

  /** Notes which charges are closed by now. `byCalendar`: closes those that no statement says anything of. */
  async closeCharges(
    manager: EntityManager,
    { account, month, now }: BillingContext,
    byCalendar: boolean,
    licenses: readonly string[] | null,
  ): Promise<void> {
    await manager.query(CLOSE_CHARGES, [account.uuid, month.firstDay, byCalendar, now, licenses]);
  }

  async updateCharges(
    manager: EntityManager,
    { now }: BillingContext,
    planned: readonly PlannedCharge[],
  ): Promise<void> {
    if (!planned.length) return;
    await manager.query(UPDATE_CHARGES, [
      planned.map((charge) => charge.uuid),
      planned.map((charge) => charge.target),
      planned.map((charge) => charge.rounded),
      planned.map((charge) => charge.basis),
      planned.map((charge) => charge.heldReason),
      now,
    ]);
  }

  async createRoundingCharges(
    manager: EntityManager,
    { account, month }: BillingContext,
    wanted: readonly { readonly customerUuid: string; readonly currency: string }[],
  ): Promise<{ uuid: string; customerUuid: string; currency: string }[]> {
    if (!wanted.length) return [];
    return manager.query(CREATE_ROUNDING_CHARGES, [
      account.uuid,
      month.firstDay,
      month.lastDay,
      wanted.map((charge) => charge.customerUuid),
      wanted.map((charge) => charge.currency),
    ]);
  }

  /** Appends postings at their charges' next revisions. A revision that is there already fails the transaction. */
  async append(
    manager: EntityManager,
    { rule, jobUuid }: BillingContext,
    postings: readonly NewPosting[],
  ): Promise<void> {
    if (!postings.length) return;
    await manager.query(INSERT_POSTINGS, [
      jobUuid,
      postings.map((posting) => posting.chargeUuid),
      postings.map((posting) => posting.revision),
      postings.map((posting) => posting.kind),
      postings.map((posting) => posting.amount),
      postings.map((posting) => posting.target),
      postings.map((posting) => posting.basis),
      postings.map((posting) => posting.invoiceUuid),
      postings.map((posting) => posting.correctsInvoiceUuid),
      postings.map(() => rule.uuid),
      postings.map((posting) => posting.taxPercent),
      postings.map((posting) => posting.name),
      postings.map((posting) => posting.start),
      postings.map((posting) => posting.end),
    ]);
  }

  async replacePending(
    manager: EntityManager,
    { now }: BillingContext,
    pending: readonly PendingDifference[],
    gone: readonly string[],
  ): Promise<void> {
    if (gone.length) await manager.query(DELETE_PENDING, [gone]);
    if (!pending.length) return;
    await manager.query(UPSERT_PENDING, [
      pending.map((difference) => difference.chargeUuid),
      pending.map((difference) => difference.amount),
      pending.map((difference) => difference.reason),
      now,
    ]);
  }
}
