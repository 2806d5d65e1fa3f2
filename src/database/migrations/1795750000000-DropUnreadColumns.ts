import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What nothing reads, and states of statements that the export has no column for. */
export class DropUnreadColumns1795750000000 implements MigrationInterface {
  name = 'DropUnreadColumns1795750000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE billing_month DROP COLUMN error_message');
    await queryRunner.query('ALTER TABLE export_page DROP COLUMN rows');
    await queryRunner.query('ALTER TABLE export_staging ALTER COLUMN statement_state DROP NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DELETE FROM export_staging');
    await queryRunner.query('ALTER TABLE export_staging ALTER COLUMN statement_state SET NOT NULL');
    await queryRunner.query('ALTER TABLE export_page ADD COLUMN rows integer NOT NULL DEFAULT 0');
    await queryRunner.query(`ALTER TABLE billing_month ADD COLUMN error_message text NOT NULL DEFAULT ''`);
  }
}
