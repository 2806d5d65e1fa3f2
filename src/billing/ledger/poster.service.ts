import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import { type DecimalString, isZero, round, subtract, sum } from '../../common/money.js';
import type { YearMonth } from '../../common/year-month.js';
import type { BillingContext } from '../core/billing-context.js';
import type { Reason } from '../core/reasons.js';
import { InvoiceRepository, type LockedInvoice } from '../invoices/invoice.repository.js';
import type { PostingKind } from './invoice-posting.entity.js';
import {
  LedgerRepository,
  type NewPosting,
  type PendingDifference,
  type PlannedCharge,
  type StoredCharge,
} from './ledger.repository.js';
import { type ChargeFacts, type ChargePlan, type DraftAmount, isUnchanged, planCharge } from './plan-charge.js';

/** Which charges are planned anew, and how. */
export interface PostScope {
  readonly customers: readonly string[];
  /** Charges that it answers false for stand as they are stored. */
  readonly includes: (charge: StoredCharge) => boolean;
  /** Why a charge stands at what was posted. */
  readonly heldBecause: (charge: StoredCharge) => Reason | null;
  /** Issued invoices are corrected at once. */
  readonly force: boolean;
}

/** A posting as a dry run shows it. Amounts in `currency`. */
export interface PostingSample {
  readonly chargeUuid: string;
  readonly revision: number;
  readonly kind: PostingKind;
  readonly customerUuid: string;
  /** `""` for rounding. */
  readonly licenseReference: string;
  readonly name: string;
  readonly currency: string;
  readonly target: DecimalString;
  /** What was posted before. */
  readonly posted: DecimalString;
  readonly amount: DecimalString;
}

/** A charge that stands at what was posted. `amount` stands, in `currency`. */
export interface HeldCharge {
  readonly customerUuid: string;
  readonly licenseReference: string;
  readonly currency: string;
  readonly amount: DecimalString;
  readonly reason: Reason;
}

export interface Posted {
  readonly postings: number;
  /** Organisations whose invoices changed. */
  readonly customers: ReadonlySet<string>;
  readonly sample: readonly PostingSample[];
  readonly held: readonly HeldCharge[];
}

/** One charge on its way: as it was, and as it is to be. */
interface Step {
  readonly charge: StoredCharge;
  readonly plan: ChargePlan;
  readonly heldReason: Reason | '';
  readonly own: LockedInvoice | undefined;
}

export const SAMPLE_SIZE = 100;

const partyOf = ({ customerUuid, currency }: { customerUuid: string; currency: string }) =>
  `${customerUuid}/${currency}`;

/** The only writer of postings: facts, plan, drafts, postings, in the caller's transaction, which has locked the month. */
@Injectable()
export class PosterService {
  constructor(
    private readonly ledger: LedgerRepository,
    private readonly invoices: InvoiceRepository,
  ) {}

  /** Brings the charges of these organisations to their targets; calling it again changes nothing. */
  async post(manager: EntityManager, context: BillingContext, scope: PostScope): Promise<Posted> {
    const charges = await this.ledger.charges(manager, context, scope.customers);
    const { account, month } = context;
    const existing = await this.invoices.lockExisting(manager, account.uuid, month.firstDay, distinctParties(charges));
    const own = new Map(existing.map((invoice) => [partyOf(invoice), invoice]));
    const licenses = charges.filter((charge) => charge.kind === 'license');
    const otherRates = await this.ledger.draftAmountsAtOtherRates(
      manager,
      context,
      charges.filter((charge) => charge.isAtOtherRates).map((charge) => charge.uuid),
    );
    const steps = licenses.map((charge): Step => {
      const invoice = own.get(partyOf(charge));
      if (!scope.includes(charge))
        return { charge, plan: standing(charge), heldReason: charge.heldReason, own: invoice };
      const heldBecause = scope.heldBecause(charge);
      const facts = factsOf(charge, context, invoice, heldBecause, otherRates.get(charge.uuid) ?? []);
      const plan = planCharge(facts, { chargeMode: context.rule.chargeMode, force: scope.force });
      return { charge, plan, heldReason: plan.basis === 'held' ? heldBecause! : '', own: invoice };
    });
    const rounding = await this.planRounding(manager, context, charges, steps, own, otherRates);
    return this.write(manager, context, [...steps, ...rounding]);
  }

  /** What rounding every charge of an invoice takes or gives in sum is a charge of its own. */
  private async planRounding(
    manager: EntityManager,
    context: BillingContext,
    charges: readonly StoredCharge[],
    steps: readonly Step[],
    own: ReadonlyMap<string, LockedInvoice>,
    otherRates: ReadonlyMap<string, DraftAmount[]>,
  ): Promise<Step[]> {
    const known = new Map(
      charges.filter((charge) => charge.kind === 'rounding').map((charge) => [partyOf(charge), charge]),
    );
    const wanted: { customerUuid: string; currency: string; target: DecimalString; waits: boolean }[] = [];
    for (const [party, group] of groupBy(steps, ({ charge }) => partyOf(charge))) {
      const { customerUuid, currency } = group[0]!.charge;
      const exact = round(sum(group.map(({ plan }) => plan.target)), currencyDigits(currency));
      const target = subtract(exact, sum(group.map(({ plan }) => plan.rounded)));
      const waits = group.some(({ plan }) => plan.pending !== null);
      if (!isZero(target) || known.has(party)) wanted.push({ customerUuid, currency, target, waits });
    }
    const missing = wanted.filter((charge) => !known.has(partyOf(charge)));
    for (const made of await this.ledger.createRoundingCharges(manager, context, missing))
      known.set(partyOf(made), newRounding(made, context));
    return wanted.map((party): Step => {
      const charge = known.get(partyOf(party))!;
      const invoice = own.get(partyOf(party));
      const facts = {
        ...factsOf(charge, context, invoice, null, otherRates.get(charge.uuid) ?? []),
        lines: party.target,
        isClosed: !party.waits,
      };
      const plan = planCharge(facts, { chargeMode: 'final_only', force: false });
      const pending = plan.pending && { ...plan.pending, reason: 'rounding_waits' as const };
      return { charge, plan: { ...plan, pending }, heldReason: '', own: invoice };
    });
  }

  private async write(manager: EntityManager, context: BillingContext, steps: readonly Step[]): Promise<Posted> {
    const due = steps.filter(({ plan }) => plan.entries.length > 0);
    const drafts = await this.drafts(manager, context, due);
    const postings: NewPosting[] = [];
    const sample: PostingSample[] = [];
    for (const { charge, plan, own } of due) {
      let { revision } = charge;
      for (const entry of plan.entries) {
        const isCorrection = isIssued(own);
        const name = nameOf(charge, entry, context);
        const kind = charge.kind === 'rounding' ? 'rounding' : entry.kind;
        postings.push({
          chargeUuid: charge.uuid,
          revision: ++revision,
          kind,
          amount: entry.amount,
          target: plan.target,
          basis: plan.basis,
          invoiceUuid: drafts.get(charge.uuid)!,
          correctsInvoiceUuid: isCorrection ? own!.uuid : null,
          taxPercent: entry.taxPercent ?? (isCorrection ? charge.postedTaxPercent : null) ?? context.rule.taxPercent,
          name,
          start: charge.start,
          end: charge.end,
        });
        if (sample.length < SAMPLE_SIZE) {
          const { uuid: chargeUuid, customerUuid, licenseReference, currency, posted } = charge;
          const about = { chargeUuid, customerUuid, licenseReference, currency, posted, name, kind, revision };
          sample.push({ ...about, target: plan.target, amount: entry.amount });
        }
      }
    }
    await this.ledger.updateCharges(manager, context, steps.flatMap(changed));
    await this.ledger.replacePending(manager, context, steps.flatMap(waiting), steps.flatMap(waitingNoMore));
    await this.ledger.append(manager, context, postings);
    const customers = new Set(due.map(({ charge }) => charge.customerUuid));
    return { postings: postings.length, customers, sample, held: steps.flatMap(held) };
  }

  /**
   * Charge → the draft that takes its postings: of its own month while that is not issued, else of the current month, or
   * of the first later one that is not issued either.
   */
  private async drafts(
    manager: EntityManager,
    { account, month, currentMonth }: BillingContext,
    due: readonly Step[],
  ): Promise<Map<string, string>> {
    const chosen = new Map<string, string>();
    const choose = async (at: YearMonth, steps: readonly Step[]): Promise<Step[]> => {
      const parties = distinctParties(steps.map(({ charge }) => charge));
      const locked = await this.invoices.lockDrafts(manager, account.uuid, at.firstDay, parties);
      const open = new Map(locked.filter((invoice) => !isIssued(invoice)).map((found) => [partyOf(found), found.uuid]));
      for (const { charge } of steps) {
        const draft = open.get(partyOf(charge));
        if (draft) chosen.set(charge.uuid, draft);
      }
      return steps.filter(({ charge }) => !chosen.has(charge.uuid));
    };
    let later = due.filter(({ own }) => isIssued(own));
    later.push(
      ...(await choose(
        month,
        due.filter(({ own }) => !isIssued(own)),
      )),
    );
    let at = month.isBefore(currentMonth) ? currentMonth : month.plus(1);
    while (later.length) {
      later = await choose(at, later);
      at = at.plus(1);
    }
    return chosen;
  }
}

function isIssued(invoice: LockedInvoice | undefined): boolean {
  return invoice !== undefined && invoice.state !== 'pending';
}

function factsOf(
  charge: StoredCharge,
  { rule }: BillingContext,
  invoice: LockedInvoice | undefined,
  heldBecause: Reason | null,
  draftAtOtherRates: readonly DraftAmount[],
): ChargeFacts {
  const consumed = rule.priceSource === 'sell' ? charge.consumedSell : charge.consumedBuy;
  return {
    currency: charge.currency,
    lines: rule.priceSource === 'sell' ? charge.linesSell : charge.linesBuy,
    consumption: charge.isFirstParty ? consumed : null,
    isConsumptionKnown: charge.isConsumptionKnown,
    isTakenBack: charge.isTakenBack,
    isClosed: charge.isClosed,
    isIssued: isIssued(invoice),
    heldBecause,
    posted: charge.posted,
    revision: charge.revision,
    standing: charge.target,
    draftAtOtherRates,
  };
}

/** The plan of a charge that is not looked at. */
function standing({ target, rounded, basis, pendingAmount, pendingReason }: StoredCharge): ChargePlan {
  const pending = pendingAmount !== null ? { amount: pendingAmount, reason: pendingReason! } : null;
  return { target, rounded, basis, entries: [], pending };
}

function newRounding(
  made: { readonly uuid: string; readonly customerUuid: string; readonly currency: string },
  { month }: BillingContext,
): StoredCharge {
  return {
    ...made,
    kind: 'rounding',
    licenseReference: '',
    projectUuid: null,
    arrowCustomer: '',
    name: 'Rounding',
    start: month.firstDay,
    end: month.lastDay,
    linesSell: '0',
    linesBuy: '0',
    target: '0',
    rounded: '0',
    basis: 'lines',
    heldReason: '',
    isClosed: false,
    posted: '0',
    revision: 0,
    postedTaxPercent: null,
    isAtOtherRates: false,
    pendingAmount: null,
    pendingReason: null,
    isConsumptionKnown: false,
    isFirstParty: null,
    isTakenBack: false,
    consumedSell: null,
    consumedBuy: null,
  };
}

function nameOf(
  charge: StoredCharge,
  { kind, amount }: { readonly kind: PostingKind; readonly amount: DecimalString },
  { month, settings }: BillingContext,
): string {
  if (charge.kind === 'rounding') return `Rounding ${month.toString()}`;
  if (kind !== 'compensation') return charge.name;
  const prefix = settings.invoiceItemPrefix || 'Arrow consumption';
  const what = amount.startsWith('-') ? 'credit' : 'additional charge';
  const subject = charge.name.startsWith(`${prefix}: `) ? charge.name.slice(prefix.length + 2) : charge.name;
  return `${prefix} adjustment: ${subject.slice(0, 180)} (${what} for ${month.toString()})`.slice(0, 255);
}

function changed({ charge, plan, heldReason }: Step): PlannedCharge[] {
  if (isUnchanged(charge, plan) && charge.heldReason === heldReason) return [];
  const { target, rounded, basis } = plan;
  return [{ uuid: charge.uuid, target, rounded, basis, heldReason }];
}

function held({ charge, plan, heldReason }: Step): HeldCharge[] {
  if (!heldReason) return [];
  const { customerUuid, licenseReference, currency } = charge;
  return [{ customerUuid, licenseReference, currency, amount: plan.target, reason: heldReason }];
}

function waiting({ charge, plan }: Step): PendingDifference[] {
  return plan.pending ? [{ chargeUuid: charge.uuid, ...plan.pending }] : [];
}

function waitingNoMore({ charge, plan }: Step): string[] {
  return charge.pendingAmount !== null && !plan.pending ? [charge.uuid] : [];
}

function distinctParties(charges: readonly StoredCharge[]): { customerUuid: string; currency: string }[] {
  return [...new Map(charges.map((charge) => [partyOf(charge), charge])).values()].map(
    ({ customerUuid, currency }) => ({ customerUuid, currency }),
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
