import { Readable } from 'node:stream';
import { StreamableFile, type Type } from '@nestjs/common';
import { answerFieldsOf } from './answer.js';
import { commandOf } from './command.js';
import { Page, PagedQuery, pageOf } from './page.js';
import type { UuidFormatter } from './uuid-formatter.js';
import { ChoicesFilter } from './validation/query-fields.js';

const FORMATS = ['json', 'csv'] as const;

/** What a list takes that also comes as a file. */
export class FileQuery extends PagedQuery {
  @ChoicesFilter(FORMATS, { description: 'csv: all rows as a file' }) format?: (typeof FORMATS)[number][];
}

/** An object stands in its cell as JSON. */
export type CsvCell = string | number | boolean | object | null | undefined;

/**
 * What a spreadsheet would run instead of show: a formula sign, full-width ones too, where a cell begins. It also begins
 * after a semicolon, tab or line end, as some take those for separators whatever the quotes say; and what cannot be
 * seen, or is a quote, may stand before the sign. So may an apostrophe, which one more keeps apart from ours.
 */
const FORMULA = /(^|[;\t\r\n])(?=(?:[\p{Cf}\p{Z}"']|(?![\t\r\n])\p{Cc})*[=+\-@＝＋－＠])/gu;
const NEUTRALISED = /(^|[;\t\r\n])'(?=(?:[\p{Cf}\p{Z}"']|(?![\t\r\n])\p{Cc})*[=+\-@＝＋－＠])/gu;
const STARTS_BLANK = /^[\t\r]/;
/** Plain negative numbers are none of it. */
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/;

/** One line of RFC 4180, with its line end. Cells that would be formulas are made text by an apostrophe. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** A text that no spreadsheet runs: what would be a formula gets an apostrophe before it. */
export function neutralised(raw: string): string {
  return PLAIN_NUMBER.test(raw) ? raw : raw.replace(FORMULA, "$1'").replace(STARTS_BLANK, "'$&");
}

/** The text that {@link neutralised} made this of; a text that it would not make stays as it is. */
export function asWritten(cell: string): string {
  if (!cell.includes("'")) return cell;
  const unquoted = STARTS_BLANK.test(cell.slice(1)) && cell.startsWith("'") ? cell.slice(1) : cell;
  const raw = unquoted.replace(NEUTRALISED, '$1');
  return neutralised(raw) === cell ? raw : cell;
}

function csvCell(cell: CsvCell): string {
  const text = neutralised(typeof cell === 'object' && cell ? JSON.stringify(cell) : String(cell ?? ''));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What stands in each column of a file, by its header. */
export type CsvColumns<T> = Readonly<Record<string, (row: T) => CsvCell>>;

/** The fields of an answer as columns. */
export const answerColumnsOf = <A extends object>(answer: Type<A>): CsvColumns<A> =>
  Object.fromEntries(answerFieldsOf(answer).map((field) => [field, (row: A) => row[field] as CsvCell]));

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** What a file is made of. */
export type RowsToWrite<Row> = [header: readonly string[], rows: Rows<Row>, cellsOf: (row: Row) => readonly CsvCell[]];

/** How a file of rows is made. */
export interface FileFormat {
  readonly extension: string;
  readonly type: string;
  readonly write: <Row>(...rows: RowsToWrite<Row>) => Readable;
}

export const CSV: FileFormat = {
  extension: 'csv',
  type: 'text/csv; charset=utf-8; header=present',
  write: (...rows) => Readable.from(csvLines(...rows)),
};

async function* csvLines<Row>(...[header, rows, cellsOf]: RowsToWrite<Row>): AsyncGenerator<string> {
  yield csvLine(header);
  for await (const row of rows) yield csvLine(cellsOf(row));
}

/** Rows that go out as a file, made while it is sent; `name` without its extension. */
export class RowsFile {
  private constructor(readonly stream: (uuids: UuidFormatter) => StreamableFile) {}

  static of<Row>(
    name: string,
    { extension, type, write }: FileFormat,
    ...[header, rows, cellsOf]: RowsToWrite<Row>
  ): RowsFile {
    const disposition = `attachment; filename="${name.replace(/[^\w.-]/g, '_')}.${extension}"`;
    return new RowsFile((uuids) => {
      const content = write(header, rows, (row) => uuids.row(header, cellsOf(row)));
      return new StreamableFile(content, { type, disposition });
    });
  }
}

export type PageOrFile<Answer> = Promise<Page<Answer> | RowsFile>;

/** A list that is answered in pages or as one file. */
interface Listing<Answer, Row> {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly columns: CsvColumns<Row>;
  readonly rows: () => Rows<Row>;
  readonly count: () => number | Promise<number>;
  readonly page: (limit: number, skip: number) => readonly Answer[] | Promise<readonly Answer[]>;
}

/** The page that a query asks for, or a CSV file that is sent as it is made. Throws `PageNotFoundError`. */
export async function pageOrFile<Answer, Row>(
  query: FileQuery,
  { name, columns, rows, count, page }: Listing<Answer, Row>,
): PageOrFile<Answer> {
  if (query.format?.includes('csv')) {
    const cells = Object.values(columns);
    return RowsFile.of(name, CSV, Object.keys(columns), rows(), (row) => cells.map((cellOf) => cellOf(row)));
  }
  const { total, page: number, pageSize } = pageOf(commandOf(query), await count());
  return new Page(await page(pageSize, (number - 1) * pageSize), total, number, pageSize, query.field);
}

/** The rows of pages that are read one after the other, each from an offset or after the last row, until one is short. */
export async function* inPages<T>(
  size: number,
  read: (offset: number, last?: T) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  let last: T | undefined;
  for (let offset = 0; ; offset += size) {
    const page = await read(offset, last);
    yield* page;
    if (page.length < size) return;
    last = page.at(-1);
  }
}
