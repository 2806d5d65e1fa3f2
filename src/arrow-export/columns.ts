/** Which of the two totals of a line is charged: what the customer pays, or what the partner pays. */
export const PRICE_SOURCES = ['sell', 'buy'] as const;
export type PriceSource = (typeof PRICE_SOURCES)[number];

/**
 * What billing wants to know of a line, and the labels of the columns that may say it, best first. The first column
 * that is not blank on a line wins, on every line and in every stage alike.
 */
const LABELS = {
  lineKey: ['Line Reference', 'Sequence', 'Order Id'],
  sell: ['Sell Total Price', 'Customer Total Price'],
  buy: ['Buy Total Price', 'Total Wholesale Price'],
  sellCurrency: ['Currency', 'Sell Currency', 'Country Marketplace Currency'],
  buyCurrency: ['Currency', 'Buy Currency', 'Service Provider Currency'],
  quantity: ['Quantity', 'Qty'],
  license: ['ARS Subscription ID', 'License Reference'],
  subscription: ['Vendor Subscription ID'],
  customerReference: ['Customer Reference', 'End User Company ID', 'End User Company Reference ID'],
  customerName: ['End User Company Name'],
  statement: ['Statement Reference'],
  statementState: ['Statement State', 'Statement Status'],
  validationDate: ['Validation Date'],
  vendor: ['Vendor Name', 'Service Name'],
  product: ['Product Name', 'Friendly Name', 'Description'],
  sku: ['Arrow SKU', 'Vendor SKU'],
  classification: ['Classification'],
  period: ['Report Period'],
  serviceStart: ['Bill From', 'Usage Start Date'],
  serviceEnd: ['Bill To', 'Usage End Date'],
} as const satisfies Record<string, readonly string[]>;

export type Meaning = keyof typeof LABELS;

/** Where each meaning stands in the rows of one export: column positions, best first; empty = no such column. */
export type Columns = Readonly<Record<Meaning, readonly number[]>>;

export interface ResolvedColumns {
  readonly columns: Columns;
  /** Labels that stand on more than one column that billing reads: which of them counts cannot be known. */
  readonly ambiguous: readonly string[];
}

/** Letters and digits only, so that `End-User  E-mail` and `end_user_email` are the same column. */
function fold(label: string): string {
  return label
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * Finds the columns of an export by their labels. A partner may rename labels; `references` (column reference → label,
 * as the export type says) then still tells which column is meant.
 */
export function resolveColumns(
  headers: readonly string[],
  references: Readonly<Record<string, string>> = {},
): ResolvedColumns {
  const referenceOf = new Map(Object.entries(references).map(([reference, label]) => [fold(label), fold(reference)]));
  const positions = new Map<string, number[]>();
  headers.forEach((header, position) => {
    const label = fold(header);
    for (const name of new Set([label, referenceOf.get(label) ?? label])) {
      positions.set(name, [...(positions.get(name) ?? []), position]);
    }
  });
  const wanted = Object.entries(LABELS) as [Meaning, readonly string[]][];
  const columns = wanted.map(([meaning, labels]) => {
    const found = labels.flatMap((label) => positions.get(fold(label))?.[0] ?? []);
    return [meaning, [...new Set(found)]] as const;
  });
  const ambiguous = new Set(
    wanted.flatMap(([, labels]) => labels.filter((label) => (positions.get(fold(label))?.length ?? 0) > 1)),
  );
  return { columns: Object.fromEntries(columns) as unknown as Columns, ambiguous: [...ambiguous] };
}

/** What an account bills by, as far as columns are concerned. */
export interface ColumnNeeds {
  readonly priceSource: PriceSource;
  /** Blank: every classification is billed. */
  readonly classificationFilter: string;
}

/** What has to be there, or nothing may be billed. */
export function neededMeanings({ priceSource, classificationFilter }: ColumnNeeds): Meaning[] {
  return [priceSource, 'license', 'lineKey', ...(classificationFilter ? (['classification'] as const) : [])];
}

/** The columns that may say it, in a sentence: `Sell Total Price or Customer Total Price`. */
export function labelsOf(meaning: Meaning): string {
  return LABELS[meaning].join(' or ');
}

/** Those of the meanings that no column of the export says, as {@link labelsOf} words them. */
export function missingLabels(columns: Columns, meanings: Iterable<Meaning>): string[] {
  return [...meanings].filter((meaning) => columns[meaning].length === 0).map(labelsOf);
}

/** The labels without which nothing may be billed. */
export function missingColumns(columns: Columns, needs: ColumnNeeds): string[] {
  return missingLabels(columns, neededMeanings(needs));
}
