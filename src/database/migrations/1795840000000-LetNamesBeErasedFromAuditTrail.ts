import type { MigrationInterface, QueryRunner } from 'typeorm';

const REFUSE = `
  RAISE EXCEPTION 'The audit trail is never changed: waldur-arrow audit drop removes whole months that were exported.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_audit_append_only', TABLE = TG_TABLE_NAME;`;

export const shown = (unlessErasing: string) => `
  CREATE OR REPLACE FUNCTION audit_shown(one jsonb, other jsonb, shown text[], hidden text[]) RETURNS jsonb
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    RETURN (SELECT jsonb_object_agg(name,
             CASE WHEN name = ANY(hidden) AND one->>name IS NOT NULL THEN '"(secret)"'::jsonb
               ${unlessErasing}ELSE one->name END)
    FROM unnest(shown || hidden) AS name
    WHERE other IS NULL OR one->name IS DISTINCT FROM other->name);
  END $$`;

export const UNLESS_ERASING = `WHEN current_setting('waldur_arrow.erasing', true) = 'on' THEN '"(erased)"'::jsonb
               `;

/**
 * A transaction that says that it erases a person may replace names in the audit trail, and nothing else; what it changes
 * besides leaves events without the values.
 */
export class LetNamesBeErasedFromAuditTrail1795840000000 implements MigrationInterface {
  name = 'LetNamesBeErasedFromAuditTrail1795840000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('waldur_arrow.erasing', true) = 'on' THEN
          IF TG_LEVEL = 'STATEMENT' THEN
            RETURN NULL;
          ELSIF to_jsonb(OLD) - '{actor,impersonator,token,before,after}'::text[]
            = to_jsonb(NEW) - '{actor,impersonator,token,before,after}'::text[]
          THEN
            RETURN NEW;
          END IF;
        END IF;
        ${REFUSE}
      END $$`);
    await queryRunner.query(shown(UNLESS_ERASING));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(shown(''));
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        ${REFUSE}
      END $$`);
  }
}
