import { bearLostOutput } from './common/output.js';
import { type Env, InvalidEnvironmentError, readEnv, variableNames } from './config/env.js';

const HELP = `Usage: node dist/main.js

Starts the service. It takes no arguments; these environment variables set it up, docs/settings.md says what each means:

${variableNames.map((name) => `  ${name}`).join('\n')}
`;

bearLostOutput();
const [argument] = process.argv.slice(2);
if (argument !== undefined) {
  const isHelp = ['--help', '-h', 'help'].includes(argument);
  if (isHelp) process.stdout.write(HELP);
  else
    process.stderr.write(`${argument} is not known: there are no arguments. --help lists the environment variables.\n`);
  process.exit(isHelp ? 0 : 1);
}

let env: Env | undefined;
let stopService: (() => Promise<void>) | undefined;
let isEnding = false;
// From the beginning: as process 1 of a container, nothing else ends it while it starts.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
void start();

async function start(): Promise<void> {
  try {
    env = readEnv();
    // Loading all of it takes seconds: whoever made a mistake in the environment, or stops it again, need not wait for that.
    const { serve } = await import('./serve.js');
    await serve(env, (stopping) => (stopService = stopping));
  } catch (error) {
    process.stderr.write(`${await messageOf(error)}\n`);
    process.exit(1);
  }
}

async function messageOf(error: unknown): Promise<string> {
  if (error instanceof InvalidEnvironmentError) return error.message;
  const { startupErrorMessage } = await import('./startup-error.js');
  return startupErrorMessage(error, env);
}

/** Once: a terminal sends Ctrl-C to npm and to its child, and npm hands it on to that. */
function stop(): void {
  if (isEnding) return;
  isEnding = true;
  if (!env || !stopService) process.exit(0);
  setTimeout(() => process.exit(1), env.SHUTDOWN_GRACE_SECONDS * 1000);
  stopService().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
