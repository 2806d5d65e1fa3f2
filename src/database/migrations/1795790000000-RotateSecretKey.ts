import type { MigrationInterface, QueryRunner } from 'typeorm';

/** While `SECRET_KEY` is rotated, some API keys still stand under the key before. */
export class RotateSecretKey1795790000000 implements MigrationInterface {
  name = 'RotateSecretKey1795790000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "secret_key_check" ADD "previous_digest" character(64), ADD CONSTRAINT "ck_secret_key_check_previous_is_another" CHECK (previous_digest <> digest)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "secret_key_check" DROP CONSTRAINT "ck_secret_key_check_previous_is_another", DROP COLUMN "previous_digest"`,
    );
  }
}
