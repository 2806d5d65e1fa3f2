import { YearMonth } from '../../common/year-month.js';
import { monthsToWatch, openMonths } from './due-months.js';

const WINDOW = { current: YearMonth.from('2026-06'), count: 3 };
const at = (text: string) => new Date(text.includes('T') ? text : `${text}T00:00:00Z`);

function applied(month: string, appliedAt: string, settledAt: string | null = null, isTouched = false) {
  return {
    month: `${month}-01`,
    appliedAt: at(appliedAt),
    settledAt: settledAt === null ? null : at(settledAt),
    isTouched,
  };
}

describe('months that schedules read', () => {
  test('are those of the window until they are reconciled, whether begun or not', () => {
    const known = [applied('2026-05', '2026-06-10', '2026-06-08'), applied('2026-04', '2026-06-10')];
    expect(openMonths(known, WINDOW).map(String)).toEqual(['2026-04', '2026-06']);
  });

  test.each([
    ['a day after it was reconciled', '2026-06-11', '2026-06-10', '2026-06-10', true],
    ['half a day after it was read', '2026-06-11', '2026-06-10T12:00:00Z', '2026-06-01', false],
    ['at a tick that comes a little early', '2026-06-11', '2026-06-10T00:30:00Z', '2026-06-01', true],
    ['a day after it was read, two months after it was reconciled', '2026-06-11', '2026-06-10', '2026-04-10', false],
    ['a week after it was read, two months after it was reconciled', '2026-06-17', '2026-06-10', '2026-04-10', true],
    ['a month after it was read, two years after it was reconciled', '2026-06-17', '2026-05-17', '2024-06-10', false],
    [
      'a day after it was read, never reconciled, out of the window since this month',
      '2026-06-11',
      '2026-06-10',
      null,
      true,
    ],
    ['a day after it was read, never reconciled, out of the window for three', '2026-08-11', '2026-08-10', null, false],
    ['a week after it was read, never reconciled, out of the window for three', '2026-08-17', '2026-08-10', null, true],
    ['a year and a half after it left the window, never reconciled', '2028-01-17', '2027-01-10', null, false],
  ])('are, out of the window, one %s', (_title, now, read, settled, due) => {
    const month = settled === null ? '2026-03' : '2026-02';
    expect(monthsToWatch([applied(month, read, settled)], WINDOW, at(now))).toHaveLength(due ? 1 : 0);
  });

  test('are any that something touched, but those of the window are not read twice', () => {
    const known = [applied('2020-01', '2020-02-01', '2020-02-01', true), applied('2026-05', '2026-06-10', null, true)];
    expect(monthsToWatch(known, WINDOW, at('2026-06-10')).map(String)).toEqual(['2020-01']);
  });
});
