import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import { displayName } from '../arrow-gateway/display-name.js';
import type { DecimalString } from '../common/money.js';
import { type NumberLocale, parseAmount } from './amounts.js';
import { firstText, parseDate, type ParsedCell, parsePeriod, type Row } from './cells.js';
import type { Columns, Meaning, PriceSource } from './columns.js';
import { currencyOf, type LineCurrency } from './currency.js';

/** One line of a billing export in our words. `null` and `''` mean that the export does not say; neither is ever taken for 0. */
export interface ExportLine {
  /** What the export calls the line; not necessarily unique. */
  readonly lineKey: string;
  /** `''`: the line names no licence. */
  readonly licenseReference: string;
  readonly customerReference: string;
  readonly customerName: string;
  readonly statementReference: string;
  /** Lower case; `null`: the export has no such column. */
  readonly statementState: string | null;
  /** Whether ArrowSphere validated it, which only a real date says; `null`: the export has no such column. */
  readonly validated: boolean | null;
  /** `YYYY-MM` */
  readonly period: ParsedCell;
  readonly classification: string;
  readonly vendorName: string;
  readonly productName: string;
  readonly sku: string;
  readonly subscriptionReference: string;
  /** Information only: amounts are Arrow's own totals and are never multiplied by it. */
  readonly quantity: DecimalString | null;
  /** The total that is charged, in `currency`: the one of the two that the context names. */
  readonly amount: ParsedCell;
  /** Both totals in `currency`; `null` where unknown, unreadable or, of the one that is not charged, in another currency. */
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  readonly currency: LineCurrency;
  /** `YYYY-MM-DD` */
  readonly serviceStart: string | null;
  readonly serviceEnd: string | null;
}

/** How to read the lines of one export. */
export interface ExportLineContext {
  readonly columns: Columns;
  readonly numberLocale: NumberLocale;
  readonly priceSource: PriceSource;
  /** ISO 4217, for lines that name none; `''` where that is not known. */
  readonly defaultCurrency: string;
}

/**
 * The one place that turns a row of a billing export into a typed line; billing and live figures share it. Only the amount
 * that is charged can be invalid: another cell that cannot be read says nothing and stops nothing. Never throws.
 */
export function readExportLine(row: Row, context: ExportLineContext): ExportLine {
  const { columns, priceSource, numberLocale } = context;
  const text = (meaning: Meaning, max = 255) => firstText(row, columns[meaning])?.slice(0, max) ?? '';
  const number = (meaning: 'sell' | 'buy' | 'quantity') => parseAmount(firstText(row, columns[meaning]), numberLocale);
  const charged = number(priceSource);
  const otherSource = priceSource === 'sell' ? 'buy' : 'sell';
  const currency = currencyOf(text(`${priceSource}Currency`) || context.defaultCurrency);
  const otherCurrency = text(`${otherSource}Currency`);
  // An amount in another currency is neither added to the others nor taken from them.
  const isComparable = otherCurrency === '' || currencyOf(otherCurrency).code === currency.code;
  const amount = valueOf(charged);
  const other = isComparable ? valueOf(number(otherSource)) : null;
  return {
    lineKey: text('lineKey'),
    licenseReference: normalizeArrowReference(text('license')).slice(0, 255),
    customerReference: text('customerReference'),
    customerName: text('customerName', 500),
    statementReference: text('statement'),
    statementState: columns.statementState.length ? text('statementState', 50).toLowerCase() : null,
    validated: columns.validationDate.length ? parseDate(text('validationDate')) !== null : null,
    period: parsePeriod(firstText(row, columns.period)),
    classification: text('classification', 50),
    vendorName: text('vendor'),
    productName: productName(row, columns.product),
    sku: text('sku'),
    subscriptionReference: text('subscription'),
    quantity: valueOf(number('quantity')),
    amount: charged,
    sell: priceSource === 'sell' ? amount : other,
    buy: priceSource === 'buy' ? amount : other,
    currency,
    serviceStart: parseDate(text('serviceStart')),
    serviceEnd: parseDate(text('serviceEnd')),
  };
}

function valueOf(cell: ParsedCell): string | null {
  return cell.kind === 'value' ? cell.value : null;
}

/** What a person called it, never a name that ArrowSphere made up. */
function productName(row: Row, positions: readonly number[]): string {
  const named = positions.filter((at) => displayName(row[at]) !== '');
  return firstText(row, named)?.slice(0, 500) ?? '';
}
