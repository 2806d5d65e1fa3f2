import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddLicenseLinks1795452834364 implements MigrationInterface {
  name = 'AddLicenseLinks1795452834364';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "license_link" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "number" BIGSERIAL NOT NULL, "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "kind" character varying(8) NOT NULL, "resource_uuid" uuid NOT NULL, "mapping_uuid" uuid NOT NULL, "arrow_reference" character varying(255) NOT NULL, "license_reference" character varying(255) NOT NULL DEFAULT '', "previous_license_reference" character varying(255) NOT NULL DEFAULT '', "verified" boolean, "actor_uuid" uuid NOT NULL, "actor_username" character varying(128) NOT NULL, "reverts_uuid" uuid, CONSTRAINT "ck_license_link_kind" CHECK (kind IN ('link', 'import', 'unlink', 'revert')), CONSTRAINT "pk_license_link" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_license_link_reverts_uuid" ON "license_link" ("reverts_uuid")`);
    await queryRunner.query(`CREATE INDEX "ix_license_link_actor_uuid" ON "license_link" ("actor_uuid")`);
    await queryRunner.query(`CREATE INDEX "ix_license_link_mapping_uuid" ON "license_link" ("mapping_uuid")`);
    await queryRunner.query(
      `CREATE INDEX "ix_license_link_previous_license_reference" ON "license_link" ("previous_license_reference")`,
    );
    await queryRunner.query(`CREATE INDEX "ix_license_link_license_reference" ON "license_link" ("license_reference")`);
    await queryRunner.query(
      `CREATE INDEX "ix_license_link_resource_uuid_number" ON "license_link" ("resource_uuid", "number")`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_license_link_number" ON "license_link" ("number")`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_resource_live_license" ON "resource" ("backend_id") WHERE backend_id <> '' AND state <> 'Terminated'`,
    );
    await queryRunner.query(
      `ALTER TABLE "license_link" ADD CONSTRAINT "fk_license_link_resource_uuid" FOREIGN KEY ("resource_uuid") REFERENCES "resource"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "license_link" ADD CONSTRAINT "fk_license_link_reverts_uuid" FOREIGN KEY ("reverts_uuid") REFERENCES "license_link"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    // A ledger that can be rewritten proves nothing.
    await queryRunner.query(`CREATE FUNCTION refuse_to_change_license_link() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION 'license_link is only ever added to' USING ERRCODE = 'restrict_violation'; END $$`);
    await queryRunner.query(`CREATE TRIGGER license_link_is_append_only BEFORE UPDATE OR DELETE ON "license_link"
          FOR EACH ROW EXECUTE FUNCTION refuse_to_change_license_link()`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER license_link_is_append_only ON "license_link"`);
    await queryRunner.query(`DROP FUNCTION refuse_to_change_license_link()`);
    await queryRunner.query(`ALTER TABLE "license_link" DROP CONSTRAINT "fk_license_link_reverts_uuid"`);
    await queryRunner.query(`ALTER TABLE "license_link" DROP CONSTRAINT "fk_license_link_resource_uuid"`);
    await queryRunner.query(`DROP INDEX "uq_resource_live_license"`);
    await queryRunner.query(`DROP INDEX "uq_license_link_number"`);
    await queryRunner.query(`DROP INDEX "ix_license_link_resource_uuid_number"`);
    await queryRunner.query(`DROP INDEX "ix_license_link_license_reference"`);
    await queryRunner.query(`DROP INDEX "ix_license_link_previous_license_reference"`);
    await queryRunner.query(`DROP INDEX "ix_license_link_mapping_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_license_link_actor_uuid"`);
    await queryRunner.query(`DROP INDEX "uq_license_link_reverts_uuid"`);
    await queryRunner.query(`DROP TABLE "license_link"`);
  }
}
