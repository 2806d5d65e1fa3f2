import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Table and column that refer, and the table that is referred to. */
const REFERENCES = [
  ['charge', 'account_uuid', 'billing_account'],
  ['charge', 'customer_uuid', 'customer'],
  ['charge', 'project_uuid', 'project'],
  ['charge', 'resource_uuid', 'resource'],
  ['license_owner', 'account_uuid', 'billing_account'],
  ['invoice_posting', 'charge_uuid', 'charge'],
  ['invoice_posting', 'invoice_uuid', 'invoice'],
  ['invoice_posting', 'rule_uuid', 'billing_rule'],
] as const;

/** What licences are joined and found by. */
const LICENSES = ['charge', 'license_owner', 'consumption_record'];

/** A run goes without nested loops; here they spare it reading every charge there is. */
const CHECK_POSTINGS = (condition: string) => `
  CREATE OR REPLACE FUNCTION check_posting_invoice() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = on AS $$
  BEGIN
    IF ${condition} THEN
      RAISE EXCEPTION 'An invoice takes postings only while it is a draft, and only of its account, organisation and currency.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_invoice_posting_draft', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
  END $$`;

/**
 * Foreign keys of charges, postings and owners, of which a run writes very many, cost as much as the rows: what they refer
 * to is checked once per statement. As before, what is referred to is not deleted. The parties of a staged export are
 * joined as a whole and never looked up: they need no index. Licences are compared by their bytes, as they are not sorted
 * for people here: by the rules of a language that costs as much again.
 */
export class SpeedUpLedger1795750000002 implements MigrationInterface {
  name = 'SpeedUpLedger1795750000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    // As the check of a foreign key, after the row is locked: who refers to it meanwhile is seen.
    await queryRunner.query(`
      CREATE FUNCTION refuse_deleting_referenced() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        is_referenced boolean;
      BEGIN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = $1)', TG_ARGV[0], TG_ARGV[1])
          INTO is_referenced USING OLD.uuid;
        IF is_referenced THEN
          RAISE EXCEPTION 'Rows of % still refer to it.', TG_ARGV[0]
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_ARGV[0];
        END IF;
        RETURN NULL;
      END $$`);
    for (const [table, column, referenced] of REFERENCES) {
      await queryRunner.query(`ALTER TABLE ${table} DROP CONSTRAINT fk_${table}_${column}`);
      await queryRunner.query(`
        CREATE TRIGGER tr_${referenced}_of_${table} AFTER DELETE ON ${referenced}
        FOR EACH ROW EXECUTE FUNCTION refuse_deleting_referenced('${table}', '${column}')`);
    }
    await queryRunner.query('ALTER TABLE export_staging_bill_to DROP CONSTRAINT pk_export_staging_bill_to');
    await collate(queryRunner, '"C"');
    // The account is that of the month that the writer has locked.
    await queryRunner.query(`
      CREATE FUNCTION check_charge_references() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        referenced text;
        is_missing boolean;
      BEGIN
        FOREACH referenced IN ARRAY ARRAY['customer', 'project', 'resource'] LOOP
          EXECUTE format(
            'SELECT (SELECT count(DISTINCT %2$I) FROM added) <> (
               SELECT count(*)
               FROM (SELECT FROM %1$I WHERE uuid IN (SELECT %2$I FROM added) ORDER BY uuid FOR KEY SHARE) locked
             )',
            referenced, referenced || '_uuid'
          ) INTO is_missing;
          IF is_missing THEN
            RAISE EXCEPTION 'The % of a charge is not there any more.', referenced
              USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
          END IF;
        END LOOP;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_charge_references AFTER INSERT ON charge REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION check_charge_references()`);
    await queryRunner.query(`
      CREATE FUNCTION check_charge_resource() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM resource WHERE uuid = NEW.resource_uuid FOR KEY SHARE;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'The resource of a charge is not there any more.'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_charge_resource AFTER UPDATE OF resource_uuid ON charge FOR EACH ROW
      WHEN (NEW.resource_uuid IS NOT NULL AND NEW.resource_uuid IS DISTINCT FROM OLD.resource_uuid)
      EXECUTE FUNCTION check_charge_resource()`);
    await queryRunner.query(`
      CREATE FUNCTION refuse_changing_charge_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'A charge stays whose it is.'
          USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_charge_keeps_key
      BEFORE UPDATE OF uuid, account_uuid, month, license_reference, customer_uuid, project_uuid, currency ON charge
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_changing_charge_key()`);
    await queryRunner.query(
      CHECK_POSTINGS(`(SELECT count(*) FROM added) <> (
        SELECT count(*) FROM added
        JOIN charge ON charge.uuid = added.charge_uuid
        JOIN invoice ON invoice.uuid = added.invoice_uuid
        JOIN billing_rule rule ON rule.uuid = added.rule_uuid
        WHERE invoice.state = 'pending'
          AND (invoice.account_uuid, invoice.customer_uuid, invoice.currency)
            = (charge.account_uuid, charge.customer_uuid, charge.currency)
      )`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      CHECK_POSTINGS(`EXISTS (
        SELECT FROM added
        JOIN charge ON charge.uuid = added.charge_uuid
        JOIN invoice ON invoice.uuid = added.invoice_uuid
        WHERE invoice.state <> 'pending'
           OR (invoice.account_uuid, invoice.customer_uuid, invoice.currency)
              <> (charge.account_uuid, charge.customer_uuid, charge.currency)
      )`),
    );
    await queryRunner.query('DELETE FROM export_staging_bill_to');
    await queryRunner.query(
      'ALTER TABLE export_staging_bill_to ADD CONSTRAINT pk_export_staging_bill_to PRIMARY KEY (snapshot_uuid, license_reference, arrow_customer)',
    );
    await queryRunner.query('DROP TRIGGER tr_charge_keeps_key ON charge');
    await queryRunner.query('DROP FUNCTION refuse_changing_charge_key()');
    await collate(queryRunner, 'pg_catalog."default"');
    await queryRunner.query('DROP TRIGGER tr_charge_resource ON charge');
    await queryRunner.query('DROP FUNCTION check_charge_resource()');
    await queryRunner.query('DROP TRIGGER tr_charge_references ON charge');
    await queryRunner.query('DROP FUNCTION check_charge_references()');
    for (const [table, column, referenced] of REFERENCES) {
      await queryRunner.query(`DROP TRIGGER tr_${referenced}_of_${table} ON ${referenced}`);
      await queryRunner.query(
        `ALTER TABLE ${table} ADD CONSTRAINT fk_${table}_${column} FOREIGN KEY (${column}) REFERENCES ${referenced} (uuid) ON DELETE RESTRICT ON UPDATE NO ACTION`,
      );
    }
    await queryRunner.query('DROP FUNCTION refuse_deleting_referenced()');
  }
}

async function collate(queryRunner: QueryRunner, collation: string): Promise<void> {
  for (const table of LICENSES)
    await queryRunner.query(
      `ALTER TABLE ${table} ALTER COLUMN license_reference TYPE character varying(255) COLLATE ${collation}`,
    );
}
