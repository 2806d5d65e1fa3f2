/**
 * `npm test`: prepares a migrated database of each kind and compiles the application once, then runs Jest with the
 * arguments given. Every test file gets a copy of the database. Without TEST_DATABASE_URL the end-to-end tests run on the embedded database only.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, keepCode } from './support/bundle.js';
import { compile } from './support/compile.js';
import { cache, prepareDatabases, root } from './support/databases.js';
import { jestRun } from './support/jest-arguments.js';
import { NODE_ARGUMENTS } from './support/programs.js';

const compiling = compile(root, cache).then(async (compiled) => {
  await bundle(compiled, cache);
  return compiled;
});
const [databases, compiled] = await Promise.all([prepareDatabases(process.env.TEST_DATABASE_URL), compiling]);
// Meanwhile processes start as they are.
const keeping = keepCode(compiled, databases.TEST_PGLITE_TEMPLATE!);
// Jest's promises are none of Express's router, which says so.
const environment = {
  ...process.env,
  ...databases,
  TEST_COMPILED: compiled,
  TEST_BUNDLED: compiled,
  NO_DEPRECATION: 'router',
};
const where = process.env.TEST_DATABASE_URL
  ? 'the embedded database and PostgreSQL'
  : 'the embedded database only (TEST_DATABASE_URL is not set)';
process.stderr.write(`End-to-end tests run on ${where}.\n`);

const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-results-'));
const { results, args, printsResults } = jestRun(process.argv.slice(2), join(folder, 'results.json'));
// One that is named may be there from before.
rmSync(results, { force: true });
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...NODE_ARGUMENTS, jest, ...args],
  { stdio: ['inherit', 'ignore', 'inherit'], env: environment },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  printTotals();
  void keeping.finally(() => {
    for (const each of [folder, compiled]) rmSync(each, { recursive: true });
    process.exit(signal ? 1 : (code ?? 1));
  });
});

/** One plain line that says how many tests ran, for people and for machines; or the results, where they are asked for. */
function printTotals(): void {
  if (!existsSync(results)) return;
  const text = readFileSync(results, 'utf8');
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(text) as Record<string, number>;
  console.log(printsResults ? text : `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
}
