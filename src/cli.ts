#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { CommanderError } from 'commander';
import { commandLine } from './cli/program.js';
import { sentenceOf } from './cli/operator-socket.js';
import { AppError } from './common/app.error.js';
import { type Env, readEnv } from './config/env.js';
import { startupErrorMessage } from './startup-error.js';

const QUIET = ['error' as const, 'fatal' as const];
const WRONG_USAGE = 2;

Logger.overrideLogger(QUIET);
const explain = (error: unknown, env?: Env) => {
  if (error instanceof AppError) return sentenceOf(error);
  const { path, message } = error as NodeJS.ErrnoException;
  return path ? `This failed: ${message}` : startupErrorMessage(error, env);
};
/** Most commands are answered by the service that runs, and need not load what this takes. */
const open = async (env: Env) => (await import('./command-app.js')).openApplication(env, QUIET);

try {
  await commandLine({ open, explain }, (isGood) => (process.exitCode = isGood ? 0 : 1)).parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : WRONG_USAGE) : 1;
  if (!(error instanceof CommanderError)) tell(error);
}

function tell(error: unknown): void {
  const message = explain(error, environment());
  const code = error instanceof AppError ? error.code : undefined;
  const text = process.argv.includes('--json') ? JSON.stringify({ error: message, code }) : message;
  process.stderr.write(`${text}\n`);
}

/** For the words alone, which differ by database. */
function environment(): Env | undefined {
  try {
    return readEnv();
  } catch {
    return undefined;
  }
}
