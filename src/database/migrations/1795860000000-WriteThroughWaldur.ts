import type { MigrationInterface, QueryRunner } from 'typeorm';

const erasing = `
        IF TG_OP = 'UPDATE' AND current_setting('waldur_arrow.erasing', true) = 'on'
          AND to_jsonb(OLD) - '{actor_username,impersonator_username}'::text[]
            = to_jsonb(NEW) - '{actor_username,impersonator_username}'::text[]
        THEN
          RETURN NEW;
        END IF;`;

const refuseChanges = (unless: string) => `
      CREATE OR REPLACE FUNCTION refuse_to_change_license_link() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN${unless}
        RAISE EXCEPTION 'license_link is only ever added to' USING ERRCODE = 'restrict_violation';
      END $$`;

/**
 * Entries of the link ledger that Waldur has to carry out: intended, done there, recorded here, or failed. Until an entry
 * has ended, how far it is may change, and nothing else of it.
 */
export class WriteThroughWaldur1795860000000 implements MigrationInterface {
  name = 'WriteThroughWaldur1795860000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE license_link
        ADD COLUMN state character varying(16) NOT NULL DEFAULT 'recorded',
        ADD COLUMN recorded_at TIMESTAMP(3) WITH TIME ZONE,
        ALTER COLUMN resource_uuid DROP NOT NULL,
        ADD CONSTRAINT ck_license_link_state CHECK (state IN ('intended', 'done', 'recorded', 'failed')),
        ADD CONSTRAINT ck_license_link_recorded_has_resource CHECK (state <> 'recorded' OR resource_uuid IS NOT NULL)`,
    );
    await queryRunner.query(`DROP INDEX uq_license_link_reverts_uuid`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX uq_license_link_reverts_uuid ON license_link (reverts_uuid) WHERE state <> 'failed'`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX uq_license_link_unfinished_resource ON license_link (resource_uuid)
        WHERE state IN ('intended', 'done')`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX uq_license_link_unfinished_license ON license_link (license_reference)
        WHERE state IN ('intended', 'done') AND license_reference <> ''`,
    );
    await queryRunner.query(
      refuseChanges(`${erasing}
        IF TG_OP = 'UPDATE' AND OLD.state IN ('intended', 'done')
          AND (OLD.resource_uuid IS NULL OR OLD.resource_uuid = NEW.resource_uuid)
          AND to_jsonb(OLD) - '{state,resource_uuid,recorded_at}'::text[]
            = to_jsonb(NEW) - '{state,resource_uuid,recorded_at}'::text[]
        THEN
          RETURN NEW;
        END IF;`),
    );
    await queryRunner.query(
      `CREATE TABLE waldur_write (
        uuid uuid NOT NULL,
        project_uuid uuid,
        offering_uuid uuid,
        offering_type character varying(100) NOT NULL DEFAULT '',
        plan_uuid uuid,
        resource_name character varying(150) NOT NULL DEFAULT '',
        sent_at TIMESTAMP(3) WITH TIME ZONE,
        order_uuid uuid,
        made_uuid uuid,
        problem text NOT NULL DEFAULT '',
        claim_token uuid,
        claim_expires_at TIMESTAMP(3) WITH TIME ZONE,
        CONSTRAINT pk_waldur_write PRIMARY KEY (uuid),
        CONSTRAINT fk_waldur_write_uuid FOREIGN KEY (uuid) REFERENCES license_link (uuid) ON DELETE CASCADE
      )`,
    );
    await queryRunner.query(`ALTER TABLE resource ADD COLUMN confirmed_at TIMESTAMP(3) WITH TIME ZONE`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE resource DROP COLUMN confirmed_at`);
    await queryRunner.query(`DROP TABLE waldur_write`);
    await queryRunner.query(`ALTER TABLE license_link DISABLE TRIGGER license_link_is_append_only`);
    await queryRunner.query(`DELETE FROM license_link WHERE state <> 'recorded'`);
    await queryRunner.query(`ALTER TABLE license_link ENABLE TRIGGER license_link_is_append_only`);
    await queryRunner.query(refuseChanges(erasing));
    await queryRunner.query(`DROP INDEX uq_license_link_unfinished_license`);
    await queryRunner.query(`DROP INDEX uq_license_link_unfinished_resource`);
    await queryRunner.query(`DROP INDEX uq_license_link_reverts_uuid`);
    await queryRunner.query(`CREATE UNIQUE INDEX uq_license_link_reverts_uuid ON license_link (reverts_uuid)`);
    await queryRunner.query(
      `ALTER TABLE license_link
        DROP CONSTRAINT ck_license_link_recorded_has_resource, DROP CONSTRAINT ck_license_link_state,
        ALTER COLUMN resource_uuid SET NOT NULL, DROP COLUMN recorded_at, DROP COLUMN state`,
    );
  }
}
