import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lasting tokens that were replaced, so that one that still stands in the environment stays dead. */
export class RememberRetiredTokens1795740000000 implements MigrationInterface {
  name = 'RememberRetiredTokens1795740000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "retired_token" ("token_hash" character(64) NOT NULL, "retired_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_retired_token" PRIMARY KEY ("token_hash"))`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "retired_token"`);
  }
}
