import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddVendorOfferingMappings1795452096500 implements MigrationInterface {
  name = 'AddVendorOfferingMappings1795452096500';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "vendor_offering_mapping" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "settings_uuid" uuid NOT NULL, "arrow_vendor_name" character varying(255) NOT NULL, "offering_uuid" uuid NOT NULL, "plan_uuid" uuid, "is_active" boolean NOT NULL DEFAULT true, CONSTRAINT "uq_vendor_offering_mapping_settings_arrow_vendor_name" UNIQUE ("settings_uuid", "arrow_vendor_name"), CONSTRAINT "ck_vendor_offering_mapping_arrow_vendor_name_not_blank" CHECK (btrim(arrow_vendor_name) <> ''), CONSTRAINT "pk_vendor_offering_mapping" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_vendor_offering_mapping_plan_uuid" ON "vendor_offering_mapping" ("plan_uuid")`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_vendor_offering_mapping_offering_uuid" ON "vendor_offering_mapping" ("offering_uuid")`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_vendor_offering_mapping_created_uuid" ON "vendor_offering_mapping" ("created", "uuid")`,
    );
    await queryRunner.query(
      `ALTER TABLE "vendor_offering_mapping" ADD CONSTRAINT "fk_vendor_offering_mapping_settings_uuid" FOREIGN KEY ("settings_uuid") REFERENCES "arrow_settings"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "vendor_offering_mapping" ADD CONSTRAINT "fk_vendor_offering_mapping_offering_uuid" FOREIGN KEY ("offering_uuid") REFERENCES "offering"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "vendor_offering_mapping" ADD CONSTRAINT "fk_vendor_offering_mapping_plan_of_offering" FOREIGN KEY ("plan_uuid", "offering_uuid") REFERENCES "plan"("uuid","offering_uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "vendor_offering_mapping" DROP CONSTRAINT "fk_vendor_offering_mapping_plan_of_offering"`,
    );
    await queryRunner.query(
      `ALTER TABLE "vendor_offering_mapping" DROP CONSTRAINT "fk_vendor_offering_mapping_offering_uuid"`,
    );
    await queryRunner.query(
      `ALTER TABLE "vendor_offering_mapping" DROP CONSTRAINT "fk_vendor_offering_mapping_settings_uuid"`,
    );
    await queryRunner.query(`DROP INDEX "ix_vendor_offering_mapping_created_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_vendor_offering_mapping_offering_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_vendor_offering_mapping_plan_uuid"`);
    await queryRunner.query(`DROP TABLE "vendor_offering_mapping"`);
  }
}
