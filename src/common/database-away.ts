import { AppError } from './app.error.js';

/** The database server does not answer, or takes nobody in (503). */
export class DatabaseUnavailableError extends AppError {
  readonly kind = 'overloaded';
  readonly code = 'database_unavailable';

  constructor() {
    super('The database does not answer. Try again in a few seconds.');
  }
}

/** Of sockets, and of PostgreSQL: connection exceptions, shutting down, starting up, too many connections. */
const AWAY = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08...|57P0[123]|53300)$/;
/** What node-postgres says without any code. */
const CUT_OFF =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/**
 * Whether an error that nobody named says that the database cannot be reached. ArrowSphere is never meant: the gateway
 * names all of its errors.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AppError) return false;
  const { code, message } = error as { code?: unknown; message: string };
  return (typeof code === 'string' && AWAY.test(code)) || CUT_OFF.test(message);
}
