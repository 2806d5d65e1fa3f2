import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { type PgliteConnection, PglitePool } from '../../src/database/pglite-pool.js';

const url = process.env.TEST_DATABASE_URL;

interface Connection {
  query(text: string, parameters?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null; command: string }>;
}

/** What both databases must make of the same statement. */
const READING: [string, unknown][] = [
  ['1::int', 1],
  ['9007199254740993::bigint', '9007199254740993'],
  ["'12.5000000000'::numeric(22,10)", '12.5000000000'],
  ["'NaN'::numeric", 'NaN'],
  ["'2026-08-01'::date", '2026-08-01'],
  ["'2026-08-01T12:30:15.123Z'::timestamptz", new Date('2026-08-01T12:30:15.123Z')],
  ['true', true],
  ['NULL::int', null],
  [`'{"a": [1, null, "x"]}'::json`, { a: [1, null, 'x'] }],
  [`'{"a": 1.5}'::jsonb`, { a: 1.5 }],
  [`'null'::jsonb`, null],
  ["'\\xdeadbeef'::bytea", Buffer.from('deadbeef', 'hex')],
  ["ARRAY['a', NULL, 'b c', '\"']", ['a', null, 'b c', '"']],
  ['ARRAY[1, 2]::int[]', [1, 2]],
  ['ARRAY[1.50, 2]::numeric[]', ['1.50', '2']],
  ['ARRAY[9007199254740993]::bigint[]', ['9007199254740993']],
  ["ARRAY['2026-08-01']::date[]", ['2026-08-01']],
  ["'{}'::text[]", []],
  ["'õ🚀'::text", 'õ🚀'],
  ["'x'::varchar(5)", 'x'],
  ["'x'::char(3)", 'x  '],
  ["'00000000-0000-4000-8000-000000000001'::uuid", '00000000-0000-4000-8000-000000000001'],
  ['1.5::float8', 1.5],
  ['count(*)', '1'],
  ['sum(1)', '1'],
  ['sum(1.5)', '1.5'],
];

const WRITING: [string, unknown, unknown][] = [
  ['int', 7, '7'],
  ['int', '7', '7'],
  ['bigint', '9007199254740993', '9007199254740993'],
  ['numeric', '0.1000000000', '0.1000000000'],
  ['text', 'õ', 'õ'],
  ['text', null, null],
  ['text', undefined, null],
  ['boolean', false, 'false'],
  ['date', '2026-08-01', '2026-08-01'],
  ['timestamptz', new Date('2026-08-01T12:30:15.123Z'), '2026-08-01 12:30:15.123+00'],
  ['timestamptz', '2026-08-01T12:30:15Z', '2026-08-01 12:30:15+00'],
  ['jsonb', '{"a": [1]}', '{"a": [1]}'],
  ['jsonb', { a: [1] }, '{"a": [1]}'],
  ['jsonb', '"text"', '"text"'],
  ['bytea', Buffer.from('deadbeef', 'hex'), '\\xdeadbeef'],
  ['text[]', ['a', 'b "c"', null], '{a,"b \\"c\\"",NULL}'],
  ['text[]', [], '{}'],
  ['uuid[]', ['00000000-0000-4000-8000-000000000001'], '{00000000-0000-4000-8000-000000000001}'],
  ['int[]', [1, 2], '{1,2}'],
  ['numeric[]', ['1.50', '2'], '{1.50,2}'],
  ['boolean[]', [true, false], '{t,f}'],
  ['timestamptz[]', [new Date('2026-08-01T12:30:15Z')], '{"2026-08-01 12:30:15+00"}'],
];

const databases: [string, () => Promise<{ connection: Connection; end: () => Promise<void> }>][] = [
  [
    'the embedded database',
    async () => {
      const database = await PGlite.create();
      await database.exec("SET timezone = 'UTC'");
      const connection = (await new PglitePool(database).connect()) as PgliteConnection;
      return { connection, end: () => database.close() };
    },
  ],
];
if (url) {
  databases.push([
    'PostgreSQL',
    async () => {
      const { extra } = await dataSourceOptions({ DATABASE_URL: url, DATABASE_POOL_SIZE: 1, DATA_DIR: '' });
      const { types } = extra as pg.ClientConfig;
      const connection = new pg.Client({ connectionString: url, options: '-c timezone=UTC', types });
      await connection.connect();
      return { connection, end: () => connection.end() };
    },
  ]);
}

describe.each(databases)('Values of %s', (_, open) => {
  let connection: Connection;
  let end: () => Promise<void>;

  beforeAll(async () => ({ connection, end } = await open()));
  afterAll(() => end());

  it.each(READING)('%s is read as %j', async (expression, value) => {
    const { rows } = await connection.query(`SELECT ${expression} AS value`);
    expect(rows).toEqual([{ value }]);
    // With parameters both drivers take another way through the protocol.
    const again = await connection.query(`SELECT ${expression} AS value, $1::int AS one`, [1]);
    expect(again.rows).toEqual([{ value, one: 1 }]);
  });

  it.each(WRITING)('%s is written from %j', async (type, given, text) => {
    const { rows } = await connection.query(`SELECT $1::${type}::text AS text`, [given]);
    expect(rows).toEqual([{ text }]);
  });

  it('says how many rows a statement touched, and what it was', async () => {
    await connection.query('CREATE TEMP TABLE touched (n int)');
    const made = await connection.query('INSERT INTO touched SELECT generate_series(1, $1)', [3]);
    expect([made.command, made.rowCount]).toEqual(['INSERT', 3]);
    const changed = await connection.query('UPDATE touched SET n = n + 1 WHERE n > $1 RETURNING n', [1]);
    expect([changed.command, changed.rowCount, changed.rows]).toEqual(['UPDATE', 2, [{ n: 3 }, { n: 4 }]]);
    const gone = await connection.query('DELETE FROM touched WHERE n = 1');
    expect([gone.command, gone.rowCount, gone.rows]).toEqual(['DELETE', 1, []]);
    const read = await connection.query('SELECT n FROM touched ORDER BY n');
    expect([read.command, read.rowCount]).toEqual(['SELECT', 2]);
  });

  it('names the constraint that refuses a row', async () => {
    await connection.query('CREATE TEMP TABLE strict (n int CONSTRAINT uq_strict UNIQUE)');
    await connection.query('INSERT INTO strict VALUES ($1)', [1]);
    const refused = connection.query('INSERT INTO strict VALUES ($1)', [1]);
    await expect(refused).rejects.toMatchObject({ code: '23505', constraint: 'uq_strict', table: 'strict' });
  });
});
