import type { DecimalString } from '../../common/money.js';

/** How an account's exports write numbers: the decimal mark is a point (`1,234.56`) or a comma (`1.234,56`). */
export type NumberLocale = 'point' | 'comma';

/** What a cell says. Absent is not zero, and a text that cannot be read is neither. */
export type ParsedNumber =
  | { readonly kind: 'value'; readonly value: DecimalString }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly text: string };

const ABSENT: ParsedNumber = { kind: 'absent' };

/** ISO code or symbol before or after the number; it says nothing that the currency column does not say. */
const CURRENCY = /^(?:[A-Z]{3}|[€$£¥])\s?(?=[\d(.,+-])|(?<=[\d).,-])\s?(?:[A-Z]{3}|[€$£¥])$/g;

/** Every way of writing "less than zero" that exports use: in front, behind, in parentheses. */
const SIGNS: readonly [form: RegExp, negative: boolean][] = [
  [/^-\s?([^()+-]+)$/, true],
  [/^([^()+-]+)-$/, true],
  [/^\(([^()+-]+)\)$/, true],
  [/^\+?([^()+-]+)$/, false],
];

const GROUP_MARKS: Record<NumberLocale, string> = { point: ",'’ ", comma: ".'’ " };

const PLAIN: Record<NumberLocale, RegExp> = {
  point: /^\d+(?:\.\d+)?$|^\.\d+$/,
  comma: /^\d+(?:,\d+)?$|^,\d+$/,
};

/** Twelve digits before the point and ten after it are what the ledger keeps. */
const KEPT = /^-?\d{1,12}(?:\.\d{1,10})?$/;

/**
 * Reads the text of a cell as an exact decimal. Thousands marks are taken only where they stand between groups of three
 * digits, so that `12,5` under the locale `point` is an error and not 125. Never throws.
 */
export function parseNumber(cell: string | null | undefined, locale: NumberLocale): ParsedNumber {
  if (cell === null || cell === undefined) return ABSENT;
  const text = cell
    .replace(/[\u00a0\u202f\u2009]/g, ' ')
    .replaceAll('\u2212', '-')
    .trim();
  if (text === '') return ABSENT;
  const value = read(text, locale);
  return value === undefined ? { kind: 'invalid', text: cell.slice(0, 100) } : { kind: 'value', value };
}

function read(text: string, locale: NumberLocale): DecimalString | undefined {
  const bare = text.replace(CURRENCY, '').trim();
  for (const [form, negative] of SIGNS) {
    const unsigned = form.exec(bare)?.[1]?.replace(CURRENCY, '').trim();
    if (unsigned === undefined) continue;
    const digits = withoutGroups(unsigned, locale);
    if (!PLAIN[locale].test(digits)) return undefined;
    const value = canonical((negative ? '-' : '') + digits.replace(',', '.'));
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
    groups.length > 1 && /^\d{1,3}$/.test(groups[0]!) && groups.slice(1).every((group) => /^\d{3}$/.test(group));
  return grouped && fraction.length < 2 ? [groups.join(''), ...fraction].join(decimal) : text;
}

/** No leading zeros, no trailing ones, no negative zero: the same number is always the same text. */
function canonical(text: string): DecimalString {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const shortFraction = fraction.replace(/0+$/, '');
  const unsigned = (whole.replace(/^0+(?=\d)/, '') || '0') + (shortFraction ? `.${shortFraction}` : '');
  return negative && unsigned !== '0' ? `-${unsigned}` : unsigned;
}
