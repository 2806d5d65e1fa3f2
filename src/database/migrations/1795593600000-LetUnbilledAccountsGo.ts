import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A billing account without bills goes with its settings. Where the partner has other settings, its account is handed
 * on to them instead, so that the rules it is billed by stay.
 */
export class LetUnbilledAccountsGo1795593600000 implements MigrationInterface {
  name = 'LetUnbilledAccountsGo1795593600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "billing_account" DROP CONSTRAINT "fk_billing_account_settings_uuid"');
    await queryRunner.query(
      `ALTER TABLE "billing_account" ADD CONSTRAINT "fk_billing_account_settings_uuid" FOREIGN KEY ("settings_uuid") REFERENCES "arrow_settings"("uuid") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
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
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER tr_arrow_settings_hand_billing_account_on ON arrow_settings');
    await queryRunner.query('DROP FUNCTION hand_billing_account_on()');
    await queryRunner.query('ALTER TABLE "billing_account" DROP CONSTRAINT "fk_billing_account_settings_uuid"');
    await queryRunner.query(
      `ALTER TABLE "billing_account" ADD CONSTRAINT "fk_billing_account_settings_uuid" FOREIGN KEY ("settings_uuid") REFERENCES "arrow_settings"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
  }
}
