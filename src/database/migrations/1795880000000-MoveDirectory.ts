import type { MigrationInterface, QueryRunner } from 'typeorm';

const links = (unlessMoving: string) => `
  CREATE OR REPLACE FUNCTION refuse_to_change_license_link() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('waldur_arrow.erasing', true) = 'on'
      AND to_jsonb(OLD) - '{actor_username,impersonator_username}'::text[]
        = to_jsonb(NEW) - '{actor_username,impersonator_username}'::text[]
    THEN
      RETURN NEW;
    END IF;
    ${unlessMoving}
    RAISE EXCEPTION 'license_link is only ever added to' USING ERRCODE = 'restrict_violation';
  END $$`;

const invoices = (unlessMoving: string) => `
  CREATE OR REPLACE FUNCTION refuse_changing_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF current_setting('waldur_arrow.erasing', true) = 'on'
      AND to_jsonb(OLD) #- '{document,customer,email}' = to_jsonb(NEW) #- '{document,customer,email}'
    THEN
      RETURN NEW;
    END IF;
    ${unlessMoving}
    RAISE EXCEPTION 'An issued invoice is not opened again, and says what it said when it was issued.'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_stays_issued', TABLE = TG_TABLE_NAME;
  END $$`;

const unlessMoving = (column: string) => `
    IF TG_OP = 'UPDATE' AND current_setting('waldur_arrow.moving', true) = 'on'
      AND to_jsonb(OLD) - '${column}' = to_jsonb(NEW) - '${column}'
    THEN
      RETURN NEW;
    END IF;`;

/**
 * A directory that is kept here may become Waldur's, and become ours again: what that would do, and what it did. A
 * transaction that says that it moves the directory may replace which resource a link is of and which organisation an
 * invoice is for, and nothing else of them.
 */
export class MoveDirectory1795880000000 implements MigrationInterface {
  name = 'MoveDirectory1795880000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE directory_move (
        uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        created timestamp(3) with time zone NOT NULL DEFAULT now(),
        modified timestamp(3) with time zone NOT NULL DEFAULT now(),
        direction character varying(3) NOT NULL,
        requested_by character varying(300) NOT NULL,
        state character varying(16) NOT NULL DEFAULT 'waiting',
        problem text NOT NULL DEFAULT '',
        job_uuid uuid,
        applied_at timestamp(3) with time zone,
        CONSTRAINT pk_directory_move PRIMARY KEY (uuid),
        CONSTRAINT ck_directory_move_direction CHECK (direction IN ('in', 'out')),
        CONSTRAINT ck_directory_move_state CHECK (state IN ('waiting', 'previewed', 'applied', 'failed'))
      )`);
    await queryRunner.query('CREATE INDEX ix_directory_move_created_uuid ON directory_move (created, uuid)');
    await queryRunner.query(`
      CREATE TABLE directory_move_row (
        move_uuid uuid NOT NULL,
        uuid uuid NOT NULL,
        kind character varying(16) NOT NULL,
        name text NOT NULL,
        outcome character varying(16) NOT NULL,
        waldur_uuid uuid,
        matched_by text NOT NULL,
        reason text NOT NULL,
        here jsonb,
        there jsonb,
        CONSTRAINT pk_directory_move_row PRIMARY KEY (move_uuid, uuid)
      )`);
    await queryRunner.query(links(unlessMoving('resource_uuid')));
    await queryRunner.query(invoices(unlessMoving('customer_uuid')));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(invoices(''));
    await queryRunner.query(links(''));
    await queryRunner.query('DROP TABLE directory_move_row, directory_move');
  }
}
