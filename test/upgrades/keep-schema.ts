/**
 * `npm run schema:keep -- 1.2.0`, part of a release: writes what that version's database looks like, with something of
 * everything in it, and the program itself, so that every later version is tried on the one and beside the other. Needs TEST_DATABASE_URL and `pg_dump`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compileProgram } from '../support/compile.js';
import { prepareDatabases, root } from '../support/databases.js';

const [version] = process.argv.slice(2);
if (!version || !process.env.TEST_DATABASE_URL)
  throw new Error('Say the version, as in `npm run schema:keep -- 1.2.0`, and set TEST_DATABASE_URL.');
Object.assign(process.env, await prepareDatabases(process.env.TEST_DATABASE_URL));
Object.assign(globalThis, { TEST_DATABASE: 'postgres' });
const { startApp } = await import('../support/app.js');
const { fill } = await import('./world.js');

const app = await startApp();
const kept = await fill(app);
const dump = execFileSync('pg_dump', ['--inserts', '--rows-per-insert=200', '--no-owner', app.variables.DATABASE_URL!]);
await app.stop();
// Lines of psql's own, and settings that depend on the version of the tool.
const statements = dump
  .toString()
  .split('\n')
  .filter((line) => !/^(\\|--|SET (?!search_path))/.test(line))
  .join('\n');
const file = (ending: string) => join(root, 'test/upgrades/kept', `${version}.${ending}.gz`);
writeFileSync(file('sql'), gzipSync(statements, { level: 9 }));
writeFileSync(file('json'), gzipSync(JSON.stringify(kept), { level: 9 }));
writeFileSync(file('program.json'), gzipSync(JSON.stringify(await compileProgram(root)), { level: 9 }));
