import type { MigrationInterface, QueryRunner } from 'typeorm';

const makePartitions = (parents: string, isMadeMeanwhile: string) => `
  CREATE OR REPLACE FUNCTION make_audit_partitions(first_month date, months integer) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    month date;
    parent text;
    part text;
  BEGIN
    FOR i IN 0 .. months - 1 LOOP
      month := date_trunc('month', first_month) + make_interval(months => i);
      FOREACH parent IN ARRAY ARRAY[${parents}] LOOP
        part := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(7236115);
        CONTINUE WHEN ${isMadeMeanwhile};
        BEGIN
          EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
          PERFORM guard_audit_table(quote_ident(part)::regclass, false);
        EXCEPTION WHEN check_violation THEN NULL;
        END;
      END LOOP;
    END LOOP;
  END $$`;

/** Instances that make partitions at the same moment make each once, and break off no change that is under way. */
export class MakeAuditPartitionsBesideOthers1795900000000 implements MigrationInterface {
  name = 'MakeAuditPartitionsBesideOthers1795900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      makePartitions(
        // In the order in which every change locks them.
        `'audit_change', 'audit_event'`,
        // to_regclass remembers that there was none, whoever made it while this waited.
        `EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = current_schema()::regnamespace)`,
      ),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      makePartitions(`'audit_event', 'audit_change'`, `to_regclass(quote_ident(part)) IS NOT NULL`),
    );
  }
}
