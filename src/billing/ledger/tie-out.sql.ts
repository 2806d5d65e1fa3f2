import type { PriceSource } from '../../arrow-export/columns.js';

/**
 * The parts of the tie-out per currency and organisation, each summed from its own rows; lines that reach nobody stand
 * under no organisation. `$1` account, `$2` month, `$3` currencies, `$4` their digits.
 */
export const TIE_OUT_PARTS = (price: PriceSource) => `
  WITH line AS (
    SELECT
      item.currency,
      CASE item.status
        WHEN 'billable' THEN charge.customer_uuid
        WHEN 'excluded' THEN statement.customer_uuid
      END AS customer_uuid,
      sum(item.${price}) AS statement,
      sum(item.${price}) FILTER (WHERE item.status = 'unmatched') AS unmatched,
      sum(item.${price}) FILTER (WHERE item.status = 'excluded') AS excluded,
      count(*)::integer AS lines,
      (count(*) FILTER (WHERE item.amount_state = 'invalid'))::integer AS unreadable
    FROM billing_sync_item item
    LEFT JOIN charge ON charge.uuid = item.charge_uuid
    LEFT JOIN billing_sync statement ON statement.uuid = item.billing_sync_uuid
    WHERE item.account_uuid = $1
      AND item.month = $2
      AND item.presence = 'present'
    GROUP BY 1, 2
  ),
  target AS (
    SELECT
      charge.currency,
      charge.customer_uuid,
      sum(charge.target - charge.lines_${price}) FILTER (WHERE charge.basis <> 'held') AS provisional,
      sum(charge.lines_${price} - charge.target) FILTER (WHERE charge.basis = 'held') AS held,
      sum(charge.target) - round(sum(charge.target), coalesce(max(digits.digits), 2)) AS carried
    FROM charge
    LEFT JOIN unnest($3::text[], $4::integer[]) AS digits (currency, digits) ON digits.currency = charge.currency
    WHERE charge.account_uuid = $1
      AND charge.month = $2
      AND charge.kind = 'license'
    GROUP BY 1, 2
  ),
  posting AS (
    SELECT charge.currency, charge.customer_uuid, sum(posting.amount) AS posted
    FROM invoice_posting posting
    JOIN charge ON charge.uuid = posting.charge_uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
    GROUP BY 1, 2
  ),
  waiting AS (
    SELECT charge.currency, charge.customer_uuid, sum(pending.amount) AS pending
    FROM pending_posting pending
    JOIN charge ON charge.uuid = pending.charge_uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
    GROUP BY 1, 2
  ),
  party AS (
    SELECT currency, customer_uuid FROM line
    UNION SELECT currency, customer_uuid FROM target
    UNION SELECT currency, customer_uuid FROM posting
  )
  SELECT
    party.currency,
    party.customer_uuid AS "customerUuid",
    trim_scale(coalesce(line.statement, 0))::text AS statement,
    trim_scale(coalesce(target.provisional, 0))::text AS provisional,
    trim_scale(coalesce(posting.posted, 0))::text AS posted,
    trim_scale(coalesce(waiting.pending, 0))::text AS pending,
    trim_scale(coalesce(line.unmatched, 0))::text AS unmatched,
    trim_scale(coalesce(line.excluded, 0))::text AS excluded,
    trim_scale(coalesce(target.held, 0))::text AS held,
    trim_scale(coalesce(target.carried, 0))::text AS carried,
    coalesce(line.lines, 0) AS lines,
    coalesce(line.unreadable, 0) AS unreadable
  FROM party
  LEFT JOIN line
    ON line.currency = party.currency
   AND line.customer_uuid IS NOT DISTINCT FROM party.customer_uuid
  LEFT JOIN target ON target.currency = party.currency AND target.customer_uuid = party.customer_uuid
  LEFT JOIN posting ON posting.currency = party.currency AND posting.customer_uuid = party.customer_uuid
  LEFT JOIN waiting ON waiting.currency = party.currency AND waiting.customer_uuid = party.customer_uuid
  ORDER BY party.currency, party.customer_uuid NULLS LAST`;

/** Issued invoices of the month whose postings are not the total stored at issue. `$1` account, `$2` month. */
export const INVOICES_AWAY = `
  SELECT invoice.currency, count(*)::integer AS count
  FROM invoice
  LEFT JOIN (
    SELECT posting.invoice_uuid, sum(posting.amount) AS amount
    FROM invoice_posting posting
    JOIN invoice ON invoice.uuid = posting.invoice_uuid
    WHERE invoice.account_uuid = $1
      AND invoice.month = $2
    GROUP BY posting.invoice_uuid
  ) posted ON posted.invoice_uuid = invoice.uuid
  WHERE invoice.account_uuid = $1
    AND invoice.month = $2
    AND invoice.document IS NOT NULL
    AND coalesce(posted.amount, 0) <> (invoice.document ->> 'price')::numeric
  GROUP BY invoice.currency`;

/** Charges that do not stand at their rounded target, though nothing of them waits. `$1` account, `$2` month. */
export const CHARGES_AWAY = `
  SELECT away.currency, count(*)::integer AS count
  FROM (
    SELECT charge.currency
    FROM charge
    LEFT JOIN pending_posting pending ON pending.charge_uuid = charge.uuid
    LEFT JOIN invoice_posting posting ON posting.charge_uuid = charge.uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
    GROUP BY charge.uuid, pending.charge_uuid
    HAVING coalesce(sum(posting.amount), 0) + coalesce(pending.amount, 0) <> charge.rounded
  ) away
  GROUP BY away.currency`;

/** Currencies of the charges of a month. `$1` account, `$2` month. */
export const CURRENCIES = `
  SELECT DISTINCT currency
  FROM charge
  WHERE account_uuid = $1
    AND month = $2`;
