import type { PriceSource } from '../../arrow-export/columns.js';

const SUMMED = ['statement', 'provisional', 'posted', 'pending', 'unmatched', 'excluded', 'held', 'exact'];

const amountOf = (name: string) => `coalesce(sum(amount) FILTER (WHERE name = '${name}'), 0)`;

/**
 * The parts of the tie-out per currency and organisation, each summed from its own rows; lines that reach nobody stand
 * under no organisation. `$1` account, `$2` month.
 */
export const PARTS = (price: PriceSource) => `
  WITH line AS (
    SELECT
      item.currency,
      CASE item.status
        WHEN 'billable' THEN charge.customer_uuid
        WHEN 'excluded' THEN statement.customer_uuid
      END AS customer_uuid,
      sum(item.amount) AS statement,
      sum(item.amount) FILTER (WHERE item.status = 'unmatched') AS unmatched,
      sum(item.amount) FILTER (WHERE item.status = 'excluded') AS excluded,
      sum(item.lines) AS lines,
      sum(item.unreadable) AS unreadable
    FROM (
      SELECT
        currency,
        status,
        charge_uuid,
        billing_sync_uuid,
        sum(${price}) AS amount,
        count(*) AS lines,
        count(*) FILTER (WHERE amount_state = 'invalid') AS unreadable
      FROM billing_sync_item
      WHERE account_uuid = $1
        AND month = $2
        AND presence = 'present'
      GROUP BY currency, status, charge_uuid, billing_sync_uuid
    ) item
    LEFT JOIN charge ON charge.uuid = item.charge_uuid
    LEFT JOIN billing_sync statement ON statement.uuid = item.billing_sync_uuid
    GROUP BY 1, 2
  ),
  target AS (
    SELECT
      charge.currency,
      charge.customer_uuid,
      sum(charge.target - charge.lines_${price}) FILTER (WHERE charge.basis NOT IN ('lines', 'held')) AS provisional,
      sum(charge.lines_${price} - charge.target) FILTER (WHERE charge.basis = 'held') AS held,
      sum(charge.target) AS exact
    FROM charge
    WHERE charge.account_uuid = $1
      AND charge.month = $2
      AND charge.kind = 'license'
    GROUP BY 1, 2
  ),
  part (currency, customer_uuid, name, amount) AS (
    SELECT
      currency,
      customer_uuid,
      unnest(ARRAY['statement', 'unmatched', 'excluded', 'lines', 'unreadable']),
      unnest(ARRAY[statement, unmatched, excluded, lines, unreadable])
    FROM line
    UNION ALL
    SELECT
      currency,
      customer_uuid,
      unnest(ARRAY['provisional', 'held', 'exact']),
      unnest(ARRAY[provisional, held, exact])
    FROM target
    UNION ALL
    SELECT charge.currency, charge.customer_uuid, 'posted', posting.amount
    FROM invoice_posting posting
    JOIN charge ON charge.uuid = posting.charge_uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
    UNION ALL
    SELECT charge.currency, charge.customer_uuid, 'pending', pending.amount
    FROM pending_posting pending
    JOIN charge ON charge.uuid = pending.charge_uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
  )
  SELECT
    currency,
    customer_uuid AS "customerUuid",
    ${SUMMED.map((name) => `trim_scale(${amountOf(name)})::text AS ${name}`).join(',\n    ')},
    ${amountOf('lines')}::integer AS lines,
    ${amountOf('unreadable')}::integer AS unreadable
  FROM part
  GROUP BY currency, customer_uuid
  ORDER BY currency, customer_uuid NULLS LAST`;

/**
 * Charges that do not stand at their rounded target, though nothing of them waits, and issued invoices of the month whose
 * postings are not the total stored at issue. `$1` account, `$2` month.
 */
export const AWAY = `
  WITH charge_away AS (
    SELECT charge.currency
    FROM charge
    LEFT JOIN pending_posting pending ON pending.charge_uuid = charge.uuid
    LEFT JOIN invoice_posting posting ON posting.charge_uuid = charge.uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
    GROUP BY charge.uuid, pending.charge_uuid
    HAVING coalesce(sum(posting.amount), 0) + coalesce(pending.amount, 0) <> charge.rounded
  ),
  invoice_away AS (
    SELECT invoice.currency
    FROM invoice
    LEFT JOIN invoice_posting posting ON posting.invoice_uuid = invoice.uuid
    WHERE invoice.account_uuid = $1
      AND invoice.month = $2
      AND invoice.document IS NOT NULL
    GROUP BY invoice.uuid
    HAVING coalesce(sum(posting.amount), 0) <> (invoice.document ->> 'price')::numeric
  )
  SELECT
    currency,
    (count(*) FILTER (WHERE is_charge))::integer AS "chargesAway",
    (count(*) FILTER (WHERE NOT is_charge))::integer AS "invoicesAway"
  FROM (
    SELECT currency, true AS is_charge FROM charge_away
    UNION ALL SELECT currency, false FROM invoice_away
  ) away
  GROUP BY currency`;
