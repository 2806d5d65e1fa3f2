import { isTimeZone, YearMonth } from './year-month.js';

const month = (text: string) => YearMonth.from(text);

describe('a month', () => {
  test.each(['2024-01', '2000-01', '2100-12'])('%s is one', (text) =>
    expect(YearMonth.parse(text)?.toString()).toBe(text),
  );

  test.each(['2024-1', '2024-13', '2024-00', '1999-12', '2101-01', '2024-01-01', ' 2024-01', 'abc', '', null, 202401])(
    '%p is none',
    (text) => expect(YearMonth.parse(text)).toBeUndefined(),
  );

  test('counts over the ends of years', () => {
    expect(month('2024-12').plus(1).toString()).toBe('2025-01');
    expect(month('2024-01').plus(-1).toString()).toBe('2023-12');
    expect(month('2023-11').monthsUntil(month('2024-02'))).toBe(3);
    expect(YearMonth.range(month('2023-11'), month('2024-02')).join(' ')).toBe('2023-11 2023-12 2024-01 2024-02');
    expect(YearMonth.range(month('2024-02'), month('2024-01'))).toEqual([]);
  });

  test('knows its last day, in leap years too', () => {
    expect(month('2024-02').lastDay).toBe('2024-02-29');
    expect(month('2023-02').lastDay).toBe('2023-02-28');
    expect(month('2023-12').lastDay).toBe('2023-12-31');
  });

  test('is the one of the billing time zone, not of the server', () => {
    const newYearInTallinn = new Date('2025-12-31T22:30:00Z');
    expect(YearMonth.at(newYearInTallinn, 'Europe/Tallinn').toString()).toBe('2026-01');
    expect(YearMonth.at(newYearInTallinn, 'UTC').toString()).toBe('2025-12');
    expect(month('2025-12').isOver(newYearInTallinn, 'Europe/Tallinn')).toBe(true);
    expect(month('2025-12').isOver(newYearInTallinn, 'UTC')).toBe(false);
  });

  test('is over after its days of grace', () => {
    expect(month('2026-01').isOver(new Date('2026-02-03T23:59:59Z'), 'UTC', 3)).toBe(false);
    expect(month('2026-01').isOver(new Date('2026-02-04T00:00:00Z'), 'UTC', 3)).toBe(true);
  });

  test.each([
    ['2026-01', 'UTC', '2026-02-01T00:00:00.000Z'],
    ['2026-01', 'Pacific/Auckland', '2026-01-31T11:00:00.000Z'],
    ['2026-06', 'Pacific/Auckland', '2026-06-30T12:00:00.000Z'],
    ['2026-12', 'America/Los_Angeles', '2027-01-01T08:00:00.000Z'],
    ['2026-01', 'Pacific/Chatham', '2026-01-31T10:15:00.000Z'],
    ['2026-01', 'Pacific/Kiritimati', '2026-01-31T10:00:00.000Z'],
    ['2100-12', 'Asia/Kolkata', '2100-12-31T18:30:00.000Z'],
  ])('%s ends in %s at %s', (text, timeZone, end) => {
    expect(month(text).endIn(timeZone).toISOString()).toBe(end);
  });

  test('time zones are those of the runtime', () => {
    expect(isTimeZone('Europe/Tallinn')).toBe(true);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
  });
});
