import { InvalidFieldsError } from '../../common/app.error.js';
import type { MonthRange, YearMonth } from '../../common/year-month.js';

/** What a request may ask for at once. */
export const LONGEST_RANGE = 36;

/** The range asked for, in order and not too long. Throws `InvalidFieldsError` under the names the request has. */
export function checkedRange(
  from: YearMonth,
  to: YearMonth,
  names: readonly [from: string, to: string] = ['period_from', 'period_to'],
): MonthRange {
  if (to.isBefore(from)) throw new InvalidFieldsError({ [names[0]]: [`It must not be after ${names[1]}.`] });
  if (from.monthsUntil(to) >= LONGEST_RANGE)
    throw new InvalidFieldsError({ [names[0]]: [`At most ${LONGEST_RANGE} months at once.`] });
  return { from, to };
}

/** The months asked for; by default up to `current`, and `months` of them. Throws as {@link checkedRange}. */
export function rangeUpTo(
  { from, to }: { readonly from?: YearMonth | null; readonly to?: YearMonth | null },
  current: YearMonth,
  months: number,
  names?: readonly [from: string, to: string],
): MonthRange {
  const last = to ?? current;
  return checkedRange(from ?? last.plus(1 - months), last, names);
}
