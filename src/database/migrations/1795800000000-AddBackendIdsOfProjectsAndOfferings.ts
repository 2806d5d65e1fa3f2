import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What projects and offerings are called in the operator's own systems, as organisations have it. */
export class AddBackendIdsOfProjectsAndOfferings1795800000000 implements MigrationInterface {
  name = 'AddBackendIdsOfProjectsAndOfferings1795800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE project ADD COLUMN backend_id character varying(255) NOT NULL DEFAULT ''`);
    await queryRunner.query(`ALTER TABLE offering ADD COLUMN backend_id character varying(255) NOT NULL DEFAULT ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE offering DROP COLUMN backend_id');
    await queryRunner.query('ALTER TABLE project DROP COLUMN backend_id');
  }
}
