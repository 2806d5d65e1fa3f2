import type { BillingAccount } from '../accounts/billing-account.entity.js';
import type { BillingContext } from './billing-context.js';

/** What the lines of one statement say about its state. */
export interface StatementSigns {
  /** Distinct values of the state column, lower case; `null` where the export has no such column. */
  readonly states: readonly string[] | null;
  /** Lines without a real validation date; `null` where the export has no such column. */
  readonly notValidated: number | null;
}

/** On whose calendar, and how long after the end of a month, a statement closes where ArrowSphere says nothing. */
export interface Calendar extends Pick<BillingContext, 'month' | 'now'> {
  readonly account: Pick<BillingAccount, 'timeZone' | 'graceDays'>;
}

/** `open`: more lines may come. `validated`: may be closed. `rejected`: ArrowSphere refused it, nobody is charged. */
export type Finality = 'open' | 'validated' | 'rejected';

/** ArrowSphere's own is `fulfilled`. A state that is not known closes nothing: the lines' dates do, or a person. */
const CLOSING_STATES: ReadonlySet<string> = new Set(['fulfilled', 'validated', 'accepted', 'closed', 'invoiced']);

/**
 * Whether a statement may be closed. ArrowSphere's "rejected" wins over force, its "open" over the calendar; a running
 * month is never closed. `force`: a person decided not to wait.
 */
export function finalityOf({ states, notValidated }: StatementSigns, calendar: Calendar, force: boolean): Finality {
  const { month, now, account } = calendar;
  if (states?.some((state) => state.startsWith('reject'))) return 'rejected';
  if (!month.isOver(now, account.timeZone)) return 'open';
  if (force) return 'validated';
  if (states?.some(saysOpen)) return 'open';
  if (states?.length && states.every((state) => CLOSING_STATES.has(state))) return 'validated';
  if (notValidated !== null) return notValidated === 0 ? 'validated' : 'open';
  if (states) return 'open';
  return graceIsOver(calendar, false) ? 'validated' : 'open';
}

/** Whether the days of grace after the month are over: what closes a statement that says nothing. */
export function graceIsOver({ month, now, account }: Calendar, force: boolean): boolean {
  return month.isOver(now, account.timeZone, force ? 0 : account.graceDays);
}

function saysOpen(state: string): boolean {
  return state === 'open' || state.startsWith('need');
}
