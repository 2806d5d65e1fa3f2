import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users have several tokens from here on: the one each of them had goes on working as the lasting one. */
export class AddLoginsByPassword1795574680156 implements MigrationInterface {
  name = 'AddLoginsByPassword1795574680156';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "auth_token" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "user_uuid" uuid NOT NULL, "token_hash" character(64) NOT NULL, "expires_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "uq_auth_token_token_hash" UNIQUE ("token_hash"), CONSTRAINT "pk_auth_token" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_auth_token_user_uuid_expires_at" ON "auth_token" ("user_uuid", "expires_at")`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_auth_token_lasting" ON "auth_token" ("user_uuid") WHERE expires_at IS NULL`,
    );
    await queryRunner.query(
      `ALTER TABLE "auth_token" ADD CONSTRAINT "fk_auth_token_user_uuid" FOREIGN KEY ("user_uuid") REFERENCES "core_user"("uuid") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `INSERT INTO "auth_token" ("user_uuid", "token_hash") SELECT "uuid", "token_hash" FROM "core_user" WHERE "token_hash" IS NOT NULL`,
    );
    await queryRunner.query(`ALTER TABLE "core_user" DROP COLUMN "token_hash"`);
    await queryRunner.query(`ALTER TABLE "core_user" ADD "password_hash" character varying(255)`);
    await queryRunner.query(
      `ALTER TABLE "core_user" ADD CONSTRAINT "ck_core_user_password_is_hashed" CHECK (password_hash LIKE '$scrypt$%')`,
    );
    await queryRunner.query(
      `CREATE TABLE "login_failure" ("login_hash" character(64) NOT NULL, "failures" integer NOT NULL, "last_failed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "ck_login_failure_failures_positive" CHECK (failures > 0), CONSTRAINT "pk_login_failure" PRIMARY KEY ("login_hash"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_login_failure_last_failed_at" ON "login_failure" ("last_failed_at")`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "login_failure"`);
    await queryRunner.query(`ALTER TABLE "core_user" DROP COLUMN "password_hash"`);
    await queryRunner.query(`ALTER TABLE "core_user" ADD "token_hash" character(64)`);
    await queryRunner.query(
      `UPDATE "core_user" SET "token_hash" = "auth_token"."token_hash" FROM "auth_token" WHERE "auth_token"."user_uuid" = "core_user"."uuid" AND "auth_token"."expires_at" IS NULL`,
    );
    await queryRunner.query(`ALTER TABLE "core_user" ADD CONSTRAINT "uq_core_user_token_hash" UNIQUE ("token_hash")`);
    await queryRunner.query(`DROP TABLE "auth_token"`);
  }
}
