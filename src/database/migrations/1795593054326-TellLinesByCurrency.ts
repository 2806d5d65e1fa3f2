import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lines of one key in two currencies are two lines, and what is posted for a charge is counted per currency. */
export class TellLinesByCurrency1795593054326 implements MigrationInterface {
  name = 'TellLinesByCurrency1795593054326';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "billing_sync_item" DROP CONSTRAINT "uq_billing_sync_item_line"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "uq_invoice_posting_charge_revision"`);
    await queryRunner.query(
      `ALTER TABLE "billing_sync_item" ADD CONSTRAINT "uq_billing_sync_item_line" UNIQUE ("account_uuid", "month", "license_reference", "arrow_line_reference", "currency", "occurrence")`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "uq_invoice_posting_charge_revision" UNIQUE ("account_uuid", "month", "charge_key", "currency", "revision")`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "uq_invoice_posting_charge_revision"`);
    await queryRunner.query(`ALTER TABLE "billing_sync_item" DROP CONSTRAINT "uq_billing_sync_item_line"`);
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "uq_invoice_posting_charge_revision" UNIQUE ("account_uuid", "month", "charge_key", "revision")`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_sync_item" ADD CONSTRAINT "uq_billing_sync_item_line" UNIQUE ("account_uuid", "month", "license_reference", "arrow_line_reference", "occurrence")`,
    );
  }
}
