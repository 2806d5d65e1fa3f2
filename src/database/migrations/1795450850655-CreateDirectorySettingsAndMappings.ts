import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateDirectorySettingsAndMappings1795450850655 implements MigrationInterface {
  name = 'CreateDirectorySettingsAndMappings1795450850655';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "customer" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "name" character varying(150) NOT NULL, "abbreviation" character varying(12) NOT NULL DEFAULT '', "native_name" character varying(160) NOT NULL DEFAULT '', "email" character varying(75) NOT NULL DEFAULT '', "backend_id" character varying(255) NOT NULL DEFAULT '', "registration_code" character varying(160) NOT NULL DEFAULT '', "country" character varying(2) NOT NULL DEFAULT '', CONSTRAINT "ck_customer_name_not_blank" CHECK (btrim(name) <> ''), CONSTRAINT "pk_customer" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_customer_created_uuid" ON "customer" ("created", "uuid")`);
    await queryRunner.query(`CREATE INDEX "ix_customer_name_uuid" ON "customer" ("name", "uuid")`);
    await queryRunner.query(
      `CREATE TABLE "plan" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "name" character varying(150) NOT NULL, "unit" character varying(16) NOT NULL DEFAULT 'month', "offering_uuid" uuid NOT NULL, CONSTRAINT "uq_plan_uuid_offering_uuid" UNIQUE ("uuid", "offering_uuid"), CONSTRAINT "ck_plan_unit" CHECK (unit IN ('month', 'half_month', 'day', 'hour', 'quantity')), CONSTRAINT "ck_plan_name_not_blank" CHECK (btrim(name) <> ''), CONSTRAINT "pk_plan" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_plan_offering_uuid" ON "plan" ("offering_uuid")`);
    await queryRunner.query(
      `CREATE TABLE "offering" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "name" character varying(150) NOT NULL, "type" character varying(100) NOT NULL DEFAULT 'Marketplace.Basic', "state" character varying(16) NOT NULL DEFAULT 'Active', "customer_uuid" uuid, CONSTRAINT "ck_offering_state" CHECK (state IN ('Draft', 'Active', 'Paused', 'Archived', 'Unavailable')), CONSTRAINT "ck_offering_name_not_blank" CHECK (btrim(name) <> ''), CONSTRAINT "pk_offering" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_offering_created_uuid" ON "offering" ("created", "uuid")`);
    await queryRunner.query(
      `CREATE TABLE "project" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "name" character varying(500) NOT NULL, "customer_uuid" uuid NOT NULL, CONSTRAINT "ck_project_name_not_blank" CHECK (btrim(name) <> ''), CONSTRAINT "pk_project" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_project_created_uuid" ON "project" ("created", "uuid")`);
    await queryRunner.query(`CREATE INDEX "ix_project_customer_uuid" ON "project" ("customer_uuid")`);
    await queryRunner.query(
      `CREATE TABLE "core_user" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "username" character varying(128) NOT NULL, "email" character varying(254) NOT NULL DEFAULT '', "first_name" character varying(100) NOT NULL DEFAULT '', "last_name" character varying(100) NOT NULL DEFAULT '', "is_staff" boolean NOT NULL DEFAULT false, "is_support" boolean NOT NULL DEFAULT false, "is_active" boolean NOT NULL DEFAULT true, "token_hash" character(64), CONSTRAINT "uq_core_user_token_hash" UNIQUE ("token_hash"), CONSTRAINT "uq_core_user_username" UNIQUE ("username"), CONSTRAINT "pk_core_user" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "resource" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "name" character varying(150) NOT NULL, "backend_id" character varying(255) NOT NULL DEFAULT '', "state" character varying(16) NOT NULL DEFAULT 'OK', "project_uuid" uuid NOT NULL, "offering_uuid" uuid NOT NULL, "plan_uuid" uuid, CONSTRAINT "ck_resource_state" CHECK (state IN ('Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated')), CONSTRAINT "ck_resource_name_not_blank" CHECK (btrim(name) <> ''), CONSTRAINT "pk_resource" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_resource_created_uuid" ON "resource" ("created", "uuid")`);
    await queryRunner.query(`CREATE INDEX "ix_resource_backend_id" ON "resource" ("backend_id")`);
    await queryRunner.query(`CREATE INDEX "ix_resource_offering_uuid" ON "resource" ("offering_uuid")`);
    await queryRunner.query(`CREATE INDEX "ix_resource_project_uuid" ON "resource" ("project_uuid")`);
    await queryRunner.query(
      `CREATE TABLE "marketplace_order" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "type" character varying(16) NOT NULL DEFAULT 'Create', "state" character varying(16) NOT NULL, "resource_uuid" uuid NOT NULL, "created_by_uuid" uuid, "completed_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "ck_marketplace_order_state" CHECK (state IN ('pending-provider', 'executing', 'done', 'erred', 'canceled', 'rejected')), CONSTRAINT "ck_marketplace_order_type" CHECK (type IN ('Create', 'Update', 'Terminate')), CONSTRAINT "pk_marketplace_order" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_marketplace_order_created_uuid" ON "marketplace_order" ("created", "uuid")`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_marketplace_order_resource_uuid" ON "marketplace_order" ("resource_uuid")`,
    );
    await queryRunner.query(
      `CREATE TABLE "arrow_settings" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "api_url" character varying(255) NOT NULL, "encrypted_api_key" text NOT NULL, "key_hint" character varying(4) NOT NULL, "key_changed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "export_type_reference" character varying(255) NOT NULL DEFAULT '', "classification_filter" character varying(50) NOT NULL DEFAULT 'IAAS', "is_active" boolean NOT NULL DEFAULT true, "sync_enabled" boolean NOT NULL DEFAULT false, "partner_reference" character varying(255) NOT NULL DEFAULT '', "partner_name" character varying(255) NOT NULL DEFAULT '', "invoice_price_source" character varying(10) NOT NULL DEFAULT 'sell', "invoice_item_prefix" character varying(100) NOT NULL DEFAULT 'Arrow consumption', CONSTRAINT "ck_arrow_settings_price_source" CHECK (invoice_price_source IN ('sell', 'buy')), CONSTRAINT "pk_arrow_settings" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_arrow_settings_created_uuid" ON "arrow_settings" ("created", "uuid")`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_arrow_settings_active" ON "arrow_settings" ("is_active") WHERE is_active`,
    );
    await queryRunner.query(
      `CREATE TABLE "customer_mapping" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "settings_uuid" uuid NOT NULL, "arrow_reference" character varying(255) NOT NULL, "arrow_company_name" character varying(500) NOT NULL DEFAULT '', "waldur_customer_uuid" uuid NOT NULL, "is_active" boolean NOT NULL DEFAULT true, CONSTRAINT "uq_customer_mapping_arrow_reference_settings" UNIQUE ("arrow_reference", "settings_uuid"), CONSTRAINT "ck_customer_mapping_arrow_reference_not_blank" CHECK (btrim(arrow_reference) <> ''), CONSTRAINT "pk_customer_mapping" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_customer_mapping_waldur_customer_uuid" ON "customer_mapping" ("waldur_customer_uuid")`,
    );
    await queryRunner.query(`CREATE INDEX "ix_customer_mapping_settings_uuid" ON "customer_mapping" ("settings_uuid")`);
    await queryRunner.query(
      `CREATE INDEX "ix_customer_mapping_created_uuid" ON "customer_mapping" ("created", "uuid")`,
    );
    await queryRunner.query(
      `ALTER TABLE "plan" ADD CONSTRAINT "fk_plan_offering_uuid" FOREIGN KEY ("offering_uuid") REFERENCES "offering"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "offering" ADD CONSTRAINT "fk_offering_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "project" ADD CONSTRAINT "fk_project_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "resource" ADD CONSTRAINT "fk_resource_project_uuid" FOREIGN KEY ("project_uuid") REFERENCES "project"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "resource" ADD CONSTRAINT "fk_resource_offering_uuid" FOREIGN KEY ("offering_uuid") REFERENCES "offering"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "resource" ADD CONSTRAINT "fk_resource_plan_of_offering" FOREIGN KEY ("plan_uuid", "offering_uuid") REFERENCES "plan"("uuid","offering_uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "marketplace_order" ADD CONSTRAINT "fk_marketplace_order_resource_uuid" FOREIGN KEY ("resource_uuid") REFERENCES "resource"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "marketplace_order" ADD CONSTRAINT "fk_marketplace_order_created_by_uuid" FOREIGN KEY ("created_by_uuid") REFERENCES "core_user"("uuid") ON DELETE SET NULL ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "customer_mapping" ADD CONSTRAINT "fk_customer_mapping_settings_uuid" FOREIGN KEY ("settings_uuid") REFERENCES "arrow_settings"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "customer_mapping" ADD CONSTRAINT "fk_customer_mapping_waldur_customer_uuid" FOREIGN KEY ("waldur_customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "customer_mapping" DROP CONSTRAINT "fk_customer_mapping_waldur_customer_uuid"`,
    );
    await queryRunner.query(`ALTER TABLE "customer_mapping" DROP CONSTRAINT "fk_customer_mapping_settings_uuid"`);
    await queryRunner.query(`ALTER TABLE "marketplace_order" DROP CONSTRAINT "fk_marketplace_order_created_by_uuid"`);
    await queryRunner.query(`ALTER TABLE "marketplace_order" DROP CONSTRAINT "fk_marketplace_order_resource_uuid"`);
    await queryRunner.query(`ALTER TABLE "resource" DROP CONSTRAINT "fk_resource_plan_of_offering"`);
    await queryRunner.query(`ALTER TABLE "resource" DROP CONSTRAINT "fk_resource_offering_uuid"`);
    await queryRunner.query(`ALTER TABLE "resource" DROP CONSTRAINT "fk_resource_project_uuid"`);
    await queryRunner.query(`ALTER TABLE "project" DROP CONSTRAINT "fk_project_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "offering" DROP CONSTRAINT "fk_offering_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "plan" DROP CONSTRAINT "fk_plan_offering_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_customer_mapping_created_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_customer_mapping_settings_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_customer_mapping_waldur_customer_uuid"`);
    await queryRunner.query(`DROP TABLE "customer_mapping"`);
    await queryRunner.query(`DROP INDEX "uq_arrow_settings_active"`);
    await queryRunner.query(`DROP INDEX "ix_arrow_settings_created_uuid"`);
    await queryRunner.query(`DROP TABLE "arrow_settings"`);
    await queryRunner.query(`DROP INDEX "ix_marketplace_order_resource_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_marketplace_order_created_uuid"`);
    await queryRunner.query(`DROP TABLE "marketplace_order"`);
    await queryRunner.query(`DROP INDEX "ix_resource_project_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_resource_offering_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_resource_backend_id"`);
    await queryRunner.query(`DROP INDEX "ix_resource_created_uuid"`);
    await queryRunner.query(`DROP TABLE "resource"`);
    await queryRunner.query(`DROP TABLE "core_user"`);
    await queryRunner.query(`DROP INDEX "ix_project_customer_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_project_created_uuid"`);
    await queryRunner.query(`DROP TABLE "project"`);
    await queryRunner.query(`DROP INDEX "ix_offering_created_uuid"`);
    await queryRunner.query(`DROP TABLE "offering"`);
    await queryRunner.query(`DROP INDEX "ix_plan_offering_uuid"`);
    await queryRunner.query(`DROP TABLE "plan"`);
    await queryRunner.query(`DROP INDEX "ix_customer_name_uuid"`);
    await queryRunner.query(`DROP INDEX "ix_customer_created_uuid"`);
    await queryRunner.query(`DROP TABLE "customer"`);
  }
}
