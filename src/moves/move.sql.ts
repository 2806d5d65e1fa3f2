import { normalizedReference } from '../common/normalize-arrow-reference.js';

/** What can be moved, parents first. Names come from here and never from a request. */
const TABLES = {
  customer: ['name', 'abbreviation', 'native_name', 'email', 'backend_id', 'registration_code', 'country'],
  offering: ['name', 'backend_id', 'type', 'state'],
  plan: ['name', 'unit'],
  project: ['name', 'backend_id'],
  resource: ['name', 'backend_id', 'state'],
} as const;
export type MovedKind = keyof typeof TABLES;
export const MOVED_KINDS = Object.keys(TABLES) as MovedKind[];

/** Columns that name rows of these tables, wherever they are: `customer_uuid`, `waldur_customer_uuid`. */
const NAMING = `(^|_)(${MOVED_KINDS.join('|')})_uuid$`;

const shown = (kind: MovedKind, row: string) =>
  `jsonb_build_object(${TABLES[kind].map((column) => `'${column}', ${row}.${column}`).join(', ')})`;

/** Rows here and of Waldur that have the same in this column; what was gone in a Waldur before has given its keys up. */
const ofSame = (kind: MovedKind, column: string) => `
    SELECT here.uuid, there.uuid AS waldur_uuid, '${column}' AS matched_by
    FROM ${kind} here
    JOIN ${kind} there ON there.${column} = here.${column}
    WHERE here.${column} <> '' AND here.owner = 'local' AND here.gone_at IS NULL
      AND there.owner = 'waldur' AND there.gone_at IS NULL`;

/** Which rows of Waldur (`there`) a row here may be, and by what key. */
const CANDIDATES: Readonly<Record<MovedKind, string>> = {
  customer: `${ofSame('customer', 'backend_id')}
    UNION ALL${ofSame('customer', 'registration_code')}
      AND (here.backend_id = '' OR there.backend_id IN ('', here.backend_id))`,
  offering: ofSame('offering', 'backend_id'),
  plan: `
    SELECT here.uuid, there.uuid AS waldur_uuid, 'name, of the same offering' AS matched_by
    FROM plan here
    JOIN offering_moved offered ON offered.uuid = here.offering_uuid
    JOIN plan there ON there.offering_uuid = offered.waldur_uuid AND there.name = here.name
    WHERE here.owner = 'local' AND there.owner = 'waldur' AND there.gone_at IS NULL`,
  project: ofSame('project', 'backend_id'),
  resource: `
    SELECT here.uuid, there.uuid AS waldur_uuid, 'backend_id' AS matched_by
    FROM resource here
    JOIN (
      SELECT uuid, state, unnest(ARRAY[backend_id, disputed_backend_id]) AS license
      FROM resource
      WHERE owner = 'waldur'
    ) AS there ON ${normalizedReference('there.license')} = ${normalizedReference('here.backend_id')}
    WHERE here.backend_id <> '' AND here.owner = 'local'
      AND (here.state = 'Terminated') = (there.state = 'Terminated')`,
};

const movedTo = (column: string, kind: MovedKind) =>
  `coalesce((SELECT waldur_uuid FROM ${kind}_moved WHERE uuid = ${column}), ${column})`;

const OTHER_ORGANISATION = `'Its organisation is not the one that Waldur has it under.'`;

/** Why a row must not become the one that its keys lead to, besides what holds for all kinds. */
const REFUSALS: Readonly<Partial<Record<MovedKind, string>>> = {
  customer: `
    CASE WHEN EXISTS (
      SELECT
      FROM invoice ours
      JOIN invoice theirs USING (account_uuid, month, currency)
      WHERE ours.customer_uuid = here.uuid AND theirs.customer_uuid = found.waldur_uuid
    ) OR EXISTS (
      SELECT
      FROM charge ours
      JOIN charge theirs USING (account_uuid, month, license_reference, currency)
      WHERE ours.customer_uuid = here.uuid AND theirs.customer_uuid = found.waldur_uuid
    ) THEN 'Both have been billed for the same month.' END`,
  project: `
    CASE WHEN there.customer_uuid <> ${movedTo('here.customer_uuid', 'customer')} THEN ${OTHER_ORGANISATION} END`,
  resource: `
    CASE WHEN (SELECT customer_uuid FROM project WHERE project.uuid = there.project_uuid)
      <> (SELECT ${movedTo('customer_uuid', 'customer')} FROM project WHERE project.uuid = here.project_uuid)
      THEN ${OTHER_ORGANISATION} END`,
};

/** One kind of rows: the matches, and what becomes of each row that is kept here. */
const judged = (kind: MovedKind) => `
  ${kind}_candidate AS MATERIALIZED (${CANDIDATES[kind]}
  ), ${kind}_found AS MATERIALIZED (
    SELECT uuid, min(waldur_uuid::text)::uuid AS waldur_uuid, count(DISTINCT waldur_uuid) AS several,
      string_agg(DISTINCT matched_by, ' and ') AS matched_by,
      bool_or(rivals > 1) AS is_contested
    FROM (
      SELECT candidate.*, rivals
      FROM ${kind}_candidate candidate
      JOIN (
        SELECT waldur_uuid, count(DISTINCT uuid) AS rivals
        FROM ${kind}_candidate
        GROUP BY waldur_uuid
      ) AS sought USING (waldur_uuid)
    ) AS each
    GROUP BY uuid
  ), ${kind}_judged AS MATERIALIZED (
    SELECT here.uuid, found.waldur_uuid, found.matched_by, there.uuid IS NOT NULL AS is_found,
      here.name, ${shown(kind, 'here')} AS here, ${shown(kind, 'there')} AS there,
      CASE
        WHEN found.several > 1 THEN 'Its keys lead to several rows of Waldur.'
        WHEN found.is_contested THEN 'Another row here has a key of the same row of Waldur.'
        ELSE ${REFUSALS[kind] ?? 'NULL::text'}
      END AS reason
    FROM ${kind} here
    LEFT JOIN ${kind}_found found ON found.uuid = here.uuid
    LEFT JOIN ${kind} there ON there.uuid = found.waldur_uuid
    WHERE here.owner = 'local'
  ), ${kind}_moved AS MATERIALIZED (
    SELECT uuid, waldur_uuid
    FROM ${kind}_judged
    WHERE is_found AND reason IS NULL
  )`;

const resultOf = (kind: MovedKind) => `
  SELECT $1::uuid AS move_uuid, uuid, '${kind}' AS kind, name,
    CASE WHEN NOT is_found THEN 'stays' WHEN reason IS NULL THEN 'moves' ELSE 'conflict' END AS outcome,
    waldur_uuid, coalesce(matched_by, '') AS matched_by, coalesce(reason, '') AS reason,
    here, CASE WHEN is_found THEN there END AS there
  FROM ${kind}_judged`;

/** What becomes of the rows that are kept here ($1: the move). One statement, however many rows. */
const MOVES_IN = `
  WITH ${MOVED_KINDS.map(judged).join(',')}
  ${MOVED_KINDS.map(resultOf).join('\n  UNION ALL')}`;

const outOf = (kind: MovedKind) => `
  SELECT $1::uuid AS move_uuid, uuid, '${kind}' AS kind, name, 'moves' AS outcome,
    uuid AS waldur_uuid, '' AS matched_by,
    ${
      kind === 'resource'
        ? `CASE WHEN disputed_backend_id = '' THEN ''
      ELSE 'Another resource has its licence ' || disputed_backend_id || ': it stays without.' END`
        : `''`
    } AS reason,
    ${shown(kind, kind)} AS here, ${shown(kind, kind)} AS there
  FROM ${kind}
  WHERE owner = 'waldur'`;

const MOVES_OUT = MOVED_KINDS.map(outOf).join('\n  UNION ALL');

const JUDGED = { in: MOVES_IN, out: MOVES_OUT } as const;
type Direction = keyof typeof JUDGED;

/** Keeps it. */
export const previewed = (direction: Direction) => `INSERT INTO directory_move_row ${JUDGED[direction]}`;

/** Whether what would happen now is anything else than what was kept. */
export const hasMoved = (direction: Direction) => `
  SELECT EXISTS (
    SELECT
    FROM (${JUDGED[direction]}) AS now
    FULL JOIN (
      SELECT *
      FROM directory_move_row
      WHERE move_uuid = $1
    ) AS kept USING (uuid)
    WHERE (now.kind, now.outcome, now.waldur_uuid, now.matched_by, now.reason, now.here, now.there)
      IS DISTINCT FROM
      (kept.kind, kept.outcome, kept.waldur_uuid, kept.matched_by, kept.reason, kept.here, kept.there)
  ) AS moved`;

/** Tables that name rows of the directory, the directory's own too, with the columns that do. */
export const REFERENCES = `
  SELECT quote_ident(class.relname) AS table, array_agg(quote_ident(attname) ORDER BY attname)::text[] AS columns
  FROM pg_attribute
  JOIN pg_class class ON class.oid = attrelid
  WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
    AND atttypid = 'uuid'::regtype AND attname ~ '${NAMING}'
  GROUP BY class.relname
  ORDER BY class.relname`;

/** A table that names rows of the directory, and the columns that do; all quoted. */
export interface Reference {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Others read on; whoever would write waits until the transaction ends. */
export const keepOthersOut = (references: readonly Reference[]) =>
  `LOCK TABLE ${[...new Set([...MOVED_KINDS, ...references.map(({ table }) => table)])].join(', ')}
  IN SHARE ROW EXCLUSIVE MODE`;

/** Lets this transaction replace which resource a link is of, and which organisation an issued invoice is for. */
export const MOVING = `SELECT set_config('waldur_arrow.moving', 'on', true)`;

const isMoved = (column: string) => `${column} IN (SELECT uuid FROM moved)`;

/**
 * Everything that names a row that moves ($1: the move) names Waldur's row from now on. One statement, as the keys that
 * plans have in resources are checked at its end: it answers how many rows of each table.
 */
export const followed = (references: readonly Reference[]) => `
  WITH moved AS MATERIALIZED (
    SELECT uuid, waldur_uuid
    FROM directory_move_row
    WHERE move_uuid = $1 AND outcome = 'moves'
  ), ${references
    .map(
      ({ table, columns }, at) => `followed_${at} AS (
    UPDATE ${table} AS t
    SET ${columns
      .map(
        (column) => `${column} = coalesce((
        SELECT waldur_uuid
        FROM directory_move_row row
        WHERE row.move_uuid = $1 AND row.outcome = 'moves' AND row.uuid = t.${column}
      ), t.${column})`,
      )
      .join(',\n      ')}
    WHERE ${columns.map((column) => isMoved(`t.${column}`)).join(' OR ')}
    RETURNING 1
  )`,
    )
    .join(', ')}
  ${references
    .map(
      ({ table }, at) => `
  SELECT '${table}' AS table, count(*)::integer AS rows
  FROM followed_${at}`,
    )
    .join('\n  UNION ALL')}`;

/** Rows that nothing names any more, children first ($1: the move). */
export const REMOVE_MOVED = MOVED_KINDS.toReversed().map(
  (kind) => `
  DELETE FROM ${kind}
  WHERE owner = 'local' AND uuid IN (
    SELECT row.uuid
    FROM directory_move_row row
    WHERE row.move_uuid = $1 AND row.kind = '${kind}' AND row.outcome = 'moves'
  )`,
);

/** Licences that the rows of ours had are their successors' ($1: the move, $2: now). */
export const GIVE_LICENSES = `
  UPDATE resource
  SET backend_id = disputed_backend_id, disputed_backend_id = '', modified = $2
  WHERE disputed_backend_id <> '' AND uuid IN (
    SELECT waldur_uuid
    FROM directory_move_row
    WHERE move_uuid = $1 AND kind = 'resource' AND outcome = 'moves'
  )`;

/** Copies of Waldur's rows become ours ($1: now). */
export const BECOME_OURS = MOVED_KINDS.map(
  (kind) => `
  UPDATE ${kind}
  SET owner = 'local', modified = $1${kind === 'resource' ? `, disputed_backend_id = ''` : ''}
  WHERE owner = 'waldur'`,
);

export const COUNTS = `
  SELECT kind, outcome, count(*)::integer AS rows
  FROM directory_move_row
  WHERE move_uuid = $1
  GROUP BY kind, outcome`;

export const CLEAR_ROWS = 'DELETE FROM directory_move_row WHERE move_uuid = $1';

/** Previews that nobody applied, from before then ($1), and their rows; one that is being applied stays. */
export const CLEAR_OLD = `
  WITH old AS (
    SELECT uuid
    FROM directory_move
    WHERE state <> 'applied' AND created < $1
    FOR UPDATE SKIP LOCKED
  ), old_row AS (
    DELETE FROM directory_move_row
    WHERE move_uuid IN (SELECT uuid FROM old)
  )
  DELETE FROM directory_move
  WHERE uuid IN (SELECT uuid FROM old)`;

const CHOSEN = `move_uuid = $1 AND outcome = ANY($2::text[]) AND kind = ANY($3::text[])`;

export const ROWS = `
  SELECT uuid, kind, name, outcome, waldur_uuid AS "waldurUuid", matched_by AS "matchedBy", reason, here, there
  FROM directory_move_row
  WHERE ${CHOSEN}
  ORDER BY kind, name, uuid
  LIMIT $4 OFFSET $5`;

export const COUNT_ROWS = `
  SELECT count(*)::integer AS rows
  FROM directory_move_row
  WHERE ${CHOSEN}`;
