import { PGlite } from '@electric-sql/pglite';
import { type PgliteConnection, PglitePool } from '../../src/database/pglite-pool.js';

describe('The pool of the embedded database', () => {
  let database: PGlite;
  let pool: PglitePool;

  beforeAll(async () => {
    database = await PGlite.create();
    await database.exec('CREATE TABLE entry (who int, step int)');
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    pool = new PglitePool(database, 200);
    await database.exec('TRUNCATE entry');
  });

  const lease = () => pool.connect() as Promise<PgliteConnection>;
  const entries = async () => (await database.query<{ who: number }>('SELECT who FROM entry ORDER BY who')).rows;

  it('keeps 20 transactions at once apart, half of them rolled back', async () => {
    const patient = new PglitePool(database);
    const seen = await Promise.all(
      Array.from({ length: 20 }, async (_, who) => {
        const connection = (await patient.connect())!;
        await connection.query('START TRANSACTION');
        for (let step = 0; step < 3; step++) await connection.query('INSERT INTO entry VALUES ($1, $2)', [who, step]);
        const { rows } = await connection.query('SELECT DISTINCT who FROM entry WHERE who % 2 = 1 OR who = $1', [who]);
        await connection.query(who % 2 ? 'ROLLBACK' : 'COMMIT');
        connection.release();
        return rows;
      }),
    );
    expect(seen).toEqual(Array.from({ length: 20 }, (_, who) => [{ who }]));
    const even = Array.from({ length: 10 }, (_, i) => ({ who: i * 2 }));
    expect(await entries()).toEqual(even.flatMap((row) => [row, row, row]));
  });

  it.each(['BEGIN', 'START TRANSACTION', ' begin isolation level serializable'])(
    'rolls back what %j began and nobody ended, before the next one comes',
    async (begin) => {
      const careless = await lease();
      await careless.query(begin);
      await careless.query('INSERT INTO entry VALUES (1, 1)');
      const next = lease();
      careless.release();
      expect((await (await next).query('SELECT * FROM entry')).rows).toEqual([]);
      (await next).release();
    },
  );

  it('rolls back a transaction that failed, and one that only went back to a savepoint', async () => {
    for (const last of ['SELECT 1/0', 'ROLLBACK TO here']) {
      const careless = await lease();
      await careless.query('BEGIN');
      await careless.query('SAVEPOINT here');
      await careless.query('INSERT INTO entry VALUES (1, 1)');
      await careless.query(last).catch(() => undefined);
      careless.release();
      const next = await lease();
      expect((await next.query('SELECT * FROM entry')).rows).toEqual([]);
      next.release();
    }
  });

  it('tells one that waits for itself so, and serves the others on', async () => {
    const outer = await lease();
    await expect(lease()).rejects.toThrow('The database is busy with something else. Try again in a few seconds.');
    outer.release();
    (await lease()).release();
  });

  it('lends to nobody what was given back, and takes it back once', async () => {
    const first = await lease();
    first.release();
    await expect(first.query('SELECT 1')).rejects.toThrow('This lease of the embedded database has been given back.');
    const second = await lease();
    first.release();
    await expect(lease()).rejects.toThrow('busy');
    second.release();
  });

  it('lends in the order of asking, also by callback as node-postgres does', async () => {
    const order: number[] = [];
    const first = await lease();
    const done = [1, 2, 3].map(
      (number) =>
        new Promise<void>((resolve, reject) => {
          void pool.connect((error, _connection, release) => {
            if (error) return reject(error);
            order.push(number);
            release!();
            resolve();
          });
        }),
    );
    first.release();
    await Promise.all(done);
    expect(order).toEqual([1, 2, 3]);
  });

  it('is closed once it has ended', async () => {
    const own = new PglitePool(await PGlite.create());
    await own.end();
    await expect(own.connect()).rejects.toThrow('The embedded database is closed.');
    await own.end();
  });
});
