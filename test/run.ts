/**
 * `npm test`: prepares a migrated database of each kind and compiles the application once, then runs Jest with the
 * arguments given. Every test file gets a copy of the database. Without TEST_DATABASE_URL the end-to-end tests run on the embedded database only.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from './support/compile.js';
import { cache, prepareDatabases, root } from './support/databases.js';

const given = process.argv.slice(2);
const [databases, compiled] = await Promise.all([
  prepareDatabases(process.env.TEST_DATABASE_URL),
  compile(root, cache),
]);
// Jest's promises are none of Express's router, which says so.
const environment = { ...process.env, ...databases, TEST_COMPILED: compiled, NO_DEPRECATION: 'router' };
const where = process.env.TEST_DATABASE_URL
  ? 'the embedded database and PostgreSQL'
  : 'the embedded database only (TEST_DATABASE_URL is not set)';
process.stderr.write(`End-to-end tests run on ${where}.\n`);

const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-results-'));
const results = join(folder, 'results.json');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--json',
    `--outputFile=${results}`,
    ...given,
  ],
  { stdio: ['inherit', 'ignore', 'inherit'], env: environment },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  printTotals();
  for (const each of [folder, compiled]) rmSync(each, { recursive: true });
  process.exit(signal ? 1 : (code ?? 1));
});

/** One plain line that says how many tests ran, for people and for machines. */
function printTotals(): void {
  if (!existsSync(results)) return;
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(results, 'utf8')) as Record<
    string,
    number
  >;
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
}
