import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { rowText } from './copy-rows.js';
import { isSchemaOfOurs, migrate } from './migrate.js';
import { CopyDiffersError, SchemasDifferError, TargetNotEmptyError } from './move.errors.js';

/** A table as it was read, and found again. */
export interface MovedTable {
  readonly name: string;
  readonly rows: number;
  /** In lower-case hex, of all rows as text in the order of their key. */
  readonly sha256: string;
}

interface Table {
  readonly name: string;
  /** Quoted; those that are computed are left out. */
  readonly columns: readonly string[];
  /** What brings its rows into the same order everywhere. */
  readonly order: readonly string[];
  readonly isWide: boolean;
}

/** What the migrations themselves write. */
const MIGRATIONS = 'migration';
const SEEDED = 'schema_support';

/** Rows that are in memory at once; of tables with whole files in their rows. */
const ROWS_AT_ONCE = 500;
const WIDE_ROWS_AT_ONCE = 8;

/** Names sort by their bytes, as two databases need not know the same languages. A partitioned table is one table. */
const TABLES = `
  SELECT
    quote_ident(class.relname) AS name,
    ARRAY(
      SELECT quote_ident(attname)
      FROM pg_attribute
      WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      ORDER BY attname COLLATE "C"
    ) AS columns,
    ARRAY(
      SELECT quote_ident(attname) || CASE WHEN attcollation <> 0 THEN ' COLLATE "C"' ELSE '' END
      FROM pg_attribute
      LEFT JOIN pg_index ON indrelid = class.oid AND indisprimary
      WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        AND (indkey IS NULL OR attnum = ANY(indkey))
      ORDER BY attname COLLATE "C"
    ) AS "order",
    EXISTS (
      SELECT
      FROM pg_attribute
      WHERE attrelid = class.oid AND NOT attisdropped AND atttypid = 'bytea'::regtype
    ) AS "isWide"
  FROM pg_class class
  WHERE class.relnamespace = current_schema()::regnamespace
    AND class.relkind IN ('r', 'p')
    AND NOT class.relispartition
  ORDER BY class.relname COLLATE "C"`;

const PARTITIONS = `
  SELECT
    quote_ident(part.relname) AS name,
    quote_ident(whole.relname) AS whole,
    pg_get_expr(part.relpartbound, part.oid) AS bound,
    ARRAY(
      SELECT pg_get_triggerdef(pg_trigger.oid)
      FROM pg_trigger
      WHERE tgrelid = part.oid AND NOT tgisinternal AND tgparentid = 0
    ) AS triggers
  FROM pg_inherits
  JOIN pg_class part ON part.oid = inhrelid
  JOIN pg_class whole ON whole.oid = inhparent
  WHERE part.relispartition AND part.relkind = 'r' AND part.relnamespace = current_schema()::regnamespace
  ORDER BY part.relname COLLATE "C"`;

const FOREIGN_KEYS = `
  SELECT
    quote_ident(class.relname) AS "table",
    quote_ident(conname) AS name,
    pg_get_constraintdef(pg_constraint.oid) AS definition
  FROM pg_constraint
  JOIN pg_class class ON class.oid = conrelid
  WHERE contype = 'f' AND conparentid = 0 AND class.relnamespace = current_schema()::regnamespace
  ORDER BY class.relname, conname`;

const TRIGGERS = `
  SELECT quote_ident(class.relname) AS "table", quote_ident(tgname) AS name
  FROM pg_trigger
  JOIN pg_class class ON class.oid = tgrelid
  WHERE NOT tgisinternal AND tgparentid = 0 AND tgenabled = 'O'
    AND class.relnamespace = current_schema()::regnamespace`;

/** Those that never gave a number are as they are made. */
const SEQUENCES = `
  SELECT quote_ident(sequencename) AS name, last_value + increment_by AS next
  FROM pg_sequences
  WHERE schemaname = current_schema() AND last_value IS NOT NULL`;

/**
 * Copies every table of an embedded database into the empty database of a server, which is migrated first, and compares
 * them row by row; all of that in one transaction, or nothing. Rows come as they are: triggers and foreign keys are out
 * of force meanwhile, and the latter are checked as a whole at the end. `record` writes down in the target, as part of
 * that transaction, what was moved. Throws `TargetNotEmptyError`,
 * `SchemasDifferError`, `CopyDiffersError`.
 */
export async function moveDatabase(
  from: DataSource,
  to: DataSource,
  record: (target: EntityManager, moved: readonly MovedTable[]) => Promise<void>,
): Promise<MovedTable[]> {
  if (!(await isSchemaOfOurs(from.manager))) throw new SchemasDifferError();
  await migrate(to);
  const source = from.createQueryRunner();
  const target = to.createQueryRunner();
  try {
    await source.startTransaction();
    await target.startTransaction();
    // The source may sort for long.
    await target.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    for (const runner of [source, target]) await runner.query(`SET LOCAL bytea_output = 'hex'`);
    const moved = await moveTables(source, target);
    await record(target.manager, moved);
    await target.commitTransaction();
    await target.query('ANALYZE');
    return moved;
  } finally {
    for (const runner of [target, source]) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }
}

async function moveTables(source: QueryRunner, target: QueryRunner): Promise<MovedTable[]> {
  const migrations = `SELECT name FROM ${MIGRATIONS} ORDER BY name`;
  const [ours, theirs] = [
    await source.manager.query<unknown>(migrations),
    await target.manager.query<unknown>(migrations),
  ];
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) throw new SchemasDifferError();

  const tables = (await source.manager.query<Table[]>(TABLES)).filter(({ name }) => name !== MIGRATIONS);
  await target.query(`LOCK TABLE ${tables.map(({ name }) => name).join(', ')} IN ACCESS EXCLUSIVE MODE`);
  const taken: string[] = [];
  for (const { name } of tables)
    if (name !== SEEDED && (await target.manager.query<unknown[]>(`SELECT 1 FROM ${name} LIMIT 1`)).length)
      taken.push(name);
  if (taken.length) throw new TargetNotEmptyError(taken);
  await target.query(`DELETE FROM ${SEEDED}`);

  await makePartitions(source, target);
  const triggers = await target.manager.query<{ table: string; name: string }[]>(TRIGGERS);
  const foreignKeys = await target.manager.query<{ table: string; name: string; definition: string }[]>(FOREIGN_KEYS);
  for (const { table, name } of triggers) await target.query(`ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
  for (const { table, name } of foreignKeys) await target.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);

  const moved: MovedTable[] = [];
  for (const table of tables) moved.push(await moveTable(source, target, table));
  for (const { name, next } of await source.manager.query<{ name: string; next: string }[]>(SEQUENCES))
    await target.query(`ALTER SEQUENCE ${name} RESTART WITH ${next}`);

  for (const { table, name, definition } of foreignKeys)
    await target.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  for (const { table, name } of triggers) await target.query(`ALTER TABLE ${table} ENABLE TRIGGER ${name}`);
  return moved;
}

interface Partition {
  readonly name: string;
  readonly whole: string;
  readonly bound: string;
  /** Its own, besides those of the whole. */
  readonly triggers: readonly string[];
}

/** Partitions come and go with time: the target has those of today. */
async function makePartitions(source: QueryRunner, target: QueryRunner): Promise<void> {
  const known = new Set((await target.manager.query<{ name: string }[]>(PARTITIONS)).map(({ name }) => name));
  for (const { name, whole, bound, triggers } of await source.manager.query<Partition[]>(PARTITIONS)) {
    if (known.has(name)) continue;
    await target.query(`CREATE TABLE ${name} PARTITION OF ${whole} ${bound}`);
    for (const trigger of triggers) await target.query(trigger);
  }
}

async function moveTable(source: QueryRunner, target: QueryRunner, table: Table): Promise<MovedTable> {
  const read = new Digest();
  const client = (await target.connect()) as ClientBase;
  const copy = client.query(copyFrom(`COPY ${table.name} (${table.columns.join(', ')}) FROM STDIN`));
  await pipeline(Readable.from(read.of(textOf(source, table))), copy);
  const written = new Digest();
  for await (const page of written.of(textOf(target, table))) void page;
  if (read.sha256 !== written.sha256) throw new CopyDiffersError(table.name, read.rows, written.rows);
  return { name: table.name, rows: read.rows, sha256: read.sha256 };
}

/** Rows as COPY takes them, some at a time. */
async function* textOf(runner: QueryRunner, { name, columns, order, isWide }: Table): AsyncGenerator<string[]> {
  const cells = columns.map((column, at) => `${column}::text AS c${at}`).join(', ');
  await runner.query(`DECLARE moving NO SCROLL CURSOR FOR SELECT ${cells} FROM ${name} ORDER BY ${order.join(', ')}`);
  for (;;) {
    const rows = await runner.manager.query<Record<string, string | null>[]>(
      `FETCH ${isWide ? WIDE_ROWS_AT_ONCE : ROWS_AT_ONCE} FROM moving`,
    );
    if (!rows.length) break;
    yield rows.map((row) => rowText(columns.map((_, at) => row[`c${at}`] ?? null)));
  }
  await runner.query('CLOSE moving');
}

/** Counts rows and sums them up while they pass. */
class Digest {
  rows = 0;
  private readonly hash = createHash('sha256');
  private ended: string | undefined;

  async *of(pages: AsyncIterable<string[]>): AsyncGenerator<string> {
    for await (const page of pages) {
      const text = page.join('');
      this.rows += page.length;
      this.hash.update(text);
      yield text;
    }
  }

  get sha256(): string {
    return (this.ended ??= this.hash.digest('hex'));
  }
}
