import { YearMonth } from '../common/year-month.js';

/** A row of an export as ArrowSphere sent it. */
export type Row = readonly (string | null)[];

/** What a cell says. Absent is not zero and not today, and a text that cannot be read is neither. */
export type ParsedCell =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'absent' }
  /** `text`: as sent, shortened to 100 characters. */
  | { readonly kind: 'invalid'; readonly text: string };

export const ABSENT: ParsedCell = { kind: 'absent' };

export function invalidCell(text: string): ParsedCell {
  return { kind: 'invalid', text: text.slice(0, 100) };
}

/** The first of these cells that is not blank, trimmed, without what the database cannot keep. */
export function firstText(row: Row, positions: readonly number[]): string | undefined {
  for (const position of positions) {
    const cell = row[position];
    if (!cell) continue;
    const text = cell.includes('\0') ? cell.replaceAll('\0', '').trim() : cell.trim();
    if (text !== '') return text.isWellFormed() ? text : text.toWellFormed();
  }
  return undefined;
}

/** Day first, as exports are asked for; year first; and year first without marks. A time of day may follow. */
const DAY_FIRST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ].*)?$/;
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?$/;
const DIGITS_ONLY = /^(\d{4})(\d{2})(\d{2})$/;

/**
 * The date as `YYYY-MM-DD`; `null` where the text names no day that exists from 2000 to 2100: `0000-00-00`, `null`,
 * `N/A` and `2026-02-30` say as little as an empty cell. Of `01-02-2026` the first number is the day.
 */
export function parseDate(text: string): string | null {
  let found = DAY_FIRST.exec(text);
  if (found) return dateOf(found[4]!, found[3]!, found[1]!);
  found = YEAR_FIRST.exec(text);
  if (found) return dateOf(found[1]!, found[3]!, found[4]!);
  found = DIGITS_ONLY.exec(text);
  return found && dateOf(found[1]!, found[2]!, found[3]!);
}

function dateOf(year: string, month: string, day: string): string | null {
  if (!YearMonth.of(Number(year), Number(month))) return null;
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(day) < 1 || Number(day) > daysInMonth) return null;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const MONTH_LAST = /^(\d{4})(?:[-/.](\d{1,2})|(\d{2}))$/;
const MONTH_FIRST = /^(\d{1,2})[-/.](\d{4})$/;

/** The month that a cell names as `YYYY-MM`: `2026-08`, `202608`, `2026/08`, `08/2026`, `08-2026`, or a day in it. */
export function parsePeriod(text: string | undefined): ParsedCell {
  if (text === undefined) return ABSENT;
  const value = monthOf(text) ?? parseDate(text)?.slice(0, 7);
  return value === undefined ? invalidCell(text) : { kind: 'value', value };
}

function monthOf(text: string): string | undefined {
  let found = MONTH_LAST.exec(text);
  if (found) return YearMonth.of(Number(found[1]), Number(found[2] ?? found[3]))?.toString();
  found = MONTH_FIRST.exec(text);
  return found ? YearMonth.of(Number(found[2]), Number(found[1]))?.toString() : undefined;
}
