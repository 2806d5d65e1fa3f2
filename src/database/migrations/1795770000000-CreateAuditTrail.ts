import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is said of the rows of each table that people and jobs change. `hidden`: that it was set or changed is said, what
 * it is never. `changing`: the columns whose changes count, where those are not all. Billing refers to its own ledger.
 */
export const AUDITED: readonly {
  table: string;
  shown: string;
  hidden?: string;
  changing?: string;
  on?: readonly string[];
}[] = [
  {
    table: 'core_user',
    shown: 'username email first_name last_name is_staff is_support is_active',
    hidden: 'password_hash',
  },
  {
    table: 'auth_token',
    shown: 'user_uuid name scope expires_at',
    hidden: 'token_hash',
    // When it expires moves on while a login is used.
    changing: 'user_uuid name scope',
  },
  {
    table: 'customer',
    shown: 'name abbreviation native_name email backend_id registration_code country owner gone_at',
  },
  { table: 'project', shown: 'name backend_id customer_uuid owner gone_at' },
  { table: 'offering', shown: 'name backend_id type state customer_uuid owner gone_at' },
  { table: 'plan', shown: 'name unit has_price offering_uuid owner gone_at' },
  {
    table: 'resource',
    shown: 'name backend_id disputed_backend_id state project_uuid offering_uuid plan_uuid owner gone_at confirmed_at',
  },
  { table: 'marketplace_order', shown: 'type state resource_uuid created_by_uuid completed_at' },
  {
    table: 'arrow_settings',
    shown:
      'api_url key_changed_at export_type_reference classification_filter is_active sync_enabled partner_reference partner_name invoice_price_source invoice_item_prefix',
    hidden: 'encrypted_api_key key_hint',
  },
  {
    table: 'customer_mapping',
    shown: 'settings_uuid arrow_reference arrow_company_name waldur_customer_uuid is_active',
  },
  {
    table: 'vendor_offering_mapping',
    shown: 'settings_uuid arrow_vendor_name offering_uuid plan_uuid is_active',
  },
  {
    table: 'billing_account',
    shown:
      'partner_reference settings_uuid time_zone grace_days shrinkage_share open_months billing_paused consumption_paused paused_by pause_reason',
  },
  { table: 'billing_switch', shown: 'name enabled changed_by' },
  {
    table: 'billing_rule',
    shown:
      'account_uuid valid_from charge_mode price_source classification_filter number_locale default_currency tax_percent changed_by',
  },
  // Runs make and add to them by their ledger; here stands what people do with them.
  { table: 'invoice', shown: 'number state invoice_date due_date', on: ['UPDATE'] },
  {
    table: 'consumption_record',
    shown: 'account_uuid month license_reference reopened_at reversed_at reversed_by',
    on: ['UPDATE'],
  },
  { table: 'job_run', shown: 'kind scope parameters requested_by state', on: ['INSERT'] },
];

export const TRANSITIONS = {
  INSERT: 'NEW TABLE AS new_rows',
  UPDATE: 'OLD TABLE AS old_rows NEW TABLE AS new_rows',
  DELETE: 'OLD TABLE AS old_rows',
};

/** Of each table, and what they are told of it. */
export const AUDIT_TRIGGERS = AUDITED.flatMap(
  ({ table, shown, hidden = '', changing = shown, on = ['INSERT', 'UPDATE', 'DELETE'] }) =>
    on.map(
      (event) => `
        CREATE TRIGGER tr_${table}_audit_${event.toLowerCase()} AFTER ${event} ON ${table}
        REFERENCING ${TRANSITIONS[event as keyof typeof TRANSITIONS]}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_rows('${table.replace(/^(core|marketplace|arrow)_/, '')}', '${event === 'UPDATE' ? changing : shown}', '${hidden}')`,
    ),
);

export const AUDIT_ACT = `
  CREATE OR REPLACE FUNCTION audit_act() RETURNS jsonb LANGUAGE plpgsql AS $$
  DECLARE
    mark text := substring(left(current_query(), 8192) FROM '^/\\*audit:([A-Za-z0-9+/=]+)\\*/');
  BEGIN
    IF mark IS NOT NULL THEN
      RETURN convert_from(decode(mark, 'base64'), 'UTF8')::jsonb;
    END IF;
    RETURN jsonb_build_object('uuid', gen_random_uuid(), 'created', clock_timestamp(),
      'actor', 'database user ' || session_user, 'action', 'database.change');
  END $$`;

export const WRITE_AUDIT_EVENT = `
  CREATE OR REPLACE FUNCTION write_audit_event(act jsonb, changed_type text, changed_uuid uuid, outcome text)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO audit_event
      (created, uuid, actor, impersonator, token, address, request_id, action, object_type, object_uuid, outcome)
    VALUES (
      (act->>'created')::timestamptz, (act->>'uuid')::uuid, left(act->>'actor', 300),
      left(coalesce(act->>'impersonator', ''), 300), left(coalesce(act->>'token', ''), 150),
      left(coalesce(act->>'address', ''), 64), left(coalesce(act->>'requestId', ''), 100), act->>'action',
      CASE WHEN act->>'objectUuid' IS NULL THEN coalesce(changed_type, act->>'objectType', '')
           ELSE coalesce(act->>'objectType', '') END,
      coalesce((act->>'objectUuid')::uuid, changed_uuid), outcome)
    ON CONFLICT (uuid, created) DO NOTHING;
  END $$`;

export const AUDIT_ROWS = `
  CREATE OR REPLACE FUNCTION audit_rows() RETURNS trigger LANGUAGE plpgsql AS $$
  #variable_conflict use_variable
  DECLARE
    kind text := TG_ARGV[0];
    shown text[] := string_to_array(TG_ARGV[1], ' ');
    hidden text[] := string_to_array(TG_ARGV[2], ' ');
    act jsonb := audit_act();
    at timestamptz := act->>'created';
    event uuid := act->>'uuid';
    rows integer;
    changed text;
    old_one jsonb;
    new_one jsonb;
    shown_before jsonb;
  BEGIN
    -- What is copied from Waldur stands in Waldur's own log; here stands that it was copied.
    IF act->>'action' = 'job.directory-sync' THEN
      RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
      WITH written AS (
        INSERT INTO audit_change (created, event_uuid, object_type, object_uuid, operation, after)
        SELECT at, event, kind, (n->>'uuid')::uuid, 'create', audit_shown(n, NULL, shown, hidden)
        FROM new_rows, to_jsonb(new_rows) AS n
        RETURNING object_uuid
      )
      SELECT count(*), min(object_uuid::text) INTO rows, changed FROM written;
    ELSIF TG_OP = 'DELETE' THEN
      WITH written AS (
        INSERT INTO audit_change (created, event_uuid, object_type, object_uuid, operation, before)
        SELECT at, event, kind, (o->>'uuid')::uuid, 'delete', audit_shown(o, NULL, shown, hidden)
        FROM old_rows, to_jsonb(old_rows) AS o
        RETURNING object_uuid
      )
      SELECT count(*), min(object_uuid::text) INTO rows, changed FROM written;
    ELSIF (SELECT count(*) FROM new_rows) = 1 THEN
      -- Most changes are of one row, and this takes half the time.
      SELECT to_jsonb(old_rows), to_jsonb(new_rows) INTO old_one, new_one FROM old_rows, new_rows;
      shown_before := audit_shown(old_one, new_one, shown, hidden);
      rows := 0;
      IF shown_before IS NOT NULL THEN
        rows := 1;
        changed := new_one->>'uuid';
        INSERT INTO audit_change (created, event_uuid, object_type, object_uuid, operation, before, after)
        VALUES (at, event, kind, changed::uuid, 'update', shown_before,
          audit_shown(new_one, old_one, shown, hidden));
      END IF;
    ELSE
      WITH written AS (
        INSERT INTO audit_change (created, event_uuid, object_type, object_uuid, operation, before, after)
        SELECT at, event, kind, (n->>'uuid')::uuid, 'update', before, audit_shown(n, o, shown, hidden)
        FROM (SELECT coalesce(row->>'uuid', row->>'name') AS key, row AS o
              FROM old_rows, to_jsonb(old_rows) AS row) AS olds
        JOIN (SELECT coalesce(row->>'uuid', row->>'name') AS key, row AS n
              FROM new_rows, to_jsonb(new_rows) AS row) AS news
        USING (key), audit_shown(o, n, shown, hidden) AS before
        WHERE before IS NOT NULL
        RETURNING object_uuid
      )
      SELECT count(*), min(object_uuid::text) INTO rows, changed FROM written;
    END IF;
    IF rows > 0 AND act->>'job' IS NULL THEN
      PERFORM write_audit_event(act, kind, CASE rows WHEN 1 THEN changed::uuid END, 'done');
      RAISE INFO 'audited' USING ERRCODE = 'WA001';
    END IF;
    RETURN NULL;
  END $$`;

/** Every change of what people and jobs change leaves an event, in the transaction of the change; events stay as they are. */
export class CreateAuditTrail1795770000000 implements MigrationInterface {
  name = 'CreateAuditTrail1795770000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE audit_event (
        created timestamp(3) with time zone NOT NULL,
        uuid uuid NOT NULL,
        actor character varying(300) NOT NULL DEFAULT '',
        impersonator character varying(300) NOT NULL DEFAULT '',
        token character varying(150) NOT NULL DEFAULT '',
        address character varying(64) NOT NULL DEFAULT '',
        request_id character varying(100) NOT NULL DEFAULT '',
        action character varying(100) NOT NULL,
        object_type character varying(63) NOT NULL DEFAULT '',
        object_uuid uuid,
        outcome character varying(16) NOT NULL,
        CONSTRAINT pk_audit_event PRIMARY KEY (uuid, created),
        CONSTRAINT ck_audit_event_outcome CHECK (outcome IN ('done', 'refused', 'failed', 'cancelled'))
      ) PARTITION BY RANGE (created)`);
    await queryRunner.query(`CREATE INDEX ix_audit_event_created_uuid ON audit_event (created, uuid)`);
    await queryRunner.query(`CREATE INDEX ix_audit_event_object_uuid ON audit_event (object_uuid)`);
    await queryRunner.query(`
      CREATE TABLE audit_change (
        created timestamp(3) with time zone NOT NULL,
        event_uuid uuid NOT NULL,
        uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        object_type character varying(63) NOT NULL,
        object_uuid uuid,
        operation character varying(16) NOT NULL,
        before jsonb,
        after jsonb,
        CONSTRAINT pk_audit_change PRIMARY KEY (event_uuid, created, uuid)
      ) PARTITION BY RANGE (created)`);
    await queryRunner.query(`CREATE INDEX ix_audit_change_object_uuid ON audit_change (object_uuid)`);
    await queryRunner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'The audit trail is never changed: waldur-arrow audit drop removes whole months that were exported.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_audit_append_only', TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE FUNCTION guard_audit_table(guarded regclass, is_parent boolean) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        EXECUTE format('CREATE TRIGGER tr_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', guarded);
        -- Partitions have it from their parent.
        IF is_parent THEN
          EXECUTE format('CREATE TRIGGER tr_audit_append_only_row BEFORE UPDATE OR DELETE ON %s
            FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()', guarded);
        END IF;
      END $$`);
    for (const table of ['audit_event', 'audit_change']) {
      await queryRunner.query(`CREATE TABLE ${table}_default PARTITION OF ${table} DEFAULT`);
      await queryRunner.query(
        `SELECT guard_audit_table('${table}', true), guard_audit_table('${table}_default', false)`,
      );
    }
    // A month whose rows are in the default partition already stays there.
    await queryRunner.query(`
      CREATE FUNCTION make_audit_partitions(first_month date, months integer) RETURNS void LANGUAGE plpgsql AS $$
      DECLARE
        month date;
        parent text;
        part text;
      BEGIN
        FOR i IN 0 .. months - 1 LOOP
          month := date_trunc('month', first_month) + make_interval(months => i);
          FOREACH parent IN ARRAY ARRAY['audit_event', 'audit_change'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
            PERFORM pg_advisory_xact_lock(7236115);
            CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
            BEGIN
              EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
              PERFORM guard_audit_table(quote_ident(part)::regclass, false);
            EXCEPTION WHEN check_violation THEN NULL;
            END;
          END LOOP;
        END LOOP;
      END $$`);
    await queryRunner.query(AUDIT_ACT);
    await queryRunner.query(WRITE_AUDIT_EVENT);
    await queryRunner.query(`
      CREATE FUNCTION audit_shown(one jsonb, other jsonb, shown text[], hidden text[]) RETURNS jsonb
      LANGUAGE plpgsql IMMUTABLE AS $$
      BEGIN
        RETURN (SELECT jsonb_object_agg(name,
                 CASE WHEN name = ANY(hidden) AND one->>name IS NOT NULL THEN '"(secret)"'::jsonb ELSE one->name END)
        FROM unnest(shown || hidden) AS name
        WHERE other IS NULL OR one->name IS DISTINCT FROM other->name);
      END $$`);
    await queryRunner.query(AUDIT_ROWS);
    await queryRunner.query(`
      CREATE FUNCTION audit_job_end() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        act jsonb := audit_act();
      BEGIN
        INSERT INTO audit_change (created, event_uuid, object_type, object_uuid, operation, before, after)
        VALUES ((act->>'created')::timestamptz, (act->>'uuid')::uuid, 'job_run', NEW.uuid, 'update',
          jsonb_build_object('state', OLD.state, 'cancel_requested', OLD.cancel_requested),
          jsonb_build_object('state', NEW.state, 'cancel_requested', NEW.cancel_requested, 'kind', NEW.kind,
            'scope', NEW.scope, 'requested_by', NEW.requested_by, 'attempts', NEW.attempts,
            'error_code', NEW.error_code, 'postings', NEW.result->'postings'));
        PERFORM write_audit_event(act, 'job_run', NEW.uuid,
          CASE WHEN act->>'job' IS NULL OR NEW.state = 'succeeded' THEN 'done'
               WHEN NEW.state = 'cancelled' THEN 'cancelled' ELSE 'failed' END);
        RAISE INFO 'audited' USING ERRCODE = 'WA001';
        RETURN NULL;
      END $$`);
    // What a job posts says so itself; what a request posts is named once for each statement.
    await queryRunner.query(`
      CREATE FUNCTION audit_postings() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        act jsonb := audit_act();
      BEGIN
        IF act->>'job' IS NULL AND EXISTS (SELECT FROM new_rows) THEN
          INSERT INTO audit_change (created, event_uuid, object_type, operation, after)
          SELECT (act->>'created')::timestamptz, (act->>'uuid')::uuid, 'invoice_posting', 'create',
            jsonb_build_object('postings', jsonb_agg(uuid ORDER BY uuid), 'charges', jsonb_agg(DISTINCT charge_uuid))
          FROM new_rows;
          PERFORM write_audit_event(act, 'invoice_posting', NULL, 'done');
          RAISE INFO 'audited' USING ERRCODE = 'WA001';
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_invoice_posting_audit_insert AFTER INSERT ON invoice_posting REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION audit_postings()`);
    for (const statement of AUDIT_TRIGGERS) await queryRunner.query(statement);
    await queryRunner.query(`
      CREATE TRIGGER tr_job_run_audit_end AFTER UPDATE OF state, cancel_requested ON job_run FOR EACH ROW
      WHEN (
        NEW.state <> OLD.state AND NEW.state IN ('succeeded', 'failed', 'cancelled')
        OR NEW.cancel_requested AND NOT OLD.cancel_requested
      )
      EXECUTE FUNCTION audit_job_end()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER tr_job_run_audit_end ON job_run');
    await queryRunner.query('DROP TRIGGER tr_invoice_posting_audit_insert ON invoice_posting');
    for (const { table, on = ['INSERT', 'UPDATE', 'DELETE'] } of AUDITED)
      for (const event of on)
        await queryRunner.query(`DROP TRIGGER tr_${table}_audit_${event.toLowerCase()} ON ${table}`);
    await queryRunner.query('DROP FUNCTION audit_job_end(), audit_postings(), audit_rows()');
    await queryRunner.query('DROP FUNCTION audit_shown(jsonb, jsonb, text[], text[])');
    await queryRunner.query('DROP FUNCTION write_audit_event(jsonb, text, uuid, text)');
    await queryRunner.query('DROP FUNCTION audit_act(), make_audit_partitions(date, integer)');
    await queryRunner.query('DROP TABLE audit_event, audit_change');
    await queryRunner.query('DROP FUNCTION guard_audit_table(regclass, boolean), refuse_audit_change()');
  }
}
