import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was put on Waldur's invoices, once each; whether Waldur bills a plan by itself. */
export class PushCharges1795870000000 implements MigrationInterface {
  name = 'PushCharges1795870000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE plan ADD COLUMN has_price boolean');
    // Plans that were copied without it are read again.
    await queryRunner.query(`UPDATE waldur_mark SET whole_at = NULL WHERE kind = 'offerings'`);
    await queryRunner.query(`
      CREATE TABLE pushed_item (
        uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        created timestamp(3) with time zone NOT NULL DEFAULT now(),
        modified timestamp(3) with time zone NOT NULL DEFAULT now(),
        charge_uuid uuid NOT NULL,
        after_revision integer NOT NULL,
        revision integer NOT NULL,
        posting_uuid uuid NOT NULL,
        customer_uuid uuid NOT NULL,
        charge_month date NOT NULL,
        invoice_month date NOT NULL,
        name character varying(282) NOT NULL,
        currency character varying(3) NOT NULL,
        amount numeric(22,10) NOT NULL,
        state character varying(16) NOT NULL DEFAULT 'intended',
        reason character varying(40) NOT NULL DEFAULT '',
        said text NOT NULL DEFAULT '',
        tried_at timestamp(3) with time zone,
        sent_at timestamp(3) with time zone,
        seen_amount numeric(22,10),
        seen_at timestamp(3) with time zone,
        job_uuid uuid,
        CONSTRAINT pk_pushed_item PRIMARY KEY (uuid),
        CONSTRAINT fk_pushed_item_charge_uuid FOREIGN KEY (charge_uuid) REFERENCES charge (uuid) ON DELETE RESTRICT,
        CONSTRAINT fk_pushed_item_posting_uuid FOREIGN KEY (posting_uuid) REFERENCES invoice_posting (uuid) ON DELETE RESTRICT,
        CONSTRAINT fk_pushed_item_customer_uuid FOREIGN KEY (customer_uuid) REFERENCES customer (uuid) ON DELETE RESTRICT,
        CONSTRAINT uq_pushed_item_charge_revision UNIQUE (charge_uuid, revision),
        CONSTRAINT uq_pushed_item_charge_after_revision UNIQUE (charge_uuid, after_revision),
        CONSTRAINT uq_pushed_item_posting UNIQUE (posting_uuid),
        CONSTRAINT uq_pushed_item_customer_name UNIQUE (customer_uuid, name),
        CONSTRAINT ck_pushed_item_revisions CHECK (after_revision >= 0 AND revision > after_revision),
        CONSTRAINT ck_pushed_item_amount_not_zero CHECK (amount <> 0),
        CONSTRAINT ck_pushed_item_months CHECK (
          extract(day from charge_month) = 1 AND extract(day from invoice_month) = 1 AND invoice_month >= charge_month
        ),
        CONSTRAINT ck_pushed_item_state CHECK (state IN ('intended', 'sending', 'sent', 'refused', 'not_sent')),
        CONSTRAINT ck_pushed_item_reason CHECK ((state IN ('refused', 'not_sent')) = (reason <> '')),
        CONSTRAINT ck_pushed_item_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
        CONSTRAINT ck_pushed_item_sending CHECK (state <> 'sending' OR tried_at IS NOT NULL)
      )`);
    await queryRunner.query('CREATE INDEX ix_pushed_item_created_uuid ON pushed_item (created, uuid)');
    await queryRunner.query(
      'CREATE INDEX ix_pushed_item_customer_uuid_invoice_month ON pushed_item (customer_uuid, invoice_month)',
    );
    await queryRunner.query(
      `CREATE INDEX ix_pushed_item_not_sent ON pushed_item (customer_uuid, invoice_month) WHERE state <> 'sent'`,
    );
    await queryRunner.query(`
      CREATE FUNCTION refuse_changing_pushed_item() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'What was put on an invoice of Waldur stays as it was sent: push the difference instead.'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_pushed_item_stays_sent', TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_pushed_item_stays_sent BEFORE UPDATE ON pushed_item FOR EACH ROW
      WHEN (
        (OLD.charge_uuid, OLD.after_revision, OLD.revision, OLD.posting_uuid, OLD.customer_uuid, OLD.charge_month, OLD.name, OLD.currency, OLD.amount)
          <> (NEW.charge_uuid, NEW.after_revision, NEW.revision, NEW.posting_uuid, NEW.customer_uuid, NEW.charge_month, NEW.name, NEW.currency, NEW.amount)
        OR OLD.state = 'sent' AND (NEW.state <> 'sent' OR NEW.invoice_month <> OLD.invoice_month)
      )
      EXECUTE FUNCTION refuse_changing_pushed_item()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_pushed_item_is_kept BEFORE DELETE ON pushed_item
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_changing_pushed_item()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE pushed_item');
    await queryRunner.query('DROP FUNCTION refuse_changing_pushed_item()');
    await queryRunner.query('ALTER TABLE plan DROP COLUMN has_price');
  }
}
