import 'reflect-metadata';
import { resolve } from 'node:path';
import { Operations } from './cli/operations.js';
import { hearCommands } from './cli/operator-socket.js';
import { logsJson } from './common/app.logger.js';
import { Contexts } from './common/contexts.js';
import type { Env } from './config/env.js';
import { createApp } from './configure-app.js';
import { listen } from './listen.js';
import { startTracing } from './start-tracing.js';

/**
 * Starts the service at the address that the environment says. `created` is told, before it listens, how it is stopped:
 * what runs is finished first. Throws what `startupErrorMessage` has sentences for.
 */
export async function serve(env: Env, created: (stop: () => Promise<void>) => void): Promise<void> {
  let stopHearing: () => void = () => undefined;
  const app = await createApp(env);
  const tracing = startTracing(env, app.get(Contexts));
  created(async () => {
    stopHearing();
    await app.close();
    const stopTracing = await tracing;
    await stopTracing();
  });
  await tracing;
  const url = await listen(app, env);
  const operations = new Operations(app);
  if (!env.DATABASE_URL) stopHearing = await hearCommands(env.DATA_DIR, (name, args) => operations.run(name, args));
  const message = `Listening on ${url} – Swagger UI at ${url}/docs – ${databaseOf(env)}`;
  process.stdout.write(
    `${logsJson(env) ? JSON.stringify({ level: 'log', timestamp: Date.now(), message }) : message}\n`,
  );
}

function databaseOf({ DATABASE_URL, DATA_DIR }: Env): string {
  if (!DATABASE_URL) return `embedded database in ${resolve(DATA_DIR)}`;
  const { host, pathname, username } = new URL(DATABASE_URL);
  return `database ${pathname.slice(1)} on ${host}${username && `, as ${decodeURIComponent(username)}`}`;
}
