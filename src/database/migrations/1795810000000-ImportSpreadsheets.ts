import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that bring organisations and the like: what they say and would do, until somebody applies it. */
export class ImportSpreadsheets1795810000000 implements MigrationInterface {
  name = 'ImportSpreadsheets1795810000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sheet_import (
        uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        created timestamp(3) with time zone NOT NULL DEFAULT now(),
        modified timestamp(3) with time zone NOT NULL DEFAULT now(),
        kind character varying(50) NOT NULL,
        file_name character varying(255) NOT NULL,
        requested_by character varying(300) NOT NULL,
        state character varying(16) NOT NULL DEFAULT 'uploaded',
        encoding character varying(20) NOT NULL,
        separator character varying(1) NOT NULL DEFAULT '',
        header jsonb NOT NULL DEFAULT '[]',
        ignored_columns jsonb NOT NULL DEFAULT '[]',
        rows_created integer NOT NULL DEFAULT 0,
        rows_changed integer NOT NULL DEFAULT 0,
        rows_unchanged integer NOT NULL DEFAULT 0,
        rows_refused integer NOT NULL DEFAULT 0,
        problem text NOT NULL DEFAULT '',
        job_uuid uuid,
        applied_at timestamp(3) with time zone,
        CONSTRAINT pk_sheet_import PRIMARY KEY (uuid),
        CONSTRAINT ck_sheet_import_state CHECK (state IN ('uploaded', 'previewed', 'applied', 'failed'))
      )`);
    await queryRunner.query('CREATE INDEX ix_sheet_import_created_uuid ON sheet_import (created, uuid)');
    await queryRunner.query(`
      CREATE TABLE sheet_import_chunk (
        import_uuid uuid NOT NULL,
        number integer NOT NULL,
        content bytea NOT NULL,
        created timestamp with time zone NOT NULL DEFAULT now(),
        CONSTRAINT pk_sheet_import_chunk PRIMARY KEY (import_uuid, number)
      )`);
    // Worked out of the file: whoever loses them to a crash uploads the file again.
    await queryRunner.query(`
      CREATE UNLOGGED TABLE sheet_import_row (
        import_uuid uuid NOT NULL,
        row_number integer NOT NULL,
        part smallint NOT NULL,
        cells text NOT NULL,
        given jsonb NOT NULL,
        faults jsonb NOT NULL,
        new_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        CONSTRAINT pk_sheet_import_row PRIMARY KEY (import_uuid, row_number)
      )`);
    await queryRunner.query(`
      CREATE UNLOGGED TABLE sheet_import_result (
        import_uuid uuid NOT NULL,
        row_number integer NOT NULL,
        part smallint NOT NULL,
        target uuid NOT NULL,
        outcome character varying(16) NOT NULL,
        before jsonb,
        after jsonb NOT NULL,
        faults jsonb NOT NULL,
        CONSTRAINT pk_sheet_import_result PRIMARY KEY (import_uuid, row_number)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['sheet_import_result', 'sheet_import_row', 'sheet_import_chunk', 'sheet_import'])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
