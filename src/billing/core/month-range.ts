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
