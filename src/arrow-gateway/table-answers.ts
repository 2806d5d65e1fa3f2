import { z } from 'zod';
import { sum } from '../common/money.js';
import { AnswerFault, checked, type PageClaim, readPageClaim, text } from './answers.js';
import type { ArrowConsumption, ArrowConsumptionEstimate, ArrowConsumptionMonth, ArrowTable } from './arrow-gateway.js';
import { firstText } from './customer-answers.js';
import { toDecimal, toText } from './decimals.js';

const Headers = z.array(z.union([z.string(), z.number()]));
const Lines = z.object({ data: z.object({ headers: Headers, lines: z.array(z.unknown()) }) });
const Values = z.object({ data: z.object({ headers: Headers, values: z.array(z.unknown()) }) });

/** Far more than any export has: short rows are filled up to this width, so it bounds what a small answer can become. */
const MAX_COLUMNS = 1000;

type Cells = ReadonlyArray<string | null>;

export interface ExportAnswer {
  readonly headers: readonly string[];
  readonly rows: readonly Cells[];
  readonly claim: PageClaim;
}

/** `data.headers` and `data.values` of an export page. */
export function readExportPage(answer: unknown): ExportAnswer {
  const { data } = checked(Values, answer);
  const headers = uniqueLabels(data.headers.map(String));
  return {
    headers,
    rows: data.values.map((row, index) => cellsOf(row, headers.length, `data.values.${index}`)),
    claim: readPageClaim(answer),
  };
}

/** `data.headers` and `data.lines` of a consumption answer, summed by month. */
export function readConsumption(answer: unknown, licenseReference: string): ArrowConsumption {
  const { data } = checked(Lines, answer);
  const headers = uniqueLabels(data.headers.map(String));
  const rows = data.lines.map((line, index) => {
    const cells = cellsOf(line, headers.length, `data.lines.${index}`);
    return new Map(headers.map((header, column) => [header, cells[column] ?? null]));
  });
  const table = { headers, rows };
  return { licenseReference, table, months: monthsOf(table) };
}

const Estimate = z.object({
  data: z.object({
    currency: text,
    reportPeriod: text,
    values: z.array(
      z.object({
        consumed: z.union([z.object({ buy: text, sell: text }), z.tuple([]), z.null()]).optional(),
      }),
    ),
  }),
});

/** `data` of a prediction: what it says was consumed so far, summed over its values; unknown if one of them is. */
export function readEstimate(answer: unknown): ArrowConsumptionEstimate {
  const { data } = checked(Estimate, answer);
  const period = /^\d{4}-\d{2}/.exec(firstText(data.reportPeriod))?.[0];
  if (!period) throw new AnswerFault('data.reportPeriod is not a month');
  const consumed = data.values.map((value) => (value.consumed ?? {}) as { buy?: unknown; sell?: unknown });
  return {
    period,
    sellTotal: total(consumed.map(({ sell }) => toDecimal(sell))),
    buyTotal: total(consumed.map(({ buy }) => toDecimal(buy))),
    currency: firstText(data.currency) || null,
  };
}

/** The column of a table by its label, case and spaces around it ignored: the first of the names that is there. */
export function findHeader(headers: readonly string[], ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = headers.find((header) => header.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
  }
  return undefined;
}

function monthsOf(table: ArrowTable): ArrowConsumptionMonth[] {
  const column = (...names: string[]): string => findHeader(table.headers, ...names) ?? '';
  const period = column('Report Period');
  if (table.rows.length > 0 && period === '') throw new AnswerFault('it has no column "Report Period"');
  const sell = column('Total sell price', 'Country customer total');
  const buy = column('Total buy price', 'Country reseller total');
  const currency = column('Country currency code', 'Currency');
  const byPeriod = new Map<string, Array<ReadonlyMap<string, string | null>>>();
  for (const [index, row] of table.rows.entries()) {
    const month = /^\s*(\d{4}-(0[1-9]|1[0-2]))/.exec(row.get(period) ?? '')?.[1];
    if (!month) throw new AnswerFault(`line ${index + 1} has no report period`);
    const known = byPeriod.get(month);
    if (known) known.push(row);
    else byPeriod.set(month, [row]);
  }
  return [...byPeriod]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([month, rows]) => {
      const currencies = new Set(rows.map((row) => firstText(row.get(currency))).filter((code) => code !== ''));
      // Amounts of two currencies have no sum.
      const summable = currencies.size <= 1;
      return {
        period: month,
        sellTotal: summable ? total(rows.map((row) => toDecimal(row.get(sell)))) : null,
        buyTotal: summable ? total(rows.map((row) => toDecimal(row.get(buy)))) : null,
        currency: summable ? ([...currencies][0] ?? null) : null,
        lineCount: rows.length,
      };
    });
}

/** One unknown amount makes the sum unknown, and so does having none at all. */
function total(amounts: ReadonlyArray<string | null>): string | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === amounts.length && known.length > 0 ? sum(known) : null;
}

/** Labels trimmed; of equal ones (case ignored) the second is called `… (2)`, so that no column hides another.
 * Throws {@link AnswerFault} for more columns than any table has. */
export function uniqueLabels(labels: readonly string[]): string[] {
  if (labels.length > MAX_COLUMNS) throw new AnswerFault(`it has more than ${MAX_COLUMNS} columns`);
  const taken = new Set<string>();
  return labels.map((label) => {
    const trimmed = label.trim();
    let name = trimmed;
    for (let copy = 2; taken.has(name.toLowerCase()); copy += 1) name = `${trimmed} (${copy})`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** One row as text cells: padded with `null` where it is short; cells beyond the headers have no name and are dropped. */
function cellsOf(row: unknown, width: number, place: string): Cells {
  if (!Array.isArray(row)) throw new AnswerFault(`${place} is not a row`);
  const sent: readonly unknown[] = row;
  if (sent.length === width && areCells(sent)) return sent;
  const cells: Array<string | null> = [];
  for (let column = 0; column < width; column += 1) cells.push(cellOf(sent[column], place, column));
  return cells;
}

/** A plain loop, as it looks at every cell of every export. */
function areCells(row: readonly unknown[]): row is Cells {
  for (let column = 0; column < row.length; column += 1) {
    if (typeof row[column] !== 'string' && row[column] !== null) return false;
  }
  return true;
}

function cellOf(cell: unknown, place: string, column: number): string | null {
  if (
    cell === null ||
    cell === undefined ||
    typeof cell === 'string' ||
    typeof cell === 'number' ||
    typeof cell === 'boolean'
  ) {
    return toText(cell);
  }
  throw new AnswerFault(`${place}.${column} is not a cell`);
}
