import { execFile } from 'node:child_process';
import { runCommand } from '../../src/run-command.js';
import { programArguments } from './programs.js';

/** What a command printed, and how it ended. */
export interface CommandEnd {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  /** What it printed with `--json`, on either way out. */
  // Tests look into answers freely; a wrong shape fails the assertion.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
}

/** Runs a command of `waldur-arrow` with these variables and no others, without starting a process for it. */
export async function waldurArrow(variables: Record<string, string>, ...args: string[]): Promise<CommandEnd> {
  let output = '';
  let errors = '';
  const code = await runCommand(args, {
    variables,
    print: (text) => (output += text),
    warn: (text) => (errors += text),
  });
  return endOf(args, code, output, errors);
}

/** Runs `waldur-arrow` in a process of its own, with these variables and no others of the tests'. */
export function waldurArrowProcess(variables: Record<string, string>, ...args: string[]): Promise<CommandEnd> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...programArguments('cli'), ...args],
      { env: { PATH, HOME, ...variables } },
      (error, output, errors) => resolve(endOf(args, error ? Number(error.code) : 0, output, errors)),
    );
  });
}

function endOf(args: readonly string[], code: number, output: string, errors: string): CommandEnd {
  const json: unknown = args.includes('--json') && code !== 2 ? JSON.parse(output || errors) : undefined;
  return { code, output, errors, json };
}
