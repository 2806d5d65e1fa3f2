import { YearMonth } from '../../common/year-month.js';
import { finalityOf, graceIsOver, type StatementSigns } from './finality.js';

const on = (day: string) => ({
  month: YearMonth.from('2026-01'),
  now: new Date(`${day}T12:00:00Z`),
  account: { timeZone: 'UTC', graceDays: 3 },
});
const judge = (signs: Partial<StatementSigns>, day: string, force = false) =>
  finalityOf({ states: null, notValidated: null, ...signs }, on(day), force);

describe('whether a statement may be closed', () => {
  test.each([
    ['says nothing, and grace is not over', {}, '2026-02-03', 'open'],
    ['says nothing, and grace is over', {}, '2026-02-04', 'validated'],
    ['has a date on every line', { notValidated: 0 }, '2026-02-01', 'validated'],
    ['lacks a date on one line', { notValidated: 1 }, '2026-03-01', 'open'],
    ['is called open, though every line has a date', { states: ['open'], notValidated: 0 }, '2026-03-01', 'open'],
    ['needs validation', { states: ['needs validation'] }, '2026-03-01', 'open'],
    ['is called fulfilled', { states: ['fulfilled'], notValidated: 2 }, '2026-02-01', 'validated'],
    ['is called what is not known', { states: ['in dispute'] }, '2026-03-01', 'open'],
    ['is partly called so', { states: ['fulfilled', 'in dispute'], notValidated: 1 }, '2026-03-01', 'open'],
    [
      'is called what is not known, with a date on every line',
      { states: ['x'], notValidated: 0 },
      '2026-02-01',
      'validated',
    ],
    ['is rejected', { states: ['rejected'], notValidated: 0 }, '2026-03-01', 'rejected'],
    ['has a blank state and no other column', { states: [] }, '2026-03-01', 'open'],
    ['is of a running month', { states: ['fulfilled'], notValidated: 0 }, '2026-01-31', 'open'],
  ])('that %s', (_title, signs, day, finality) => {
    expect(judge(signs, day)).toBe(finality);
  });

  test('force does not wait, but for the month, and for what ArrowSphere rejected', () => {
    expect(judge({ states: ['open'], notValidated: 3 }, '2026-02-01', true)).toBe('validated');
    expect(judge({}, '2026-01-31', true)).toBe('open');
    expect(judge({ states: ['rejected'] }, '2026-02-01', true)).toBe('rejected');
    expect(graceIsOver(on('2026-02-01'), true)).toBe(true);
    expect(graceIsOver(on('2026-02-01'), false)).toBe(false);
  });
});
