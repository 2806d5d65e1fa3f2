import type { QueryRunner } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

// The embedded database prepares nothing.
const onServer = TEST_DATABASE === 'postgres' ? describe : describe.skip;

const USES = 8;
const CUSTOMERS = '/api/customers/';

onServer('Statements that are run again and again', () => {
  let app: TestApp;
  let other: QueryRunner;
  beforeEach(async () => {
    app = await startApp({ DATABASE_POOL_SIZE: '2' });
    // What is prepared belongs to a connection: while this one is kept, there is one other for all.
    other = app.database.createQueryRunner();
    await other.connect();
  });
  afterEach(async () => {
    await other?.release();
    await app?.stop();
  });

  const times = async (work: () => Promise<unknown>) => {
    for (let i = 0; i < USES; i++) await work();
  };
  /** What the connection has prepared, parts of the texts being given. */
  const prepared = async (...parts: string[]) => {
    const rows = await app.database.query<{ statement: string }[]>('TABLE pg_prepared_statements');
    return rows.filter(({ statement }) => parts.every((part) => statement.includes(part)));
  };
  const connection = async () => (await app.database.query<unknown[]>('SELECT pg_backend_pid()'))[0];
  const list = async (query = '') => {
    const { status, body } = await app.api.get(`${CUSTOMERS}${query}`);
    expect(status).toBe(200);
    return body as unknown;
  };

  it('are prepared: lists without filters, single objects, and who asks', async () => {
    const { uuid } = await new Builders(app).customer({ name: 'Anybody' });
    const before = await list();
    await times(list);
    await times(() => app.api.get(`${CUSTOMERS}${uuid}/`));
    expect(await prepared('FROM unnest', 'JOIN customer')).toHaveLength(1);
    expect(await prepared('FROM customer', 'item.uuid = ANY')).toHaveLength(1);
    expect(await prepared('FROM auth_token', 'item.token_hash = ANY')).toHaveLength(1);
    expect(await list()).toEqual(before);
  });

  it('are planned for what they are asked for where that makes a difference', async () => {
    const many = Array.from({ length: 101 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
    await times(() => list('?name=any'));
    await times(() => app.database.query('SELECT /*by key*/ 1 FROM customer WHERE uuid = ANY($1)', [many]));
    expect(await prepared('ILIKE')).toEqual([]);
    expect(await prepared('SELECT /*by key*/ 1')).toEqual([]);
  });

  it('are not prepared within a transaction, where one that fails could not be run again', async () => {
    await app.database.transaction((manager) => times(() => manager.query('SELECT 1 AS within')));
    await times(() => app.database.query('SELECT 1 AS beside'));
    expect(await prepared('within')).toEqual([]);
    expect(await prepared('beside')).toHaveLength(1);
  });

  it('are not prepared where they are several in one', async () => {
    await times(() => app.database.query('SELECT 1 AS a; SELECT 2 AS b'));
    expect(await prepared('AS b')).toEqual([]);
  });

  it('are prepared up to a number, and run beyond it too', async () => {
    for (let n = 0; n < 100; n++)
      await times(async () => expect(await app.database.query(`SELECT ${n} AS n`)).toEqual([{ n }]));
    expect(await prepared()).toHaveLength(64);
  });

  it.each([
    ['another type', `ALTER COLUMN abbreviation TYPE text`],
    ['another column', `ADD COLUMN of_next_version text NOT NULL DEFAULT ''`],
  ])('are answered after their table got %s, and prepared anew', async (_, change) => {
    await new Builders(app).customer({ name: 'Anybody' });
    await times(list);
    const [before, old] = [await list(), await connection()];
    await app.database.query(`ALTER TABLE customer ${change}`);
    expect(await list()).toEqual(before);
    // A connection with plans that cannot be run any more is not kept.
    if (change.includes('TYPE')) expect(await connection()).not.toEqual(old);
    else expect(await connection()).toEqual(old);
    await times(list);
    expect(await prepared('FROM unnest', 'JOIN customer')).toHaveLength(1);
    expect(await list()).toEqual(before);
  });

  it('are not prepared any more once the server has forgotten one', async () => {
    await new Builders(app).customer({ name: 'Anybody' });
    await times(list);
    const before = await list();
    await app.database.query('DEALLOCATE ALL');
    expect(await list()).toEqual(before);
    await times(list);
    expect(await prepared()).toEqual([]);
  });

  it('are not prepared any more once the server has one of a name already', async () => {
    await times(() => list());
    const [{ name }] = (await prepared('FROM auth_token')) as unknown as [{ name: string }];
    // A new connection finds the name taken, as behind a pooler that hands the server's connections on.
    await app.database.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
    await app.database.query(`PREPARE ${name} AS SELECT 1`);
    await list();
    await times(() => list());
    expect((await prepared()).map(({ statement }) => statement)).toEqual([`PREPARE ${name} AS SELECT 1`]);
  });
});
