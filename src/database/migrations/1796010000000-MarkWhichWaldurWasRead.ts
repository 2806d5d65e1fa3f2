import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which Waldur a list was read from: of another one nothing is known by it. What was read before is read once more. */
export class MarkWhichWaldurWasRead1796010000000 implements MigrationInterface {
  name = 'MarkWhichWaldurWasRead1796010000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE waldur_mark ADD COLUMN url text NOT NULL DEFAULT ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE waldur_mark DROP COLUMN url');
  }
}
