import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What licences are joined and found by. */
const LICENSES = ['charge', 'license_owner', 'consumption_record'];

/**
 * Licences are compared by their bytes, as they are not sorted for people here: by the rules of a language that costs as
 * much as the row. The parties of a staged export are joined as a whole and never looked up: they need no index. A run goes
 * without nested loops; in the check of its postings they spare it reading every charge there is.
 */
export class SpeedUpLedger1795750000002 implements MigrationInterface {
  name = 'SpeedUpLedger1795750000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE export_staging_bill_to DROP CONSTRAINT pk_export_staging_bill_to');
    await queryRunner.query('ALTER FUNCTION check_posting_invoice() SET enable_nestloop = on');
    await collate(queryRunner, '"C"');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await collate(queryRunner, 'pg_catalog."default"');
    await queryRunner.query('ALTER FUNCTION check_posting_invoice() RESET enable_nestloop');
    await queryRunner.query('DELETE FROM export_staging_bill_to');
    await queryRunner.query(
      'ALTER TABLE export_staging_bill_to ADD CONSTRAINT pk_export_staging_bill_to PRIMARY KEY (snapshot_uuid, license_reference, arrow_customer)',
    );
  }
}

async function collate(queryRunner: QueryRunner, collation: string): Promise<void> {
  for (const table of LICENSES)
    await queryRunner.query(
      `ALTER TABLE ${table} ALTER COLUMN license_reference TYPE character varying(255) COLLATE ${collation}`,
    );
}
