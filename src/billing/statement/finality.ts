import type { YearMonth } from '../../common/year-month.js';

/** What the lines of one statement say about its state. */
export interface StatementSigns {
  /** Distinct values of the state column, lower case; none where the export has no such column. */
  readonly states: readonly string[];
  /** Lines without a validation date; `null` where the export has no such column. */
  readonly notValidated: number | null;
}

export interface Calendar {
  readonly month: YearMonth;
  readonly now: Date;
  /** IANA name: whose calendar decides when a month is over. */
  readonly timeZone: string;
  /** Days after the end of the month in which ArrowSphere still adds usage. */
  readonly graceDays: number;
  /** A person decided not to wait for validation and grace; the month must be over all the same. */
  readonly force?: boolean;
}

/** `open`: more may come. `closed`: final, may be settled. `rejected`: Arrow refused it, nothing of it may be settled. */
export type Finality = 'open' | 'closed' | 'rejected';

/**
 * Whether a statement is final. ArrowSphere's own word counts first (state, validation date); where the export does not
 * carry it, the calendar decides. A running month is never final, whatever the lines say.
 */
export function finalityOf(
  { states, notValidated }: StatementSigns,
  { month, now, timeZone, graceDays, force }: Calendar,
): Finality {
  if (states.some((state) => state.startsWith('reject'))) return 'rejected';
  if (!month.isOver(now, timeZone, force ? 0 : graceDays)) return 'open';
  if (force) return 'closed';
  if (states.some((state) => state === 'open' || state.startsWith('need'))) return 'open';
  return notValidated ? 'open' : 'closed';
}
