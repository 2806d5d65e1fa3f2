import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A worker holds a run by a lease; whatever is running as this comes was left behind by a program without leases. */
export class LeaseJobs1795700000000 implements MigrationInterface {
  name = 'LeaseJobs1795700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `UPDATE "job_run" SET "state" = 'queued', "step" = 'interrupted' WHERE "state" = 'running'`,
    );
    await queryRunner.query(`DROP INDEX "ix_job_run_beating"`);
    await queryRunner.query(`ALTER TABLE "job_run" DROP COLUMN "heartbeat_at"`);
    await queryRunner.query(`ALTER TABLE "job_run" ADD "lease_token" uuid`);
    await queryRunner.query(`ALTER TABLE "job_run" ADD "lease_expires_at" TIMESTAMP(3) WITH TIME ZONE`);
    await queryRunner.query(
      `ALTER TABLE "job_run" ADD CONSTRAINT "ck_job_run_running_is_leased" CHECK ((state = 'running') = (lease_token IS NOT NULL AND lease_expires_at IS NOT NULL))`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "job_run" DROP CONSTRAINT "ck_job_run_running_is_leased"`);
    await queryRunner.query(`ALTER TABLE "job_run" DROP COLUMN "lease_expires_at"`);
    await queryRunner.query(`ALTER TABLE "job_run" DROP COLUMN "lease_token"`);
    await queryRunner.query(`ALTER TABLE "job_run" ADD "heartbeat_at" TIMESTAMP(3) WITH TIME ZONE`);
    await queryRunner.query(`CREATE INDEX "ix_job_run_beating" ON "job_run" ("heartbeat_at") WHERE state = 'running'`);
  }
}
