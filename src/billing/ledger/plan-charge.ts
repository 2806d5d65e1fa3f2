import { inCurrency } from '../../arrow-export/currency.js';
import { add, type DecimalString, equal, isZero, negate, subtract, sum } from '../../common/money.js';
import type { Reason } from '../core/reasons.js';
import type { ChargeBasis } from './charge.entity.js';
import type { PostingKind } from './invoice-posting.entity.js';

/** An amount that stands on the charge's own draft at another tax rate than that of its rule. */
export interface DraftAmount {
  /** `"22.00"` */
  readonly taxPercent: string;
  readonly amount: DecimalString;
}

/** A difference that waits, in the digits of the charge's currency. */
export interface Pending {
  readonly amount: DecimalString;
  readonly reason: Reason;
}

/** Everything that decides what a charge ought to stand at, read under the lock of its month. Amounts in its currency. */
export interface ChargeFacts {
  readonly currency: string;
  /** Exact sum of its billable lines in the latest accepted export. */
  readonly lines: DecimalString;
  /** What its licence consumed, where it is the charge of the first bill-to party; null: not known, or not this charge's. */
  readonly consumption: DecimalString | null;
  /** Consumption of its licence is known, whoever's charge it is the target of. */
  readonly isConsumptionKnown: boolean;
  /** A cleanup reversed its consumption. */
  readonly isTakenBack: boolean;
  readonly isClosed: boolean;
  /** Its own month's invoice is issued. */
  readonly isIssued: boolean;
  readonly heldBecause: Reason | null;
  /** Sum of its postings. */
  readonly posted: DecimalString;
  /** The highest revision among them; 0: none. */
  readonly revision: number;
  /** The last exact target, and the same in the digits of the currency. */
  readonly target: DecimalString;
  readonly rounded: DecimalString;
  /** What that target was taken from. */
  readonly basis: ChargeBasis;
  readonly pending: Pending | null;
  /** None of them zero. */
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
  /** `""` unless its basis is `held`. */
  readonly heldReason: Reason | '';
  readonly entries: readonly PlannedEntry[];
  readonly pending: Pending | null;
}

/** Target minus posted is posted next, or waits where the invoice is issued and more may come. No database, no clock. */
export function planCharge(charge: ChargeFacts, rules: PlanRules): ChargePlan {
  const { target, basis } = targetOf(charge, rules);
  const rounded = inCurrency(target, charge.currency);
  const amount = subtract(rounded, charge.posted);
  const stands = { target, rounded, basis, heldReason: charge.heldBecause ?? '', entries: [], pending: null } as const;
  if (isZero(amount) && !charge.draftAtOtherRates.length) return stands;
  if (charge.isIssued && !charge.isClosed && !rules.force)
    return { ...stands, pending: { amount, reason: 'invoice_issued' } };
  return { ...stands, entries: entriesOf(charge, amount, kindOf(charge, basis)) };
}

/** The table of the design, row by row; a charge that is held stands. */
function targetOf(charge: ChargeFacts, { chargeMode }: PlanRules): { target: DecimalString; basis: ChargeBasis } {
  if (charge.heldBecause) return { target: standing(charge), basis: 'held' };
  // A reversal goes by the rule that was posted by.
  const isReversal = charge.isTakenBack && charge.basis === 'consumption';
  if (charge.isClosed || (chargeMode === 'final_only' && !isReversal) || !charge.isConsumptionKnown)
    return { target: charge.lines, basis: 'lines' };
  if (charge.isTakenBack) return { target: '0', basis: 'taken_back' };
  if (charge.consumption !== null) return { target: charge.consumption, basis: 'consumption' };
  return { target: '0', basis: 'waiting' };
}

/** The last exact target; what is posted where that was never carried out, as of a charge that is new. */
function standing({ posted, pending, rounded, target }: ChargeFacts): DecimalString {
  return equal(add(posted, pending?.amount ?? '0'), rounded) ? target : posted;
}

function kindOf({ isIssued, isClosed, revision }: ChargeFacts, basis: ChargeBasis): PostingKind {
  if (isIssued || (isClosed && revision > 0)) return 'compensation';
  return basis === 'taken_back' && revision > 0 ? 'reversal' : 'charge';
}

/** What stands on the draft at a rate that does not hold any more is taken off and put on again at the one that does. */
function entriesOf({ draftAtOtherRates: moved }: ChargeFacts, difference: DecimalString, kind: PostingKind) {
  const entry = (amount: DecimalString, taxPercent: string | null): PlannedEntry => ({
    kind: moved.length ? 'charge' : kind,
    amount,
    taxPercent,
  });
  const taken = moved.map(({ amount, taxPercent }) => entry(negate(amount), taxPercent));
  const again = add(difference, sum(moved.map(({ amount }) => amount)));
  return isZero(again) ? taken : [...taken, entry(again, null)];
}
