import type { YearMonth } from '../../common/year-month.js';
import type { BillingContext } from '../core/billing-context.js';
import type { Progress } from './export-loader.service.js';

/** What a run for a month is asked to do. */
export interface ImportStatements {
  /** Also close what may be closed. */
  readonly reconcile: boolean;
  /** With `reconcile`: do not wait for ArrowSphere's validation and the days of grace. */
  readonly force: boolean;
  /** Do everything and undo it: the answer shows what would be posted. */
  readonly dryRun: boolean;
  /** A person has looked at it: the export may shrink, and lines may be gone. */
  readonly acceptShrinkage: boolean;
  /** Only this licence. Statements and the state of the month stay as they are. */
  readonly onlyLicense: string | null;
}

/** How a run says where it is, and hears that it should stop. */
export interface RunControl {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** On whose calendar the statements of a month close. */
export function calendarOf({ month, now, account }: BillingContext): {
  readonly month: YearMonth;
  readonly now: Date;
  readonly timeZone: string;
  readonly graceDays: number;
} {
  return { month, now, timeZone: account.timeZone, graceDays: account.graceDays };
}
