import { databaseFault, DatabaseFullError } from './common/database-fault.js';
import { type Env, InvalidEnvironmentError } from './config/env.js';
import { DataDirInUseError } from './database/data-dir.lock.js';
import { FirstSchemaError, ProgramTooOldError } from './database/migrate.js';
import { TokenTakenError } from './directory/directory.errors.js';
import { ListenError } from './listen.js';
import { SecretKeyError } from './settings/settings.errors.js';

/** A sentence for whoever started the process, where it is theirs to mend; everything we know otherwise. */
export function startupErrorMessage(error: unknown, env?: Env): string {
  const expected = [
    InvalidEnvironmentError,
    DataDirInUseError,
    DatabaseFullError,
    FirstSchemaError,
    ProgramTooOldError,
    SecretKeyError,
    TokenTakenError,
    ListenError,
  ];
  if (expected.some((kind) => error instanceof kind)) return (error as Error).message;
  const { code = '', message, syscall, path } = error as NodeJS.ErrnoException;
  if ((path && /^E[A-Z]+$/.test(code)) || /^(ENOSPC|EDQUOT)$/.test(code)) return `DATA_DIR cannot be used: ${message}`;
  if (!env?.DATABASE_URL) return String((error as Error)?.stack ?? error);
  if (/CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|SIGNATURE/.test(code) || /SSL/.test(message))
    return `There is no TLS with the database of DATABASE_URL: ${message}. For a certificate authority of your own set NODE_EXTRA_CA_CERTS to its file; sslmode in DATABASE_URL says whether TLS is used.`;
  if (/^received (invalid response|unexpected )/i.test(message))
    return `What answers at the address of DATABASE_URL is no PostgreSQL server: ${message}`;
  if (/^42501$/.test(code))
    return `The user of DATABASE_URL may not do all that is needed: ${message}. Give it CREATE on the database's schema, and make it the owner of its tables.`;
  if (/^42(P07|P06|710)$/.test(code))
    return `The database of DATABASE_URL has tables of another program: ${message}. Give this one a database of its own.`;
  if (databaseFault(error) && (syscall || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57)/.test(code)))
    return `The database of DATABASE_URL cannot be reached: ${message || code}`;
  if (/^[0-9A-Z]{5}$/.test(code)) return `The database of DATABASE_URL cannot be used: ${message}`;
  return String((error as Error)?.stack ?? error);
}
