import type { MigrationInterface, QueryRunner } from 'typeorm';

const IS_MOVING = `coalesce(current_setting('waldur_arrow.moving', true), '') = 'on'`;

/** What is never changed otherwise, and what of it moves. */
const MOVED = [
  ['license_link', 'resource_uuid'],
  ['invoice', 'customer_uuid'],
  ['pushed_item', 'customer_uuid'],
] as const;

const links = (when: string) => `
  CREATE TRIGGER license_link_is_append_only BEFORE UPDATE OR DELETE ON license_link
  FOR EACH ROW ${when} EXECUTE FUNCTION refuse_to_change_license_link()`;

const invoices = (when: string) => `
  CREATE TRIGGER tr_invoice_stays_issued BEFORE UPDATE ON invoice FOR EACH ROW
  WHEN (
    (
      (OLD.account_uuid, OLD.customer_uuid, OLD.month, OLD.currency) <> (NEW.account_uuid, NEW.customer_uuid, NEW.month, NEW.currency)
      OR OLD.state <> 'pending' AND (
        NEW.state = 'pending'
        OR (OLD.number, OLD.document, OLD.invoice_date, OLD.due_date) IS DISTINCT FROM (NEW.number, NEW.document, NEW.invoice_date, NEW.due_date)
      )
    )${when}
  )
  EXECUTE FUNCTION refuse_changing_issued_invoice()`;

const pushedItems = (when: string) => `
  CREATE TRIGGER tr_pushed_item_stays_sent BEFORE UPDATE ON pushed_item FOR EACH ROW
  WHEN (
    (
      (OLD.charge_uuid, OLD.after_revision, OLD.revision, OLD.posting_uuid, OLD.customer_uuid, OLD.charge_month, OLD.name, OLD.currency, OLD.amount)
        <> (NEW.charge_uuid, NEW.after_revision, NEW.revision, NEW.posting_uuid, NEW.customer_uuid, NEW.charge_month, NEW.name, NEW.currency, NEW.amount)
      OR OLD.state = 'sent' AND (NEW.state <> 'sent' OR NEW.invoice_month <> OLD.invoice_month)
    )${when}
  )
  EXECUTE FUNCTION refuse_changing_pushed_item()`;

/**
 * A directory that is kept here may become Waldur's, and become ours again: what that would do, and what it did. A
 * transaction that says that it moves the directory may replace which resource a link is of and which organisation an
 * invoice or an item that was pushed to Waldur is for, and nothing else of them.
 */
export class MoveDirectory1795880000000 implements MigrationInterface {
  name = 'MoveDirectory1795880000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE directory_move (
        uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        created timestamp(3) with time zone NOT NULL DEFAULT now(),
        modified timestamp(3) with time zone NOT NULL DEFAULT now(),
        direction character varying(3) NOT NULL,
        requested_by character varying(300) NOT NULL,
        state character varying(16) NOT NULL DEFAULT 'waiting',
        problem text NOT NULL DEFAULT '',
        job_uuid uuid,
        applied_at timestamp(3) with time zone,
        CONSTRAINT pk_directory_move PRIMARY KEY (uuid),
        CONSTRAINT ck_directory_move_direction CHECK (direction IN ('in', 'out')),
        CONSTRAINT ck_directory_move_state CHECK (state IN ('waiting', 'previewed', 'applied', 'failed'))
      )`);
    await queryRunner.query('CREATE INDEX ix_directory_move_created_uuid ON directory_move (created, uuid)');
    await queryRunner.query(`
      CREATE TABLE directory_move_row (
        move_uuid uuid NOT NULL,
        uuid uuid NOT NULL,
        kind character varying(16) NOT NULL,
        name text NOT NULL,
        outcome character varying(16) NOT NULL,
        waldur_uuid uuid,
        matched_by text NOT NULL,
        reason text NOT NULL,
        here jsonb,
        there jsonb,
        CONSTRAINT pk_directory_move_row PRIMARY KEY (move_uuid, uuid)
      )`);
    await queryRunner.query(`
      CREATE FUNCTION refuse_all_but_moving() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - TG_ARGV[0] = to_jsonb(NEW) - TG_ARGV[0] THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'Moving the directory changes nothing of % but %', TG_TABLE_NAME, TG_ARGV[0]
          USING ERRCODE = 'restrict_violation';
      END $$`);
    await queryRunner.query('DROP TRIGGER license_link_is_append_only ON license_link');
    await queryRunner.query(links(`WHEN (NOT ${IS_MOVING})`));
    await queryRunner.query('DROP TRIGGER tr_invoice_stays_issued ON invoice');
    await queryRunner.query(invoices(` AND NOT ${IS_MOVING}`));
    await queryRunner.query('DROP TRIGGER tr_pushed_item_stays_sent ON pushed_item');
    await queryRunner.query(pushedItems(` AND NOT ${IS_MOVING}`));
    for (const [table, column] of MOVED)
      await queryRunner.query(`
        CREATE TRIGGER tr_${table}_moves BEFORE UPDATE OR DELETE ON ${table}
        FOR EACH ROW WHEN (${IS_MOVING}) EXECUTE FUNCTION refuse_all_but_moving('${column}')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table] of MOVED) await queryRunner.query(`DROP TRIGGER tr_${table}_moves ON ${table}`);
    await queryRunner.query('DROP TRIGGER tr_invoice_stays_issued ON invoice');
    await queryRunner.query(invoices(''));
    await queryRunner.query('DROP TRIGGER tr_pushed_item_stays_sent ON pushed_item');
    await queryRunner.query(pushedItems(''));
    await queryRunner.query('DROP TRIGGER license_link_is_append_only ON license_link');
    await queryRunner.query(links(''));
    await queryRunner.query('DROP FUNCTION refuse_all_but_moving()');
    await queryRunner.query('DROP TABLE directory_move_row, directory_move');
  }
}
