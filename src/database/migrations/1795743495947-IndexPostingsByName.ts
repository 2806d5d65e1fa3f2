import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Items of an invoice are read in the order of their names, page after page, however many there are. */
export class IndexPostingsByName1795743495947 implements MigrationInterface {
  name = 'IndexPostingsByName1795743495947';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_invoice_posting_invoice_uuid');
    await queryRunner.query(
      'CREATE INDEX ix_invoice_posting_invoice_uuid_name_uuid ON invoice_posting (invoice_uuid, name, uuid)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_invoice_posting_invoice_uuid_name_uuid');
    await queryRunner.query('CREATE INDEX ix_invoice_posting_invoice_uuid ON invoice_posting (invoice_uuid)');
  }
}
