import { parseLink } from '../common/links.js';
import type { Reading } from '../common/validation/field.js';
import { readDto } from '../common/validation/read-dto.js';
import { asWritten } from '../common/csv.js';
import { headersOf, type SheetField, type SheetKind, type SheetReference } from './sheet-kinds.js';
import type { SheetRow } from './read-csv.js';
import { UnreadableSheetError } from './spreadsheets.errors.js';

/** What is wrong with a cell, or with the row where `column` is blank. */
export interface SheetFault {
  readonly column: string;
  readonly sentence: string;
}

/** A fault in words. */
export const sentenceOf = ({ column, sentence }: SheetFault) => (column ? `${column}: ${sentence}` : sentence);

/** What a row says, by columns of the database; other objects as they are named: by `uuid` or by `key`. */
export type Given = Record<string, unknown>;

export interface ReadRow {
  readonly number: number;
  readonly part: number;
  readonly cells: readonly string[];
  readonly given: Given;
  readonly faults: readonly SheetFault[];
}

/** What spreadsheet programs show where a formula failed, and write in its place. */
const FAILED_FORMULA = /^(#(N\/A|REF!|NAME\?|DIV\/0!|VALUE!|NUM!|NULL!)|Err:\d{3})$/;

/** In files of refused rows: why. */
export const REFUSED_COLUMN = 'refused';

/** Reads rows below one header. */
export class RowReader {
  readonly header: readonly string[];
  readonly ignoredColumns: readonly string[];
  private readonly fields: readonly ReadonlyMap<string, SheetField>[];

  /** Throws `UnreadableSheetError`. */
  constructor(
    private readonly kind: SheetKind,
    header: readonly string[],
    private readonly reading: Reading,
  ) {
    this.header = header.map((name) => name.trim().toLowerCase());
    const known = headersOf(kind);
    const named = this.header.filter((name) => known.includes(name));
    const columns = `Columns of ${kind.name}: ${known.join(', ')}.`;
    if (!named.length) throw new UnreadableSheetError(`The first row has to name columns, and names none. ${columns}`);
    const twice = named.find((name, at) => named.indexOf(name) !== at);
    if (twice) throw new UnreadableSheetError(`The column ${twice} is there twice.`);
    this.ignoredColumns = header.filter((_, at) => {
      const name = this.header[at]!;
      return name !== '' && name !== REFUSED_COLUMN && !known.includes(name);
    });
    this.fields = kind.parts.map(({ fields }) => new Map(fields.map((field) => [field.header, field])));
  }

  /** `undefined`: the row is blank. */
  read({ number, cells }: SheetRow): ReadRow | undefined {
    if (cells.every((cell) => !cell.trim())) return undefined;
    const named: Record<string, string> = {};
    for (const [at, header] of this.header.entries()) if (header) named[header] = asWritten(cells[at] ?? '');
    const part = this.kind.partOf(named);
    const { given, faults } = this.readPart(part, named);
    const tooMany = cells.length > this.header.length && cells.slice(this.header.length).some((cell) => cell.trim());
    const ofRow = tooMany
      ? [{ column: '', sentence: `The row has ${cells.length} cells, the header ${this.header.length}.` }]
      : [];
    return { number, part, cells, given, faults: [...ofRow, ...faults] };
  }

  private readPart(part: number, named: Readonly<Record<string, string>>): { given: Given; faults: SheetFault[] } {
    const fields = this.fields[part]!;
    const sent: Record<string, string> = {};
    const given: Given = {};
    for (const [header, cell] of Object.entries(named)) {
      const field = fields.get(header);
      const isBlank = !cell.trim();
      if (header === 'uuid' ? isBlank : !field || (isBlank && field.blankSaysNothing)) continue;
      if (!field?.refersTo) sent[header] = cell;
      else given[field.column] = isBlank ? null : this.referenceIn(cell, field.refersTo);
    }
    const { value, errors = {} } = readDto(this.kind.parts[part]!.dto, sent, this.reading);
    for (const header of Object.keys(sent)) {
      const column = fields.get(header)?.column ?? header;
      if (!(header in errors)) given[column] = (value as Record<string, unknown>)[header];
    }
    const sentences = Object.entries(named).flatMap(([header, cell]) =>
      fields.has(header) && FAILED_FORMULA.test(cell) ? [[header, [failedFormula(cell)]] as const] : [],
    );
    const faults = Object.entries({ ...errors, ...Object.fromEntries(sentences) }).map(([column, those]) => ({
      column,
      sentence: (those as string[]).join(' '),
    }));
    return { given, faults };
  }

  private referenceIn(cell: string, { entity }: SheetReference): { uuid: string } | { key: string } {
    const { pathPrefix } = this.reading;
    const link = parseLink(cell.trim(), entity, { pathPrefix, aliases: entity.aliases });
    return link.kind === 'object' ? { uuid: link.uuid } : { key: cell.trim() };
  }
}

const failedFormula = (cell: string) =>
  `A formula came to ${cell} here: mend it, write its value, or leave the cell blank.`;
