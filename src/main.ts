import 'reflect-metadata';
import { isDatabaseAway } from './common/database-away.js';
import { type Env, InvalidEnvironmentError, readEnv } from './config/env.js';
import { logsJson } from './common/app.logger.js';
import { createApp } from './configure-app.js';
import { DataDirInUseError } from './database/data-dir.lock.js';
import { TokenTakenError } from './directory/directory.errors.js';
import { listen, ListenError } from './listen.js';

let env: Env | undefined;
try {
  env = readEnv();
  const app = await createApp(env);
  const url = await listen(app, env);
  const { SHUTDOWN_GRACE_SECONDS } = env;
  const stop = () => {
    setTimeout(() => process.exit(1), SHUTDOWN_GRACE_SECONDS * 1000);
    void app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const message = `Listening on ${url} – Swagger UI at ${url}/docs`;
  process.stdout.write(
    `${logsJson(env) ? JSON.stringify({ level: 'log', timestamp: Date.now(), message }) : message}\n`,
  );
} catch (error) {
  process.stderr.write(`${whatToDoAbout(error)}\n`);
  process.exit(1);
}

/** A sentence for whoever started the process, where it is theirs to mend; everything we know otherwise. */
function whatToDoAbout(error: unknown): string {
  const mendable = [InvalidEnvironmentError, DataDirInUseError, TokenTakenError, ListenError];
  if (mendable.some((kind) => error instanceof kind)) return (error as Error).message;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (isDatabaseAway(error)) return `The database of DATABASE_URL cannot be reached: ${message || code}`;
  // SQLSTATE: no such database, and whatever keeps the user out.
  if (/^(3D000|28\w\w\w|42501)$/.test(code)) return `The database of DATABASE_URL cannot be used: ${message}`;
  if (/^(EACCES|EPERM|EROFS|ENOSPC|ENOTDIR)$/.test(code)) return `DATA_DIR cannot be used: ${message}`;
  return String((error as Error)?.stack ?? error);
}
