import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  AUDIT_ACT,
  AUDIT_ROWS,
  AUDIT_TRIGGERS,
  AUDITED,
  TRANSITIONS,
  WRITE_AUDIT_EVENT,
} from './1795770000000-CreateAuditTrail.js';
import { shown as auditShown, UNLESS_ERASING } from './1795840000000-LetNamesBeErasedFromAuditTrail.js';

/** The mark is JSON without a slash, so that it neither ends the comment nor begins another within it. */
const READ_ACT = `
  CREATE OR REPLACE FUNCTION audit_act() RETURNS jsonb LANGUAGE plpgsql AS $$
  DECLARE
    statement text := current_query();
  BEGIN
    IF starts_with(statement, '/*audit:{') THEN
      RETURN substr(statement, 9, strpos(statement, '*/') - 9);
    END IF;
    RETURN jsonb_build_object('uuid', gen_random_uuid(), 'created', clock_timestamp(),
      'actor', 'database user ' || session_user, 'action', 'database.change');
  END $$`;

/** Written out in the function of each table, as calling another takes time. The arguments are SQL. */
const writeEvent = (changedType: string, changedUuid: string, outcome: string) => `
    INSERT INTO audit_event
      (created, uuid, actor, impersonator, token, address, request_id, action, object_type, object_uuid, outcome)
    VALUES (
      (act->>'created')::timestamptz, (act->>'uuid')::uuid, left(act->>'actor', 300),
      left(coalesce(act->>'impersonator', ''), 300), left(coalesce(act->>'token', ''), 150),
      left(coalesce(act->>'address', ''), 64), left(coalesce(act->>'requestId', ''), 100), act->>'action',
      CASE WHEN act->>'objectUuid' IS NULL THEN coalesce(${changedType}, act->>'objectType', '')
           ELSE coalesce(act->>'objectType', '') END,
      coalesce((act->>'objectUuid')::uuid, ${changedUuid}), ${outcome})
    -- Of the one key that there is: looking for it among the partitions by its columns takes longer.
    ON CONFLICT DO NOTHING;`;

const WRITE_EVENT = `
  CREATE OR REPLACE FUNCTION write_audit_event(act jsonb, changed_type text, changed_uuid uuid, outcome text)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN${writeEvent('changed_type', 'changed_uuid', 'outcome')}
  END $$`;

const words = (names: string) => names.split(' ').filter(Boolean);

/** One statement writes what changed of however many rows, and no column is looked at that is not audited. */
function writeChanges({ table, shown, hidden = '', changing = shown }: (typeof AUDITED)[number]): string {
  const secrets = new Set(words(hidden));
  const value = (row: string, name: string) =>
    secrets.has(name)
      ? `coalesce(CASE WHEN ${row}.${name} IS NOT NULL THEN '"(secret)"'::jsonb END, erased)`
      : `coalesce(erased, to_jsonb(${row}.${name}))`;
  const whole = (row: string) =>
    `jsonb_build_object(${[...words(shown), ...secrets].map((name) => `'${name}', ${value(row, name)}`).join(', ')})`;
  const watched = [...words(changing), ...secrets];
  const differing = (row: string) =>
    watched
      .map(
        (name) =>
          `CASE WHEN o.${name} IS DISTINCT FROM n.${name} THEN jsonb_build_object('${name}', ${value(row, name)}) ELSE '{}' END`,
      )
      .join('\n        || ');
  const all = (row: string) => `(${watched.map((name) => `${row}.${name}`).join(', ')})`;
  const [key, uuidOf] =
    table === 'billing_switch' ? ['name', () => 'NULL::uuid'] : ['uuid', (row: string) => `${row}.uuid`];
  const kind = kindOf(table);
  const insert = (uuid: string, operation: string, before: string, after: string) => `
      INSERT INTO audit_change (created, event_uuid, object_type, object_uuid, operation, before, after)
      SELECT at, event, '${kind}', ${uuid}, '${operation}',
        ${before},
        ${after}`;
  return `
  CREATE OR REPLACE FUNCTION audit_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    act jsonb := audit_act();
    at timestamptz(3) := act->>'created';
    event uuid := act->>'uuid';
    erased jsonb := CASE WHEN current_setting('waldur_arrow.erasing', true) = 'on' THEN '"(erased)"' END;
    written integer;
    changed uuid;
  BEGIN
    -- What is copied from Waldur stands in Waldur's own log; here stands that it was copied.
    IF act->>'action' = 'job.directory-sync' THEN
      RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN${insert(`coalesce(${uuidOf('n')}, ${uuidOf('o')})`, 'update', differing('o'), differing('n'))}
      -- A plan for one row is kept for thousands: with FULL it never goes through all of them for each of them.
      FROM old_rows AS o
      FULL JOIN new_rows AS n ON n.${key} = o.${key}
      WHERE ${all('o')} IS DISTINCT FROM ${all('n')};
    ELSIF TG_OP = 'INSERT' THEN${insert(uuidOf('n'), 'create', 'NULL', whole('n'))}
      FROM new_rows AS n;
    ELSE${insert(uuidOf('o'), 'delete', whole('o'), 'NULL')}
      FROM old_rows AS o;
    END IF;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written = 0 OR act->>'job' IS NOT NULL THEN
      RETURN NULL;
    END IF;
    IF written = 1 AND act->>'objectUuid' IS NULL THEN
      SELECT object_uuid INTO changed FROM audit_change
      WHERE event_uuid = event AND created = at AND object_type = '${kind}';
    END IF;${writeEvent(`'${kind}'`, 'changed', `'done'`)}
    RAISE INFO 'audited' USING ERRCODE = 'WA001';
    RETURN NULL;
  END $$`;
}

const kindOf = (table: string) => table.replace(/^(core|marketplace|arrow)_/, '');

/** What a migration runs where a table, or a column of it, comes into the trail. */
export function auditTable(audited: (typeof AUDITED)[number]): string[] {
  const { table, on = ['INSERT', 'UPDATE', 'DELETE'] } = audited;
  const triggers = on.map(
    (event) => `
      CREATE OR REPLACE TRIGGER tr_${table}_audit_${event.toLowerCase()} AFTER ${event} ON ${table}
      REFERENCING ${TRANSITIONS[event as keyof typeof TRANSITIONS]}
      FOR EACH STATEMENT EXECUTE FUNCTION audit_${table}()`,
  );
  return [writeChanges(audited), ...triggers];
}

const outcomes = (condition: string) => `
  ALTER TABLE audit_event
    DROP CONSTRAINT ck_audit_event_outcome,
    ADD CONSTRAINT ck_audit_event_outcome CHECK (outcome ${condition})`;

/** Each audited table has a function that names its columns, so that an event takes little of the time of a change. */
export class NameAuditedColumns1795930000000 implements MigrationInterface {
  name = 'NameAuditedColumns1795930000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(READ_ACT);
    await queryRunner.query(WRITE_EVENT);
    // The database reads a condition anew for each event: one constant instead of four.
    await queryRunner.query(outcomes(`= ANY ('{done,refused,failed,cancelled}'::text[])`));
    for (const statement of AUDITED.flatMap(auditTable)) await queryRunner.query(statement);
    await queryRunner.query('DROP FUNCTION audit_rows()');
    await queryRunner.query('DROP FUNCTION audit_shown(jsonb, jsonb, text[], text[])');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(auditShown(UNLESS_ERASING));
    await queryRunner.query(AUDIT_ROWS);
    for (const statement of AUDIT_TRIGGERS)
      await queryRunner.query(statement.replace('CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'));
    for (const { table } of AUDITED) await queryRunner.query(`DROP FUNCTION audit_${table}()`);
    await queryRunner.query(outcomes(`IN ('done', 'refused', 'failed', 'cancelled')`));
    await queryRunner.query(WRITE_AUDIT_EVENT);
    await queryRunner.query(AUDIT_ACT);
  }
}
