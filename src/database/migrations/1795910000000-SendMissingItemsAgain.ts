import type { MigrationInterface, QueryRunner } from 'typeorm';

const IS_MOVING = `coalesce(current_setting('waldur_arrow.moving', true), '') = 'on'`;

const staysSent = (unless: string) => `
  CREATE TRIGGER tr_pushed_item_stays_sent BEFORE UPDATE ON pushed_item FOR EACH ROW
  WHEN (
    (
      (OLD.charge_uuid, OLD.after_revision, OLD.revision, OLD.posting_uuid, OLD.customer_uuid, OLD.charge_month, OLD.name, OLD.currency, OLD.amount)
        <> (NEW.charge_uuid, NEW.after_revision, NEW.revision, NEW.posting_uuid, NEW.customer_uuid, NEW.charge_month, NEW.name, NEW.currency, NEW.amount)
      OR OLD.state = 'sent' AND ((NEW.state <> 'sent'${unless}) OR NEW.invoice_month <> OLD.invoice_month)
    ) AND NOT ${IS_MOVING}
  )
  EXECUTE FUNCTION refuse_changing_pushed_item()`;

/** What was put on an invoice of Waldur and was seen to be gone from there may be sent once more. */
export class SendMissingItemsAgain1795910000000 implements MigrationInterface {
  name = 'SendMissingItemsAgain1795910000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER tr_pushed_item_stays_sent ON pushed_item');
    await queryRunner.query(
      staysSent(` AND NOT (NEW.state = 'intended' AND OLD.seen_at IS NOT NULL AND OLD.seen_amount IS NULL)`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER tr_pushed_item_stays_sent ON pushed_item');
    await queryRunner.query(staysSent(''));
  }
}
