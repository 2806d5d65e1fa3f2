import { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateBilling1795743495945 implements MigrationInterface {
  name = 'CreateBilling1795743495945';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "billing_account" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "partner_reference" character varying(255), "settings_uuid" uuid NOT NULL, "time_zone" character varying(64) NOT NULL DEFAULT 'UTC', "grace_days" smallint NOT NULL DEFAULT '3', "shrinkage_share" numeric(4,3) NOT NULL DEFAULT 0.2, "last_invoice_number" integer NOT NULL DEFAULT '0', "open_months" smallint NOT NULL DEFAULT '3', "billing_paused" boolean NOT NULL DEFAULT false, "consumption_paused" boolean NOT NULL DEFAULT false, "paused_by" character varying(150) NOT NULL DEFAULT '', "pause_reason" character varying(500) NOT NULL DEFAULT '', "paused_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "ck_billing_account_open_months" CHECK (open_months BETWEEN 1 AND 12), CONSTRAINT "ck_billing_account_shrinkage_share" CHECK (shrinkage_share BETWEEN 0 AND 1), CONSTRAINT "ck_billing_account_grace_days" CHECK (grace_days BETWEEN 0 AND 60), CONSTRAINT "pk_billing_account" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_billing_account_settings_uuid" ON "billing_account"  ("settings_uuid") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_billing_account_settings_without_partner" ON "billing_account"  ("settings_uuid") WHERE partner_reference IS NULL`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_billing_account_partner_reference" ON "billing_account"  ("partner_reference") `,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_switch" ("name" character varying(32) NOT NULL, "enabled" boolean NOT NULL, "changed_by" character varying(150) NOT NULL DEFAULT '', "changed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_billing_switch" PRIMARY KEY ("name"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_rule" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "valid_from" date NOT NULL, "charge_mode" character varying(32) NOT NULL DEFAULT 'provisional_then_final', "price_source" character varying(4) NOT NULL DEFAULT 'sell', "classification_filter" character varying(50) NOT NULL DEFAULT '', "number_locale" character varying(8) NOT NULL DEFAULT 'point', "default_currency" character varying(3) NOT NULL DEFAULT 'EUR', "tax_percent" numeric(5,2) NOT NULL DEFAULT '0', "changed_by" character varying(150) NOT NULL DEFAULT '', CONSTRAINT "uq_billing_rule_account_valid_from" UNIQUE ("account_uuid", "valid_from"), CONSTRAINT "ck_billing_rule_tax_percent" CHECK (tax_percent BETWEEN 0 AND 100), CONSTRAINT "ck_billing_rule_number_locale" CHECK (number_locale IN ('point', 'comma')), CONSTRAINT "ck_billing_rule_price_source" CHECK (price_source IN ('sell', 'buy')), CONSTRAINT "ck_billing_rule_charge_mode" CHECK (charge_mode IN ('provisional_then_final', 'final_only')), CONSTRAINT "ck_billing_rule_valid_from_is_first_day" CHECK (extract(day from valid_from) = 1), CONSTRAINT "pk_billing_rule" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "invoice" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "customer_uuid" uuid NOT NULL, "month" date NOT NULL, "currency" character varying(3) NOT NULL, "number" integer, "state" character varying(16) NOT NULL DEFAULT 'pending', "invoice_date" date, "due_date" date, "issued_at" TIMESTAMP(3) WITH TIME ZONE, "paid_at" TIMESTAMP(3) WITH TIME ZONE, "changed_by" character varying(150) NOT NULL DEFAULT '', "document" jsonb, CONSTRAINT "uq_invoice_account_number" UNIQUE ("account_uuid", "number"), CONSTRAINT "uq_invoice_account_customer_month_currency" UNIQUE ("account_uuid", "customer_uuid", "month", "currency"), CONSTRAINT "ck_invoice_issued_is_complete" CHECK ((state = 'pending') = (number IS NULL AND document IS NULL AND issued_at IS NULL)), CONSTRAINT "ck_invoice_month_is_first_day" CHECK (extract(day from month) = 1), CONSTRAINT "ck_invoice_state" CHECK (state IN ('pending', 'created', 'paid', 'canceled')), CONSTRAINT "pk_invoice" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_invoice_created_uuid" ON "invoice"  ("created", "uuid") `);
    await queryRunner.query(`CREATE INDEX "ix_invoice_month_uuid" ON "invoice"  ("month", "uuid") `);
    await queryRunner.query(`CREATE INDEX "ix_invoice_customer_uuid_month" ON "invoice"  ("customer_uuid", "month") `);
    await queryRunner.query(
      `CREATE TABLE "license_owner" ("account_uuid" uuid NOT NULL, "license_reference" character varying(255) NOT NULL, "seen_from" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "customer_reference" character varying(255) NOT NULL, CONSTRAINT "pk_license_owner" PRIMARY KEY ("account_uuid", "license_reference", "seen_from"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "export_snapshot" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "number" SERIAL NOT NULL, "export_type_reference" character varying(255) NOT NULL, "state" character varying(16) NOT NULL DEFAULT 'fetching', "fetched_by" character varying(150) NOT NULL, "completed_at" TIMESTAMP(3) WITH TIME ZONE, "rows" integer NOT NULL DEFAULT '0', "pages" text array NOT NULL DEFAULT '{}', "hash" character varying(64) NOT NULL DEFAULT '', "error_message" text NOT NULL DEFAULT '', CONSTRAINT "ck_export_snapshot_state" CHECK (state IN ('fetching', 'complete', 'failed', 'refused', 'accepted')), CONSTRAINT "pk_export_snapshot" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_export_snapshot_account_uuid_month_number" ON "export_snapshot"  ("account_uuid", "month", "number") `,
    );
    await queryRunner.query(
      `CREATE TABLE "export_page" ("hash" character varying(64) NOT NULL, "rows" integer NOT NULL, "content" bytea NOT NULL, CONSTRAINT "pk_export_page" PRIMARY KEY ("hash"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_month" ("account_uuid" uuid NOT NULL, "month" date NOT NULL, "snapshot_number" integer NOT NULL DEFAULT '0', "snapshot_uuid" uuid, "fingerprint" character varying(64) NOT NULL DEFAULT '', "largest_export" jsonb, "tie_out" jsonb, "applied_at" TIMESTAMP(3) WITH TIME ZONE, "settled_at" TIMESTAMP(3) WITH TIME ZONE, "error_message" text NOT NULL DEFAULT '', CONSTRAINT "pk_billing_month" PRIMARY KEY ("account_uuid", "month"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "charge" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "kind" character varying(16) NOT NULL DEFAULT 'license', "license_reference" character varying(255) NOT NULL, "customer_uuid" uuid NOT NULL, "project_uuid" uuid, "currency" character varying(3) NOT NULL, "resource_uuid" uuid, "arrow_customer" character varying(255) NOT NULL DEFAULT '', "name" character varying(255) NOT NULL DEFAULT '', "start" date NOT NULL, "end" date NOT NULL, "lines_sell" numeric(22,10) NOT NULL DEFAULT '0', "lines_buy" numeric(22,10) NOT NULL DEFAULT '0', "line_count" integer NOT NULL DEFAULT '0', "target" numeric(22,10) NOT NULL DEFAULT '0', "rounded" numeric(22,10) NOT NULL DEFAULT '0', "basis" character varying(16) NOT NULL DEFAULT 'lines', "held_reason" character varying(40) NOT NULL DEFAULT '', "closed_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "ck_charge_held_has_reason" CHECK ((basis = 'held') = (held_reason <> '')), CONSTRAINT "ck_charge_rounding_without_license" CHECK ((kind = 'rounding') = (license_reference = '')), CONSTRAINT "ck_charge_month_is_first_day" CHECK (extract(day from month) = 1), CONSTRAINT "ck_charge_basis" CHECK (basis IN ('lines', 'consumption', 'waiting', 'taken_back', 'held')), CONSTRAINT "ck_charge_kind" CHECK (kind IN ('license', 'rounding')), CONSTRAINT "pk_charge" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_charge_customer_month" ON "charge"  ("customer_uuid", "month") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_charge_key_without_project" ON "charge"  ("account_uuid", "month", "license_reference", "customer_uuid", "currency") WHERE project_uuid IS NULL`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_charge_key_with_project" ON "charge"  ("account_uuid", "month", "license_reference", "customer_uuid", "project_uuid", "currency") WHERE project_uuid IS NOT NULL`,
    );
    await queryRunner.query(
      `CREATE TABLE "invoice_posting" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "charge_uuid" uuid NOT NULL, "revision" integer NOT NULL, "kind" character varying(16) NOT NULL, "amount" numeric(22,10) NOT NULL, "target" numeric(22,10) NOT NULL, "basis" character varying(16) NOT NULL, "invoice_uuid" uuid NOT NULL, "corrects_invoice_uuid" uuid, "rule_uuid" uuid NOT NULL, "tax_percent" numeric(5,2) NOT NULL, "name" character varying(255) NOT NULL, "start" date NOT NULL, "end" date NOT NULL, "job_uuid" uuid, CONSTRAINT "uq_invoice_posting_charge_revision" UNIQUE ("charge_uuid", "revision"), CONSTRAINT "ck_invoice_posting_amount_not_zero" CHECK (amount <> 0), CONSTRAINT "ck_invoice_posting_revision" CHECK (revision > 0), CONSTRAINT "ck_invoice_posting_kind" CHECK (kind IN ('charge', 'compensation', 'rounding', 'reversal')), CONSTRAINT "pk_invoice_posting" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_invoice_posting_invoice_uuid" ON "invoice_posting"  ("invoice_uuid") `);
    await queryRunner.query(
      `CREATE TABLE "pending_posting" ("charge_uuid" uuid NOT NULL, "amount" numeric(22,10) NOT NULL, "reason" character varying(40) NOT NULL, "since" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_pending_posting" PRIMARY KEY ("charge_uuid"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "consumption_record" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "license_reference" character varying(255) NOT NULL, "charge_uuid" uuid NOT NULL, "resource_uuid" uuid NOT NULL, "customer_uuid" uuid NOT NULL, "project_uuid" uuid NOT NULL, "consumed_sell" numeric(22,10) NOT NULL DEFAULT '0', "consumed_buy" numeric(22,10) NOT NULL DEFAULT '0', "price_source" character varying(4) NOT NULL, "currency" character varying(3) NOT NULL, "is_estimate" boolean NOT NULL DEFAULT false, "asked_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "last_sync_at" TIMESTAMP(3) WITH TIME ZONE, "reopened_at" TIMESTAMP(3) WITH TIME ZONE, "reversed_at" TIMESTAMP(3) WITH TIME ZONE, "reversed_by" character varying(150) NOT NULL DEFAULT '', "raw_data" jsonb NOT NULL DEFAULT '{}', CONSTRAINT "uq_consumption_record_account_month_license" UNIQUE ("account_uuid", "month", "license_reference"), CONSTRAINT "ck_consumption_record_month_is_first_day" CHECK (extract(day from month) = 1), CONSTRAINT "pk_consumption_record" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_consumption_record_charge_uuid" ON "consumption_record"  ("charge_uuid") `,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_consumption_record_customer_uuid_month_uuid" ON "consumption_record"  ("customer_uuid", "month", "uuid") `,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_consumption_record_resource_uuid_month" ON "consumption_record"  ("resource_uuid", "month") `,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_consumption_record_month_created_uuid" ON "consumption_record"  ("month", "created", "uuid") `,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_sync" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "arrow_customer" character varying(255) NOT NULL, "customer_mapping_uuid" uuid, "customer_uuid" uuid, "month" date NOT NULL, "statement_reference" character varying(255) NOT NULL, "arrow_state" character varying(16) NOT NULL DEFAULT 'pending', "state" smallint NOT NULL DEFAULT '1', "buy_total" numeric(22,10) NOT NULL DEFAULT '0', "sell_total" numeric(22,10) NOT NULL DEFAULT '0', "currency" character varying(10) NOT NULL DEFAULT 'EUR', "item_count" integer NOT NULL DEFAULT '0', "error_message" text NOT NULL DEFAULT '', "synced_at" TIMESTAMP(3) WITH TIME ZONE, "validated_at" TIMESTAMP(3) WITH TIME ZONE, "reconciled_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "uq_billing_sync_statement" UNIQUE ("account_uuid", "month", "arrow_customer", "statement_reference"), CONSTRAINT "ck_billing_sync_arrow_state" CHECK (arrow_state IN ('pending', 'validated', 'rejected')), CONSTRAINT "ck_billing_sync_state" CHECK (state BETWEEN 1 AND 4), CONSTRAINT "pk_billing_sync" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_month_created_uuid" ON "billing_sync"  ("month", "created", "uuid") `,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_customer_mapping_uuid_month" ON "billing_sync"  ("customer_mapping_uuid", "month") `,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_sync_item" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "license_reference" character varying(255) NOT NULL, "arrow_line_reference" character varying(255) NOT NULL, "occurrence" integer NOT NULL, "billing_sync_uuid" uuid, "status" character varying(16) NOT NULL, "reason" character varying(40) NOT NULL DEFAULT '', "presence" character varying(8) NOT NULL DEFAULT 'present', "charge_uuid" uuid, "arrow_customer" character varying(255) NOT NULL DEFAULT '', "customer_reference" character varying(255) NOT NULL DEFAULT '', "sell" numeric(22,10), "buy" numeric(22,10), "amount_state" character varying(8) NOT NULL DEFAULT 'value', "original_price" numeric(22,10) NOT NULL DEFAULT '0', "currency" character varying(10) NOT NULL, "vendor_name" character varying(255) NOT NULL DEFAULT '', "subscription_reference" character varying(255) NOT NULL DEFAULT '', "classification" character varying(50) NOT NULL DEFAULT '', "description" character varying(500) NOT NULL DEFAULT '', "end_customer_name" character varying(500) NOT NULL DEFAULT '', "quantity" numeric(22,10) NOT NULL DEFAULT '1', "service_start" date, "service_end" date, "page_hash" character varying(64) NOT NULL DEFAULT '', "page_row" integer NOT NULL DEFAULT '0', CONSTRAINT "uq_billing_sync_item_line" UNIQUE ("account_uuid", "month", "license_reference", "arrow_line_reference", "occurrence"), CONSTRAINT "ck_billing_sync_item_charge" CHECK (presence = 'missing' OR (status = 'billable') = (charge_uuid IS NOT NULL)), CONSTRAINT "ck_billing_sync_item_amount_state" CHECK (amount_state IN ('value', 'absent', 'invalid')), CONSTRAINT "ck_billing_sync_item_presence" CHECK (presence IN ('present', 'missing')), CONSTRAINT "ck_billing_sync_item_status" CHECK (status IN ('billable', 'unmatched', 'excluded')), CONSTRAINT "pk_billing_sync_item" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_item_created_uuid" ON "billing_sync_item"  ("created", "uuid") `,
    );
    await queryRunner.query(`CREATE INDEX "ix_billing_sync_item_charge_uuid" ON "billing_sync_item"  ("charge_uuid") `);
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_item_billing_sync_uuid" ON "billing_sync_item"  ("billing_sync_uuid") `,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_account" ADD CONSTRAINT "fk_billing_account_settings_uuid" FOREIGN KEY ("settings_uuid") REFERENCES "arrow_settings"("uuid") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_rule" ADD CONSTRAINT "fk_billing_rule_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice" ADD CONSTRAINT "fk_invoice_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice" ADD CONSTRAINT "fk_invoice_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "license_owner" ADD CONSTRAINT "fk_license_owner_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "export_snapshot" ADD CONSTRAINT "fk_export_snapshot_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_month" ADD CONSTRAINT "fk_billing_month_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_month" ADD CONSTRAINT "fk_billing_month_snapshot_uuid" FOREIGN KEY ("snapshot_uuid") REFERENCES "export_snapshot"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "charge" ADD CONSTRAINT "fk_charge_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "charge" ADD CONSTRAINT "fk_charge_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "charge" ADD CONSTRAINT "fk_charge_project_uuid" FOREIGN KEY ("project_uuid") REFERENCES "project"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "charge" ADD CONSTRAINT "fk_charge_resource_uuid" FOREIGN KEY ("resource_uuid") REFERENCES "resource"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_charge_uuid" FOREIGN KEY ("charge_uuid") REFERENCES "charge"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_invoice_uuid" FOREIGN KEY ("invoice_uuid") REFERENCES "invoice"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_corrects_invoice_uuid" FOREIGN KEY ("corrects_invoice_uuid") REFERENCES "invoice"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_rule_uuid" FOREIGN KEY ("rule_uuid") REFERENCES "billing_rule"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "pending_posting" ADD CONSTRAINT "fk_pending_posting_charge_uuid" FOREIGN KEY ("charge_uuid") REFERENCES "charge"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_charge_uuid" FOREIGN KEY ("charge_uuid") REFERENCES "charge"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_resource_uuid" FOREIGN KEY ("resource_uuid") REFERENCES "resource"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_sync" ADD CONSTRAINT "fk_billing_sync_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_sync" ADD CONSTRAINT "fk_billing_sync_customer_mapping_uuid" FOREIGN KEY ("customer_mapping_uuid") REFERENCES "customer_mapping"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_sync" ADD CONSTRAINT "fk_billing_sync_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_customer_mapping_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_resource_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_charge_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "pending_posting" DROP CONSTRAINT "fk_pending_posting_charge_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_rule_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_corrects_invoice_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_invoice_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_charge_uuid"`);
    await queryRunner.query(`ALTER TABLE "charge" DROP CONSTRAINT "fk_charge_resource_uuid"`);
    await queryRunner.query(`ALTER TABLE "charge" DROP CONSTRAINT "fk_charge_project_uuid"`);
    await queryRunner.query(`ALTER TABLE "charge" DROP CONSTRAINT "fk_charge_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "charge" DROP CONSTRAINT "fk_charge_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_month" DROP CONSTRAINT "fk_billing_month_snapshot_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_month" DROP CONSTRAINT "fk_billing_month_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "export_snapshot" DROP CONSTRAINT "fk_export_snapshot_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "license_owner" DROP CONSTRAINT "fk_license_owner_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice" DROP CONSTRAINT "fk_invoice_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice" DROP CONSTRAINT "fk_invoice_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_rule" DROP CONSTRAINT "fk_billing_rule_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_account" DROP CONSTRAINT "fk_billing_account_settings_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_item_billing_sync_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_item_charge_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_item_created_uuid"`);
    await queryRunner.query(`DROP TABLE "billing_sync_item"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_customer_mapping_uuid_month"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_month_created_uuid"`);
    await queryRunner.query(`DROP TABLE "billing_sync"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_month_created_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_resource_uuid_month"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_customer_uuid_month_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_charge_uuid"`);
    await queryRunner.query(`DROP TABLE "consumption_record"`);
    await queryRunner.query(`DROP TABLE "pending_posting"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_posting_invoice_uuid"`);
    await queryRunner.query(`DROP TABLE "invoice_posting"`);
    await queryRunner.query(`DROP INDEX "public"."uq_charge_key_with_project"`);
    await queryRunner.query(`DROP INDEX "public"."uq_charge_key_without_project"`);
    await queryRunner.query(`DROP INDEX "public"."ix_charge_customer_month"`);
    await queryRunner.query(`DROP TABLE "charge"`);
    await queryRunner.query(`DROP TABLE "billing_month"`);
    await queryRunner.query(`DROP TABLE "export_page"`);
    await queryRunner.query(`DROP INDEX "public"."ix_export_snapshot_account_uuid_month_number"`);
    await queryRunner.query(`DROP TABLE "export_snapshot"`);
    await queryRunner.query(`DROP TABLE "license_owner"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_customer_uuid_month"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_month_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_created_uuid"`);
    await queryRunner.query(`DROP TABLE "invoice"`);
    await queryRunner.query(`DROP TABLE "billing_rule"`);
    await queryRunner.query(`DROP TABLE "billing_switch"`);
    await queryRunner.query(`DROP INDEX "public"."uq_billing_account_partner_reference"`);
    await queryRunner.query(`DROP INDEX "public"."uq_billing_account_settings_without_partner"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_account_settings_uuid"`);
    await queryRunner.query(`DROP TABLE "billing_account"`);
  }
}
