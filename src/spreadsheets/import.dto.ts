import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order, OrderFilter, PagedQuery } from '../common/page.js';
import { BooleanField, ChoiceField } from '../common/validation/body-fields.js';
import { ChoicesFilter } from '../common/validation/query-fields.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';
import { type Outcome, OUTCOMES, type RowResult } from './imports.repository.js';
import type { SheetFault } from './read-rows.js';
import { IMPORT_STATES, type ImportState, SheetImport } from './sheet-import.entity.js';
import { SHEET_KINDS, type SheetKindName } from './sheet-kind-names.js';
import { sheetKind } from './sheet-kinds.js';

/** The fields of an upload besides its file. */
@ApiSchema({ name: 'DirectoryImportUploadRequest' })
export class UploadDto {
  @ChoiceField(SHEET_KINDS, { required: true, enumName: 'SheetKind', description: 'What the rows of the file are' })
  kind: SheetKindName;
}

@ApiSchema({ name: 'DirectoryImportApplyRequest' })
export class ApplyImportDto {
  @BooleanField({ default: false, description: 'Leave refused rows out; otherwise it is all or nothing' })
  skip_bad?: boolean;
}

@KnownNamesOnly()
export class ListImportsQuery extends ListQuery {
  @OrderFilter({ created: 'created' }) declare o?: Order;
  @ChoicesFilter(IMPORT_STATES) state?: ImportState[];
}

@KnownNamesOnly()
export class ListImportRowsQuery extends PagedQuery {
  @ChoicesFilter(OUTCOMES, { description: 'Rows that do this' }) outcome?: Outcome[];
}

@ApiSchema({ name: 'DirectoryImport' })
export class ImportResponse {
  @Shown('uri') url: string;
  @Shown('uuid') uuid: string;
  @ApiProperty({ enum: SHEET_KINDS, enumName: 'SheetKind' }) kind: SheetKindName;
  @Shown() file_name: string;
  @Shown() requested_by: string;
  @ApiProperty({ enum: IMPORT_STATES }) state: ImportState;
  @Shown({ description: '`xlsx`, or the encoding that a CSV was read in', example: 'utf-8' }) encoding: string;
  @Shown({ description: 'Between the cells of a CSV', example: ';' }) separator: string;
  @ApiProperty({ type: [String], description: 'The header of the file' }) header: string[];
  @ApiProperty({ type: [String], description: 'Columns that mean nothing here, and change nothing' })
  ignored_columns: string[];
  @Shown('integer') rows_created: number;
  @Shown('integer') rows_changed: number;
  @Shown('integer') rows_unchanged: number;
  @Shown('integer') rows_refused: number;
  @Shown({ description: 'Why it failed' }) problem: string;
  @ShownOrNull('uuid', { description: 'The job that works on it, or did last' }) job_uuid: string | null;
  @Shown('date-time') created: string;
  @ShownOrNull('date-time') applied_at: string | null;

  static from(this: void, found: SheetImport): ImportResponse {
    return answerOf(ImportResponse, found, { url: hyperlink(SheetImport, found.uuid) });
  }
}

class ImportChange {
  @Shown() column: string;
  @ApiProperty({ description: 'Null where the object is new', nullable: true, type: Object }) old: unknown;
  @ApiProperty({ nullable: true, type: Object }) new: unknown;
}

class ImportFault {
  @Shown({ description: 'Blank: the row as a whole' }) column: string;
  @Shown() sentence: string;
}

@ApiSchema({ name: 'DirectoryImportRow' })
export class ImportRowResponse {
  @Shown('integer', { description: 'As spreadsheet programs number it: the header is 1' }) row: number;
  @ApiProperty({ enum: OUTCOMES }) outcome: Outcome;
  @Shown('uuid', { description: 'Of the object; a new one will have it' }) uuid: string;
  @ApiProperty({ type: [ImportChange] }) changes: ImportChange[];
  @ApiProperty({ type: [ImportFault] }) faults: SheetFault[];

  static ofKind(this: void, kind: SheetKindName): (result: RowResult) => ImportRowResponse {
    const fields = sheetKind(kind).parts.flatMap((part) => part.fields);
    const columns = new Map(fields.map(({ column, header }) => [column, header]));
    return ({ rowNumber, outcome, target, before, after, faults }) => ({
      row: rowNumber,
      outcome,
      uuid: target,
      changes: [...columns]
        .filter(([column]) => outcome !== 'refused' && (after[column] || null) !== (before?.[column] || null))
        .map(([column, header]) => ({ column: header, old: before?.[column] ?? null, new: after[column] })),
      faults: [...faults],
    });
  }
}
