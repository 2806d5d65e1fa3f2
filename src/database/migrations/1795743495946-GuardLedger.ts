import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What no entity can say: postings are never changed, only drafts of their own organisation take them, issued invoices
 * stay as they are, accounts without bills go with their settings, and where exports wait to be applied.
 */
export class GuardLedger1795743495946 implements MigrationInterface {
  name = 'GuardLedger1795743495946';

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
        IF EXISTS (
          SELECT FROM added
          JOIN charge ON charge.uuid = added.charge_uuid
          JOIN invoice ON invoice.uuid = added.invoice_uuid
          WHERE invoice.state <> 'pending'
             OR (invoice.account_uuid, invoice.customer_uuid, invoice.currency)
                <> (charge.account_uuid, charge.customer_uuid, charge.currency)
        ) THEN
          RAISE EXCEPTION 'An invoice takes postings only while it is a draft, and only of its account, organisation and currency.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_posting_draft', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_invoice_posting_draft AFTER INSERT ON invoice_posting REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION check_posting_invoice()`);
    await queryRunner.query(`
      CREATE FUNCTION refuse_changing_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'An issued invoice is not opened again, and says what it said when it was issued.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_stays_issued', TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_invoice_stays_issued BEFORE UPDATE ON invoice FOR EACH ROW
      WHEN (
        (OLD.account_uuid, OLD.customer_uuid, OLD.month, OLD.currency) <> (NEW.account_uuid, NEW.customer_uuid, NEW.month, NEW.currency)
        OR OLD.state <> 'pending' AND (
          NEW.state = 'pending'
          OR (OLD.number, OLD.document, OLD.invoice_date, OLD.due_date) IS DISTINCT FROM (NEW.number, NEW.document, NEW.invoice_date, NEW.due_date)
        )
      )
      EXECUTE FUNCTION refuse_changing_issued_invoice()`);
    // A billing account without bills goes with its settings. Where the partner has other settings, it is handed on to them.
    await queryRunner.query(`
      CREATE FUNCTION hand_billing_account_on() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE billing_account SET settings_uuid = heir.uuid
          FROM (SELECT uuid FROM arrow_settings
                 WHERE uuid <> OLD.uuid AND partner_reference <> '' AND partner_reference = OLD.partner_reference
                 ORDER BY is_active DESC, created, uuid LIMIT 1) AS heir
         WHERE billing_account.settings_uuid = OLD.uuid
           AND billing_account.partner_reference = OLD.partner_reference;
        RETURN OLD;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_arrow_settings_hand_billing_account_on BEFORE DELETE ON arrow_settings
      FOR EACH ROW EXECUTE FUNCTION hand_billing_account_on()`);
    // Unlogged: what is lost in a crash is read again from the kept export. "C": nothing here is sorted for people.
    await queryRunner.query(`
      CREATE UNLOGGED TABLE export_staging (
        snapshot_uuid uuid NOT NULL,
        license_reference text COLLATE "C" NOT NULL,
        line_key text COLLATE "C" NOT NULL,
        statement_reference text COLLATE "C" NOT NULL,
        statement_state text COLLATE "C" NOT NULL,
        validated boolean,
        period text COLLATE "C",
        classification text COLLATE "C" NOT NULL,
        vendor_name text COLLATE "C" NOT NULL,
        description text COLLATE "C" NOT NULL,
        sku text COLLATE "C" NOT NULL,
        subscription_reference text COLLATE "C" NOT NULL,
        customer_reference text COLLATE "C" NOT NULL,
        customer_name text COLLATE "C" NOT NULL,
        quantity numeric(22,10),
        sell numeric(22,10),
        buy numeric(22,10),
        amount_state text COLLATE "C" NOT NULL,
        currency text COLLATE "C" NOT NULL,
        currency_known boolean NOT NULL,
        service_start date,
        service_end date,
        page_hash text COLLATE "C" NOT NULL,
        page_row integer NOT NULL,
        occurrence integer,
        arrow_customer text COLLATE "C",
        unattributed text COLLATE "C")`);
    await queryRunner.query(`
      CREATE UNLOGGED TABLE export_staging_customer (
        snapshot_uuid uuid NOT NULL,
        customer_reference text COLLATE "C" NOT NULL,
        arrow_customer text COLLATE "C" NOT NULL,
        CONSTRAINT pk_export_staging_customer PRIMARY KEY (snapshot_uuid, customer_reference))`);
    await queryRunner.query(`
      CREATE UNLOGGED TABLE export_staging_bill_to (
        snapshot_uuid uuid NOT NULL,
        license_reference text COLLATE "C" NOT NULL,
        arrow_customer text COLLATE "C" NOT NULL,
        customer_uuid uuid,
        project_uuid uuid,
        resource_uuid uuid,
        reason text COLLATE "C" NOT NULL,
        CONSTRAINT pk_export_staging_bill_to PRIMARY KEY (snapshot_uuid, license_reference, arrow_customer))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['export_staging_bill_to', 'export_staging_customer', 'export_staging'])
      await queryRunner.query(`DROP TABLE ${table}`);
    await queryRunner.query('DROP TRIGGER tr_arrow_settings_hand_billing_account_on ON arrow_settings');
    await queryRunner.query('DROP FUNCTION hand_billing_account_on()');
    await queryRunner.query('DROP TRIGGER tr_invoice_stays_issued ON invoice');
    await queryRunner.query('DROP FUNCTION refuse_changing_issued_invoice()');
    await queryRunner.query('DROP TRIGGER tr_invoice_posting_draft ON invoice_posting');
    await queryRunner.query('DROP FUNCTION check_posting_invoice()');
    await queryRunner.query('DROP TRIGGER tr_invoice_posting_append_only ON invoice_posting');
    await queryRunner.query('DROP FUNCTION refuse_posting_change()');
  }
}
