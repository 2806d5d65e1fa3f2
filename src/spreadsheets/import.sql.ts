import type { SheetField, SheetPart, SheetUnique } from './sheet-kinds.js';

/** Texts of SQL: names come from the kinds, and never from a file. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const fault = (column: string, sentence: string) =>
  `jsonb_build_object('column', ${quoted(column)}, 'sentence', ${sentence})`;

/** Tables whose rows may be copies of Waldur's that are gone there; gone resources are terminated ones. */
const MAY_BE_GONE = ['customer', 'project', 'offering', 'plan'];
const COPIED = [...MAY_BE_GONE, 'resource'];
const isThere = (table: string) => (MAY_BE_GONE.includes(table) ? ' AND t.gone_at IS NULL' : '');

const isNamed = (column: string) => `jsonb_typeof(staged.given->${quoted(column)}) = 'object'`;

/** Which objects the cells of a column may mean. */
function found({ column, refersTo }: SheetField): string {
  const { table, keys, part } = refersTo!;
  const named = `${column}_named`;
  const among = [
    // Also what is gone: a row may go on naming what it has named.
    `SELECT cell, t.uuid FROM ${named} JOIN ${table} t ON t.uuid = (cell->>'uuid')::uuid`,
    ...keys.map(
      (key) => `SELECT cell, t.uuid FROM ${named} JOIN ${table} t ON t.${key} = cell->>'key'${isThere(table)}`,
    ),
  ];
  if (part !== undefined)
    for (const [name, value] of [
      ['uuid', 'o.target::text'],
      ['key', `o.after->>'backend_id'`],
    ])
      among.push(`
        SELECT cell, o.target
        FROM ${named} JOIN sheet_import_result o ON ${value} = cell->>'${name}'
        WHERE o.import_uuid = $1 AND o.part = ${part} AND o.outcome <> 'refused'`);
  return `
    ${named} AS (
      SELECT DISTINCT given->${quoted(column)} AS cell FROM staged WHERE ${isNamed(column)}
    ), ${column}_found AS (
      SELECT cell, array_agg(DISTINCT uuid) AS uuids
      FROM (${among.join('\n      UNION ALL ')}) AS each
      GROUP BY cell
    ),`;
}

const joinFound = ({ column }: SheetField) =>
  `LEFT JOIN ${column}_found ON ${column}_found.cell = staged.given->${quoted(column)}`;

const columnFound = (column: string) => `
  CASE WHEN ${isNamed(column)}
    THEN jsonb_build_object(${quoted(column)}, coalesce(${column}_found.uuids[1]::text, ''))
    ELSE '{}' END`;

/** `text`: by what it is named. */
function missing({ header, refersTo }: SheetField, text: string): string {
  const { what, keys } = refersTo!;
  const by = ['uuid', ...keys].join(', ').replace(/, (\w+)$/, ' or $1');
  return fault(header, `'There is no ${what} with the ${by} "' || ${text} || '".'`);
}

function referenceFaults(field: SheetField): string[] {
  const { header, column, refersTo } = field;
  const what = refersTo!.what;
  const cell = `coalesce(given->${quoted(column)}->>'uuid', left(given->${quoted(column)}->>'key', 100))`;
  return [
    `CASE WHEN ${isNamed(column)} AND ${column}_found.cell IS NULL
      THEN ${missing(field, cell)} END`,
    `CASE WHEN cardinality(${column}_found.uuids) > 1
      THEN ${fault(header, `'More than one ${what} is meant by "' || ${cell} || '": give its uuid.'`)} END`,
  ];
}

/** A row has all of these. */
const gives = (key: readonly string[]) =>
  key.map((column) => `coalesce(given->>${quoted(column)}, '') <> ''`).join(' AND ');

/** Rows that a key leads from; where a key before it differs, they are not the same thing. */
function matches(table: string, keys: SheetPart['keys']): string {
  return keys
    .map((key, at) => {
      const same = key.map((column) => `t.${column}::text = given->>${quoted(column)}`);
      const before = keys
        .slice(0, at)
        .map((other) => `NOT (${gives(other)} AND ${other.map((column) => `t.${column}::text <> ''`).join(' AND ')})`);
      const only = [`NOT given ? 'uuid'`, gives(key), ...before].join(' AND ');
      return `
        SELECT row_number, ${at + 1}, t.uuid
        FROM resolved JOIN ${table} t ON ${same.join(' AND ')}${isThere(table)}
        WHERE ${only}`;
    })
    .map((text) => `UNION ALL ${text}`)
    .join('\n');
}

const valuesOf = (row: string, columns: readonly string[]) =>
  `concat_ws(chr(31), ${columns.map((column) => `${row}->>${quoted(column)}`).join(', ')})`;

const textOf = (columns: readonly string[]) =>
  `concat_ws(chr(31), ${columns.map((column) => `t.${column}`).join(', ')})`;

/** What may stand in a file once only: the object itself, and its keys where it is new. */
function onceInFile({ keys, names = [], unique = [] }: SheetPart): string {
  const isNew = `existing IS NULL AND NOT given ? 'uuid'`;
  const keyless = keys.map((key) => `NOT (${gives(key)})`).join(' AND ') || 'true';
  const texts = [
    `SELECT row_number, 'the same object' AS what, coalesce(existing::text, given->>'uuid') AS value FROM compared
      WHERE existing IS NOT NULL OR given ? 'uuid'`,
    ...keys.map(
      (key) => `SELECT row_number, 'the same ${key.join(' and ').replaceAll('_uuid', '')}',
        ${valuesOf('after', key)} FROM compared WHERE ${isNew} AND ${gives(key)}`,
    ),
    ...unique.map(
      ({ columns, where }) => `SELECT row_number, 'the same ${columns.join(' and ').replaceAll('_uuid', '')}',
        ${valuesOf('after', columns)} FROM compared WHERE ${where?.('after') ?? 'true'}`,
    ),
    ...(names.length
      ? [
          `SELECT row_number, 'the same name, and no key', ${valuesOf('after', names)} FROM compared
            WHERE ${isNew} AND ${keyless}`,
        ]
      : []),
  ];
  return texts.join('\n    UNION ALL ');
}

function takenElsewhere(table: string, { columns, where }: SheetUnique, at: number): string {
  const same = columns.map((column) => `t.${column}::text = after->>${quoted(column)}`).join(' AND ');
  return `
    taken_${at} AS (
      SELECT DISTINCT row_number
      FROM compared JOIN ${table} t ON ${same} AND t.uuid IS DISTINCT FROM existing
      WHERE ${where ? `${where('after')} AND ${where('to_jsonb(t)')}` : 'true'}${isThere(table)}
    ),`;
}

function usualOf(fields: readonly SheetField[]): string {
  return quoted(JSON.stringify(Object.fromEntries(fields.map(({ column, usual }) => [column, usual ?? null]))));
}

/**
 * What the rows of one part of a file ($1: the import, $2: the part) would do now: which object each means, what that is
 * and would be, and what is wrong. `refusal`: why Waldur's objects are neither made nor changed, where there is a Waldur.
 * One statement, however many rows.
 */
export function judged(part: SheetPart, refusal?: string): string {
  const { what, table, fields, keys, names = [], unique = [] } = part;
  const isCopied = COPIED.includes(table);
  const mayBeGone = MAY_BE_GONE.includes(table);
  const references = fields.filter(({ refersTo }) => refersTo);
  const withinOffering = references.filter(({ refersTo }) => refersTo!.withinOffering);
  const toWhatMayBeGone = references.filter(({ refersTo }) => MAY_BE_GONE.includes(refersTo!.table));
  const keyless = keys.map((key) => `NOT (${gives(key)})`).join(' AND ') || 'true';
  const before = fields.map(({ column }) => `${quoted(column)}, t.${column}`).join(', ');
  const faults = [
    ...(mayBeGone
      ? [
          `CASE WHEN gone_at IS NOT NULL
      THEN ${fault('uuid', `'This ${what} was of Waldur, and is gone there.'`)} END`,
        ]
      : []),
    ...(isCopied && refusal !== undefined
      ? [
          `CASE WHEN existing IS NULL OR (compared.owner = 'waldur' AND before <> after)
      THEN ${fault('', quoted(refusal))} END`,
        ]
      : []),
    `CASE WHEN candidates > 1
      THEN ${fault('', `'More than one ${what} has this key: give its uuid.'`)} END`,
    ...fields
      .filter(({ required }) => required)
      .map(
        ({ header, column }) => `CASE WHEN existing IS NULL AND after->>${quoted(column)} IS NULL
          AND NOT faults @> ${quoted(JSON.stringify([{ column: header }]))}
          THEN ${fault(header, `'This field is required.'`)} END`,
      ),
    ...fields
      .filter(({ fixed }) => fixed)
      .map(
        ({
          header,
          column,
        }) => `CASE WHEN existing IS NOT NULL AND before->${quoted(column)} <> after->${quoted(column)}
          AND after->>${quoted(column)} IS DISTINCT FROM ''
          THEN ${fault(header, `'A ${what} keeps its ${header}: this cannot be changed.'`)} END`,
      ),
    ...(names.length
      ? [
          `CASE WHEN namesake.value IS NOT NULL
            THEN ${fault(
              '',
              quoted('This name is taken, and the row has no key: give the uuid of the one that is meant, or a key.'),
            )} END`,
        ]
      : []),
    `CASE WHEN twice.row_number IS NOT NULL
      THEN ${fault('', `'Row ' || twice.other || ' has ' || twice.what || '.'`)} END`,
    ...unique.map(
      ({ header, sentence }, at) => `CASE WHEN taken_${at}.row_number IS NOT NULL
        THEN ${fault(header, quoted(sentence))} END`,
    ),
    ...toWhatMayBeGone.map((field) => {
      const after = `after->>${quoted(field.column)}`;
      return `CASE WHEN ${field.column}_gone.gone IS NOT NULL
        AND before->>${quoted(field.column)} IS DISTINCT FROM ${after}
        THEN ${missing(field, `(${after})`)} END`;
    }),
    ...withinOffering.map(
      ({
        header,
        column,
        refersTo,
      }) => `CASE WHEN ${column}_at.offering_uuid::text <> after->>'${refersTo!.withinOffering}'
        AND after->>'${refersTo!.withinOffering}' <> ''
        THEN ${fault(header, `'Plan must belong to the selected offering.'`)} END`,
    ),
  ];
  return `
    WITH staged AS (
      SELECT row_number, new_uuid, given, faults
      FROM sheet_import_row
      WHERE import_uuid = $1 AND part = $2
    ), ${references.map(found).join('')}
    resolved AS MATERIALIZED (
      SELECT row_number, new_uuid,
        given ${references.map(({ column }) => `|| ${columnFound(column)}`).join(' ')} AS given,
        faults || to_jsonb(array_remove(ARRAY[
          ${[...references.flatMap(referenceFaults), 'NULL::jsonb'].join(',\n          ')}
        ], NULL)) AS faults
      FROM staged
      ${references.map(joinFound).join('\n      ')}
    ), candidate AS (
      SELECT row_number, rank, count(*) AS candidates, (array_agg(uuid))[1] AS uuid
      FROM (
        SELECT row_number, 0 AS rank, t.uuid
        FROM resolved JOIN ${table} t ON t.uuid = (given->>'uuid')::uuid
        ${matches(table, keys)}
      ) AS each
      GROUP BY row_number, rank
    ), best AS (
      SELECT DISTINCT ON (row_number) row_number, candidates, uuid
      FROM candidate
      ORDER BY row_number, rank
    ), stored AS (
      SELECT resolved.*, candidates, t.uuid AS existing,${isCopied ? ' t.owner,' : ''}${mayBeGone ? ' t.gone_at,' : ''}
        CASE WHEN t.uuid IS NOT NULL THEN jsonb_build_object(${before}) END AS before
      FROM resolved
      LEFT JOIN best USING (row_number)
      LEFT JOIN ${table} t ON t.uuid = best.uuid
    ), compared AS MATERIALIZED (
      SELECT *, coalesce(before, ${usualOf(fields)}::jsonb) || (given - 'uuid') AS after
      FROM stored
    ), repeated AS (
      SELECT what, value, min(row_number) AS first, max(row_number) AS last
      FROM (${onceInFile(part)}) AS each
      GROUP BY what, value
      HAVING min(row_number) < max(row_number)
    ), twice AS (
      SELECT DISTINCT ON (row_number) row_number, repeated.what,
        CASE WHEN row_number = first THEN last ELSE first END AS other
      FROM (${onceInFile(part)}) AS each
      JOIN repeated USING (what, value)
      ORDER BY row_number
    ), ${unique.map((each, at) => takenElsewhere(table, each, at)).join('')}
    judged AS (
      SELECT compared.row_number, coalesce(existing, (given->>'uuid')::uuid, new_uuid) AS target,
        before, after, existing,
        faults || to_jsonb(array_remove(ARRAY[
          ${faults.join(',\n          ')}
        ]::jsonb[], NULL)) AS faults
      FROM compared
      LEFT JOIN twice ON twice.row_number = compared.row_number
      ${
        names.length
          ? `LEFT JOIN (
              SELECT DISTINCT ${textOf(names)} AS value FROM ${table} t WHERE true${isThere(table)}
            ) AS namesake
              ON existing IS NULL AND NOT given ? 'uuid' AND ${keyless}
                AND namesake.value = ${valuesOf('after', names)}`
          : ''
      }
      ${unique.map((_, at) => `LEFT JOIN taken_${at} ON taken_${at}.row_number = compared.row_number`).join('\n      ')}
      ${toWhatMayBeGone
        .map(
          ({
            column,
            refersTo,
          }) => `LEFT JOIN (SELECT uuid AS gone FROM ${refersTo!.table} WHERE gone_at IS NOT NULL) AS ${column}_gone
        ON ${column}_gone.gone = nullif(after->>${quoted(column)}, '')::uuid`,
        )
        .join('\n      ')}
      ${withinOffering
        .map(({ column }) => `LEFT JOIN plan ${column}_at ON ${column}_at.uuid = nullif(after->>'${column}', '')::uuid`)
        .join('\n      ')}
    )
    SELECT $1::uuid AS import_uuid, row_number, $2::smallint AS part, target,
      CASE
        WHEN faults <> '[]' THEN 'refused'
        WHEN existing IS NULL THEN 'created'
        WHEN before = after THEN 'unchanged'
        ELSE 'changed'
      END AS outcome,
      before, after, faults
    FROM judged`;
}

/** Keeps it. */
export const previewed = (part: SheetPart, refusal?: string) =>
  `INSERT INTO sheet_import_result ${judged(part, refusal)}`;

/** Whether what would happen now is anything else than what was kept. */
export const hasMoved = (part: SheetPart, refusal?: string) => `
  SELECT EXISTS (
    SELECT
    FROM (${judged(part, refusal)}) AS now
    LEFT JOIN sheet_import_result AS kept USING (import_uuid, row_number)
    WHERE (now.target, now.outcome, now.before, now.after, now.faults)
      IS DISTINCT FROM (kept.target, kept.outcome, kept.before, kept.after, kept.faults)
  ) AS moved`;

const columnsOf = ({ fields }: SheetPart) => fields.map(({ column }) => column);

export const created = (part: SheetPart) => `
  INSERT INTO ${part.table} (uuid, ${columnsOf(part).join(', ')})
  SELECT target, ${columnsOf(part)
    .map((column) => `value.${column}`)
    .join(', ')}
  FROM sheet_import_result
  CROSS JOIN LATERAL jsonb_populate_record(NULL::${part.table}, after) AS value
  WHERE import_uuid = $1 AND part = $2 AND outcome = 'created'`;

export const changed = (part: SheetPart) => `
  UPDATE ${part.table} AS t
  SET ${columnsOf(part)
    .map((column) => `${column} = value.${column}`)
    .join(', ')}, modified = clock_timestamp()
  FROM sheet_import_result
  CROSS JOIN LATERAL jsonb_populate_record(NULL::${part.table}, after) AS value
  WHERE import_uuid = $1 AND part = $2 AND outcome = 'changed' AND t.uuid = target`;

/** Others read on; whoever would write waits until the transaction ends. */
export const keepOthersOut = ({ table }: SheetPart) => `LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`;

export const SORT_IN_MEMORY = `SET LOCAL work_mem = '64MB'`;

export const ANALYZE_ROWS = 'ANALYZE sheet_import_row';

export const COUNTS = `
  SELECT outcome, count(*)::integer AS rows
  FROM sheet_import_result
  WHERE import_uuid = $1
  GROUP BY outcome`;

export const ADD_CHUNK = 'INSERT INTO sheet_import_chunk (import_uuid, number, content) VALUES ($1, $2, $3)';

export const CHUNK = 'SELECT content FROM sheet_import_chunk WHERE import_uuid = $1 AND number = $2';

/** What was worked out of a file. */
export const CLEAR = (table: string) => `DELETE FROM ${table} WHERE import_uuid = $1`;

/** Imports from before then ($1), with all that belongs to them; one that is being applied stays. */
export const CLEAR_OLD = `
  WITH old AS (
    SELECT uuid
    FROM sheet_import
    WHERE created < $1
    FOR UPDATE SKIP LOCKED
  ), old_chunk AS (
    DELETE FROM sheet_import_chunk
    WHERE created < $1
  ), old_row AS (
    DELETE FROM sheet_import_row
    WHERE import_uuid IN (SELECT uuid FROM old)
  ), old_result AS (
    DELETE FROM sheet_import_result
    WHERE import_uuid IN (SELECT uuid FROM old)
  )
  DELETE FROM sheet_import
  WHERE uuid IN (SELECT uuid FROM old)`;

export const RESULTS = `
  SELECT row_number, outcome, target, before, after, faults
  FROM sheet_import_result
  WHERE import_uuid = $1 AND outcome = ANY($2::text[])
  ORDER BY row_number
  LIMIT $3 OFFSET $4`;

export const COUNT_RESULTS = `
  SELECT count(*)::integer AS rows
  FROM sheet_import_result
  WHERE import_uuid = $1 AND outcome = ANY($2::text[])`;

export const REFUSED = `
  SELECT row_number, cells, result.faults
  FROM sheet_import_result AS result
  JOIN sheet_import_row AS row USING (import_uuid, row_number)
  WHERE import_uuid = $1 AND outcome = 'refused' AND row_number > $2
  ORDER BY row_number
  LIMIT $3`;
