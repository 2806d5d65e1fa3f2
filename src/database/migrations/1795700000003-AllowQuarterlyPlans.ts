import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AllowQuarterlyPlans1795700000003 implements MigrationInterface {
  name = 'AllowQuarterlyPlans1795700000003';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "plan" DROP CONSTRAINT "ck_plan_unit"`);
    await queryRunner.query(
      `ALTER TABLE "plan" ADD CONSTRAINT "ck_plan_unit" CHECK (unit IN ('month', 'quarter', 'half_month', 'day', 'hour', 'quantity'))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_resource_plan_uuid" ON "resource" ("plan_uuid")`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "ix_resource_plan_uuid"`);
    await queryRunner.query(`ALTER TABLE "plan" DROP CONSTRAINT "ck_plan_unit"`);
    await queryRunner.query(
      `ALTER TABLE "plan" ADD CONSTRAINT "ck_plan_unit" CHECK (unit IN ('month', 'half_month', 'day', 'hour', 'quantity'))`,
    );
  }
}
