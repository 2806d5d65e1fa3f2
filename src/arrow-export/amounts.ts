import { type DecimalString, round } from '../common/money.js';
import { ABSENT, invalidCell, type ParsedCell } from './cells.js';

/** How an account's exports write numbers: the decimal mark is a point (`1,234.56`) or a comma (`1.234,56`). */
export type NumberLocale = 'point' | 'comma';

/** ISO code or symbol before or after the number; it says nothing that the currency column does not say. */
const CURRENCY = /^(?:[A-Z]{3}|\p{Sc})\s?(?=[\d(.,+-])|(?<=[\d).,-])\s?(?:[A-Z]{3}|\p{Sc})$/gu;

/** Every way of writing "less than zero" that exports use: in front, behind, in parentheses. */
const SIGNS: readonly [form: RegExp, negative: boolean][] = [
  [/^-\s?([^()]+)$/, true],
  [/^([^()]+)-$/, true],
  [/^\(([^()]+)\)$/, true],
  [/^\+?([^()]+)$/, false],
];

const GROUP_MARKS: Record<NumberLocale, string> = { point: ",'’ ", comma: ".'’ " };

/** Digits, perhaps a fraction, perhaps a power of ten (`1E-5`), as spreadsheets write small amounts. */
const PLAIN: Record<NumberLocale, RegExp> = {
  point: /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/,
  comma: /^(?:\d+(?:,\d*)?|,\d+)(?:[eE][+-]?\d{1,3})?$/,
};

/** What the ledger keeps: twelve digits before the point and ten after it. */
const SCALE = 10;
const KEPT = /^-?\d{1,12}(?:\.\d{1,10})?$/;

/** Longer than any number that is meant as an amount; bounds the work that a cell can cause. */
const MAX_LENGTH = 200;

/**
 * Reads the text of a cell as a decimal: exactly, or rounded half away from zero to the ten decimals that the ledger
 * keeps. The same number is always the same text, without zeros at its ends. Thousands marks are taken only where they
 * stand between groups of three digits, so that `12,5` and `0,123` under the locale `point` are invalid, and not 125 and
 * 123. Thirteen digits before the point are invalid. Never throws.
 */
export function parseAmount(cell: string | null | undefined, locale: NumberLocale): ParsedCell {
  if (cell === null || cell === undefined) return ABSENT;
  // What exports write nearly always.
  if (locale === 'point' && KEPT.test(cell)) return { kind: 'value', value: canonical(cell) };
  if (cell.length > MAX_LENGTH) return cell.trim() === '' ? ABSENT : invalidCell(cell);
  const text = cell
    .replace(/[\u00a0\u2000-\u200a\u202f]/g, ' ')
    .replace(/[\u2010-\u2013\u2212\ufe63\uff0d]/g, '-')
    .trim();
  if (text === '') return ABSENT;
  const value = read(text, locale);
  return value === undefined ? invalidCell(cell) : { kind: 'value', value };
}

function read(text: string, locale: NumberLocale): DecimalString | undefined {
  const bare = text.replace(CURRENCY, '').trim();
  for (const [form, negative] of SIGNS) {
    const unsigned = form.exec(bare)?.[1]?.replace(CURRENCY, '').trim();
    if (unsigned === undefined) continue;
    const digits = withoutGroups(unsigned, locale);
    if (!PLAIN[locale].test(digits)) return undefined;
    const exact = (negative ? '-' : '') + digits.replace(',', '.');
    const value = canonical(KEPT.test(exact) ? exact : round(exact, SCALE));
    return KEPT.test(value) ? value : undefined;
  }
  return undefined;
}

function withoutGroups(text: string, locale: NumberLocale): string {
  const mark = [...GROUP_MARKS[locale]].find((candidate) => text.includes(candidate));
  if (!mark) return text;
  const decimal = locale === 'point' ? '.' : ',';
  const [whole = '', ...fraction] = text.split(decimal);
  const groups = whole.split(mark);
  const grouped =
    groups.length > 1 && /^[1-9]\d{0,2}$/.test(groups[0]!) && groups.slice(1).every((group) => /^\d{3}$/.test(group));
  return grouped && fraction.length < 2 ? [groups.join(''), ...fraction].join(decimal) : text;
}

/** No leading zeros, no trailing ones, no negative zero: the same number is always the same text. */
function canonical(text: string): DecimalString {
  const negative = text.startsWith('-');
  let start = negative ? 1 : 0;
  let end = text.length;
  const point = text.indexOf('.');
  if (point >= 0) {
    while (text[end - 1] === '0') end -= 1;
    if (end - 1 === point) end = point;
  }
  const whole = point >= 0 ? point : end;
  while (start < whole - 1 && text[start] === '0') start += 1;
  const unsigned = text.slice(start, end);
  return negative && unsigned !== '0' ? `-${unsigned}` : unsigned;
}
