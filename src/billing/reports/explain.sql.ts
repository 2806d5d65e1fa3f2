import type { PriceSource } from '../../arrow-export/columns.js';

/** `$1` statement. */
export const STATEMENT = `
  SELECT
    statement.uuid,
    statement.account_uuid AS "accountUuid",
    statement.month::text AS month,
    statement.statement_reference AS "statementReference"
  FROM billing_sync statement
  WHERE statement.uuid = $1`;

/** `$1` statement. */
export const COUNT_LINES = `
  SELECT count(*)::integer AS count
  FROM billing_sync_item
  WHERE billing_sync_uuid = $1`;

/**
 * Lines of a statement in the order of their keys. `$1` statement, `$2` its account, `$3` its month, `$4` at most so
 * many, `$5` skip so many, `$6`, `$7`, `$8` after this licence, key and occurrence.
 */
export const LINES = `
  SELECT
    item.uuid,
    item.arrow_line_reference AS "lineReference",
    item.occurrence,
    item.license_reference AS "licenseReference",
    item.status,
    item.reason,
    item.presence,
    item.amount_state AS "amountState",
    trim_scale(item.sell)::text AS sell,
    trim_scale(item.buy)::text AS buy,
    item.currency,
    trim_scale(item.quantity)::text AS quantity,
    item.vendor_name AS "vendorName",
    item.description,
    item.classification,
    item.subscription_reference AS "subscriptionReference",
    item.service_start::text AS "serviceStart",
    item.service_end::text AS "serviceEnd",
    item.arrow_customer AS "arrowCustomer",
    item.charge_uuid AS "chargeUuid",
    item.page_hash AS "pageHash",
    item.page_row AS "pageRow"
  FROM billing_sync_item item
  WHERE item.billing_sync_uuid = $1
    AND item.account_uuid = $2
    AND item.month = $3
    AND (item.license_reference, item.arrow_line_reference, item.occurrence) > ($6::text, $7::text, $8::integer)
  ORDER BY item.license_reference, item.arrow_line_reference, item.occurrence
  LIMIT $4
  OFFSET $5`;

/** `$1` charges. */
export const CHARGES = `
  SELECT
    charge.uuid,
    charge.license_reference AS "licenseReference",
    charge.customer_uuid AS "customerUuid",
    charge.project_uuid AS "projectUuid",
    charge.resource_uuid AS "resourceUuid",
    charge.currency,
    charge.basis,
    charge.held_reason AS "heldReason",
    CASE
      WHEN pending.reason IS NOT NULL
        THEN jsonb_build_object('amount', trim_scale(pending.amount)::text, 'reason', pending.reason)
    END AS pending
  FROM charge
  LEFT JOIN pending_posting pending ON pending.charge_uuid = charge.uuid
  WHERE charge.uuid = ANY($1::uuid[])`;

/** `$1` charges. */
export const POSTINGS = `
  SELECT
    posting.uuid,
    posting.charge_uuid AS "chargeUuid",
    posting.revision,
    posting.kind,
    trim_scale(posting.amount)::text AS amount,
    trim_scale(posting.target)::text AS target,
    posting.invoice_uuid AS "invoiceUuid",
    to_char(invoice.month, 'YYYY-MM') AS "invoiceMonth",
    posting.job_uuid AS "jobUuid",
    posting.created
  FROM invoice_posting posting
  JOIN invoice ON invoice.uuid = posting.invoice_uuid
  WHERE posting.charge_uuid = ANY($1::uuid[])
  ORDER BY posting.charge_uuid, posting.revision`;

/**
 * What the lines of charges add up to, each rounded, over all statements, and which line is the last: of those that the
 * export has, else of all. `$1` charges, `$2` the digits of their currencies.
 */
export const LINES_OF_CHARGES = (price: PriceSource) => `
  SELECT
    charge.uuid AS "chargeUuid",
    trim_scale(summed.rounded)::text AS rounded,
    summed.lines,
    last.uuid AS "lastLineUuid"
  FROM unnest($1::uuid[], $2::integer[]) AS charge (uuid, digits)
  CROSS JOIN LATERAL (
    SELECT
      coalesce(sum(round(item.${price}, charge.digits)), 0) AS rounded,
      count(*)::integer AS lines
    FROM billing_sync_item item
    WHERE item.charge_uuid = charge.uuid
      AND item.presence = 'present'
  ) summed
  CROSS JOIN LATERAL (
    SELECT item.uuid
    FROM billing_sync_item item
    WHERE item.charge_uuid = charge.uuid
    ORDER BY item.presence = 'present' DESC, item.arrow_line_reference DESC, item.occurrence DESC
    LIMIT 1
  ) last`;
