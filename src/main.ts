import 'reflect-metadata';
import { resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Operations } from './cli/operations.js';
import { hearCommands } from './cli/operator-socket.js';
import { type Env, readEnv, variableNames } from './config/env.js';
import { logsJson } from './common/app.logger.js';
import { createApp } from './configure-app.js';
import { listen } from './listen.js';
import { startTracing } from './start-tracing.js';
import { startupErrorMessage } from './startup-error.js';

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
let stopHearing: () => void = () => undefined;
let stopTracing: () => Promise<void> = () => Promise.resolve();
// From the beginning: as process 1 of a container, nothing else ends it while it starts.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
try {
  env = readEnv();
  stopTracing = await startTracing(env);
  app = await createApp(env);
  const url = await listen(app, env);
  const operations = new Operations(app);
  if (!env.DATABASE_URL) stopHearing = await hearCommands(env.DATA_DIR, (name, args) => operations.run(name, args));
  const message = `Listening on ${url} – Swagger UI at ${url}/docs – ${databaseOf(env)}`;
  process.stdout.write(
    `${logsJson(env) ? JSON.stringify({ level: 'log', timestamp: Date.now(), message }) : message}\n`,
  );
} catch (error) {
  process.stderr.write(`${startupErrorMessage(error, env)}\n`);
  process.exit(1);
}

function stop(): void {
  if (!env || !app) process.exit(0);
  setTimeout(() => process.exit(1), env.SHUTDOWN_GRACE_SECONDS * 1000);
  stopHearing();
  void app
    .close()
    .then(stopTracing)
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
}

function databaseOf({ DATABASE_URL, DATA_DIR }: Env): string {
  if (!DATABASE_URL) return `embedded database in ${resolve(DATA_DIR)}`;
  const { host, pathname, username } = new URL(DATABASE_URL);
  return `database ${pathname.slice(1)} on ${host}${username && `, as ${decodeURIComponent(username)}`}`;
}
