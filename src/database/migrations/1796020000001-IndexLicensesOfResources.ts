import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Resources are found by their licence as ArrowSphere writes it, however it is spelled. */
export class IndexLicensesOfResources1796020000001 implements MigrationInterface {
  name = 'IndexLicensesOfResources1796020000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX ix_resource_license ON resource (
         (CASE WHEN backend_id ~* '^xsp[0-9]+$' THEN upper(backend_id) ELSE backend_id END)
       )`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_resource_license');
  }
}
