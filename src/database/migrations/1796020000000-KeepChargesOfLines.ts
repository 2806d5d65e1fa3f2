import type { MigrationInterface, QueryRunner } from 'typeorm';

const checked = (check: string) => `
  ALTER TABLE billing_sync_item
    DROP CONSTRAINT ck_billing_sync_item_charge,
    ADD CONSTRAINT ck_billing_sync_item_charge CHECK (${check})`;

/** A line that is not charged any more keeps the charge that it counted towards, as one that is gone does. */
export class KeepChargesOfLines1796020000000 implements MigrationInterface {
  name = 'KeepChargesOfLines1796020000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(checked(`presence = 'missing' OR status <> 'billable' OR charge_uuid IS NOT NULL`));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `UPDATE billing_sync_item SET charge_uuid = NULL WHERE presence = 'present' AND status <> 'billable'`,
    );
    await queryRunner.query(checked(`presence = 'missing' OR (status = 'billable') = (charge_uuid IS NOT NULL)`));
  }
}
