import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Those there are have no name, and go on as before: for everything that their user may do. */
export class AddNamedTokens1795760000000 implements MigrationInterface {
  name = 'AddNamedTokens1795760000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "auth_token" ADD "name" character varying(150), ADD "scope" character varying(10) NOT NULL DEFAULT 'admin', ADD "last_used_at" TIMESTAMP(3) WITH TIME ZONE`,
    );
    await queryRunner.query(
      `ALTER TABLE "auth_token" ADD CONSTRAINT "ck_auth_token_name_not_blank" CHECK (btrim(name) <> ''), ADD CONSTRAINT "ck_auth_token_scope_known" CHECK (scope IN ('read', 'operate', 'admin')), ADD CONSTRAINT "ck_auth_token_without_name_is_for_all" CHECK (name IS NOT NULL OR scope = 'admin'), ADD CONSTRAINT "uq_auth_token_user_uuid_name" UNIQUE ("user_uuid", "name")`,
    );
    await queryRunner.query(`DROP INDEX "uq_auth_token_lasting"`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_auth_token_lasting" ON "auth_token" ("user_uuid") WHERE expires_at IS NULL AND name IS NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM "auth_token" WHERE "name" IS NOT NULL`);
    await queryRunner.query(`DROP INDEX "uq_auth_token_lasting"`);
    await queryRunner.query(
      `ALTER TABLE "auth_token" DROP CONSTRAINT "uq_auth_token_user_uuid_name", DROP CONSTRAINT "ck_auth_token_without_name_is_for_all", DROP CONSTRAINT "ck_auth_token_scope_known", DROP CONSTRAINT "ck_auth_token_name_not_blank", DROP COLUMN "last_used_at", DROP COLUMN "scope", DROP COLUMN "name"`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_auth_token_lasting" ON "auth_token" ("user_uuid") WHERE expires_at IS NULL`,
    );
  }
}
