/** `$1` account, `$2` first day of the month, `$3` and `$4` organisations and currencies. */
export const INSERT_DRAFTS = `
  INSERT INTO invoice (account_uuid, customer_uuid, month, currency)
  SELECT DISTINCT $1::uuid, party.customer_uuid, $2::date, party.currency
  FROM unnest($3::uuid[], $4::text[]) AS party (customer_uuid, currency)
  ORDER BY party.customer_uuid, party.currency
  ON CONFLICT (account_uuid, customer_uuid, month, currency) DO NOTHING`;

/** Parameters as of `INSERT_DRAFTS`. Shared: held against whoever would issue one meanwhile, not against others who post. */
export const LOCK_INVOICES = `
  SELECT
    invoice.uuid,
    invoice.customer_uuid AS "customerUuid",
    invoice.currency,
    invoice.month::text AS month,
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
