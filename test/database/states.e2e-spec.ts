import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { lockWaiters } from '../support/lock-waiters.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

// What an embedded database is asked by one connection alone.
const onServer = TEST_DATABASE === 'postgres' ? describe : describe.skip;

onServer('A database server', () => {
  let app: TestApp;
  let watcher: Watcher;
  beforeAll(async () => {
    app = await startApp({ DATABASE_POOL_SIZE: '2' });
    watcher = new Watcher(app);
  });
  afterAll(() => app.stop());

  const create = () => app.api.post('/api/customers/', { name: 'Anybody' });

  it('is asked on clean connections, whatever state they come back in', async () => {
    for (let i = 0; i < 4; i++) {
      const runner = app.database.createQueryRunner();
      await runner.query('BEGIN');
      await expect(runner.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
      await runner.release();
    }
    for (let i = 0; i < 4; i++) expect((await create()).status).toBe(201);
  });

  it.each(['in a transaction', 'on its own'])('does not compile a statement %s, whatever it costs', async (where) => {
    const runner = app.database.createQueryRunner();
    await runner.query('SET jit_above_cost = 0');
    if (where === 'in a transaction') await runner.startTransaction();
    const plan: unknown = await runner.query('EXPLAIN ANALYZE SELECT count(*) FROM customer');
    if (where === 'in a transaction') await runner.rollbackTransaction();
    await runner.query('RESET jit_above_cost');
    await runner.release();
    expect(JSON.stringify(plan)).not.toContain('JIT');
  });

  it('that takes no changes is named, and is used again as soon as it does', async () => {
    const [{ name }] = await app.database.query<[{ name: string }]>('SELECT current_database() AS name');
    const runner = app.database.createQueryRunner();
    await runner.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await cutOff(runner, name);
    await runner.query('SET default_transaction_read_only = on');
    await runner.release();
    let answer = await create();
    while (answer.body.code === 'database_unavailable') answer = await create();
    expect([answer.status, answer.body.code]).toEqual([503, 'database_read_only']);
    expect(await app.api.get('/health/ready')).toMatchObject({
      status: 503,
      body: { detail: 'The database takes no changes at the moment. Try again in a few seconds.' },
    });
    const mend = app.database.createQueryRunner();
    await mend.query('SET default_transaction_read_only = off');
    await mend.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await mend.release();
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await create()).status);
    expect(statuses.filter((status) => status !== 201).length).toBeLessThan(2);
    expect(statuses.at(-1)).toBe(201);
    expect((await app.api.get('/health/ready')).status).toBe(200);
  });

  it('with a table that somebody keeps locked is busy, not broken, by its own time-out too', async () => {
    const holder = app.database.createQueryRunner();
    await holder.startTransaction();
    await holder.query('LOCK TABLE offering IN ACCESS EXCLUSIVE MODE');
    const stuck = await app.api.get('/api/marketplace-provider-offerings/');
    expect([stuck.status, stuck.body.code, stuck.headers.get('retry-after')]).toEqual([503, 'database_busy', '5']);
    expect((await create()).status).toBe(201);
    await holder.rollbackTransaction();
    const [{ name }] = await holder.query('SELECT current_database() AS name');
    await holder.query(`ALTER DATABASE ${name} SET statement_timeout = '300ms'`);
    await cutOff(holder, name);
    await holder.startTransaction();
    await holder.query('LOCK TABLE offering IN ACCESS EXCLUSIVE MODE');
    let cancelled = await app.api.get('/api/marketplace-provider-offerings/');
    while (cancelled.body.code === 'database_unavailable')
      cancelled = await app.api.get('/api/marketplace-provider-offerings/');
    expect([cancelled.status, cancelled.body.code]).toEqual([503, 'database_busy']);
    await holder.rollbackTransaction();
    await holder.query(`ALTER DATABASE ${name} RESET statement_timeout`);
    await cutOff(holder, name);
    await holder.release();
  });

  it('that cannot put two changes in a row is asked again', async () => {
    const { body: made } = await create();
    const holder = app.database.createQueryRunner();
    const [{ name }] = await holder.query('SELECT current_database() AS name');
    await holder.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'repeatable read'`);
    await cutOff(holder, name);
    await holder.startTransaction();
    await holder.query(`UPDATE customer SET name = 'Somebody' WHERE uuid = $1`, [made.uuid]);
    let answer: Awaited<ReturnType<typeof create>> | undefined;
    const changing = async () => {
      do answer = await app.api.patch(made.url, { name: 'Nobody' });
      while (answer.body.code === 'database_unavailable');
    };
    const changed = changing();
    while (!(await watcher.waiting()) && !answer) await new Promise(setImmediate);
    await holder.commitTransaction();
    await changed;
    expect([answer!.status, answer!.body.name]).toEqual([200, 'Nobody']);
    await holder.query(`ALTER DATABASE ${name} RESET default_transaction_isolation`);
    await cutOff(holder, name);
    await holder.release();
  });

  it('deletes an account beside its being paused, in whatever order they meet, and one that is gone is no fault', async () => {
    const settings = '/api/admin/arrow/settings/';
    const syncs = '/api/admin/arrow/billing-syncs/';
    const make = async () => {
      const key = { api_url: app.arrow.url, api_key: app.arrow.apiKey };
      return (await app.api.post(settings, key)).body.uuid as string;
    };
    const met = await make();
    const pause = (uuid: string) => app.api.post(`${syncs}pause_sync/`, { settings_uuid: uuid, reason: 'at once' });
    expect((await pause(met)).status).toBe(200);
    const holder = await watcher.client();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM billing_account FOR UPDATE');
    const paused = pause(met);
    while ((await watcher.waiting()) < 1) await new Promise(setImmediate);
    const deleted = app.api.send('DELETE', `${settings}${met}/`);
    while ((await watcher.waiting()) < 2) await new Promise(setImmediate);
    await holder.end();
    expect([(await paused).status, (await deleted).status]).toEqual([200, 204]);

    const seen = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const uuid = await make();
      const remove = () => app.api.send('DELETE', `${settings}${uuid}/`);
      for (const { status } of await Promise.all([pause(uuid), remove(), pause(uuid)])) seen.add(status);
      await remove();
    }
    expect([...seen].filter((status) => ![200, 204, 404, 409].includes(status))).toEqual([]);
  });

  it('that has to break off one of two transactions says which', async () => {
    const key = { api_url: app.arrow.url, api_key: app.arrow.apiKey };
    const { uuid } = (await app.api.post('/api/admin/arrow/settings/', key)).body as { uuid: string };
    const pause = () =>
      app.api.post('/api/admin/arrow/billing-syncs/pause_sync/', { settings_uuid: uuid, reason: 'at once' });
    expect((await pause()).status).toBe(200);
    const holder = await watcher.client();
    await holder.query(`SET deadlock_timeout = '1min'`);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM billing_account FOR UPDATE');
    const paused = pause();
    while ((await watcher.waiting()) < 1) await new Promise(setImmediate);
    await holder.query('SELECT FROM arrow_settings FOR UPDATE');
    await holder.end();
    const { status, body } = await paused;
    expect([status, body.code]).toEqual([503, 'changed_at_once']);
    expect((await pause()).status).toBe(200);
  });
});

onServer('A database server with a table that somebody keeps locked', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ DATABASE_POOL_SIZE: '4' })));
  afterAll(() => app.stop());

  it('serves everybody else, however many wait for that table', async () => {
    const watcher = new Watcher(app);
    const holder = await watcher.client();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE offering IN ACCESS EXCLUSIVE MODE');
    const stuck = Promise.all(Array.from({ length: 12 }, () => app.api.get('/api/marketplace-provider-offerings/')));
    while ((await watcher.waiting()) < 2) await new Promise(setImmediate);
    for (let i = 0; i < 5; i++) {
      expect((await app.api.get('/api/customers/')).status).toBe(200);
      expect((await app.api.get('/health/ready')).status).toBe(200);
      expect(await watcher.waiting()).toBeLessThanOrEqual(2);
    }
    await holder.query('ROLLBACK');
    await holder.end();
    for (const { status, body } of await stuck) expect(status === 200 || body.code === 'database_busy').toBe(true);
    expect((await app.api.get('/api/marketplace-provider-offerings/')).status).toBe(200);
  });
});

/** Sees what the connections of a test's database do, on connections of its own. */
class Watcher {
  constructor(private readonly app: TestApp) {}

  async client(): Promise<pg.Client> {
    const client = new pg.Client(this.app.variables.DATABASE_URL);
    await client.connect();
    return client;
  }

  /** How many wait for a lock. */
  waiting(): Promise<number> {
    return lockWaiters(this.app.variables.DATABASE_URL!);
  }
}

/** Ends every other connection, so that those that follow have the settings of now. */
async function cutOff(runner: QueryRunner, name: string): Promise<void> {
  await runner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
    [name],
  );
}
