import { findHeader } from '../arrow-gateway/table-answers.js';
import { toDecimal } from '../arrow-gateway/decimals.js';
import type { DecimalString } from '../common/money.js';

/** What is shown of a line of the billing export. Text is blank and numbers are null where the line says nothing. */
export interface ExportLine {
  readonly licenseReference: string;
  readonly subscriptionReference: string;
  readonly vendorName: string;
  readonly offerSku: string;
  readonly classification: string;
  readonly quantity: DecimalString | null;
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  readonly sellCurrency: string;
  readonly buyCurrency: string;
}

/** Labels of the columns, best first: the first that is not blank on a line counts. */
const LABELS: Readonly<Record<keyof ExportLine, readonly string[]>> = {
  licenseReference: ['ARS Subscription ID', 'License Reference'],
  subscriptionReference: ['Vendor Subscription ID'],
  vendorName: ['Vendor Name', 'Service Name'],
  offerSku: ['Arrow SKU', 'Vendor SKU'],
  classification: ['Classification'],
  quantity: ['Quantity', 'Qty'],
  sell: ['Sell Total Price', 'Customer Total Price'],
  buy: ['Buy Total Price', 'Total Wholesale Price'],
  sellCurrency: ['Country Marketplace Currency'],
  buyCurrency: ['Service Provider Currency'],
};

/** Where each thing stands in a row: positions, best first; none = the export has no such column. */
export type ExportColumns = Readonly<Record<keyof ExportLine, readonly number[]>>;

/**
 * Finds columns by their labels. A partner can rename labels; `references` (column reference → label, as the export
 * type says) then still tells which column is meant.
 */
export function columnsOf(
  headers: readonly string[],
  references: Readonly<Record<string, string>> = {},
): ExportColumns {
  const labelOf = new Map(Object.entries(references).map(([reference, label]) => [folded(reference), label]));
  const position = (label: string): number => {
    const renamed = labelOf.get(folded(label));
    const header = findHeader(headers, label, ...(renamed === undefined ? [] : [renamed]));
    return header === undefined ? -1 : headers.indexOf(header);
  };
  const entries = Object.entries(LABELS).map(([meaning, labels]) => [
    meaning,
    labels.map(position).filter((at) => at >= 0),
  ]);
  return Object.fromEntries(entries) as ExportColumns;
}

/** The columns without which lines say nothing of money or of whose it is, by the name of the best label. */
export function missingColumns(columns: ExportColumns): string[] {
  const needed = ['licenseReference', 'sell', 'buy'] as const;
  return needed.filter((meaning) => columns[meaning].length === 0).map((meaning) => LABELS[meaning].join(' or '));
}

export function lineOf(row: readonly (string | null)[], columns: ExportColumns): ExportLine {
  const text = (meaning: keyof ExportLine): string => {
    for (const at of columns[meaning]) {
      const cell = row[at]?.trim();
      if (cell) return cell;
    }
    return '';
  };
  return {
    licenseReference: text('licenseReference'),
    subscriptionReference: text('subscriptionReference'),
    vendorName: text('vendorName'),
    offerSku: text('offerSku'),
    classification: text('classification'),
    quantity: toDecimal(text('quantity')),
    sell: toDecimal(text('sell')),
    buy: toDecimal(text('buy')),
    sellCurrency: text('sellCurrency'),
    buyCurrency: text('buyCurrency'),
  };
}

function folded(label: string): string {
  return label.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
