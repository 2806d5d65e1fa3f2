import { startApp, type TestApp } from '../support/app.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

// What an embedded database is asked by one connection alone.
(TEST_DATABASE === 'postgres' ? describe : describe.skip)('A database server', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ DATABASE_POOL_SIZE: '2' })));
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

  it('that takes no changes is named, and is used again as soon as it does', async () => {
    const [{ name }] = await app.database.query<[{ name: string }]>('SELECT current_database() AS name');
    const runner = app.database.createQueryRunner();
    await runner.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await runner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
      [name],
    );
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

  it('with a table that somebody keeps locked is busy, not broken', async () => {
    const holder = app.database.createQueryRunner();
    await holder.startTransaction();
    await holder.query('LOCK TABLE offering IN ACCESS EXCLUSIVE MODE');
    const stuck = await app.api.get('/api/marketplace-provider-offerings/');
    expect([stuck.status, stuck.body.code, stuck.headers.get('retry-after')]).toEqual([503, 'database_busy', '5']);
    expect((await create()).status).toBe(201);
    await holder.rollbackTransaction();
    await holder.release();
  });
});
