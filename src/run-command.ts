import { CommanderError, InvalidArgumentError } from 'commander';
import type { Surroundings } from './cli/doctor.js';
import { brokenOff, sentenceOf } from './cli/operator-socket.js';
import { commandLine } from './cli/program.js';
import { AppError } from './common/app.error.js';
import { type Env, readEnv } from './config/env.js';
import { startupErrorMessage } from './startup-error.js';

const WRONG_USAGE = 2;

/**
 * Runs a command of the operators' command line. Answers its exit code: 0 good, 1 refused or failed, 2 wrong usage. What
 * went wrong is said on the error output; nothing is thrown.
 */
export async function runCommand(
  args: readonly string[],
  io: Pick<Surroundings, 'variables' | 'print' | 'warn'>,
): Promise<number> {
  /** Most commands are answered by the service that runs, and need not load what this takes. */
  const open = async (env: Env) => (await import('./command-app.js')).openApplication(env);
  let exitCode = 0;
  try {
    const program = commandLine({ ...io, open, explain }, (isGood) => (exitCode = isGood ? 0 : 1));
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Of its own parsers' it has said so; what a command finds wrong itself comes as it was thrown.
    if (error instanceof InvalidArgumentError) io.warn(`error: ${error.message}\n`);
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    const env = environment(io.variables);
    const known = env && !env.DATABASE_URL ? brokenOff(error as Error) : error;
    const message = explain(known, env);
    const code = known instanceof AppError ? known.code : undefined;
    io.warn(`${args.includes('--json') ? JSON.stringify({ error: message, code }) : message}\n`);
    return 1;
  }
}

function explain(error: unknown, env?: Env): string {
  if (error instanceof AppError) return sentenceOf(error);
  const { path, code = '', message } = error as NodeJS.ErrnoException;
  return path ? [`This failed: ${message}.`, ADVICE[code] ?? []].flat().join(' ') : startupErrorMessage(error, env);
}

/** What to do about a file, by what the system says of it. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'Look at the name: the folder of a new file has to be there too.',
  ENOTDIR: 'Look at the name: what is no folder has nothing in it.',
  EISDIR: 'Look at the name: it is a folder.',
  EACCES: 'Run this as a user who may, or name a file where this one may.',
  EPERM: 'Run this as a user who may, or name a file where this one may.',
  EROFS: 'Name a place that can be written to.',
  ENOSPC: 'Make room there, or name another place.',
  EDQUOT: 'Make room there, or name another place.',
};

/** For the words alone, which differ by database. */
function environment(variables: Surroundings['variables']): Env | undefined {
  try {
    return readEnv(variables);
  } catch {
    return undefined;
  }
}
