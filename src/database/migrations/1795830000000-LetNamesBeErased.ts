import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A person's name may be erased from what is never changed otherwise: in a transaction that says so, from who linked a
 * licence and from the contact of an issued invoice, and from nothing else.
 */
export class LetNamesBeErased1795830000000 implements MigrationInterface {
  name = 'LetNamesBeErased1795830000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION refuse_to_change_license_link() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('waldur_arrow.erasing', true) = 'on'
          AND to_jsonb(OLD) - '{actor_username,impersonator_username}'::text[]
            = to_jsonb(NEW) - '{actor_username,impersonator_username}'::text[]
        THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'license_link is only ever added to' USING ERRCODE = 'restrict_violation';
      END $$`);
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION refuse_changing_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF current_setting('waldur_arrow.erasing', true) = 'on'
          AND to_jsonb(OLD) #- '{document,customer,email}' = to_jsonb(NEW) #- '{document,customer,email}'
        THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'An issued invoice is not opened again, and says what it said when it was issued.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_stays_issued', TABLE = TG_TABLE_NAME;
      END $$`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION refuse_changing_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'An issued invoice is not opened again, and says what it said when it was issued.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_stays_issued', TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION refuse_to_change_license_link() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'license_link is only ever added to' USING ERRCODE = 'restrict_violation'; END $$`);
  }
}
