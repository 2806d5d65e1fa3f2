import 'reflect-metadata';
import { isDatabaseAway } from './common/database-away.js';
import { type Env, InvalidEnvironmentError, readEnv } from './config/env.js';
import { createApp } from './configure-app.js';
import { DataDirInUseError } from './database/data-dir.lock.js';
import { TokenTakenError } from './directory/directory.errors.js';

let env: Env | undefined;
try {
  env = readEnv();
  const app = await createApp(env);
  await app.listen(env.PORT, env.HOST);
  const stop = () =>
    void app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`Listening on ${await app.getUrl()} – Swagger UI at ${await app.getUrl()}/docs\n`);
} catch (error) {
  process.stderr.write(`${whatToDoAbout(error)}\n`);
  process.exit(1);
}

/** A sentence for whoever started the process, where it is theirs to mend; everything we know otherwise. */
function whatToDoAbout(error: unknown): string {
  const mendable = [InvalidEnvironmentError, DataDirInUseError, TokenTakenError];
  if (mendable.some((kind) => error instanceof kind)) return (error as Error).message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Another process listens on ${env?.HOST}:${env?.PORT} already: stop it, or set PORT.`;
  }
  if (isDatabaseAway(error)) {
    return `The database of DATABASE_URL cannot be reached: ${message || code}`;
  }
  return String((error as Error)?.stack ?? error);
}
