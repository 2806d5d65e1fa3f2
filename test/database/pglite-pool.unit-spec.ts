import { PGlite } from '@electric-sql/pglite';
import { type PgliteConnection, PglitePool } from '../../src/database/pglite-pool.js';

describe('The pool of the embedded database', () => {
  let database: PGlite;
  let pool: PglitePool;
  let isFull = false;

  beforeAll(async () => {
    database = await PGlite.create();
    await database.exec('CREATE TABLE entry (who int, step int)');
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    pool = new PglitePool(database, () => isFull, 200);
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

  it('lends to nobody what was given back, and accepts that once', async () => {
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

  it('takes no changes while there is no room, not even in a transaction that was under way, and then goes on', async () => {
    const full = { code: '53100' };
    const early = await lease();
    await early.query('BEGIN');
    await early.query('INSERT INTO entry VALUES (1, 1)');
    isFull = true;
    await expect(early.query('INSERT INTO entry VALUES (2, 2)')).rejects.toMatchObject(full);
    await early.query('COMMIT');
    early.release();
    const late = await lease();
    expect((await late.query('SELECT * FROM entry')).rows).toEqual([]);
    await expect(late.query('INSERT INTO entry VALUES (3, 3)')).rejects.toMatchObject(full);
    await expect(late.copy(`COPY entry FROM '/dev/blob'`, '3\t3\n')).rejects.toMatchObject(full);
    expect(pool.isFull).toBe(true);
    isFull = false;
    late.release();
    const next = await lease();
    await next.query('INSERT INTO entry VALUES (4, 4)');
    next.release();
    expect(await entries()).toEqual([{ who: 4 }]);
  });

  it('is closed once it has ended', async () => {
    const own = new PglitePool(await PGlite.create());
    await own.end();
    await expect(own.connect()).rejects.toThrow('The embedded database is closed.');
    await own.end();
  });
});
