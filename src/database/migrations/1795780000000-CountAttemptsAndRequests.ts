import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Attempts that were locked out are let through once more. `login_failure`, where the programs before count them, stays
 * for as long as one of those may run.
 */
export class CountAttemptsAndRequests1795780000000 implements MigrationInterface {
  name = 'CountAttemptsAndRequests1795780000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "failed_attempt" ("attempt_hash" character(64) NOT NULL, "failures" integer NOT NULL, "ends_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "ck_failed_attempt_failures_not_negative" CHECK (failures >= 0), CONSTRAINT "pk_failed_attempt" PRIMARY KEY ("attempt_hash"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_failed_attempt_ends_at" ON "failed_attempt" ("ends_at")`);
    // Of one minute: after a crash nobody misses them.
    await queryRunner.query(
      `CREATE UNLOGGED TABLE "request_count" ("caller_hash" character(64) NOT NULL, "minute" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "requests" integer NOT NULL, CONSTRAINT "ck_request_count_requests_positive" CHECK (requests > 0), CONSTRAINT "pk_request_count" PRIMARY KEY ("caller_hash", "minute"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_request_count_minute" ON "request_count" ("minute")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "request_count"`);
    await queryRunner.query(`DROP TABLE "failed_attempt"`);
  }
}
