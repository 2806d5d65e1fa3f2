import { AppError } from './app.error.js';

/** The database cannot do it now, and nothing is wrong with the request: trying again helps (503). */
export abstract class DatabaseFault extends AppError {
  readonly kind = 'overloaded';
}

/** The database server does not answer, or takes nobody in. */
export class DatabaseUnavailableError extends DatabaseFault {
  readonly code = 'database_unavailable';
  constructor() {
    super('The database does not answer. Try again in a few seconds.');
  }
}

/** After a fail-over, or because an operator says so. */
export class DatabaseReadOnlyError extends DatabaseFault {
  readonly code = 'database_read_only';
  constructor() {
    super('The database takes no changes at the moment. Try again in a few seconds.');
  }
}

/** A lock was not to be had, or a statement not done, within its time. */
export class DatabaseBusyError extends DatabaseFault {
  readonly code = 'database_busy';
  constructor() {
    super('The database is busy with something else. Try again in a few seconds.');
  }
}

/** A deadlock, or a transaction that could not be put in a row with another. */
export class ChangedAtOnceError extends DatabaseFault {
  readonly code = 'changed_at_once';
  constructor() {
    super('Another request changed the same at the same moment. Try again.');
  }
}

/** No disk, memory or other room is left. */
export class DatabaseFullError extends DatabaseFault {
  readonly code = 'database_full';
  constructor() {
    super('The database has no room left. Make room where it keeps its files, then try again.');
  }
}

/** By SQLSTATE, and by what sockets and files say; the first that matches. */
const FAULTS: readonly (readonly [RegExp, new () => DatabaseFault])[] = [
  [
    /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08...|57P0[1235]|53300)$/,
    DatabaseUnavailableError,
  ],
  [/^25006$/, DatabaseReadOnlyError],
  [/^(57014|55P03|25P0[34])$/, DatabaseBusyError],
  [/^(40001|40P01)$/, ChangedAtOnceError],
  [/^(53[124]00|58030|ENOSPC|EDQUOT)$/, DatabaseFullError],
];

/** What node-postgres says without any code. */
const CUT_OFF =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

/**
 * The state of the database that an error which nobody named speaks of, if it does. ArrowSphere is never meant: the
 * gateway names all of its errors.
 */
export function databaseFault(error: unknown): DatabaseFault | undefined {
  if (error instanceof DatabaseFault) return error;
  if (!(error instanceof Error) || error instanceof AppError) return undefined;
  const { code, message } = error as { code?: unknown; message: string };
  const Fault = typeof code === 'string' ? FAULTS.find(([codes]) => codes.test(code))?.[1] : undefined;
  if (Fault) return new Fault();
  return CUT_OFF.test(message) ? new DatabaseUnavailableError() : undefined;
}
