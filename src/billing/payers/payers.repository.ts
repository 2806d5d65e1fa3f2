import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { columnsOf } from '../../database/columns-of.js';
import type { BillingContext } from '../core/billing-context.js';
import type { ExistingCharge, LicensePair } from './bill-to.js';
import type { LicenseOwner } from './license-owner.entity.js';

type SeenOwner = Readonly<Pick<LicenseOwner, 'licenseReference' | 'customerReference'>>;

/** The owner that each licence was last seen to have. `$1` account. */
export const LAST_OWNER = `
    SELECT DISTINCT ON (license_reference) license_reference, customer_reference
    FROM license_owner
    WHERE account_uuid = $1
    ORDER BY license_reference, seen_from DESC`;

/** `$1` account, which is not deleted meanwhile, `$2` when they were seen, `$3` licences, `$4` owners. */
const ADD_OWNERS = `
  WITH account AS (
    SELECT uuid
    FROM billing_account
    WHERE uuid = $1
    FOR KEY SHARE
  )
  INSERT INTO license_owner (account_uuid, license_reference, customer_reference, seen_from)
  SELECT DISTINCT ON (seen.license_reference COLLATE "C")
    account.uuid,
    seen.license_reference,
    seen.customer_reference,
    $2::timestamptz
  FROM account
  CROSS JOIN unnest($3::text[], $4::text[]) AS seen (license_reference, customer_reference)
  LEFT JOIN (${LAST_OWNER}
  ) last ON last.license_reference = seen.license_reference
  WHERE last.customer_reference IS DISTINCT FROM seen.customer_reference
  ON CONFLICT DO NOTHING`;

const LAST_OWNERS = `
  SELECT license_reference AS "licenseReference", customer_reference AS "customerReference"
  FROM (${LAST_OWNER}
  ) last
  WHERE license_reference = ANY($2::text[])`;

const OWNERS = `
  SELECT DISTINCT license_reference AS "licenseReference", customer_reference AS "arrowCustomer"
  FROM license_owner
  WHERE account_uuid = $1
    AND license_reference = ANY($2::text[])`;

const OWNERS_VERSION = `
  SELECT count(*)::text || '/' || coalesce(max(seen_from)::text, '') AS version
  FROM license_owner
  WHERE account_uuid = $1`;

/** What lines and consumption had left before the close is closed, too, and was nobody's. */
const IS_IN_USE = '(charge.target <> 0 OR charge.line_count > 0)';

/** Charges with every Arrow customer that they have lines of: several may be one organisation. `$1` account, `$2` month. */
export const CHARGED_BY = `
    SELECT uuid AS charge_uuid, arrow_customer
    FROM charge
    WHERE account_uuid = $1
      AND month = $2
    UNION
    SELECT charge_uuid, arrow_customer
    FROM billing_sync_item
    WHERE account_uuid = $1
      AND month = $2
      AND presence = 'present'
      AND status = 'billable'`;

/** Where a draft was left before it was issued nothing of it stands on the invoice. `$1` account, `$2` month. */
const CHARGES = `
  SELECT
    charge.license_reference AS "licenseReference",
    billed.arrow_customer AS "arrowCustomer",
    charge.customer_uuid AS "customerUuid",
    charge.project_uuid AS "projectUuid",
    charge.resource_uuid AS "resourceUuid",
    (charge.closed_at IS NOT NULL AND ${IS_IN_USE})
      OR reopened.license_reference IS NOT NULL
      OR issued.charge_uuid IS NOT NULL AS "isFixed",
    ${IS_IN_USE} AS "isInUse"
  FROM charge
  JOIN (${CHARGED_BY}
  ) billed ON billed.charge_uuid = charge.uuid
  LEFT JOIN (
    SELECT DISTINCT charge_uuid
    FROM (
      SELECT posting.charge_uuid
      FROM invoice_posting posting
      JOIN charge ON charge.uuid = posting.charge_uuid
      JOIN invoice ON invoice.uuid = posting.invoice_uuid
      WHERE charge.account_uuid = $1
        AND charge.month = $2
        AND invoice.state <> 'pending'
      GROUP BY posting.charge_uuid, posting.invoice_uuid
      HAVING sum(posting.amount) <> 0
    ) item
  ) issued ON issued.charge_uuid = charge.uuid
  LEFT JOIN consumption_record reopened
    ON reopened.account_uuid = charge.account_uuid
   AND reopened.month = charge.month
   AND reopened.license_reference = charge.license_reference
   AND reopened.reopened_at IS NOT NULL
  WHERE charge.account_uuid = $1
    AND charge.month = $2
    AND charge.kind = 'license'
  ORDER BY charge.modified DESC, charge.uuid`;

/** Owner history of licences, and whom they are charged to already. */
@Injectable()
export class PayersRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds an entry where the owner is another one than the last seen. */
  async addOwners({ account, now }: BillingContext, seen: readonly SeenOwner[]): Promise<void> {
    if (!seen.length) return;
    const columns = columnsOf(seen, 'licenseReference', 'customerReference');
    await this.dataSource.query(ADD_OWNERS, [account.uuid, now, ...columns]);
  }

  /** Licence → the owner seen last. */
  async lastOwners({ account }: BillingContext, licenses: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.dataSource.query<SeenOwner[]>(LAST_OWNERS, [account.uuid, licenses]);
    return new Map(rows.map((row) => [row.licenseReference, row.customerReference]));
  }

  /** Every owner that these licences were ever seen to have. */
  owners({ account }: BillingContext, licenses: readonly string[]): Promise<LicensePair[]> {
    return this.dataSource.query(OWNERS, [account.uuid, licenses]);
  }

  /** Changes whenever an owner does. */
  async ownersVersion({ account }: BillingContext): Promise<string> {
    const [row] = await this.dataSource.query<{ version: string }[]>(OWNERS_VERSION, [account.uuid]);
    return row!.version;
  }

  /** The charges of licences in the month, last changed first. */
  charges({ scope }: BillingContext): Promise<ExistingCharge[]> {
    return this.dataSource.query(CHARGES, scope);
  }
}
