import type { ArrowExportTypeDefinition } from '../arrow-gateway/arrow-gateway.js';
import { labelsOf, type Meaning, missingLabels, neededMeanings, type PriceSource, resolveColumns } from './columns.js';

/** What bills gain from: with these, statements say what was bought, for whom, when, and at what margin. */
const WORTH_HAVING: readonly Meaning[] = [
  'sell',
  'buy',
  'sellCurrency',
  'buyCurrency',
  'vendor',
  'product',
  'sku',
  'quantity',
  'customerReference',
  'customerName',
  'subscription',
  'statement',
  'validationDate',
  'period',
  'serviceStart',
  'serviceEnd',
];

/** What is to be billed by an export type. */
export interface FitNeeds {
  /** `undefined`: not decided yet, so both have to be there. */
  readonly priceSource?: PriceSource;
  /** Blank: every classification is billed. */
  readonly classificationFilter: string;
}

/** How well billing gets on with an export type. Missing columns are worded as `Sell Total Price or Customer Total Price`. */
export interface ExportTypeFit {
  readonly reference: string;
  readonly name: string;
  readonly required: { readonly total: number; readonly missing: readonly string[] };
  readonly important: { readonly total: number; readonly missing: readonly string[] };
  /** Billing can run on it. */
  readonly compatible: boolean;
  /** Compatible, and at least half of what is worth having is there. */
  readonly recommended: boolean;
  /** Why ArrowSphere could not say what columns it has; they all count as missing then. */
  readonly error?: string;
}

/** Compares the columns of an export type with what billing reads. */
export function fitOf(
  { reference, name, columns: references }: ArrowExportTypeDefinition,
  needs: FitNeeds,
  error?: string,
): ExportTypeFit {
  const { columns, ambiguous } = resolveColumns(Object.values(references), references);
  const { classificationFilter } = needs;
  const sources = needs.priceSource ? [needs.priceSource] : (['sell', 'buy'] as const);
  const needed = new Set(sources.flatMap((priceSource) => neededMeanings({ priceSource, classificationFilter })));
  const important = WORTH_HAVING.filter((meaning) => !needed.has(meaning));
  const twice = (meaning: Meaning) => ambiguous.filter((label) => labelsOf(meaning).split(' or ').includes(label));
  const unclear = [...needed].filter((meaning) => columns[meaning].length > 0 && twice(meaning).length > 0);
  const required = {
    total: needed.size,
    missing: [
      ...missingLabels(columns, needed),
      ...unclear.map((meaning) => `${twice(meaning).join(' or ')} (on more than one column)`),
    ],
  };
  const worthHaving = { total: important.length, missing: missingLabels(columns, important) };
  const compatible = required.missing.length === 0;
  const recommended = compatible && worthHaving.missing.length * 2 <= worthHaving.total;
  return { reference, name, required, important: worthHaving, compatible, recommended, error };
}

/** Best first: what can be billed by, with the fewest columns missing; then by name. */
export function bestFirst(fits: readonly ExportTypeFit[]): ExportTypeFit[] {
  return [...fits].sort(
    (a, b) =>
      Number(b.compatible) - Number(a.compatible) ||
      a.required.missing.length - b.required.missing.length ||
      a.important.missing.length - b.important.missing.length ||
      a.name.localeCompare(b.name, 'en') ||
      (a.reference < b.reference ? -1 : 1),
  );
}
