import { YearMonth } from '../../common/year-month.js';
import { finalityOf } from './finality.js';
import { implausible } from './plausibility.js';

describe('an export', () => {
  const before = { rows: 100, turnover: '1000' };
  const same = { before, now: before, known: 100, vanished: 0, tolerated: 0.2 };

  test.each([
    ['is plausible at the first time, empty or not', { ...same, before: null, now: { rows: 0, turnover: '0' } }, 0],
    ['is plausible when it grows', { ...same, now: { rows: 300, turnover: '9000' } }, 0],
    ['is plausible when it shrinks a little', { ...same, now: { rows: 80, turnover: '800' }, vanished: 20 }, 0],
    ['V3, D-3: is refused when it is empty', { ...same, now: { rows: 0, turnover: '0' }, vanished: 100 }, 1],
    ['V3, D-3: is refused when lines are missing', { ...same, now: { rows: 79, turnover: '1000' }, vanished: 21 }, 2],
    ['D-3: is refused when the amounts are missing', { ...same, now: { rows: 100, turnover: '799' } }, 1],
    ['D-22: is refused when every line has a new key', { ...same, vanished: 100 }, 1],
  ])('%s', (_title, shrinkage, faults) => expect(implausible(shrinkage)).toHaveLength(faults));
});

describe('a statement', () => {
  const calendar = {
    month: YearMonth.from('2026-01'),
    now: new Date('2026-02-10T00:00:00Z'),
    timeZone: 'UTC',
    graceDays: 5,
  };
  const silent = { states: [], notValidated: null };

  test.each([
    [
      'V8, D-5: of the running month is open, even if validated',
      { states: ['fulfilled'], notValidated: 0 },
      { ...calendar, now: new Date('2026-01-31T23:00:00Z') },
      'open',
    ],
    ['D-5: is open during the days of grace', silent, { ...calendar, now: new Date('2026-02-05T23:00:00Z') }, 'open'],
    ['is closed by the calendar where Arrow says nothing', silent, calendar, 'closed'],
    ['D-23: is open while a line is not validated', { states: [], notValidated: 1 }, calendar, 'open'],
    ['D-23: is open while Arrow says so', { states: ['needs validation'], notValidated: 0 }, calendar, 'open'],
    ['D-23: is closed once Arrow validated all of it', { states: ['fulfilled'], notValidated: 0 }, calendar, 'closed'],
    [
      'D-23: is rejected as soon as Arrow says so',
      { states: ['fulfilled', 'rejected'], notValidated: 0 },
      { ...calendar, force: true },
      'rejected',
    ],
    [
      'can be closed by hand before its grace is over',
      { states: ['open'], notValidated: 3 },
      { ...calendar, now: new Date('2026-02-01T00:00:00Z'), force: true },
      'closed',
    ],
    [
      'cannot be closed by hand before its month is over',
      silent,
      { ...calendar, now: new Date('2026-01-31T00:00:00Z'), force: true },
      'open',
    ],
  ] as const)('%s', (_title, signs, at, expected) => expect(finalityOf(signs, at)).toBe(expected));
});
