import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { normalizedReference } from '../../common/normalize-arrow-reference.js';
import type { BillingAccount } from '../accounts/billing-account.entity.js';

/** A month that an export was applied to, and what speaks for reading it again. */
export interface AppliedMonth {
  /** First day. */
  readonly month: string;
  readonly appliedAt: Date;
  /** Null: it is not reconciled. */
  readonly settledAt: Date | null;
  /** A mapping, link or rule that touches it changed after it was applied. */
  readonly isTouched: boolean;
}

/** `$1` account, `$2` its partner, `$3` the settings it was first billed with. */
const APPLIED_MONTHS = `
  SELECT
    month.month::text AS month,
    month.applied_at AS "appliedAt",
    month.settled_at AS "settledAt",
    EXISTS (
      SELECT
      FROM customer_mapping mapping
      JOIN arrow_settings settings ON settings.uuid = mapping.settings_uuid
      JOIN billing_sync statement
        ON statement.account_uuid = month.account_uuid
       AND statement.month = month.month
       AND statement.arrow_customer = mapping.arrow_reference
      WHERE greatest(mapping.created, mapping.modified) > month.applied_at
        AND (settings.uuid = $3 OR settings.partner_reference = $2)
    )
    OR EXISTS (
      SELECT
      FROM resource
      JOIN billing_sync_item line
        ON line.account_uuid = month.account_uuid
       AND line.month = month.month
       AND line.license_reference = ${normalizedReference('resource.backend_id')}
      WHERE resource.backend_id <> ''
        AND greatest(resource.created, resource.modified) > month.applied_at
    )
    OR EXISTS (
      SELECT
      FROM license_link link
      JOIN billing_sync_item line
        ON line.account_uuid = month.account_uuid
       AND line.month = month.month
       AND line.license_reference IN (link.license_reference, link.previous_license_reference)
      WHERE line.license_reference <> ''
        AND greatest(link.created, link.recorded_at) > month.applied_at
    )
    OR EXISTS (
      SELECT
      FROM (
        SELECT rule.modified
        FROM billing_rule rule
        WHERE rule.account_uuid = month.account_uuid
        ORDER BY
          rule.valid_from <= month.month DESC,
          abs(rule.valid_from - month.month)
        LIMIT 1
      ) valid
      WHERE valid.modified > month.applied_at
    ) AS "isTouched"
  FROM billing_month month
  WHERE month.account_uuid = $1
    AND month.applied_at IS NOT NULL
  ORDER BY month.month`;

/** What schedules go by. */
@Injectable()
export class DueMonthsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The months of the account that an export was applied to, oldest first. */
  applied({ uuid, partnerReference, settingsUuid }: BillingAccount): Promise<AppliedMonth[]> {
    return this.dataSource.query(APPLIED_MONTHS, [uuid, partnerReference, settingsUuid]);
  }
}
