/** `$1` account, `$2` first day of the month, `$3` and `$4` organisations and currencies. */
export const INSERT_DRAFTS = `
  INSERT INTO invoice (account_uuid, customer_uuid, month, currency)
  SELECT DISTINCT $1::uuid, party.customer_uuid, $2::date, party.currency
  FROM unnest($3::uuid[], $4::text[]) AS party (customer_uuid, currency)
  ORDER BY party.customer_uuid, party.currency
  ON CONFLICT (account_uuid, customer_uuid, month, currency) DO NOTHING`;

/** Held against whoever would issue one meanwhile, not against others who post. Parameters as of `INSERT_DRAFTS`. */
export const LOCK_INVOICES = `
  SELECT
    invoice.uuid,
    invoice.customer_uuid AS "customerUuid",
    invoice.currency,
    invoice.month,
    invoice.state
  FROM invoice
  WHERE invoice.account_uuid = $1
    AND invoice.month = $2
    AND (invoice.customer_uuid, invoice.currency) IN (
      SELECT party.customer_uuid, party.currency
      FROM unnest($3::uuid[], $4::text[]) AS party (customer_uuid, currency)
    )
  ORDER BY invoice.uuid
  FOR SHARE OF invoice`;

/** What is posted per rate. `$1` invoices. */
export const INVOICE_RATES = `
  SELECT
    posting.invoice_uuid AS "invoiceUuid",
    posting.tax_percent AS percent,
    sum(posting.amount) AS price
  FROM invoice_posting posting
  WHERE posting.invoice_uuid = ANY($1::uuid[])
  GROUP BY posting.invoice_uuid, posting.tax_percent
  HAVING sum(posting.amount) <> 0
  ORDER BY posting.invoice_uuid, posting.tax_percent`;

/** `$1` account. */
export const NEXT_NUMBER = `
  UPDATE billing_account
  SET last_invoice_number = last_invoice_number + 1
  WHERE uuid = $1
  RETURNING last_invoice_number AS number, time_zone AS "timeZone"`;

/** `$1` invoices. */
export const COUNT_ITEMS = `
  SELECT item.invoice_uuid AS "invoiceUuid", count(*)::integer AS count
  FROM (
    SELECT DISTINCT posting.invoice_uuid, posting.charge_uuid, posting.kind = 'compensation'
    FROM invoice_posting posting
    WHERE posting.invoice_uuid = ANY($1::uuid[])
  ) item
  GROUP BY item.invoice_uuid`;

/**
 * Items in the order of their names: what is posted on an invoice for one charge, compensations apart. An item is known
 * by its first posting. `$1` invoices, `$2` at most so many each, `$3` skip so many, `$4` and `$5` after this name and
 * UUID.
 */
export const INVOICE_ITEMS = `
  SELECT
    wanted.uuid AS "invoiceUuid",
    first.uuid,
    first.name,
    total.price,
    total.start,
    total."end",
    charge.resource_uuid AS "resourceUuid",
    charge.project_uuid AS "projectUuid",
    CASE
      WHEN first.kind = 'compensation' THEN 'arrow_reconciliation'
      WHEN charge.kind = 'rounding' THEN 'arrow_rounding'
      WHEN first.basis = 'consumption' THEN 'arrow_consumption'
      ELSE 'arrow'
    END AS source,
    charge.license_reference AS "licenseReference",
    to_char(charge.month, 'YYYY-MM') AS "originalPeriod",
    rule.price_source AS "priceSource",
    first.corrects_invoice_uuid AS "correctsInvoiceUuid",
    total.postings
  FROM unnest($1::uuid[]) AS wanted (uuid)
  CROSS JOIN LATERAL (
    SELECT posting.*
    FROM invoice_posting posting
    WHERE posting.invoice_uuid = wanted.uuid
      AND (posting.name, posting.uuid) > ($4::text, $5::uuid)
      AND NOT EXISTS (
        SELECT
        FROM invoice_posting earlier
        WHERE earlier.charge_uuid = posting.charge_uuid
          AND earlier.revision < posting.revision
          AND earlier.invoice_uuid = posting.invoice_uuid
          AND (earlier.kind = 'compensation') = (posting.kind = 'compensation')
      )
    ORDER BY posting.name, posting.uuid
    LIMIT $2
    OFFSET $3
  ) first
  CROSS JOIN LATERAL (
    SELECT
      sum(posting.amount) AS price,
      min(posting.start) AS start,
      max(posting."end") AS "end",
      count(*)::integer AS postings
    FROM invoice_posting posting
    WHERE posting.charge_uuid = first.charge_uuid
      AND posting.invoice_uuid = first.invoice_uuid
      AND (posting.kind = 'compensation') = (first.kind = 'compensation')
  ) total
  JOIN charge ON charge.uuid = first.charge_uuid
  JOIN billing_rule rule ON rule.uuid = first.rule_uuid
  ORDER BY first.name, first.uuid`;

/** The contact of an issued invoice, where it is the address of a person whose name is erased; all else stays. */
export const ERASE_CONTACT = `
  UPDATE invoice
  SET document = jsonb_set(document, '{customer,email}', '""')
  WHERE lower(document #>> '{customer,email}') = lower($1)`;
