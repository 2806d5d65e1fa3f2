import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { DecimalString } from '../common/money.js';
import type { Paging } from '../common/page.js';
import type { MonthRange, YearMonth } from '../common/year-month.js';
import { EntityRepository } from '../database/entity.repository.js';
import { narrow } from '../database/paginate.js';
import type { WaldurInvoiceItem } from '../waldur-gateway/waldur-invoices.js';
import { PushedItem, type PushReason, type PushState } from './pushed-item.entity.js';
import {
  CLAIM_ITEM,
  COMPARE,
  CONCLUDE_ITEM,
  COUNT_COMPARED,
  DUE_INVOICES,
  HOLD_ITEMS,
  INTENDED_ITEMS,
  JUDGE_ITEMS,
  PLAN_ITEMS,
  DECIDE_ITEMS,
  SEND_MISSING_AGAIN,
  SHORTFALLS,
  UNKNOWN_NAMES,
} from './pushed-items.sql.js';
import { PushedItemNotFoundError } from './waldur-charges.errors.js';

/** Which items are meant; what is left out does not matter. */
export interface PushedItemFilter extends Paging {
  readonly customerUuid?: string;
  /** Of the charge. */
  readonly month?: YearMonth;
  readonly state?: readonly PushState[];
  readonly reason?: readonly PushReason[];
  /** Whether Waldur shows something else than what was sent. */
  readonly differs?: boolean;
}

/** An invoice of Waldur, and how many items are to be put on it. */
export interface DueInvoice {
  readonly customerUuid: string;
  /** First day. */
  readonly invoiceMonth: string;
  readonly intended: number;
}

export type IntendedItem = Pick<PushedItem, 'uuid' | 'name' | 'amount'>;

/** What an item was and is, by what stands on the invoice. */
export interface DecidedItem {
  readonly uuid: string;
  readonly was: PushState;
  readonly is: PushState;
}

/** By which rules items are sent. */
export interface PushRules {
  /** First month that is pushed. */
  readonly from: YearMonth;
  readonly current: YearMonth;
  readonly currency: string;
  readonly mayHavePrice: boolean;
  /** What was refused is tried again if it was tried before. */
  readonly retryRefusedBefore: Date;
}

/** Both sides of an organisation's month. Amounts net, in `currency`; `charged` is the sum of the other side and its five parts. */
export interface Comparison {
  readonly customerUuid: string;
  readonly customerName: string;
  /** `YYYY-MM`: the month that is charged. */
  readonly month: string;
  readonly currency: string;
  readonly charged: DecimalString;
  readonly atWaldur: DecimalString;
  readonly difference: DecimalString;
  readonly waiting: DecimalString;
  readonly refused: DecimalString;
  readonly notSent: DecimalString;
  readonly missing: DecimalString;
  /** When all that was sent had been looked at (UTC); null: nothing was, or not all. */
  readonly seenAt: Date | null;
}

/** What is compared. */
export interface ComparisonScope extends MonthRange {
  readonly customerUuid?: string;
  readonly onlyDifferences: boolean;
  /** First month that is pushed. */
  readonly pushedFrom?: YearMonth;
}

/**
 * What is not at Waldur: `reason` is one of the item, `intended`, `sending`, or, where it was sent, `missing` or
 * `not_looked_at`.
 */
export interface Shortfall {
  readonly reason: string;
  readonly currency: string;
  readonly items: number;
  readonly amount: DecimalString;
}

/** How what was sent ended. `invoiceMonth`: the first day of another month that it is to be sent for. */
export interface Conclusion {
  readonly state: Exclude<PushState, 'sending' | 'not_sent'>;
  readonly reason?: PushReason;
  readonly said?: string;
  readonly invoiceMonth?: string;
}

@Injectable()
export class PushedItemsRepository extends EntityRepository<PushedItem, PushedItemFilter> {
  constructor(@InjectRepository(PushedItem) items: Repository<PushedItem>) {
    super(items, PushedItemNotFoundError, { customer: true, charge: true });
  }

  protected filtered({
    customerUuid,
    month,
    state,
    reason,
    differs,
  }: PushedItemFilter): SelectQueryBuilder<PushedItem> {
    const found = narrow(this.rows.createQueryBuilder('item'), {
      'item.customerUuid = :customerUuid': customerUuid,
      'item.chargeMonth = :month': month?.firstDay,
      'item.state = ANY(:state)': state,
      'item.reason = ANY(:reason)': reason,
    });
    if (differs === undefined) return found;
    const isOther = `(item.state = 'sent' AND item.seenAt IS NOT NULL AND item.seenAmount IS DISTINCT FROM item.amount)`;
    return found.andWhere(differs ? isOther : `NOT ${isOther}`);
  }

  /** Items of what closed charges were moved by, and which of all may be sent. Answers how many are new. */
  async plan(manager: EntityManager, rules: PushRules, now: Date): Promise<number> {
    const planned = await manager.query<unknown[]>(PLAN_ITEMS, [rules.from.firstDay, rules.current.firstDay]);
    await this.judge(manager, rules, now);
    return planned.length;
  }

  /** Which items may be sent by our rules; of one organisation, or of all. */
  async judge(manager: EntityManager, rules: PushRules, now: Date, customerUuid?: string): Promise<void> {
    const { from, currency, mayHavePrice, retryRefusedBefore } = rules;
    const values = [now, from.firstDay, currency, mayHavePrice, retryRefusedBefore, customerUuid ?? null];
    await manager.query(JUDGE_ITEMS, values);
  }

  /** Invoices with something to send, in doubt or not looked at, and those from `oldest` on that were not looked at since `seenBefore`. */
  due(seenBefore: Date, oldest: YearMonth): Promise<DueInvoice[]> {
    return this.rows.query(DUE_INVOICES, [seenBefore, oldest.firstDay]);
  }

  intended({ customerUuid, invoiceMonth }: DueInvoice): Promise<IntendedItem[]> {
    return this.rows.query(INTENDED_ITEMS, [customerUuid, invoiceMonth]);
  }

  /** Goes by what stands on an invoice; what was tried before `lostBefore` and is not there never came. */
  async decide(
    manager: EntityManager,
    { customerUuid, invoiceMonth }: DueInvoice,
    there: readonly WaldurInvoiceItem[],
    now: Date,
    lostBefore: Date,
  ): Promise<DecidedItem[]> {
    const names = there.map(({ name }) => name);
    const amounts = there.map(({ amount }) => amount);
    const parameters = [customerUuid, invoiceMonth, names, amounts, now, lostBefore];
    const [rows] = await manager.query<[DecidedItem[], number]>(DECIDE_ITEMS, parameters);
    return rows;
  }

  async sendMissingAgain(manager: EntityManager, { customerUuid, invoiceMonth }: DueInvoice, now: Date): Promise<void> {
    await manager.query(SEND_MISSING_AGAIN, [customerUuid, invoiceMonth, now]);
  }

  async unknownNames(customerUuid: string, names: readonly string[]): Promise<string[]> {
    const rows = await this.rows.query<{ name: string }[]>(UNKNOWN_NAMES, [customerUuid, names]);
    return rows.map(({ name }) => name);
  }

  async hold(manager: EntityManager, { customerUuid, invoiceMonth }: DueInvoice, reason: PushReason, now: Date) {
    await manager.query(HOLD_ITEMS, [customerUuid, invoiceMonth, now, reason]);
  }

  /** Whether the item is ours to send. */
  async claim(manager: EntityManager, uuid: string, jobUuid: string, now: Date): Promise<boolean> {
    const [rows] = await manager.query<[unknown[], number]>(CLAIM_ITEM, [uuid, now, jobUuid]);
    return rows.length > 0;
  }

  async conclude(manager: EntityManager, uuid: string, conclusion: Conclusion, now: Date): Promise<void> {
    const { state, reason = '', said = '', invoiceMonth = null } = conclusion;
    await manager.query(CONCLUDE_ITEM, [uuid, now, state, reason, said, invoiceMonth]);
  }

  /** Oldest month first; `limit` null: all. */
  compare(scope: ComparisonScope, limit: number | null, skip: number): Promise<Comparison[]> {
    return this.rows.query(COMPARE(scope.onlyDifferences), [...parametersOf(scope), limit, skip]);
  }

  async countCompared(scope: ComparisonScope): Promise<number> {
    const [row] = await this.rows.query<{ count: number }[]>(
      COUNT_COMPARED(scope.onlyDifferences),
      parametersOf(scope),
    );
    return row!.count;
  }

  shortfalls(): Promise<Shortfall[]> {
    return this.rows.query(SHORTFALLS);
  }
}

const parametersOf = ({ from, to, customerUuid, pushedFrom }: ComparisonScope) => [
  from.firstDay,
  to.firstDay,
  customerUuid ?? null,
  pushedFrom?.firstDay ?? null,
];
