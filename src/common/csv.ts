import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

export type CsvCell = string | number | boolean | null | undefined;

/**
 * What a spreadsheet would run instead of show: a formula sign, full-width ones too, where a cell begins. It also begins
 * after a semicolon, tab or line end, as some take those for separators whatever the quotes say; and what cannot be
 * seen, or is a quote, may stand before the sign.
 */
const FORMULA = /(^|[;\t\r\n])(?=(?:[\p{Cf}\p{Z}"]|(?![\t\r\n])\p{Cc})*[=+\-@＝＋－＠])/gu;
const STARTS_BLANK = /^[\t\r]/;
/** Plain negative numbers are none of it. */
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/;

/** One line of RFC 4180, with its line end. Cells that would be formulas are made text by an apostrophe. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: CsvCell): string {
  const raw = cell === null || cell === undefined ? '' : String(cell);
  const text = PLAIN_NUMBER.test(raw) ? raw : raw.replace(FORMULA, "$1'").replace(STARTS_BLANK, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A CSV file that is sent as it is made, however many rows it has. `name` without the ending. */
export function csvFile(
  name: string,
  headers: readonly string[],
  rows: AsyncIterable<readonly CsvCell[]>,
): StreamableFile {
  async function* lines() {
    yield csvLine(headers);
    for await (const row of rows) yield csvLine(row);
  }
  return new StreamableFile(Readable.from(lines()), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${name.replace(/[^\w.-]/g, '_')}.csv"`,
  });
}

/** The rows of pages that are read one after the other until one comes back short. */
export async function* inPages<T>(size: number, read: (offset: number) => Promise<readonly T[]>): AsyncGenerator<T> {
  for (let offset = 0; ; offset += size) {
    const page = await read(offset);
    yield* page;
    if (page.length < size) return;
  }
}
