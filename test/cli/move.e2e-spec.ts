import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { withDatabase } from '../../src/database/with-database.js';
import { BillingWorld } from '../billing/billing-world.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, TestClock, type TestApp } from '../support/app.js';
import { waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { programArguments } from '../support/programs.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** Where the target has no database of ours yet. */
const EMPTY = 'template0';

(TEST_DATABASE === 'postgres' ? describe : describe.skip)('The embedded database, moved to a server', () => {
  const processes = new ServiceProcesses();
  const secret = { STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', ARROW_TIMEOUT_MS: '5000' };
  let arrow: ArrowEmulator;
  let dataDir: string;
  let service: ServiceProcess;
  let target: TestDatabase;
  let key: string;
  let w: BillingWorld;

  const worldOf = (api: ApiClient) => new BillingWorld({ api, arrow, clock: new TestClock() } as unknown as TestApp);
  const variables = (database = target, SECRET_KEY = key) => ({
    ...secret,
    DATA_DIR: dataDir,
    DATABASE_URL: database.variables.DATABASE_URL!,
    SECRET_KEY,
  });
  const move = (database = target, SECRET_KEY = key) =>
    waldurArrow(variables(database, SECRET_KEY), 'database', 'move', '--json');

  beforeAll(async () => {
    [arrow, target] = await Promise.all([ArrowEmulator.start(), createDatabase('postgres', EMPTY)]);
    dataDir = processes.dataDir();
    service = processes.start({ DATA_DIR: dataDir, ...secret });
    w = await worldOf(await service.api(STAFF_TOKEN)).start();
    const lines = [];
    const customers: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { license, customer } = await w.linked();
      customers.push(customer);
      for (let line = 0; line < 4; line++) lines.push(w.line(license, `${i + 1}.0${line}`));
    }
    w.export(lines);
    expect(await w.sync()).toMatchObject({ state: 'succeeded' });
    await w.issue(customers[0]!);
    key = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
  });
  afterAll(async () => {
    await processes.end();
    await Promise.all([arrow.stop(), target.drop()]);
  });

  it('is not moved while the service serves it, without a server, or with another SECRET_KEY', async () => {
    const none = await waldurArrow({ DATA_DIR: dataDir, ...secret }, 'database', 'move', '--json');
    expect([none.code, none.json.code]).toEqual([1, 'no_server_to_move_to']);
    const served = await move();
    expect([served.code, served.json.code]).toEqual([1, 'still_served']);
    expect(await service.exit('SIGTERM')).toBe(0);
    const keyless = await move(target, Buffer.alloc(32, 3).toString('base64'));
    expect(keyless).toMatchObject({ code: 1, json: { error: expect.stringContaining('SECRET_KEY is not the key') } });
    expect(await rowsOf(target)).toEqual({});
  });

  it('leaves nothing in the target where it is killed half way', async () => {
    const database = await createDatabase('postgres');
    const seeded = await rowsOf(database);
    const client = await connected(database);
    // Sequences are set when every table has been copied.
    await client.query('BEGIN; ALTER SEQUENCE export_snapshot_number_seq CACHE 1');
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...variables(database) };
    const moving = spawn(process.execPath, [...programArguments('cli'), 'database', 'move'], { env, stdio: 'ignore' });
    const ended = once(moving, 'exit');
    for (let waits = false; !waits;) {
      expect(moving.exitCode).toBeNull();
      const { rowCount } = await client.query(
        `SELECT FROM pg_locks WHERE NOT granted AND relation = 'export_snapshot_number_seq'::regclass`,
      );
      waits = rowCount === 1;
    }
    moving.kill('SIGKILL');
    await ended;
    await client.query('ROLLBACK');
    await client.end();
    expect(await rowsOf(database)).toEqual(seeded);
    const whole = await waldurArrow(variables(database), 'database', 'move');
    expect(whole).toMatchObject({ code: 0, output: expect.stringMatching(/^Moved \d+ rows in \d+ tables/) });
    await database.drop();
  });

  it('has every table row by row as it was, and serves the month that was billed', async () => {
    const moved = await move();
    expect(moved).toMatchObject({ code: 0 });
    const original = await contentsOf({ DATA_DIR: dataDir });
    expect(Object.keys(original).length).toBeGreaterThan(30);
    expect(original.invoice_posting).not.toMatch(/^0 /);
    expect(await contentsOf({ DATA_DIR: '', DATABASE_URL: target.variables.DATABASE_URL })).toEqual(original);
    expect(moved.json.tables).toContainEqual(
      expect.objectContaining({ name: 'export_page', rows: Number(original.export_page!.split(' ')[0]) }),
    );

    const before = await rowsOf(target);
    const again = processes.start(variables());
    const api = await again.api(STAFF_TOKEN);
    const { body: events } = await api.get('/api/admin/arrow/audit-events/?action=database.move');
    expect(events).toMatchObject([
      {
        actor: 'command line',
        outcome: 'done',
        changes: [{ object_type: 'database', operation: 'move', after: { rows: { invoice: before.invoice } } }],
      },
    ]);
    const copy = worldOf(api);
    copy.settings = w.settings;
    expect(await copy.sync({ force: true })).toMatchObject({
      state: 'succeeded',
      result: { postings: 0, tie_out: [{ ties_out: true }] },
    });
    const after = await rowsOf(target);
    expect(after.invoice_posting).toBe(before.invoice_posting);
    // Numbers go on where they were.
    expect(after.export_snapshot).toBeGreaterThan(before.export_snapshot!);
    expect((await copy.linked()).resource).toBeTruthy();
    expect(await again.exit('SIGTERM')).toBe(0);
  });

  it('keeps the guards of the ledger', async () => {
    const client = await connected(target);
    await expect(client.query('UPDATE invoice_posting SET amount = amount + 1')).rejects.toMatchObject({
      constraint: 'tr_invoice_posting_append_only',
    });
    await expect(client.query('DELETE FROM invoice')).rejects.toMatchObject({ code: '23503' });
    // Months of the audit trail are there from the source; each is guarded by itself, too.
    const { rows: months } = await client.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_event'::regclass`,
    );
    expect(months.length).toBeGreaterThan(1);
    for (const { name } of months)
      await expect(client.query(`TRUNCATE ${name}`)).rejects.toMatchObject({ constraint: 'tr_audit_append_only' });
    await client.end();
    const fresh = await createDatabase('postgres');
    expect(await guardsOf(target)).toEqual(await guardsOf(fresh));
    await fresh.drop();
  });

  it('is never mixed with rows that are there', async () => {
    const taken = await move();
    expect(taken).toMatchObject({ code: 1, json: { code: 'target_not_empty' } });
    expect(taken.json.error).toContain('core_user');
  });
});

async function connected(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client(database.variables.DATABASE_URL);
  await client.connect();
  return client;
}

/** Numbers of rows; tables without any are left out. */
async function rowsOf(database: TestDatabase): Promise<Record<string, number>> {
  const client = await connected(database);
  const { rows: tables } = await client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  const counts: Record<string, number> = {};
  for (const { tablename } of tables) {
    const { rows } = await client.query(`SELECT count(*)::integer AS rows FROM "${tablename}"`);
    if (rows[0].rows) counts[tablename] = rows[0].rows;
  }
  await client.end();
  return counts;
}

/**
 * Every table as one hash of its rows, by the database itself; but for that of the migrations, which have their own
 * numbers, and the event of the move, which the target alone has.
 */
function contentsOf(location: { DATA_DIR: string; DATABASE_URL?: string }): Promise<Record<string, string>> {
  return withDatabase({ DATABASE_POOL_SIZE: 2, ...location }, async (database) => {
    const tables = await database.query<{ name: string }[]>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'`,
    );
    const contents: Record<string, string> = {};
    for (const { name } of tables) {
      const [row] = await database.query<{ hash: string }[]>(
        `SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS hash
         FROM "${name}" t
         WHERE to_jsonb(t) ->> 'action' IS DISTINCT FROM 'database.move'
           AND to_jsonb(t) ->> 'operation' IS DISTINCT FROM 'move'`,
      );
      contents[name] = row!.hash;
    }
    return contents;
  });
}

/** What the database itself sees to. */
async function guardsOf(database: TestDatabase): Promise<unknown[]> {
  const client = await connected(database);
  const { rows } = await client.query(
    `WITH guards AS (
     SELECT conrelid AS class, conname AS name, pg_get_constraintdef(oid) AS says FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace
     UNION ALL
     SELECT tgrelid, tgname, tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     )
     SELECT class::regclass::text AS at, name, says FROM guards
     WHERE class NOT IN (SELECT inhrelid FROM pg_inherits)
     ORDER BY 1, 2, 3`,
  );
  await client.end();
  return rows;
}
