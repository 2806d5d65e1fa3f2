/**
 * `npm test`: prepares a migrated database of each kind once, then runs Jest with the arguments given. Every test file
 * gets a copy of its own. Without TEST_DATABASE_URL the end-to-end tests run on the embedded database only.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { prepareDatabases } from './support/databases.js';

const given = process.argv.slice(2);
const environment = { ...process.env, ...(await prepareDatabases(process.env.TEST_DATABASE_URL)) };
const where = process.env.TEST_DATABASE_URL
  ? 'the embedded database and PostgreSQL'
  : 'the embedded database only (TEST_DATABASE_URL is not set)';
process.stderr.write(`End-to-end tests run on ${where}.\n`);

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...given],
  { stdio: 'inherit', env: environment },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
