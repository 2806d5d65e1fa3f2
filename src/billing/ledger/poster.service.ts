import { Injectable } from '@nestjs/common';
import { inCurrency } from '../../arrow-export/currency.js';
import { groupBy } from '../../common/group-by.js';
import { type DecimalString, equal, subtract, sum } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import type { Reason } from '../core/reasons.js';
import { InvoiceRepository, type InvoiceBillTo, type LockedInvoice } from '../invoices/invoice.repository.js';
import { LedgerRepository, type NewPosting, type PostingSample, type StoredCharge } from './ledger.repository.js';
import { type ChargePlan, planCharge } from './plan-charge.js';

/** Postings in an answer. */
export const SHOWN = 100;

/** Which charges are planned anew, and how. */
export interface PostScope {
  readonly customers: readonly string[];
  /** Charges that it answers false for stand as they are stored; null: there are none. */
  readonly includes: ((charge: StoredCharge) => boolean) | null;
  /** Charge → why it stands at what was posted; null: those that do, go on to. */
  readonly held: ReadonlyMap<string, Reason> | null;
  /** Issued invoices are corrected at once. */
  readonly force: boolean;
}

/** A charge that stands at what was posted. `amount` stands, in `currency`. */
export interface HeldCharge extends Pick<StoredCharge, 'customerUuid' | 'licenseReference' | 'currency'> {
  readonly amount: DecimalString;
  readonly reason: Reason;
}

export interface Posted {
  readonly postings: number;
  /** The organisations that they are for. */
  readonly customers: readonly string[];
  /** The first postings; at most {@link SHOWN}. */
  readonly sample: readonly PostingSample[];
  readonly held: readonly HeldCharge[];
}

/** One charge on its way: as it was, as it is to be, and the invoice of its own month. */
interface Step {
  readonly charge: StoredCharge;
  readonly plan: ChargePlan;
  readonly invoice: LockedInvoice | undefined;
}

type ShownPosting = NewPosting & PostingSample;

const NOTHING = { postings: 0, customers: [], sample: [] } as const;

const partyOf = ({ customerUuid, currency }: InvoiceBillTo) => `${customerUuid}/${currency}`;

/** The only writer of postings: facts, plan, drafts, postings. */
@Injectable()
export class PosterService {
  constructor(
    private readonly ledger: LedgerRepository,
    private readonly invoices: InvoiceRepository,
  ) {}

  /** Brings the charges of these organisations to their targets; calling it again changes nothing. */
  async post(locked: LockedMonth, { customers, includes, held, force }: PostScope): Promise<Posted> {
    await this.ledger.ensureRoundingCharges(locked, customers);
    const toHold = [...(held?.keys() ?? [])];
    const fresh = includes ? NOTHING : await this.postNew(locked, customers, toHold);
    const charges = await this.ledger.charges(locked, customers, toHold);
    // The rounding charge of each bill-to party comes first.
    const groups = [...groupBy(charges, partyOf).values()];
    const parties = groups.map(([charge]) => charge!);
    const existing = await this.invoices.lockExisting(locked, locked.month, parties);
    const invoiceOf = new Map(existing.map((invoice) => [partyOf(invoice), invoice]));
    const steps = groups.flatMap(([rounding, ...licenses]): Step[] => {
      const invoice = invoiceOf.get(partyOf(rounding!));
      const rules = { chargeMode: locked.rule.chargeMode, force };
      const plans = licenses.map((charge): ChargePlan => {
        if (includes && !includes(charge)) return { ...charge, entries: [] };
        const heldBecause = (held ? held.get(charge.uuid) : charge.heldReason) || null;
        return planCharge({ ...charge, isIssued: isIssued(invoice), heldBecause }, rules);
      });
      const own = licenses.map((charge, i) => ({ charge, plan: plans[i]!, invoice }));
      return [...own, { charge: rounding!, plan: planRounding(rounding!, isIssued(invoice), plans), invoice }];
    });
    const postings = await this.write(locked, steps);
    const sample = [...groupBy([...fresh.sample, ...postings.slice(0, SHOWN)], partyOf).values()].flat();
    return {
      postings: fresh.postings + postings.length,
      customers: [...new Set([...fresh.customers, ...postings.map(({ customerUuid }) => customerUuid)])],
      sample: sample.slice(0, SHOWN),
      held: steps.filter(({ charge }) => !includes || includes(charge)).flatMap(heldOf),
    };
  }

  /** Charges that nothing is to be decided about, as most of a first run, are posted where they are. */
  private async postNew(
    locked: LockedMonth,
    customers: readonly string[],
    held: readonly string[],
  ): Promise<Omit<Posted, 'held'>> {
    const parties = await this.ledger.newParties(locked, customers, held);
    if (!parties.length) return NOTHING;
    const invoices = await this.invoices.lockDrafts(locked, locked.month, parties);
    const drafts = invoices.filter((invoice) => !isIssued(invoice));
    const uuids = drafts.map(({ uuid }) => uuid);
    const added = await this.ledger.postNew(locked, customers, held, uuids, SHOWN);
    return { ...added, customers: drafts.map(({ customerUuid }) => customerUuid) };
  }

  private async write(locked: LockedMonth, steps: readonly Step[]): Promise<ShownPosting[]> {
    const due = steps.filter(({ plan }) => plan.entries.length > 0);
    const drafts = await this.drafts(locked, due);
    const postings = due.flatMap((step) => postingsOf(step, drafts.get(partyOf(step.charge))!, locked));
    const changed = steps.filter(isChanged).map(({ charge: { uuid }, plan }) => ({ ...plan, uuid }));
    await this.ledger.updateCharges(locked, changed);
    await this.ledger.replacePending(
      locked,
      steps.flatMap(({ charge, plan }) => (plan.pending ? [{ chargeUuid: charge.uuid, ...plan.pending }] : [])),
      steps.flatMap(({ charge, plan }) => (charge.pending && !plan.pending ? [charge.uuid] : [])),
    );
    await this.ledger.append(locked, postings);
    return postings;
  }

  /**
   * Bill-to party → the draft that takes its postings: of its own month while that is not issued, else of the current month, or
   * of the first later one that is not issued either.
   */
  private async drafts(locked: LockedMonth, due: readonly Step[]): Promise<Map<string, string>> {
    const { month, currentMonth } = locked;
    const chosen = new Map<string, string>();
    let left = [...new Map(due.map(({ charge }) => [partyOf(charge), charge])).values()];
    for (let at = month; left.length; at = at.isBefore(currentMonth) ? currentMonth : at.plus(1)) {
      for (const invoice of await this.invoices.lockDrafts(locked, at, left))
        if (!isIssued(invoice)) chosen.set(partyOf(invoice), invoice.uuid);
      left = left.filter((charge) => !chosen.has(partyOf(charge)));
    }
    return chosen;
  }
}

function isIssued(invoice: LockedInvoice | undefined): boolean {
  return invoice !== undefined && invoice.state !== 'pending';
}

/** What rounding every charge of an invoice takes or gives in sum is a charge of its own. */
function planRounding(rounding: StoredCharge, isIssued: boolean, plans: readonly ChargePlan[]): ChargePlan {
  const { standingTarget, standingRounded } = rounding;
  const targets = sum([standingTarget, ...plans.map(({ target }) => target)]);
  const lines = subtract(
    inCurrency(targets, rounding.currency),
    sum([standingRounded, ...plans.map(({ rounded }) => rounded)]),
  );
  const isClosed = plans.every(({ pending }) => !pending);
  const facts = { ...rounding, lines, isClosed, isIssued, heldBecause: null };
  const plan = planCharge(facts, { chargeMode: 'final_only', force: false });
  return { ...plan, pending: plan.pending && { ...plan.pending, reason: 'rounding_waits' } };
}

function postingsOf({ charge, plan, invoice }: Step, draft: string, context: BillingContext): ShownPosting[] {
  const isCorrection = isIssued(invoice);
  return plan.entries.map(({ amount, taxPercent, ...entry }, i) => {
    const kind = charge.kind === 'rounding' ? 'rounding' : entry.kind;
    return {
      chargeUuid: charge.uuid,
      customerUuid: charge.customerUuid,
      licenseReference: charge.licenseReference,
      currency: charge.currency,
      posted: charge.posted,
      revision: charge.revision + i + 1,
      kind,
      amount,
      target: plan.target,
      basis: plan.basis,
      invoiceUuid: draft,
      correctsInvoiceUuid: isCorrection ? invoice!.uuid : null,
      ruleUuid: context.rule.uuid,
      taxPercent: taxPercent ?? (isCorrection ? charge.postedTaxPercent : null) ?? context.rule.taxPercent,
      name: kind === 'compensation' ? adjustmentName(charge.name, amount, context) : charge.name,
      start: charge.start,
      end: charge.end,
      jobUuid: context.jobUuid,
    };
  });
}

function adjustmentName(name: string, amount: DecimalString, { month, itemPrefix: prefix }: BillingContext): string {
  const what = amount.startsWith('-') ? 'credit' : 'additional charge';
  const subject = name.startsWith(`${prefix}: `) ? name.slice(prefix.length + 2) : name;
  return `${prefix} adjustment: ${subject.slice(0, 180)} (${what} for ${month.toString()})`.slice(0, 255);
}

function isChanged({ charge, plan }: Step): boolean {
  const isSame = charge.basis === plan.basis && charge.heldReason === plan.heldReason;
  return !isSame || !equal(charge.target, plan.target) || !equal(charge.rounded, plan.rounded);
}

function heldOf({ charge: { customerUuid, licenseReference, currency }, plan }: Step): HeldCharge[] {
  const { heldReason: reason, target: amount } = plan;
  return reason ? [{ customerUuid, licenseReference, currency, amount, reason }] : [];
}
