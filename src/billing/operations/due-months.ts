import { YearMonth } from '../../common/year-month.js';
import type { AppliedMonth } from './due-months.repository.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A tick comes a little early or late: a day is as good as over an hour before. */
const TOLERANCE = HOUR;
const WATCHED_DAILY = 31 * DAY;
const WATCHED_WEEKLY = 366 * DAY;

/** The last months of an account that are not settled: they are read at every interval. */
export function openMonths(applied: readonly AppliedMonth[], current: YearMonth, count: number): YearMonth[] {
  const settled = new Set(applied.filter(({ settledAt }) => settledAt).map(({ month }) => month));
  return YearMonth.range(current.plus(1 - count), current).filter((month) => !settled.has(month.firstDay));
}

/**
 * Months beside the open ones that are read again: settled ones daily for a month and weekly for a year, and any one as
 * soon as something that touches it changed.
 */
export function monthsToWatch(applied: readonly AppliedMonth[], now: Date): YearMonth[] {
  return applied.filter((month) => month.isTouched || isDue(month, now)).map(({ month }) => YearMonth.from(month));
}

function isDue({ appliedAt, settledAt }: AppliedMonth, now: Date): boolean {
  if (!settledAt) return false;
  const age = now.getTime() - settledAt.getTime();
  if (age > WATCHED_WEEKLY) return false;
  const interval = age <= WATCHED_DAILY ? DAY : 7 * DAY;
  return now.getTime() - appliedAt.getTime() >= interval - TOLERANCE;
}
