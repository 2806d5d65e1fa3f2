import { AppError, appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class SheetImportNotFoundError extends notFoundError('SheetImport', 'import_not_found') {}

/** Files of this kind are not known. */
export class SheetKindNotFoundError extends notFoundError('SheetKind', 'sheet_kind_not_found') {}

/** The file is none that can be read as a table; the sentence says why. */
export class UnreadableSheetError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'unreadable_sheet';
}

/** There is no preview to apply: it is not ready yet, or was applied or given up. */
export class ImportNotReadyError extends appError(
  'conflict',
  'import_not_ready',
  (state: string) => `Only an import that is previewed and not applied yet can be applied; this one is ${state}.`,
) {}

/** Some rows are refused, and nobody said to go on without them. */
export class ImportHasRefusedRowsError extends appError(
  'conflict',
  'import_has_refused_rows',
  (refused: number) =>
    `Rows that are refused: ${refused}. Mend the file and upload it again, or apply it with skip_bad.`,
) {}

/** What the preview showed is not what would happen now. Nothing was written. */
export class ImportOutdatedError extends appError(
  'conflict',
  'import_outdated',
  'The data has changed since the preview. Nothing was written: upload the file again and look at it.',
) {}
