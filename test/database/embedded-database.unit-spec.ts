import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { migrate } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations.js';
import type { PglitePool } from '../../src/database/pglite-pool.js';

const writer = `
  import 'reflect-metadata';
  import { DataSource } from 'typeorm';
  import { dataSourceOptions } from './src/database/data-source-options.js';
  const options = await dataSourceOptions({ DATABASE_POOL_SIZE: 1, DATA_DIR: process.argv[1] });
  const database = await new DataSource(options).initialize();
  for (let i = 1; ; i++) {
    await database.query('INSERT INTO customer (name) VALUES ($1)', ['Row ' + i]);
    process.stdout.write(i + '\\n');
  }
`;

describe('The embedded database', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-embedded-'));
    cpSync(process.env.TEST_PGLITE_TEMPLATE!, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = async () =>
    new DataSource(await dataSourceOptions({ DATABASE_POOL_SIZE: 1, DATA_DIR: folder })).initialize();

  it('has every row that was answered for, after the process was killed', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, folder], {
      cwd: process.env.TEST_COMPILED,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answered = 0;
    for await (const part of child.stdout) {
      answered = Number(String(part).trim().split('\n').at(-1));
      if (answered >= 200) break;
    }
    const dead = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await dead;
    const database = await open();
    const rows = await database.query('SELECT name FROM customer ORDER BY created, name');
    const names = new Set(rows.map(({ name }: { name: string }) => name));
    const lost = Array.from({ length: answered }, (_, i) => `Row ${i + 1}`).filter((name) => !names.has(name));
    expect([answered >= 200, lost]).toEqual([true, []]);
    await database.query(`INSERT INTO customer (name) VALUES ('After')`);
    await database.destroy();
  });

  it('is migrated once: a second run finds nothing to do', async () => {
    const database = await open();
    const before = await database.query('SELECT * FROM migration ORDER BY id');
    expect(before).toHaveLength(migrations.length);
    await migrate(database);
    expect(await database.runMigrations()).toEqual([]);
    expect(await database.query('SELECT * FROM migration ORDER BY id')).toEqual(before);
    await database.destroy();
  });

  it('keeps its log short while it is written to, but drops none of it while somebody needs it', async () => {
    const database = await open();
    const pool = (database.driver as unknown as { master: PglitePool }).master;
    const logMegabytes = () =>
      16 * readdirSync(join(folder, 'pglite', 'pg_wal')).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;
    const write = async (megabytes: number) => {
      const [{ end }] = await database.query(`SELECT pg_current_wal_lsn() + ${megabytes} * 1048576::numeric AS end`);
      for (let isThere = false; !isThere;) {
        await database.query(`INSERT INTO log_filler SELECT repeat('x', 1000) FROM generate_series(1, 2000)`);
        [{ isThere }] = await database.query('SELECT pg_current_wal_lsn() >= $1 AS "isThere"', [end]);
      }
    };
    await database.query('CREATE TABLE log_filler (text text)');

    await write(400);
    expect(logMegabytes()).toBeLessThan(130);

    const needNoMore = pool.keepLog();
    await write(300);
    expect(logMegabytes()).toBeGreaterThan(299);
    needNoMore();
    await write(200);
    expect(logMegabytes()).toBeLessThan(130);
    await database.destroy();
  });

  it('is released when it is closed: it can be opened again', async () => {
    await (await open()).destroy();
    await (await open()).destroy();
  });
});
