import { currencyDigits } from '../../arrow-export/currency.js';
import { type DecimalString, equal, isZero, negate, round, subtract } from '../../common/money.js';
import type { Reason } from '../core/reasons.js';
import type { ChargeBasis } from './charge.entity.js';
import type { PostingKind } from './invoice-posting.entity.js';

/** An amount that stands on the charge's own draft at another tax rate than that of its rule. */
export interface DraftAmount {
  /** `"22.00"` */
  readonly taxPercent: string;
  readonly amount: DecimalString;
}

/** Everything that decides what a charge ought to stand at, read under the lock of its month. Amounts in its currency. */
export interface ChargeFacts {
  readonly currency: string;
  /** Exact sum of its billable lines in the latest accepted export. */
  readonly lines: DecimalString;
  /** What its licence consumed, where it is the charge of the first party; null: not known, or not this charge's. */
  readonly consumption: DecimalString | null;
  /** Consumption of its licence is known, whoever's charge it is the target of. */
  readonly isConsumptionKnown: boolean;
  /** A cleanup took its consumption back. */
  readonly isTakenBack: boolean;
  readonly isClosed: boolean;
  /** Its own month's invoice is issued. */
  readonly isIssued: boolean;
  readonly heldBecause: Reason | null;
  /** Sum of its postings. */
  readonly posted: DecimalString;
  /** The highest revision among them; 0: none. */
  readonly revision: number;
  /** What it stands at: the last exact target. */
  readonly standing: DecimalString;
  readonly draftAtOtherRates: readonly DraftAmount[];
}

/** How a plan is made: by the rule of the account, and whether issued money is corrected at once. */
export interface PlanRules {
  readonly chargeMode: 'provisional_then_final' | 'final_only';
  /** An operator forces: nothing waits for the close. */
  readonly force: boolean;
}

export interface PlannedEntry {
  readonly kind: PostingKind;
  readonly amount: DecimalString;
  /** Null: the rate of the rule, or of what is corrected. */
  readonly taxPercent: string | null;
}

/** What a charge is to stand at, and what is to be posted or has to wait for that. */
export interface ChargePlan {
  readonly target: DecimalString;
  readonly rounded: DecimalString;
  readonly basis: ChargeBasis;
  readonly entries: readonly PlannedEntry[];
  readonly pending: { readonly amount: DecimalString; readonly reason: Reason } | null;
}

/** Target minus posted is posted next, or waits where the invoice is issued and more may come. No database, no clock. */
export function planCharge(charge: ChargeFacts, rules: PlanRules): ChargePlan {
  const { target, basis } = targetOf(charge, rules);
  const rounded = round(target, currencyDigits(charge.currency));
  const difference = subtract(rounded, charge.posted);
  const mayPost = !charge.isIssued || charge.isClosed || rules.force;
  if (isZero(difference) && !charge.draftAtOtherRates.length)
    return { target, rounded, basis, entries: [], pending: null };
  if (!mayPost)
    return { target, rounded, basis, entries: [], pending: { amount: difference, reason: 'invoice_issued' } };
  const kind = kindOf(charge, basis);
  return { target, rounded, basis, entries: entriesOf(charge, difference, kind), pending: null };
}

/** The table of the design, row by row; a charge that is held stands. */
function targetOf(charge: ChargeFacts, { chargeMode }: PlanRules): { target: DecimalString; basis: ChargeBasis } {
  if (charge.heldBecause) return { target: charge.standing, basis: 'held' };
  if (charge.isClosed || chargeMode === 'final_only' || !charge.isConsumptionKnown)
    return { target: charge.lines, basis: 'lines' };
  if (charge.isTakenBack) return { target: '0', basis: 'taken_back' };
  if (charge.consumption !== null) return { target: charge.consumption, basis: 'consumption' };
  return { target: '0', basis: 'waiting' };
}

function kindOf({ isIssued, isClosed, revision }: ChargeFacts, basis: ChargeBasis): PostingKind {
  if (isIssued || (isClosed && revision > 0)) return 'compensation';
  return basis === 'taken_back' && revision > 0 ? 'reversal' : 'charge';
}

/** What stands on the draft at a rate that does not hold any more is taken off and put on again at the one that does. */
function entriesOf(charge: ChargeFacts, difference: DecimalString, kind: PostingKind): PlannedEntry[] {
  const moved = charge.draftAtOtherRates.filter(({ amount }) => !isZero(amount));
  const taken = moved.map(({ amount, taxPercent }) => ({
    kind: 'charge' as const,
    amount: negate(amount),
    taxPercent,
  }));
  const again = moved.reduce((total, { amount }) => subtract(total, negate(amount)), difference);
  return isZero(again) ? taken : [...taken, { kind: moved.length ? 'charge' : kind, amount: again, taxPercent: null }];
}

/** Whether a charge stands as it is stored, so that nothing of it is to be written. */
export function isUnchanged(
  stored: { readonly target: DecimalString; readonly rounded: DecimalString; readonly basis: ChargeBasis },
  plan: ChargePlan,
): boolean {
  return stored.basis === plan.basis && equal(stored.target, plan.target) && equal(stored.rounded, plan.rounded);
}
