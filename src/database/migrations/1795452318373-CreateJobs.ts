import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateJobs1795452318373 implements MigrationInterface {
  name = 'CreateJobs1795452318373';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "job_run" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "kind" character varying(50) NOT NULL, "scope" character varying(200) NOT NULL, "parameters" jsonb NOT NULL DEFAULT '{}', "requested_by" character varying(150) NOT NULL, "state" character varying(16) NOT NULL DEFAULT 'queued', "step" character varying(200) NOT NULL DEFAULT '', "progress_done" integer NOT NULL DEFAULT '0', "progress_total" integer NOT NULL DEFAULT '0', "result" jsonb, "error_message" text NOT NULL DEFAULT '', "error_code" character varying(100) NOT NULL DEFAULT '', "attempts" integer NOT NULL DEFAULT '0', "cancel_requested" boolean NOT NULL DEFAULT false, "started_at" TIMESTAMP(3) WITH TIME ZONE, "worker" character varying(150) NOT NULL DEFAULT '', "heartbeat_at" TIMESTAMP(3) WITH TIME ZONE, "finished_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "ck_job_run_state" CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')), CONSTRAINT "pk_job_run" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_job_run_beating" ON "job_run"  ("heartbeat_at") WHERE state = 'running'`);
    await queryRunner.query(`CREATE INDEX "ix_job_run_created_uuid" ON "job_run"  ("created", "uuid") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_job_run_unfinished_kind_scope" ON "job_run"  ("kind", "scope") WHERE state IN ('queued', 'running')`,
    );
    await queryRunner.query(
      `CREATE TABLE "job_schedule" ("name" character varying(100) NOT NULL, "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_job_schedule" PRIMARY KEY ("name"))`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "job_schedule"');
    await queryRunner.query('DROP TABLE "job_run"');
  }
}
