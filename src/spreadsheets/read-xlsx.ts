import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { wellFormed } from '../common/sanitize-text.js';
import type { SheetRow } from './read-csv.js';
import { UnreadableSheetError } from './spreadsheets.errors.js';

const MEGABYTE = 1_048_576;
const MOST_UNPACKED_BYTES = 200 * MEGABYTE;
/** What cells share is the one thing that has to be in memory at once. */
const MOST_SHARED_BYTES = 32 * MEGABYTE;
/** As spreadsheet programs have them. */
const MOST_COLUMNS = 16_384;
const MOST_ROWS = 1_048_576;

const tooLarge = () => new UnreadableSheetError('The file unpacks to more than 200 MB: save it as CSV.');

/** The rows of the first sheet of a workbook, as they are read. Throws `UnreadableSheetError`. */
export async function* readXlsx(chunks: AsyncIterable<Buffer>): AsyncGenerator<SheetRow> {
  const folder = await mkdtemp(join(tmpdir(), 'waldur-arrow-xlsx-'));
  const file = join(folder, 'file.xlsx');
  let workbook: Workbook | undefined;
  try {
    await pipeline(Readable.from(chunks), createWriteStream(file, { mode: 0o600 }));
    workbook = await Workbook.open(file);
    const strings = await sharedStrings(workbook);
    yield* rowsIn(await workbook.firstSheet(), strings);
  } catch (error) {
    if (error instanceof UnreadableSheetError || !isAboutTheFile(error)) throw error;
    throw new UnreadableSheetError(`The XLSX file cannot be read: ${error.message}`);
  } finally {
    workbook?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The libraries have no class of errors; those of the system, of a database and of ours carry a code. */
const isAboutTheFile = (error: unknown): error is Error =>
  error instanceof Error &&
  !(error instanceof TypeError) &&
  (!('code' in error) || String(error.code).startsWith('Z_'));

/** The parts of a workbook; what they unpack to is counted as it is read. */
class Workbook {
  private unpacked = 0;

  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  static async open(file: string): Promise<Workbook> {
    const zip = await openPromise(file, { autoClose: false });
    const entries = new Map<string, Entry>();
    let size = 0;
    try {
      for await (const entry of zip.eachEntry()) {
        entries.set(entry.fileName, entry);
        if ((size += entry.uncompressedSize) > MOST_UNPACKED_BYTES || entries.size > 10_000) throw tooLarge();
      }
    } catch (error) {
      zip.close();
      throw error;
    }
    return new Workbook(zip, entries);
  }

  close(): void {
    this.zip.close();
  }

  /** Its text as it is unpacked; nothing where there is no such part. */
  async *part(name: string): AsyncGenerator<string> {
    const entry = this.entries.get(name);
    if (!entry) return;
    const decoder = new TextDecoder();
    for await (const chunk of (await this.zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      // An archive may say less of itself than is in it.
      if ((this.unpacked += chunk.length) > MOST_UNPACKED_BYTES) throw tooLarge();
      yield decoder.decode(chunk, { stream: true });
    }
  }

  async firstSheet(): Promise<AsyncGenerator<string>> {
    let id = '';
    for await (const { name, attributes } of tags(this.part('xl/workbook.xml')))
      if (name === 'sheet' && !id) id = attributes['r:id'] ?? attributes.id ?? '';
    let target = '';
    for await (const { name, attributes } of tags(this.part('xl/_rels/workbook.xml.rels')))
      if (name === 'Relationship' && attributes.Id === id) target = attributes.Target ?? '';
    const path = target.startsWith('/') ? target.slice(1) : posix.join('xl', target);
    if (!target || !this.entries.has(path)) throw new UnreadableSheetError('This is a zip archive, and no XLSX file.');
    return this.part(path);
  }
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1);

async function* tags(xml: AsyncIterable<string>): AsyncGenerator<SaxesTagPlain> {
  const found: SaxesTagPlain[] = [];
  const parser = new SaxesParser();
  parser.on('opentag', (tag) => found.push({ ...tag, name: localName(tag.name) }));
  for await (const text of xml) {
    parser.write(text);
    yield* found.splice(0);
  }
}

/** A character that XML cannot have stands as `_x000D_`. */
const unescaped = (text: string) =>
  text.includes('_x')
    ? wellFormed(text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))))
    : text;

/** What is told of the elements of a part, by their names without prefixes. */
interface Elements {
  readonly open: (tag: string, attributes: SaxesTagPlain['attributes']) => void;
  /** What stands in values and texts, but for how they are pronounced. */
  readonly text: (part: string) => void;
  readonly close: (tag: string) => void;
}

function parserFor({ open, text, close }: Elements): SaxesParser {
  const parser = new SaxesParser();
  let isText = false;
  let isPhonetic = false;
  const take = (part: string) => {
    if (isText && !isPhonetic) text(part);
  };
  parser.on('opentag', ({ name, attributes }) => {
    const tag = localName(name);
    isText = tag === 'v' || tag === 't';
    if (tag === 'rPh') isPhonetic = true;
    open(tag, attributes);
  });
  parser.on('text', take);
  parser.on('cdata', take);
  parser.on('closetag', ({ name }) => {
    const tag = localName(name);
    isText = false;
    if (tag === 'rPh') isPhonetic = false;
    close(tag);
  });
  return parser;
}

async function sharedStrings(workbook: Workbook): Promise<string[]> {
  const strings: string[] = [];
  let length = 0;
  let current = '';
  const parser = parserFor({
    open: (tag) => {
      if (tag === 'si') current = '';
    },
    text: (part) => (current += part),
    close: (tag) => {
      if (tag === 'si') strings.push(unescaped(current));
    },
  });
  for await (const text of workbook.part('xl/sharedStrings.xml')) {
    if ((length += text.length) > MOST_SHARED_BYTES)
      throw new UnreadableSheetError('The file has too many different texts: save it as CSV.');
    parser.write(text);
  }
  return strings;
}

async function* rowsIn(xml: AsyncIterable<string>, strings: readonly string[]): AsyncGenerator<SheetRow> {
  const rows: SheetRow[] = [];
  let number = 0;
  let cells: string[] = [];
  let column = 0;
  let type = '';
  let value = '';
  const parser = parserFor({
    open: (tag, attributes) => {
      if (tag === 'row') {
        number = nextRow(number, attributes.r);
        cells = [];
        column = -1;
      } else if (tag === 'c') {
        column = columnOf(attributes.r) ?? column + 1;
        if (column >= MOST_COLUMNS) throw new UnreadableSheetError('The file has too many columns.');
        type = attributes.t ?? 'n';
        value = '';
      }
    },
    text: (part) => (value += part),
    close: (tag) => {
      if (tag === 'row') rows.push({ number, cells });
      else if (tag === 'c') {
        while (cells.length < column) cells.push('');
        cells[column] = textOf(type, value, strings);
      }
    },
  });
  for await (const text of xml) {
    parser.write(text);
    yield* rows.splice(0);
  }
  parser.close();
}

/** The number of a row after another; `said`: what it says of itself. */
function nextRow(last: number, said: string | undefined): number {
  const number = said === undefined ? last + 1 : Number(said);
  if (Number.isInteger(number) && number > last && number <= MOST_ROWS) return number;
  throw new UnreadableSheetError(
    `After row ${last} of the sheet comes one with the number "${said?.slice(0, 20) ?? number}".`,
  );
}

/** `C7` → 2 */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  return letters === undefined
    ? undefined
    : [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** What a formula came to is taken as the text that it is; the formula itself is not looked at. */
function textOf(type: string, value: string, strings: readonly string[]): string {
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'true' : 'false';
  if (type === 'n') return /^-?\d+(\.\d+)?$/.test(value) || !value ? value : String(Number(value));
  return unescaped(value);
}
