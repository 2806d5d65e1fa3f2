import type { MigrationInterface, QueryRunner } from 'typeorm';

const makePartitions = (parents: string, isMadeMeanwhile: string) => `
  CREATE OR REPLACE FUNCTION make_audit_partitions(first_month date, months integer) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    month date;
    parent text;
    part text;
  BEGIN
    FOR i IN 0 .. months - 1 LOOP
      month := date_trunc('month', first_month) + make_interval(months => i);
      FOREACH parent IN ARRAY ARRAY[${parents}] LOOP
        part := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(7236115);
        CONTINUE WHEN ${isMadeMeanwhile};
        BEGIN
          EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
          PERFORM guard_audit_table(quote_ident(part)::regclass, false);
        EXCEPTION WHEN check_violation THEN NULL;
        END;
      END LOOP;
    END LOOP;
  END $$`;

const endJob = (ownEvent: string) => `
  CREATE OR REPLACE FUNCTION audit_job_end() RETURNS trigger LANGUAGE plpgsql AS $$
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
    ${ownEvent}
    RAISE INFO 'audited' USING ERRCODE = 'WA001';
    RETURN NULL;
  END $$`;

/**
 * Instances that make partitions at the same moment make each once, and break off no change that is under way. A job that
 * was interrupted and then cancelled while it waited has its event, as what it changed until then refers to it.
 */
export class CompleteAuditTrail1795900000000 implements MigrationInterface {
  name = 'CompleteAuditTrail1795900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      makePartitions(
        // In the order in which every change locks them.
        `'audit_change', 'audit_event'`,
        // to_regclass remembers that there was none, whoever made it while this waited.
        `EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = current_schema()::regnamespace)`,
      ),
    );
    await queryRunner.query(
      endJob(`IF act->>'job' IS NULL AND NEW.state = 'cancelled' AND NEW.attempts > 0 THEN
      PERFORM write_audit_event(
        jsonb_build_object('uuid', NEW.uuid, 'created', NEW.created,
          'actor', regexp_replace(NEW.requested_by, '^.+? as ', ''),
          'impersonator', substring(NEW.requested_by FROM '^(.+?) as '),
          'action', 'job.' || NEW.kind, 'objectType', 'job_run', 'objectUuid', NEW.uuid),
        NULL, NULL, 'cancelled');
    END IF;`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(endJob(''));
    await queryRunner.query(
      makePartitions(`'audit_event', 'audit_change'`, `to_regclass(quote_ident(part)) IS NOT NULL`),
    );
  }
}
