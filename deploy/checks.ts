import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

let failures = 0;
let skipped = 0;

/** Runs one check and says how it went; one that throws has failed. */
export async function check(name: string, look: () => unknown): Promise<void> {
  try {
    await look();
    console.log(`ok      ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}\n${(error as Error).message.replace(/^/gm, '        ')}`);
  }
}

/** Says what is not checked, and for want of what. */
export function missing(what: string, unchecked: readonly string[]): void {
  skipped += unchecked.length;
  for (const name of unchecked) console.log(`SKIPPED ${name}: without ${what}`);
}

/** Says how it all went, and leaves the exit code to tell. */
export function summary(): void {
  console.log(`${failures} failed, ${skipped} skipped`);
  process.exitCode = failures ? 1 : 0;
}

/** Runs a program to its end. Throws what it said where it fails, and where it is not there. */
export function run(
  program: string,
  given: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = root,
): { stdout: string; stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(program, given, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 28,
  });
  if (error) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${given[0]}:\n${stdout}${stderr}`);
  return { stdout, stderr };
}

/** Whether there is such a program on this machine. */
export function isThere(program: string): boolean {
  return !spawnSync(program, ['--version'], { stdio: 'ignore' }).error;
}
