import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The schema states the oldest program that can still work with it, by the number of that program's last migration. A
 * migration that breaks older programs raises it.
 */
export class StateOldestProgram1795700000001 implements MigrationInterface {
  name = 'StateOldestProgram1795700000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "schema_support" ("only" boolean NOT NULL DEFAULT true, "oldest_program" bigint NOT NULL, CONSTRAINT "ck_schema_support_only" CHECK ("only"), CONSTRAINT "pk_schema_support" PRIMARY KEY ("only"))`,
    );
    await queryRunner.query(`INSERT INTO "schema_support" ("oldest_program") VALUES (1795700000001)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "schema_support"`);
  }
}
