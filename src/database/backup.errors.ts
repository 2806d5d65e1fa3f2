import { AppError, appError } from '../common/app.error.js';

/** The database is on a PostgreSQL server, which has tools of its own. */
export class BackupOnServerError extends appError(
  'conflict',
  'backup_on_server',
  () =>
    'DATABASE_URL is set, so the database is on a PostgreSQL server: back it up with pg_dump and restore it with ' +
    'pg_restore, as docs/operations.md shows.',
) {}

/** There is nothing to be copied. */
export class NoDatabaseError extends appError(
  'conflict',
  'no_database',
  (dataDir: string) =>
    `There is no database in ${dataDir}: the service makes one when it starts first. Where it is elsewhere, set DATA_DIR or DATABASE_URL as the service has them.`,
) {}

/** Another backup of the same database is being taken. */
export class BackupUnderWayError extends appError(
  'conflict',
  'backup_under_way',
  'Another backup is being taken: wait for its end.',
) {}

/** What is in the file is no backup, or not all of one. */
export class BackupDamagedError extends appError(
  'invalid',
  'backup_damaged',
  (file: string, why: string) => `${file} is not a usable backup: ${why} Use another one.`,
) {}

/** A file or folder that is to be written is there already. */
export class PlaceTakenError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'place_taken';
}

/** The embedded database is another user's. */
export class WrongUserError extends appError(
  'conflict',
  'wrong_user',
  (dataDir: string, owner: number) =>
    `The database in ${dataDir} belongs to user ${owner}: run this as that user, or while the service serves.`,
) {}

/** PGlite does not get along with its files. */
export class DatabaseDamagedError extends appError(
  'conflict',
  'database_damaged',
  (dataDir: string, why: string) =>
    `The embedded database in ${dataDir} is damaged and cannot be opened (${why}). Restore a backup into another folder, and name that as DATA_DIR.`,
) {}
