import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What tells at start whether `SECRET_KEY` is the one that the stored ArrowSphere keys are encrypted with. */
export class CheckSecretKey1795700000002 implements MigrationInterface {
  name = 'CheckSecretKey1795700000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "secret_key_check" ("only" boolean NOT NULL DEFAULT true, "digest" character(64) NOT NULL, CONSTRAINT "ck_secret_key_check_only" CHECK ("only"), CONSTRAINT "pk_secret_key_check" PRIMARY KEY ("only"))`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "secret_key_check"`);
  }
}
