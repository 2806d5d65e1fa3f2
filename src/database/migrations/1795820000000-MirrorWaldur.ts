import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['customer', 'project', 'offering', 'plan', 'resource'];

/** Rows may be copies of Waldur's; how far each list of Waldur has been read. */
export class MirrorWaldur1795820000000 implements MigrationInterface {
  name = 'MirrorWaldur1795820000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await queryRunner.query(
        `ALTER TABLE ${table} ADD COLUMN owner character varying(8) NOT NULL DEFAULT 'local',
          ADD COLUMN gone_at TIMESTAMP(3) WITH TIME ZONE,
          ADD CONSTRAINT ck_${table}_owner CHECK (owner IN ('local', 'waldur'))`,
      );
    await queryRunner.query(
      `ALTER TABLE resource ADD COLUMN disputed_backend_id character varying(255) NOT NULL DEFAULT '',
        ADD CONSTRAINT ck_resource_disputed_has_no_license CHECK (disputed_backend_id = '' OR backend_id = '')`,
    );
    await queryRunner.query(
      `CREATE INDEX ix_resource_disputed_backend_id ON resource (disputed_backend_id) WHERE disputed_backend_id <> ''`,
    );
    await queryRunner.query(
      `CREATE TABLE waldur_mark (
        kind character varying(16) NOT NULL,
        changed_since TIMESTAMP(3) WITH TIME ZONE,
        read_at TIMESTAMP(3) WITH TIME ZONE NOT NULL,
        whole_at TIMESTAMP(3) WITH TIME ZONE,
        run_uuid uuid NOT NULL,
        report jsonb NOT NULL,
        CONSTRAINT pk_waldur_mark PRIMARY KEY (kind)
      )`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE waldur_mark');
    await queryRunner.query('DROP INDEX ix_resource_disputed_backend_id');
    await queryRunner.query(
      'ALTER TABLE resource DROP CONSTRAINT ck_resource_disputed_has_no_license, DROP COLUMN disputed_backend_id',
    );
    for (const table of TABLES.toReversed())
      await queryRunner.query(
        `ALTER TABLE ${table} DROP CONSTRAINT ck_${table}_owner, DROP COLUMN gone_at, DROP COLUMN owner`,
      );
  }
}
