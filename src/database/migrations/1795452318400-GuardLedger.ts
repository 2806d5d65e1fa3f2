import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What no entity can say: postings are never changed, only open invoices take them, and where exports wait to be applied. */
export class GuardLedger1795452318400 implements MigrationInterface {
  name = 'GuardLedger1795452318400';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION refuse_posting_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'Postings are never changed or deleted: post the difference instead.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_posting_append_only', TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_invoice_posting_append_only BEFORE UPDATE OR DELETE ON invoice_posting
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_posting_change()`);
    await queryRunner.query(`
      CREATE FUNCTION check_posting_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM added JOIN invoice ON invoice.uuid = added.invoice_uuid
                   WHERE invoice.state <> 'open' OR invoice.currency <> added.currency) THEN
          RAISE EXCEPTION 'An invoice takes postings only while it is open, and only in its own currency.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_posting_open_invoice', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_invoice_posting_open_invoice AFTER INSERT ON invoice_posting REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION check_posting_invoice()`);
    await queryRunner.query(`
      CREATE FUNCTION refuse_reopening_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'An invoice that was issued is not opened again and keeps its currency.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_stays_issued', TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_invoice_stays_issued BEFORE UPDATE ON invoice FOR EACH ROW
      WHEN (OLD.currency <> NEW.currency OR (OLD.state <> 'open' AND NEW.state = 'open'))
      EXECUTE FUNCTION refuse_reopening_invoice()`);
    // Unlogged: what is lost in a crash is read again from the kept export.
    await queryRunner.query(`
      CREATE UNLOGGED TABLE export_staging (
        snapshot_uuid uuid NOT NULL, license_reference text NOT NULL, line_key text NOT NULL, statement_reference text NOT NULL,
        statement_state text NOT NULL, validated boolean, report_period text NOT NULL, classification text NOT NULL,
        vendor_name text NOT NULL, description text NOT NULL, sku text NOT NULL, subscription_reference text NOT NULL,
        customer_reference text NOT NULL, customer_name text NOT NULL, quantity numeric(22,10), sell numeric(22,10), buy numeric(22,10),
        currency text NOT NULL, service_start date, service_end date, page_hash text NOT NULL, page_row integer NOT NULL)`);
    await queryRunner.query('CREATE INDEX ix_export_staging_snapshot_uuid ON export_staging (snapshot_uuid)');
    await queryRunner.query(`
      CREATE UNLOGGED TABLE export_staging_party (
        snapshot_uuid uuid NOT NULL, license_reference text NOT NULL, mapping_uuid uuid, customer_uuid uuid, project_uuid uuid,
        resource_uuid uuid, reason text NOT NULL, currency text NOT NULL, generated_statement text NOT NULL,
        CONSTRAINT pk_export_staging_party PRIMARY KEY (snapshot_uuid, license_reference))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE export_staging_party');
    await queryRunner.query('DROP TABLE export_staging');
    await queryRunner.query('DROP TRIGGER tr_invoice_stays_issued ON invoice');
    await queryRunner.query('DROP FUNCTION refuse_reopening_invoice()');
    await queryRunner.query('DROP TRIGGER tr_invoice_posting_open_invoice ON invoice_posting');
    await queryRunner.query('DROP FUNCTION check_posting_invoice()');
    await queryRunner.query('DROP TRIGGER tr_invoice_posting_append_only ON invoice_posting');
    await queryRunner.query('DROP FUNCTION refuse_posting_change()');
  }
}
