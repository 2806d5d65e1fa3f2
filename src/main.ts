import 'reflect-metadata';
import { resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { databaseFault, DatabaseFullError } from './common/database-fault.js';
import { type Env, InvalidEnvironmentError, readEnv, variableNames } from './config/env.js';
import { logsJson } from './common/app.logger.js';
import { createApp } from './configure-app.js';
import { DataDirInUseError } from './database/data-dir.lock.js';
import { FirstSchemaError, ProgramTooOldError } from './database/migrate.js';
import { TokenTakenError } from './directory/directory.errors.js';
import { listen, ListenError } from './listen.js';
import { SecretKeyError } from './settings/settings.errors.js';

const HELP = `Usage: node dist/main.js

Starts the service. It takes no arguments; these environment variables set it up, docs/settings.md says what each means:

${variableNames.map((name) => `  ${name}`).join('\n')}
`;

const [argument] = process.argv.slice(2);
if (argument !== undefined) {
  const isHelp = ['--help', '-h', 'help'].includes(argument);
  if (isHelp) process.stdout.write(HELP);
  else
    process.stderr.write(`${argument} is not known: there are no arguments. --help lists the environment variables.\n`);
  process.exit(isHelp ? 0 : 1);
}

let env: Env | undefined;
let app: NestFastifyApplication | undefined;
// From the beginning: as process 1 of a container, nothing else ends it while it starts.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
try {
  env = readEnv();
  app = await createApp(env);
  const url = await listen(app, env);
  const message = `Listening on ${url} – Swagger UI at ${url}/docs – ${databaseOf(env)}`;
  process.stdout.write(
    `${logsJson(env) ? JSON.stringify({ level: 'log', timestamp: Date.now(), message }) : message}\n`,
  );
} catch (error) {
  process.stderr.write(`${startupErrorMessage(error)}\n`);
  process.exit(1);
}

function stop(): void {
  if (!env || !app) process.exit(0);
  setTimeout(() => process.exit(1), env.SHUTDOWN_GRACE_SECONDS * 1000);
  void app.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

function databaseOf({ DATABASE_URL, DATA_DIR }: Env): string {
  if (!DATABASE_URL) return `embedded database in ${resolve(DATA_DIR)}`;
  const { host, pathname, username } = new URL(DATABASE_URL);
  return `database ${pathname.slice(1)} on ${host}${username && `, as ${decodeURIComponent(username)}`}`;
}

/** A sentence for whoever started the process, where it is theirs to mend; everything we know otherwise. */
function startupErrorMessage(error: unknown): string {
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
  if (/^42501$/.test(code))
    return `The user of DATABASE_URL may not do all that is needed: ${message}. Give it CREATE on the database's schema, and make it the owner of its tables.`;
  if (/^42(P07|P06|710)$/.test(code))
    return `The database of DATABASE_URL has tables of another program: ${message}. Give this one a database of its own.`;
  if (databaseFault(error) && (syscall || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57)/.test(code)))
    return `The database of DATABASE_URL cannot be reached: ${message || code}`;
  if (/^[0-9A-Z]{5}$/.test(code)) return `The database of DATABASE_URL cannot be used: ${message}`;
  return String((error as Error)?.stack ?? error);
}
