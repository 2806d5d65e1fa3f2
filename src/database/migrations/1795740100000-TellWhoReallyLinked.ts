import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who really called, where staff linked a licence as somebody else. */
export class TellWhoReallyLinked1795740100000 implements MigrationInterface {
  name = 'TellWhoReallyLinked1795740100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "license_link" ADD "impersonator_uuid" uuid`);
    await queryRunner.query(`ALTER TABLE "license_link" ADD "impersonator_username" character varying(128)`);
    await queryRunner.query(`CREATE INDEX "ix_license_link_impersonator_uuid" ON "license_link" ("impersonator_uuid")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "ix_license_link_impersonator_uuid"`);
    await queryRunner.query(`ALTER TABLE "license_link" DROP COLUMN "impersonator_username"`);
    await queryRunner.query(`ALTER TABLE "license_link" DROP COLUMN "impersonator_uuid"`);
  }
}
