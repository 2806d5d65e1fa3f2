import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = [
  'ALTER TABLE "billing_account" ALTER COLUMN "paused_by"',
  'ALTER TABLE "billing_switch" ALTER COLUMN "changed_by"',
  'ALTER TABLE "billing_rule" ALTER COLUMN "changed_by"',
  'ALTER TABLE "consumption_record" ALTER COLUMN "reversed_by"',
  'ALTER TABLE "invoice" ALTER COLUMN "changed_by"',
  'ALTER TABLE "export_snapshot" ALTER COLUMN "fetched_by"',
  'ALTER TABLE "job_run" ALTER COLUMN "requested_by"',
];

/** Where staff acted as another user, jobs and what billing did name both. */
export class RoomForWhoReallyActed1795750000001 implements MigrationInterface {
  name = 'RoomForWhoReallyActed1795750000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) await queryRunner.query(`${column} TYPE character varying(300)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) {
      const name = /"(\w+)"$/.exec(column)![1];
      await queryRunner.query(`${column} TYPE character varying(150) USING left("${name}", 150)`);
    }
  }
}
