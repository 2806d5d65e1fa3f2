import { YearMonth } from '../../common/year-month.js';
import type { AppliedMonth } from './due-months.repository.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A tick comes a little early or late: a day is as good as over an hour before. */
const TOLERANCE = HOUR;
const WATCHED_DAILY = 31 * DAY;
const WATCHED_WEEKLY = 366 * DAY;

/** The last months up to the running one: they are read at every interval until they are reconciled. */
export interface OpenWindow {
  readonly current: YearMonth;
  /** How many months. */
  readonly count: number;
}

/** Months of the window that are not reconciled, also where nothing of them was ever read. */
export function openMonths(applied: readonly AppliedMonth[], { current, count }: OpenWindow): YearMonth[] {
  const settled = new Set(applied.filter(({ settledAt }) => settledAt).map(({ month }) => month));
  return YearMonth.range(current.plus(1 - count), current).filter((month) => !settled.has(month.firstDay));
}

/**
 * Months beside the open ones that are read again: daily for a month and weekly for a year, and any one as soon as
 * something that touches it changed. Counted from when they were reconciled; where they are not, or not any more since
 * something came late, from when they left the window. Months that nobody began are none.
 */
export function monthsToWatch(applied: readonly AppliedMonth[], window: OpenWindow, now: Date): YearMonth[] {
  const open = new Set(openMonths(applied, window).map((month) => month.firstDay));
  return applied
    .filter((month) => !open.has(month.month) && (month.isTouched || isDue(month, window, now)))
    .map(({ month }) => YearMonth.from(month));
}

function isDue({ month, appliedAt, settledAt }: AppliedMonth, { count }: OpenWindow, now: Date): boolean {
  const doneSince = settledAt ?? new Date(YearMonth.from(month).plus(count).firstDay);
  const age = now.getTime() - doneSince.getTime();
  if (age > WATCHED_WEEKLY) return false;
  const interval = age <= WATCHED_DAILY ? DAY : 7 * DAY;
  return now.getTime() - appliedAt.getTime() >= interval - TOLERANCE;
}
