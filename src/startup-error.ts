import { databaseFault, DatabaseFullError } from './common/database-fault.js';
import { type Env, InvalidEnvironmentError } from './config/env.js';
import { DatabaseDamagedError } from './database/backup.errors.js';
import { DataDirInUseError } from './database/data-dir.lock.js';
import { FirstSchemaError, ProgramTooOldError } from './database/migrate.js';
import { TokenTakenError } from './directory/directory.errors.js';
import { ListenError } from './listen.js';
import { SecretKeyError } from './settings/settings.errors.js';

/** What to do, by what the server says. */
const ADVICE: Readonly<Record<string, string>> = {
  '3D000': 'Make it, or name the one that is there.',
  '28P01': 'Write the password that it has into DATABASE_URL or DATABASE_PASSWORD.',
  '28000': 'The pg_hba.conf of the server says who may come from where.',
  '25006': 'DATABASE_URL has to name the primary server, not a standby.',
};

/** A sentence for whoever started the process, where it is theirs to mend; everything we know otherwise. */
export function startupErrorMessage(error: unknown, env?: Env): string {
  const expected = [
    InvalidEnvironmentError,
    DataDirInUseError,
    DatabaseDamagedError,
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
    return `The database of DATABASE_URL cannot be reached: ${message || code}. Look whether the server runs, and whether host and port are its own.`;
  if (/^[0-9A-Z]{5}$/.test(code))
    return [`The database of DATABASE_URL cannot be used: ${message}`, ADVICE[code] ?? []].flat().join('. ');
  return String((error as Error)?.stack ?? error);
}
