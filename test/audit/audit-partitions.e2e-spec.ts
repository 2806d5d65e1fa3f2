import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/databases.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** An embedded database has one session. */
const onServer = TEST_DATABASE === 'postgres' ? describe : describe.skip;

const MAKE = `SELECT make_audit_partitions('2035-01-01', 2)`;
const PARTITIONS = `
  SELECT count(*)::integer AS count
  FROM pg_class
  WHERE relkind = 'r' AND relname ~ '^audit_(event|change)_2035_'`;

onServer('Partitions of the audit trail', () => {
  let database: TestDatabase;
  let first: pg.Client;
  let second: pg.Client;
  let watcher: pg.Client;

  beforeAll(async () => {
    database = await createDatabase('postgres');
    const connect = async () => {
      const client = new pg.Client(database.variables.DATABASE_URL);
      await client.connect();
      return client;
    };
    [first, second, watcher] = await Promise.all([connect(), connect(), connect()]);
  });
  afterAll(async () => {
    await Promise.all([first, second, watcher].map((client) => client?.end()));
    await database.drop();
  });
  beforeEach(() => first.query('BEGIN'));
  afterEach(() => first.query('ROLLBACK'));

  /** What `second` makes, once it waits for a lock; fails where it ends before. */
  const made = async (): Promise<{ making: Promise<unknown> }> => {
    const { rows } = await second.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    let hasEnded = false;
    const making = second.query(MAKE).finally(() => (hasEnded = true));
    making.catch(() => undefined);
    const isWaiting = () => watcher.query('SELECT FROM pg_locks WHERE NOT granted AND pid = $1', [rows[0]!.pid]);
    while (!(await isWaiting()).rowCount) if (hasEnded) throw new Error('It waited for nobody.');
    return { making };
  };

  it('wait for changes that are under way without standing in their way', async () => {
    await first.query('LOCK TABLE audit_change IN ROW EXCLUSIVE MODE');
    const { making } = await made();
    // As any change does: what was changed first, then its event.
    await first.query('LOCK TABLE audit_event IN ROW EXCLUSIVE MODE');
    await first.query('COMMIT');
    await making;
    expect((await watcher.query(PARTITIONS)).rows).toEqual([{ count: 4 }]);
    await watcher.query(
      'DROP TABLE audit_change_2035_01, audit_event_2035_01, audit_change_2035_02, audit_event_2035_02',
    );
  });

  it('are made once where instances start together', async () => {
    await first.query(MAKE);
    const { making } = await made();
    await first.query('COMMIT');
    await making;
    expect((await watcher.query(PARTITIONS)).rows).toEqual([{ count: 4 }]);
  });
});
