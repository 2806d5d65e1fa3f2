import type { EntityManager } from 'typeorm';

/** How large a table is, and how much of it is new. */
export interface TableSize {
  readonly name: string;
  /** With indexes and what is stored beside it. */
  readonly bytes: number;
  readonly rows: number;
  /** Null: its rows do not say when they came. */
  readonly dated: { readonly newRows: number; readonly first: Date | null } | null;
}

interface Counted {
  readonly rows: number;
  readonly newRows?: number;
  readonly first?: Date | null;
}

/** A partitioned table is the sum of its parts. */
const TABLES = `
  SELECT
    class.relname AS name,
    quote_ident(class.relname) AS quoted,
    coalesce(
      (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(class.oid)),
      pg_total_relation_size(class.oid)
    )::float8 AS bytes,
    EXISTS (
      SELECT
      FROM pg_attribute
      WHERE attrelid = class.oid AND attname = 'created' AND NOT attisdropped
    ) AS "isDated"
  FROM pg_class class
  WHERE class.relnamespace = current_schema()::regnamespace
    AND class.relkind IN ('r', 'p')
    AND NOT class.relispartition
  ORDER BY class.relname`;

/** Reads every table once. `since`: what came from then on is new. */
export async function tableSizes(manager: EntityManager, since: Date): Promise<TableSize[]> {
  const tables = await manager.query<{ name: string; quoted: string; bytes: number; isDated: boolean }[]>(TABLES);
  const sizes: TableSize[] = [];
  for (const { name, quoted, bytes, isDated } of tables) {
    const ofTime = `, count(*) FILTER (WHERE created >= $1)::float8 AS "newRows", min(created) AS first`;
    const [{ rows, newRows = 0, first = null }] = await manager.query<[Counted]>(
      `SELECT count(*)::float8 AS rows${isDated ? ofTime : ''} FROM ${quoted}`,
      isDated ? [since] : [],
    );
    sizes.push({ name, bytes, rows, dated: isDated ? { newRows, first } : null });
  }
  return sizes;
}
