import { givenName } from '../../arrow-gateway/given-name.js';
import type { DecimalString } from '../../common/money.js';
import type { Columns, Meaning } from '../../settings/export-columns.js';
import type { PriceSource } from '../../settings/settings.entity.js';
import { type NumberLocale, parseNumber } from './number.js';

/** One line of an export in our words. `null` and `''` mean that the export does not say; neither is ever taken for 0. */
export interface NormalisedLine {
  /** What the export calls the line; not necessarily unique. */
  readonly lineKey: string;
  /** `''`: the line names no licence. */
  readonly licenseReference: string;
  readonly customerReference: string;
  readonly customerName: string;
  readonly statementReference: string;
  /** Lower case; `''` where the export has no such column. */
  readonly statementState: string;
  /** `null`: the export has no such column. */
  readonly validated: boolean | null;
  /** `YYYY-MM` as sent; `''` where the export does not say. */
  readonly reportPeriod: string;
  readonly classification: string;
  readonly vendorName: string;
  readonly productName: string;
  readonly sku: string;
  readonly subscriptionReference: string;
  /** Information only: amounts are Arrow's own totals and are never multiplied by it. */
  readonly quantity: DecimalString | null;
  /** Total of the line, in `currency`; of the two prices, the one that is not charged is `null` where it is in another. */
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  /** ISO 4217 of the amount that is charged. */
  readonly currency: string;
  /** `YYYY-MM-DD` */
  readonly serviceStart: string | null;
  readonly serviceEnd: string | null;
}

/** A cell that should be a number and is none. */
export interface NumberFault {
  readonly meaning: Meaning;
  readonly text: string;
}

export interface Normalised {
  readonly line: NormalisedLine;
  readonly faults: readonly NumberFault[];
}

export interface NormaliseContext {
  readonly columns: Columns;
  readonly numberLocale: NumberLocale;
  readonly priceSource: PriceSource;
  /** Where the export names none. */
  readonly defaultCurrency: string;
}

type Row = readonly (string | null)[];

/** The one place that turns a row of an export into a typed line; the sync, the reconciliation and the lookups share it. */
export function normaliseRow(row: Row, context: NormaliseContext): Normalised {
  const { columns, priceSource } = context;
  const faults: NumberFault[] = [];
  const text = (meaning: Meaning, max = 255) => firstOf(row, columns[meaning])?.slice(0, max) ?? '';
  const number = (meaning: 'sell' | 'buy' | 'quantity'): DecimalString | null => {
    const parsed = parseNumber(firstOf(row, columns[meaning]), context.numberLocale);
    if (parsed.kind === 'invalid') faults.push({ meaning, text: parsed.text });
    return parsed.kind === 'value' ? parsed.value : null;
  };
  const currencyIn = (meaning: 'sellCurrency' | 'buyCurrency') => text(meaning, 10).toUpperCase();
  const [own, other] =
    priceSource === 'sell'
      ? [currencyIn('sellCurrency'), currencyIn('buyCurrency')]
      : [currencyIn('buyCurrency'), currencyIn('sellCurrency')];
  const currency = own || context.defaultCurrency;
  // An amount in another currency is neither added to the others nor taken from them.
  const comparable = (price: PriceSource, amount: DecimalString | null) =>
    price === priceSource || !other || other === currency ? amount : null;
  const line: NormalisedLine = {
    lineKey: text('lineKey'),
    licenseReference: text('license'),
    customerReference: text('customerReference'),
    customerName: text('customerName', 500),
    statementReference: text('statement'),
    statementState: text('statementState', 50).toLowerCase(),
    validated: columns.validationDate.length ? text('validationDate') !== '' : null,
    reportPeriod: text('period', 50),
    classification: text('classification', 50),
    vendorName: text('vendor'),
    productName:
      firstOf(
        row,
        columns.product.filter((at) => givenName(row[at]) !== ''),
      )?.slice(0, 500) ?? '',
    sku: text('sku'),
    subscriptionReference: text('subscription'),
    quantity: number('quantity'),
    sell: comparable('sell', number('sell')),
    buy: comparable('buy', number('buy')),
    currency,
    serviceStart: parseDate(text('serviceStart', 50)),
    serviceEnd: parseDate(text('serviceEnd', 50)),
  };
  return { line, faults };
}

/** The first cell that says something, trimmed. The database cannot keep NUL, and Arrow's blanks say nothing. */
function firstOf(row: Row, positions: readonly number[]): string | undefined {
  for (const position of positions) {
    const cell = row[position];
    if (!cell) continue;
    const text = cell.includes('\0') ? cell.replaceAll('\0', '').trim() : cell.trim();
    if (text !== '') return text.isWellFormed() ? text : text.toWellFormed();
  }
  return undefined;
}

/** `DD-MM-YYYY` or `DD/MM/YYYY`, which is asked of ArrowSphere, or ISO; anything else is as good as not said. */
function parseDate(text: string): string | null {
  const european = /^(\d{2})[-/](\d{2})[-/](\d{4})/.exec(text);
  const iso = european ? `${european[3]}-${european[2]}-${european[1]}` : text.slice(0, 10);
  const date = /^[12]\d{3}-\d{2}-\d{2}$/.test(iso) ? new Date(`${iso}T00:00:00Z`) : undefined;
  return date && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : null;
}
