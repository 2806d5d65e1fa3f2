import { appError } from '../common/app.error.js';

/** Nothing says whereto the embedded database is to be moved. */
export class NoServerToMoveToError extends appError(
  'invalid',
  'no_server_to_move_to',
  'DATABASE_URL is not set: give it, and SECRET_KEY, as the service will have them; DATA_DIR as it has it now.',
) {}

/** Whatever the service wrote from now on would be missing in the copy. */
export class StillServedError extends appError(
  'conflict',
  'still_served',
  (dataDir: string) =>
    `The embedded database in ${dataDir} is in use: stop the service first, so that nothing is written meanwhile.`,
) {}

/** Rows of two databases are never mixed. */
export class TargetNotEmptyError extends appError(
  'conflict',
  'target_not_empty',
  (tables: readonly string[]) =>
    `The database of DATABASE_URL has rows already, in ${tables.join(', ')}: name an empty database.`,
) {}

/** The two databases have not run the same migrations. */
export class SchemasDifferError extends appError(
  'conflict',
  'schemas_differ',
  () =>
    "The embedded database has not this version's schema: start the service of this version on it once, stop it, and " +
    'move it then.',
) {}

/** What was written is not what was read; nothing of it stays. */
export class CopyDiffersError extends appError(
  'conflict',
  'copy_differs',
  (table: string, read: number, written: number) =>
    `The copy of ${table} differs (${read} rows read, ${written} found): nothing was moved. Please report this as an error.`,
) {}
