import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { wellFormed } from '../common/sanitize-text.js';
import type { SheetEncoding } from './sheet-file.js';
import { UnreadableSheetError } from './spreadsheets.errors.js';

export const SEPARATORS = [',', ';', '\t'] as const;
export type Separator = (typeof SEPARATORS)[number];

/** A row as it stands in the file. */
export interface SheetRow {
  /** As spreadsheet programs number it: the header is 1. */
  readonly number: number;
  readonly cells: readonly string[];
}

/** No row of ours comes near it: a quote that is never closed does. In bytes. */
const LONGEST_ROW = 262_144;

/** Any of them, wherever it stands: rows are added to a file by other programs than the one that made it. */
const LINE_ENDS = ['\r\n', '\n', '\r'];

/** The parser makes all rows of a piece at once. */
const PIECE_BYTES = 65_536;

/** The rows of a CSV as they are read, and what stands between its cells. Throws `UnreadableSheetError`, while reading too. */
export async function readCsv(
  chunks: AsyncIterable<Buffer>,
  encoding: Exclude<SheetEncoding, 'xlsx'>,
): Promise<{ separator: Separator; rows: AsyncGenerator<SheetRow> }> {
  const texts = decoded(chunks, encoding);
  const { value: first = '' } = await texts.next();
  const stated = /^sep=([,;\t])\r?\n/.exec(first);
  const separator = (stated?.[1] as Separator | undefined) ?? separatorIn(first);
  const start = stated ? first.slice(stated[0].length) : first;
  return { separator, rows: rowsOf(startingWith(start, texts), separator, stated ? 1 : 0) };
}

async function* decoded(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += PIECE_BYTES)
      yield wellFormed(decoder.decode(chunk.subarray(at, at + PIECE_BYTES), { stream: true }));
  yield decoder.decode();
  return undefined;
}

async function* startingWith(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

/** The one that stands most often in the header, outside of quotes. */
function separatorIn(text: string): Separator {
  const header = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)![0].replaceAll(/"(?:[^"]|"")*"/g, '');
  const count = (separator: string) => header.split(separator).length;
  return SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best));
}

async function* rowsOf(texts: AsyncIterable<string>, delimiter: string, skipped: number): AsyncGenerator<SheetRow> {
  const parser = Readable.from(texts).pipe(
    parse({
      delimiter,
      record_delimiter: LINE_ENDS,
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: LONGEST_ROW,
    }),
  );
  let number = skipped;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) yield { number: ++number, cells };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const why =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote is opened and not closed'
        : 'a cell is too long, or a quote is not closed';
    throw new UnreadableSheetError(
      `The file cannot be read from row ${skipped + Number(error.records) + 1} on: ${why}.`,
    );
  }
}
