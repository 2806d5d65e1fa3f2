import { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateBilling1795452318372 implements MigrationInterface {
  name = 'CreateBilling1795452318372';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "job_run" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "kind" character varying(50) NOT NULL, "scope" character varying(200) NOT NULL, "parameters" jsonb NOT NULL DEFAULT '{}', "requested_by" character varying(150) NOT NULL, "state" character varying(16) NOT NULL DEFAULT 'queued', "step" character varying(200) NOT NULL DEFAULT '', "progress_done" integer NOT NULL DEFAULT '0', "progress_total" integer NOT NULL DEFAULT '0', "result" jsonb, "error_message" text NOT NULL DEFAULT '', "error_code" character varying(100) NOT NULL DEFAULT '', "attempts" integer NOT NULL DEFAULT '0', "cancel_requested" boolean NOT NULL DEFAULT false, "started_at" TIMESTAMP(3) WITH TIME ZONE, "worker" character varying(150) NOT NULL DEFAULT '', "heartbeat_at" TIMESTAMP(3) WITH TIME ZONE, "finished_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "ck_job_run_state" CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')), CONSTRAINT "pk_job_run" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_job_run_beating" ON "job_run"  ("heartbeat_at") WHERE state = 'running'`);
    await queryRunner.query(`CREATE INDEX "ix_job_run_created_uuid" ON "job_run"  ("created", "uuid") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_job_run_unfinished_kind_scope" ON "job_run"  ("kind", "scope") WHERE state IN ('queued', 'running')`,
    );
    await queryRunner.query(
      `CREATE TABLE "job_schedule" ("name" character varying(100) NOT NULL, "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_job_schedule" PRIMARY KEY ("name"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_account" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "partner_reference" character varying(255), "settings_uuid" uuid NOT NULL, "charge_mode" character varying(32) NOT NULL DEFAULT 'provisional_then_final', "time_zone" character varying(64) NOT NULL DEFAULT 'UTC', "grace_days" smallint NOT NULL DEFAULT '3', "shrinkage_share" numeric(4,3) NOT NULL DEFAULT 0.2, "number_locale" character varying(8) NOT NULL DEFAULT 'point', "default_currency" character varying(3) NOT NULL DEFAULT 'EUR', "tax_percent" numeric(5,2) NOT NULL DEFAULT 0, "open_months" smallint NOT NULL DEFAULT '3', "billing_paused" boolean NOT NULL DEFAULT false, "consumption_paused" boolean NOT NULL DEFAULT false, "paused_by" character varying(150) NOT NULL DEFAULT '', "pause_reason" character varying(500) NOT NULL DEFAULT '', "paused_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "ck_billing_account_tax_percent" CHECK (tax_percent BETWEEN 0 AND 100), CONSTRAINT "ck_billing_account_open_months" CHECK (open_months BETWEEN 1 AND 12), CONSTRAINT "ck_billing_account_shrinkage_share" CHECK (shrinkage_share BETWEEN 0 AND 1), CONSTRAINT "ck_billing_account_grace_days" CHECK (grace_days BETWEEN 0 AND 60), CONSTRAINT "ck_billing_account_number_locale" CHECK (number_locale IN ('point', 'comma')), CONSTRAINT "ck_billing_account_charge_mode" CHECK (charge_mode IN ('provisional_then_final', 'final_only')), CONSTRAINT "pk_billing_account" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_billing_account_settings_without_partner" ON "billing_account"  ("settings_uuid") WHERE partner_reference IS NULL`,
    );
    await queryRunner.query(`CREATE INDEX "ix_billing_account_settings_uuid" ON "billing_account"  ("settings_uuid") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_billing_account_partner_reference" ON "billing_account"  ("partner_reference") `,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_switch" ("name" character varying(32) NOT NULL, "enabled" boolean NOT NULL, "changed_by" character varying(150) NOT NULL DEFAULT '', "changed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_billing_switch" PRIMARY KEY ("name"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "invoice" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "customer_uuid" uuid NOT NULL, "month" date NOT NULL, "number" SERIAL NOT NULL, "state" character varying(16) NOT NULL DEFAULT 'open', "currency" character varying(10) NOT NULL, "tax_percent" numeric(5,2) NOT NULL DEFAULT 0, "due_date" date, "issued_at" TIMESTAMP(3) WITH TIME ZONE, "paid_at" TIMESTAMP(3) WITH TIME ZONE, "changed_by" character varying(150) NOT NULL DEFAULT '', CONSTRAINT "ck_invoice_month_is_first_day" CHECK (extract(day from month) = 1), CONSTRAINT "ck_invoice_state" CHECK (state IN ('open', 'issued', 'paid', 'cancelled')), CONSTRAINT "pk_invoice" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_invoice_created_uuid" ON "invoice"  ("created", "uuid") `);
    await queryRunner.query(`CREATE INDEX "ix_invoice_month_uuid" ON "invoice"  ("month", "uuid") `);
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_invoice_number" ON "invoice"  ("number") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_invoice_customer_month" ON "invoice"  ("customer_uuid", "month") `,
    );
    await queryRunner.query(
      `CREATE TABLE "license_charge" ("account_uuid" uuid NOT NULL, "month" date NOT NULL, "license_reference" character varying(255) NOT NULL, "path" character varying(8) NOT NULL, CONSTRAINT "uq_license_charge_path" UNIQUE ("account_uuid", "month", "license_reference", "path"), CONSTRAINT "ck_license_charge_path" CHECK (path IN ('license', 'lines')), CONSTRAINT "pk_license_charge" PRIMARY KEY ("account_uuid", "month", "license_reference"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "license_owner" ("account_uuid" uuid NOT NULL, "license_reference" character varying(255) NOT NULL, "customer_reference" character varying(255) NOT NULL, "asked_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "pk_license_owner" PRIMARY KEY ("account_uuid", "license_reference"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "export_snapshot" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "number" SERIAL NOT NULL, "export_type_reference" character varying(255) NOT NULL, "state" character varying(16) NOT NULL DEFAULT 'fetching', "fetched_by" character varying(150) NOT NULL, "completed_at" TIMESTAMP(3) WITH TIME ZONE, "rows" integer NOT NULL DEFAULT '0', "pages" text array NOT NULL DEFAULT '{}', "hash" character varying(64) NOT NULL DEFAULT '', "error_message" text NOT NULL DEFAULT '', CONSTRAINT "ck_export_snapshot_state" CHECK (state IN ('fetching', 'complete', 'failed')), CONSTRAINT "pk_export_snapshot" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_export_snapshot_account_uuid_month_number" ON "export_snapshot"  ("account_uuid", "month", "number") `,
    );
    await queryRunner.query(
      `CREATE TABLE "export_page" ("hash" character varying(64) NOT NULL, "rows" integer NOT NULL, "content" bytea NOT NULL, CONSTRAINT "pk_export_page" PRIMARY KEY ("hash"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "consumption_record" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "license_reference" character varying(255) NOT NULL, "resource_uuid" uuid NOT NULL, "customer_uuid" uuid NOT NULL, "project_uuid" uuid NOT NULL, "consumed_sell" numeric(22,10) NOT NULL DEFAULT '0', "consumed_buy" numeric(22,10) NOT NULL DEFAULT '0', "final_sell" numeric(22,10), "final_buy" numeric(22,10), "price_source" character varying(4) NOT NULL, "currency" character varying(10) NOT NULL, "is_estimate" boolean NOT NULL DEFAULT false, "last_sync_at" TIMESTAMP(3) WITH TIME ZONE, "finalized_at" TIMESTAMP(3) WITH TIME ZONE, "reconciled_at" TIMESTAMP(3) WITH TIME ZONE, "reversed_at" TIMESTAMP(3) WITH TIME ZONE, "reversed_by" character varying(150) NOT NULL DEFAULT '', "raw_data" jsonb NOT NULL DEFAULT '{}', CONSTRAINT "uq_consumption_record_account_month_license" UNIQUE ("account_uuid", "month", "license_reference"), CONSTRAINT "ck_consumption_record_month_is_first_day" CHECK (extract(day from month) = 1), CONSTRAINT "ck_consumption_record_final_together" CHECK ((finalized_at IS NULL) = (final_sell IS NULL AND final_buy IS NULL)), CONSTRAINT "pk_consumption_record" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_consumption_record_pending" ON "consumption_record"  ("modified") WHERE finalized_at IS NULL`,
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
      `CREATE TABLE "invoice_posting" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "invoice_uuid" uuid NOT NULL, "account_uuid" uuid NOT NULL, "month" date NOT NULL, "charge_key" character varying(600) NOT NULL, "revision" integer NOT NULL, "kind" character varying(16) NOT NULL, "amount" numeric(22,10) NOT NULL, "target" numeric(22,10) NOT NULL, "price_source" character varying(4) NOT NULL, "currency" character varying(10) NOT NULL, "license_reference" character varying(255), "path" character varying(8), "project_uuid" uuid, "resource_uuid" uuid, "name" character varying(255) NOT NULL, "start" date NOT NULL, "end" date NOT NULL, "job_uuid" uuid, CONSTRAINT "uq_invoice_posting_charge_revision" UNIQUE ("account_uuid", "month", "charge_key", "revision"), CONSTRAINT "ck_invoice_posting_revision" CHECK (revision > 0), CONSTRAINT "ck_invoice_posting_amount_in_cents" CHECK (amount = round(amount, 2)), CONSTRAINT "ck_invoice_posting_kind" CHECK (kind IN ('charge', 'compensation', 'rounding', 'reversal')), CONSTRAINT "pk_invoice_posting" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(`CREATE INDEX "ix_invoice_posting_invoice_uuid" ON "invoice_posting"  ("invoice_uuid") `);
    await queryRunner.query(
      `CREATE TABLE "billing_month" ("account_uuid" uuid NOT NULL, "month" date NOT NULL, "snapshot_number" integer NOT NULL DEFAULT '0', "snapshot_uuid" uuid, "fingerprint" character varying(64) NOT NULL DEFAULT '', "rows" integer NOT NULL DEFAULT '0', "turnover" numeric(22,10) NOT NULL DEFAULT '0', "tie_out" jsonb, "applied_at" TIMESTAMP(3) WITH TIME ZONE, "settled_at" TIMESTAMP(3) WITH TIME ZONE, "error_message" text NOT NULL DEFAULT '', CONSTRAINT "pk_billing_month" PRIMARY KEY ("account_uuid", "month"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_sync" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "customer_mapping_uuid" uuid NOT NULL, "customer_uuid" uuid NOT NULL, "month" date NOT NULL, "statement_reference" character varying(255) NOT NULL, "arrow_state" character varying(16) NOT NULL DEFAULT 'pending', "state" smallint NOT NULL DEFAULT '1', "buy_total" numeric(22,10) NOT NULL DEFAULT '0', "sell_total" numeric(22,10) NOT NULL DEFAULT '0', "currency" character varying(10) NOT NULL DEFAULT 'EUR', "item_count" integer NOT NULL DEFAULT '0', "invoice_uuid" uuid, "error_message" text NOT NULL DEFAULT '', "synced_at" TIMESTAMP(3) WITH TIME ZONE, "validated_at" TIMESTAMP(3) WITH TIME ZONE, "reconciled_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "uq_billing_sync_mapping_month_statement" UNIQUE ("customer_mapping_uuid", "month", "statement_reference"), CONSTRAINT "ck_billing_sync_arrow_state" CHECK (arrow_state IN ('pending', 'validated', 'rejected')), CONSTRAINT "ck_billing_sync_state" CHECK (state BETWEEN 1 AND 4), CONSTRAINT "pk_billing_sync" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_month_created_uuid" ON "billing_sync"  ("month", "created", "uuid") `,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_account_uuid_month" ON "billing_sync"  ("account_uuid", "month") `,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_sync_item" ("uuid" uuid NOT NULL DEFAULT gen_random_uuid(), "created" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "modified" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "account_uuid" uuid NOT NULL, "month" date NOT NULL, "license_reference" character varying(255) NOT NULL, "arrow_line_reference" character varying(255) NOT NULL, "occurrence" integer NOT NULL, "billing_sync_uuid" uuid, "status" character varying(16) NOT NULL, "reason" character varying(40) NOT NULL DEFAULT '', "presence" character varying(8) NOT NULL DEFAULT 'present', "party_fixed" boolean NOT NULL DEFAULT false, "customer_uuid" uuid, "project_uuid" uuid, "resource_uuid" uuid, "sell" numeric(22,10), "buy" numeric(22,10), "original_price" numeric(22,10) NOT NULL DEFAULT '0', "priced" boolean NOT NULL DEFAULT true, "currency" character varying(10) NOT NULL, "statement_reference" character varying(255) NOT NULL DEFAULT '', "vendor_name" character varying(255) NOT NULL DEFAULT '', "subscription_reference" character varying(255) NOT NULL DEFAULT '', "classification" character varying(50) NOT NULL DEFAULT '', "description" character varying(500) NOT NULL DEFAULT '', "end_customer_name" character varying(500) NOT NULL DEFAULT '', "quantity" numeric(22,10) NOT NULL DEFAULT '1', "service_start" date, "service_end" date, "page_hash" character varying(64) NOT NULL DEFAULT '', "page_row" integer NOT NULL DEFAULT '0', CONSTRAINT "uq_billing_sync_item_line" UNIQUE ("account_uuid", "month", "license_reference", "arrow_line_reference", "occurrence"), CONSTRAINT "ck_billing_sync_item_party" CHECK (status <> 'billable' OR (billing_sync_uuid IS NOT NULL AND customer_uuid IS NOT NULL)), CONSTRAINT "ck_billing_sync_item_presence" CHECK (presence IN ('present', 'missing', 'gone')), CONSTRAINT "ck_billing_sync_item_status" CHECK (status IN ('billable', 'unmatched', 'excluded')), CONSTRAINT "pk_billing_sync_item" PRIMARY KEY ("uuid"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_item_created_uuid" ON "billing_sync_item"  ("created", "uuid") `,
    );
    await queryRunner.query(
      `CREATE INDEX "ix_billing_sync_item_billing_sync_uuid" ON "billing_sync_item"  ("billing_sync_uuid") `,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_account" ADD CONSTRAINT "fk_billing_account_settings_uuid" FOREIGN KEY ("settings_uuid") REFERENCES "arrow_settings"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice" ADD CONSTRAINT "fk_invoice_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "license_charge" ADD CONSTRAINT "fk_license_charge_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "license_owner" ADD CONSTRAINT "fk_license_owner_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "export_snapshot" ADD CONSTRAINT "fk_export_snapshot_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_resource_uuid" FOREIGN KEY ("resource_uuid") REFERENCES "resource"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "consumption_record" ADD CONSTRAINT "fk_consumption_record_customer_uuid" FOREIGN KEY ("customer_uuid") REFERENCES "customer"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_invoice_uuid" FOREIGN KEY ("invoice_uuid") REFERENCES "invoice"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_license_charge_path" FOREIGN KEY ("account_uuid", "month", "license_reference", "path") REFERENCES "license_charge"("account_uuid","month","license_reference","path") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_project_uuid" FOREIGN KEY ("project_uuid") REFERENCES "project"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "invoice_posting" ADD CONSTRAINT "fk_invoice_posting_resource_uuid" FOREIGN KEY ("resource_uuid") REFERENCES "resource"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_month" ADD CONSTRAINT "fk_billing_month_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_month" ADD CONSTRAINT "fk_billing_month_snapshot_uuid" FOREIGN KEY ("snapshot_uuid") REFERENCES "export_snapshot"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
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
    await queryRunner.query(
      `ALTER TABLE "billing_sync" ADD CONSTRAINT "fk_billing_sync_invoice_uuid" FOREIGN KEY ("invoice_uuid") REFERENCES "invoice"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_sync_item" ADD CONSTRAINT "fk_billing_sync_item_account_uuid" FOREIGN KEY ("account_uuid") REFERENCES "billing_account"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "billing_sync_item" ADD CONSTRAINT "fk_billing_sync_item_billing_sync_uuid" FOREIGN KEY ("billing_sync_uuid") REFERENCES "billing_sync"("uuid") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "billing_sync_item" DROP CONSTRAINT "fk_billing_sync_item_billing_sync_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync_item" DROP CONSTRAINT "fk_billing_sync_item_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_invoice_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_customer_mapping_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_sync" DROP CONSTRAINT "fk_billing_sync_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_month" DROP CONSTRAINT "fk_billing_month_snapshot_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_month" DROP CONSTRAINT "fk_billing_month_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_resource_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_project_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_license_charge_path"`);
    await queryRunner.query(`ALTER TABLE "invoice_posting" DROP CONSTRAINT "fk_invoice_posting_invoice_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_resource_uuid"`);
    await queryRunner.query(`ALTER TABLE "consumption_record" DROP CONSTRAINT "fk_consumption_record_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "export_snapshot" DROP CONSTRAINT "fk_export_snapshot_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "license_owner" DROP CONSTRAINT "fk_license_owner_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "license_charge" DROP CONSTRAINT "fk_license_charge_account_uuid"`);
    await queryRunner.query(`ALTER TABLE "invoice" DROP CONSTRAINT "fk_invoice_customer_uuid"`);
    await queryRunner.query(`ALTER TABLE "billing_account" DROP CONSTRAINT "fk_billing_account_settings_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_item_billing_sync_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_item_created_uuid"`);
    await queryRunner.query(`DROP TABLE "billing_sync_item"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_account_uuid_month"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_sync_month_created_uuid"`);
    await queryRunner.query(`DROP TABLE "billing_sync"`);
    await queryRunner.query(`DROP TABLE "billing_month"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_posting_invoice_uuid"`);
    await queryRunner.query(`DROP TABLE "invoice_posting"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_month_created_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_resource_uuid_month"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_customer_uuid_month_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_consumption_record_pending"`);
    await queryRunner.query(`DROP TABLE "consumption_record"`);
    await queryRunner.query(`DROP TABLE "export_page"`);
    await queryRunner.query(`DROP INDEX "public"."ix_export_snapshot_account_uuid_month_number"`);
    await queryRunner.query(`DROP TABLE "export_snapshot"`);
    await queryRunner.query(`DROP TABLE "license_owner"`);
    await queryRunner.query(`DROP TABLE "license_charge"`);
    await queryRunner.query(`DROP INDEX "public"."uq_invoice_customer_month"`);
    await queryRunner.query(`DROP INDEX "public"."uq_invoice_number"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_month_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_invoice_created_uuid"`);
    await queryRunner.query(`DROP TABLE "invoice"`);
    await queryRunner.query(`DROP TABLE "billing_switch"`);
    await queryRunner.query(`DROP INDEX "public"."uq_billing_account_partner_reference"`);
    await queryRunner.query(`DROP INDEX "public"."ix_billing_account_settings_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."uq_billing_account_settings_without_partner"`);
    await queryRunner.query(`DROP TABLE "billing_account"`);
    await queryRunner.query(`DROP TABLE "job_schedule"`);
    await queryRunner.query(`DROP INDEX "public"."uq_job_run_unfinished_kind_scope"`);
    await queryRunner.query(`DROP INDEX "public"."ix_job_run_created_uuid"`);
    await queryRunner.query(`DROP INDEX "public"."ix_job_run_beating"`);
    await queryRunner.query(`DROP TABLE "job_run"`);
  }
}
