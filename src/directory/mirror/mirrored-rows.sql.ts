import { camelCase } from '../../common/command.js';
import { normalizedReference } from '../../common/normalize-arrow-reference.js';

/** How rows of Waldur are written over ours. Names come from here and never from a request. */
interface Target {
  readonly table: string;
  /** Columns and their types as the rows come; `created` is one of them. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns whose value is not the one that came, by it and by `kept`, our row. */
  readonly values?: Readonly<Record<string, string>>;
  /** What a row names that has to be there: without it the row is passed over. */
  readonly parents?: string;
  /** What a row names that need not be there. */
  readonly others?: string;
  /** Whether it is gone, where Waldur says so. */
  readonly isGone?: string;
  /** What of our row has to hold for it to be written over, where that is not always so. */
  readonly unlessNewer?: string;
}

const CREATED = { created: 'timestamptz' };

/**
 * Writes rows that are new or differ, in the order of their UUIDs, and touches no other: $1 the rows as JSON, their names
 * in camel case; $2 now. `unlessNewer` may use $3. Answers how many became `created`, `changed` and `gone`, how many of
 * the changed ones were `ours`, made here under the same UUID, and the UUIDs of those `passed_over`.
 */
function writing({ table, columns, values = {}, parents = '', others = '', isGone, unlessNewer }: Target): string {
  const names = Object.keys(columns).filter((name) => name !== 'uuid');
  const valueOf = (name: string) => values[name] ?? `given.${name}`;
  const fields = Object.entries({ ...columns, ...(isGone && { is_gone: 'boolean' }) });
  const row = fields.map(([name, type]) => `"${camelCase(name)}" ${type}`);
  const gone = isGone ? 'CASE WHEN given.is_gone THEN coalesce(kept.gone_at, $2) END' : 'NULL::timestamptz';
  const wanted = [...names, 'owner', 'gone_at'];
  return `
  WITH given (${fields.map(([name]) => name).join(', ')}) AS (
    SELECT *
    FROM json_to_recordset($1::json) AS row (${row.join(',\n      ')})
  ), wanted AS (
    SELECT given.uuid,
      ${names.map((name) => `${valueOf(name)} AS ${name}`).join(',\n      ')},
      'waldur'::varchar AS owner,
      ${gone} AS gone_at,
      kept.uuid IS NULL AS is_new,
      ${wanted.map((name) => `kept.${name} AS kept_${name}`).join(',\n      ')}
    FROM given
    ${parents}
    ${others}
    LEFT JOIN ${table} kept ON kept.uuid = given.uuid
  ), written AS (
    INSERT INTO ${table} AS kept (uuid, ${wanted.join(', ')}, modified)
    SELECT uuid, ${wanted.join(', ')}, $2
    FROM wanted
    WHERE is_new OR (${wanted.join(', ')}) IS DISTINCT FROM (${wanted.map((name) => `kept_${name}`).join(', ')})
    ORDER BY uuid
    ON CONFLICT (uuid) DO UPDATE
    SET ${[...wanted, 'modified'].map((name) => `${name} = excluded.${name}`).join(',\n      ')}
    ${unlessNewer ? `WHERE ${unlessNewer}` : ''}
    RETURNING xmax = 0 AS is_new, gone_at = $2 AS is_gone
  )
  SELECT
    (SELECT count(*)::integer FROM written WHERE is_new) AS created,
    (SELECT count(*)::integer FROM written WHERE NOT is_new AND is_gone IS NOT TRUE) AS changed,
    (SELECT count(*)::integer FROM written WHERE NOT is_new AND is_gone) AS gone,
    (SELECT count(*)::integer FROM wanted WHERE kept_owner = 'local') AS ours,
    ARRAY(SELECT uuid FROM given EXCEPT SELECT uuid FROM wanted)::text[] AS passed_over`;
}

/**
 * A licence that a resource has already stays with it. One that is new to it is only claimed at first: others may claim
 * it too, and may give it up.
 */
const KEEPS_LICENSE = `
        given.state = 'Terminated' OR (kept.state <> 'Terminated' AND kept.backend_id = given.backend_id)`;

export const WRITE = {
  customers: writing({
    table: 'customer',
    columns: {
      uuid: 'uuid',
      name: 'text',
      abbreviation: 'text',
      native_name: 'text',
      email: 'text',
      backend_id: 'text',
      registration_code: 'text',
      country: 'text',
      ...CREATED,
    },
  }),
  projects: writing({
    table: 'project',
    columns: { uuid: 'uuid', name: 'text', backend_id: 'text', customer_uuid: 'uuid', ...CREATED },
    parents: 'JOIN customer parent ON parent.uuid = given.customer_uuid',
    isGone: 'is_gone',
  }),
  offerings: writing({
    table: 'offering',
    columns: {
      uuid: 'uuid',
      name: 'text',
      backend_id: 'text',
      type: 'text',
      state: 'text',
      customer_uuid: 'uuid',
      ...CREATED,
    },
    values: { customer_uuid: 'provider.uuid' },
    others: 'LEFT JOIN customer provider ON provider.uuid = given.customer_uuid',
  }),
  plans: writing({
    table: 'plan',
    columns: { uuid: 'uuid', name: 'text', unit: 'text', has_price: 'boolean', offering_uuid: 'uuid', ...CREATED },
    values: { created: 'coalesce(kept.created, $2)' },
    parents: 'JOIN offering parent ON parent.uuid = given.offering_uuid',
  }),
  resources: writing({
    table: 'resource',
    columns: {
      uuid: 'uuid',
      name: 'text',
      backend_id: 'text',
      disputed_backend_id: 'text',
      state: 'text',
      project_uuid: 'uuid',
      offering_uuid: 'uuid',
      plan_uuid: 'uuid',
      ...CREATED,
    },
    values: {
      backend_id: `CASE WHEN ${KEEPS_LICENSE} THEN given.backend_id ELSE '' END`,
      disputed_backend_id: `CASE WHEN ${KEEPS_LICENSE} THEN '' ELSE given.backend_id END`,
      plan_uuid: 'plan.uuid',
    },
    parents: `JOIN project owned ON owned.uuid = given.project_uuid
    JOIN offering offered ON offered.uuid = given.offering_uuid`,
    others: 'LEFT JOIN plan ON plan.uuid = given.plan_uuid AND plan.offering_uuid = given.offering_uuid',
    isGone: 'is_gone',
    // $3: when it was asked for, by the database's clock; null: just now. What was confirmed in the same millisecond is
    // taken for newer.
    unlessNewer: '$3::timestamptz IS NULL OR kept.confirmed_at IS NULL OR kept.confirmed_at < $3',
  }),
} as const;

/** By which readings and what is confirmed meanwhile are compared: instances may have clocks that differ. */
export const DATABASE_NOW = 'SELECT clock_timestamp() AS now';

/** What Waldur has just confirmed of a resource's licence ($1) is newer than what is being read; $2 now. */
export const CONFIRM = `
  UPDATE resource
  SET confirmed_at = clock_timestamp(), modified = $2
  WHERE uuid = $1`;

/** Plans that these offerings ($1) have no more: all but $2; $3 now. */
export const PLANS_GONE = `
  UPDATE plan
  SET gone_at = $3, modified = $3
  WHERE offering_uuid = ANY($1::uuid[]) AND owner = 'waldur' AND gone_at IS NULL AND uuid <> ALL($2::uuid[])
  RETURNING uuid`;

/** However it is spelled. */
const CLAIMED = normalizedReference('claimed.disputed_backend_id');
const CLAIMED_BY_ANOTHER = `EXISTS (
      SELECT
      FROM resource other
      WHERE ${normalizedReference('other.disputed_backend_id')} = ${CLAIMED}
        AND other.disputed_backend_id <> ''
        AND other.state <> 'Terminated'
        AND other.uuid <> claimed.uuid
    )`;

/**
 * Licences that nobody has and only one resource claims go to that one; $1 now, $2 of this resource only, if not null;
 * $3 this half of them only, 0 or 1, if not null.
 */
export const GRANT_CLAIMS = `
  UPDATE resource claimed
  SET backend_id = disputed_backend_id, disputed_backend_id = '', modified = $1
  WHERE disputed_backend_id <> '' AND state <> 'Terminated'
    AND ($2::uuid IS NULL OR uuid = $2)
    AND ($3::integer IS NULL OR hashtext(${CLAIMED}) & 1 = $3)
    AND NOT EXISTS (
      SELECT 1
      FROM resource holder
      WHERE ${normalizedReference('holder.backend_id')} = ${CLAIMED} AND holder.state <> 'Terminated'
    )
    AND NOT ${CLAIMED_BY_ANOTHER}`;

/**
 * Licences that several live resources have in Waldur, and which of them have them here; $1 how many at most. What one
 * alone claims is not granted yet.
 */
export const DISPUTES = `
  SELECT claimed.uuid AS "resourceUuid", claimed.name AS "resourceName",
    claimed.disputed_backend_id AS "licenseReference", holder.uuid AS "holderUuid",
    (count(*) OVER ())::integer AS total
  FROM resource claimed
  LEFT JOIN resource holder
    ON ${normalizedReference('holder.backend_id')} = ${CLAIMED} AND holder.state <> 'Terminated'
  WHERE claimed.disputed_backend_id <> '' AND claimed.state <> 'Terminated'
    AND (holder.uuid IS NOT NULL OR ${CLAIMED_BY_ANOTHER})
  ORDER BY claimed.disputed_backend_id, claimed.uuid
  LIMIT $1`;

const TABLES = { customers: 'customer', projects: 'project', offerings: 'offering', resources: 'resource' } as const;
export type MirroredKind = keyof typeof TABLES;

/** Live copies whose UUIDs are not in $1. A set is taken from another, as nobody knows beforehand how many are seen. */
export const unseenOf = (kind: MirroredKind): string => `
  SELECT uuid
  FROM ${TABLES[kind]}
  WHERE owner = 'waldur' AND gone_at IS NULL
  EXCEPT
  SELECT unnest($1::uuid[])`;

/** Copies ($1) that Waldur has no more; $2 now. A resource that is gone is terminated for everybody here. */
export const goneOf = (kind: MirroredKind): string => `
  UPDATE ${TABLES[kind]}
  SET gone_at = $2, modified = $2${kind === 'resources' ? `, state = 'Terminated', disputed_backend_id = ''` : ''}
  WHERE uuid = ANY($1::uuid[]) AND owner = 'waldur' AND gone_at IS NULL
  RETURNING uuid`;
