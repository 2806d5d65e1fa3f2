/** The unit in which months are closed: an account's charges of an organisation, a month and a currency. */
const KEY = ['account_uuid', 'customer_uuid', 'month', 'currency'];
const isSame = (one: string, other: string) => KEY.map((name) => `${one}.${name} = ${other}.${name}`).join(' AND ');

/** How far each charge is part of items. */
const PUSHED_UP_TO = `
    SELECT charge_uuid, max(revision) AS revision
    FROM pushed_item
    GROUP BY charge_uuid`;

/**
 * Makes an item of what every closed charge was moved by since its last item, once all of its bill-to party in the month
 * are posted as their lines have it: a run closes charges first and posts them then. The first items of an
 * organisation's month go on the invoice of that month, later ones on that of the current month. `$1` the first month
 * that is pushed, `$2` the current month. Answers how many.
 */
export const PLAN_ITEMS = `
  WITH closed AS (
    SELECT ${KEY.map((name) => `charge.${name}`).join(', ')}
    FROM charge
    LEFT JOIN pending_posting pending ON pending.charge_uuid = charge.uuid
    WHERE charge.month >= $1
    GROUP BY ${KEY.map((name) => `charge.${name}`).join(', ')}
    HAVING bool_and(charge.kind = 'rounding' OR charge.closed_at IS NOT NULL)
      AND bool_and(charge.kind = 'rounding' OR charge.basis = 'lines')
      AND bool_and(charge.kind = 'rounding' OR charge.target IN (charge.lines_sell, charge.lines_buy))
      AND count(pending.charge_uuid) = 0
  ),
  begun AS (
    SELECT DISTINCT ${KEY.map((name) => `charge.${name}`).join(', ')}
    FROM pushed_item item
    JOIN charge ON charge.uuid = item.charge_uuid
  ),
  pushed AS (${PUSHED_UP_TO}
  ),
  due AS (
    SELECT
      charge.uuid,
      coalesce(pushed.revision, 0) AS after_revision,
      max(posting.revision) AS revision,
      sum(posting.amount) AS amount,
      (array_agg(posting.uuid ORDER BY posting.revision DESC))[1] AS posting_uuid
    FROM closed
    JOIN charge ON ${isSame('charge', 'closed')}
    JOIN invoice_posting posting ON posting.charge_uuid = charge.uuid
    LEFT JOIN pushed ON pushed.charge_uuid = charge.uuid
    WHERE posting.revision > coalesce(pushed.revision, 0)
    GROUP BY charge.uuid, pushed.revision
    HAVING sum(posting.amount) <> 0
  )
  INSERT INTO pushed_item (
    charge_uuid, after_revision, revision, posting_uuid, customer_uuid, charge_month, invoice_month, name, currency,
    amount
  )
  SELECT
    due.uuid,
    due.after_revision,
    due.revision,
    due.posting_uuid,
    charge.customer_uuid,
    charge.month,
    CASE WHEN begun.account_uuid IS NULL THEN charge.month ELSE greatest(charge.month, $2::date) END,
    concat_ws(
      ' ',
      coalesce(nullif(btrim(charge.name), ''), charge.license_reference),
      -- The name of what rounding took or gave has its month.
      CASE WHEN charge.kind <> 'rounding' THEN to_char(charge.month, 'YYYY-MM') END,
      'arrow-' || left(replace(due.posting_uuid::text, '-', ''), 12)
    ),
    charge.currency,
    due.amount
  FROM due
  JOIN charge ON charge.uuid = due.uuid
  LEFT JOIN begun ON ${isSame('begun', 'charge')}
  ORDER BY charge.month, charge.customer_uuid, charge.uuid
  ON CONFLICT DO NOTHING
  RETURNING uuid`;

/**
 * Which items may be sent by our rules, of those that Waldur does not have. `$1` now, `$2` the first month that is pushed,
 * `$3` Waldur's currency, `$4` whether plans may have prices, `$5` refused ones are tried again that were tried before,
 * `$6` organisation, or null.
 */
export const JUDGE_ITEMS = `
  UPDATE pushed_item item
  SET state = CASE judged.reason WHEN '' THEN 'intended' ELSE 'not_sent' END, reason = judged.reason, modified = $1
  FROM (
    SELECT
      item.uuid,
      CASE
        WHEN item.charge_month < $2 THEN 'before_push_from'
        WHEN item.currency <> $3 THEN 'other_currency'
        WHEN customer.owner <> 'waldur' OR customer.gone_at IS NOT NULL THEN 'customer_not_in_waldur'
        WHEN $4::boolean OR plan.uuid IS NULL OR plan.owner <> 'waldur' OR NOT plan.has_price THEN ''
        WHEN plan.has_price THEN 'plan_has_price'
        ELSE 'plan_price_unknown'
      END AS reason
    FROM pushed_item item
    JOIN customer ON customer.uuid = item.customer_uuid
    JOIN charge ON charge.uuid = item.charge_uuid
    LEFT JOIN resource ON resource.uuid = charge.resource_uuid
    LEFT JOIN plan ON plan.uuid = resource.plan_uuid
    WHERE ($6::uuid IS NULL OR item.customer_uuid = $6)
      AND (item.state IN ('intended', 'not_sent') OR (item.state = 'refused' AND item.tried_at <= $5))
  ) judged
  WHERE judged.uuid = item.uuid
    AND (item.state = 'refused' OR item.reason <> judged.reason)`;

/**
 * Invoices that something is to be put on, is in doubt of, or was put on and not looked at, and those that were not looked
 * at since `$1`, of months from `$2` on.
 */
export const DUE_INVOICES = `
  SELECT
    customer_uuid AS "customerUuid",
    invoice_month::text AS "invoiceMonth",
    (count(*) FILTER (WHERE state = 'intended'))::integer AS intended
  FROM pushed_item
  GROUP BY customer_uuid, invoice_month
  HAVING bool_or(state IN ('intended', 'sending') OR (state = 'sent' AND seen_at IS NULL))
    OR (
      invoice_month >= $2
      AND min(seen_at) FILTER (WHERE state = 'sent') <= $1
    )
  ORDER BY invoice_month, customer_uuid`;

/** Items to be put on an invoice. `$1` organisation, `$2` month. */
export const INTENDED_ITEMS = `
  SELECT uuid, name, trim_scale(amount)::text AS amount
  FROM pushed_item
  WHERE customer_uuid = $1
    AND invoice_month = $2
    AND state = 'intended'
  ORDER BY name`;

/**
 * Goes by what stands on an invoice: what is there, was sent; what is not, and was sent before `$6`, never came. `$1`
 * organisation, `$2` month, `$3` names and `$4` amounts that stand there, `$5` now. Answers which of them were in doubt.
 */
export const DECIDE_ITEMS = `
  WITH seen AS (
    SELECT name, sum(amount) AS amount
    FROM unnest($3::text[], $4::numeric[]) AS item (name, amount)
    GROUP BY name
  ),
  own AS (
    SELECT item.uuid, item.state AS was, seen.name IS NOT NULL AS is_there, seen.amount
    FROM pushed_item item
    LEFT JOIN seen ON seen.name = item.name
    WHERE item.customer_uuid = $1
      AND item.invoice_month = $2
  )
  UPDATE pushed_item item
  SET
    state = CASE
      WHEN own.is_there THEN 'sent'
      WHEN item.state = 'sending' AND item.tried_at < $6 THEN 'intended'
      ELSE item.state
    END,
    reason = CASE WHEN own.is_there THEN '' ELSE item.reason END,
    sent_at = CASE WHEN own.is_there THEN coalesce(item.sent_at, $5) ELSE item.sent_at END,
    seen_amount = own.amount,
    seen_at = $5,
    modified = $5
  FROM own
  WHERE own.uuid = item.uuid
  RETURNING item.uuid, own.was, item.state AS is`;

/** What an invoice was seen to lack, though it was sent, is sent again. `$1` organisation, `$2` month, `$3` now. */
export const SEND_MISSING_AGAIN = `
  UPDATE pushed_item
  SET state = 'intended', sent_at = NULL, modified = $3
  WHERE customer_uuid = $1
    AND invoice_month = $2
    AND state = 'sent'
    AND seen_at IS NOT NULL
    AND seen_amount IS NULL`;

/** Of these names (`$2`), those that we did not give for the organisation (`$1`). */
export const UNKNOWN_NAMES = `
  SELECT DISTINCT name
  FROM unnest($2::text[]) AS there (name)
  WHERE NOT EXISTS (
    SELECT
    FROM pushed_item item
    WHERE item.customer_uuid = $1
      AND item.name = there.name
  )
  ORDER BY name`;

/** `$1` organisation, `$2` month, `$3` now, `$4` why. */
export const HOLD_ITEMS = `
  UPDATE pushed_item
  SET state = 'not_sent', reason = $4, modified = $3
  WHERE customer_uuid = $1
    AND invoice_month = $2
    AND state = 'intended'
  RETURNING uuid`;

/** Before an item is sent. `$1` item, `$2` now, `$3` job. Answers it, unless somebody else has it. */
export const CLAIM_ITEM = `
  UPDATE pushed_item
  SET state = 'sending', tried_at = $2, job_uuid = $3, said = '', modified = $2
  WHERE uuid = $1
    AND state = 'intended'
  RETURNING uuid`;

/**
 * After an item was sent; what was seen of the invoice before says nothing of it. `$1` item, `$2` now, `$3` state, `$4`
 * reason, `$5` Waldur's sentence, `$6` month of the invoice.
 */
export const CONCLUDE_ITEM = `
  UPDATE pushed_item
  SET
    state = $3::text,
    reason = $4,
    said = $5,
    invoice_month = coalesce($6, invoice_month),
    sent_at = CASE WHEN $3::text = 'sent' THEN $2::timestamptz END,
    seen_amount = NULL,
    seen_at = NULL,
    modified = $2
  WHERE uuid = $1
    AND state = 'sending'`;

/**
 * Both sides per organisation, month charged and currency: what is charged here, and of it what waits, was refused, is not
 * sent, or was sent and seen not to be there (`missing`); what was not looked at since it was sent waits. `$1` from month,
 * `$2` to month, `$3` organisation, or null, `$4` the first month that is pushed, or null.
 */
const COMPARISON = `
  WITH pushed AS (${PUSHED_UP_TO}
  ),
  part AS (
    SELECT
      charge.customer_uuid,
      charge.month,
      charge.currency,
      posting.amount AS charged,
      CASE WHEN is_due AND NOT is_too_early THEN posting.amount ELSE 0 END AS waiting,
      0 AS refused,
      CASE WHEN is_due AND is_too_early THEN posting.amount ELSE 0 END AS not_sent,
      0 AS sent,
      0 AS at_waldur,
      NULL::timestamptz AS seen_at
    FROM charge
    JOIN invoice_posting posting ON posting.charge_uuid = charge.uuid
    LEFT JOIN pushed ON pushed.charge_uuid = charge.uuid
    CROSS JOIN LATERAL (
      SELECT
        posting.revision > coalesce(pushed.revision, 0) AS is_due,
        charge.month < coalesce($4::date, '-infinity') AS is_too_early
    ) AS judged
    WHERE charge.month BETWEEN $1 AND $2
      AND ($3::uuid IS NULL OR charge.customer_uuid = $3)
    UNION ALL
    SELECT
      customer_uuid,
      charge_month,
      currency,
      0,
      CASE WHEN state IN ('intended', 'sending') OR (state = 'sent' AND seen_at IS NULL) THEN amount ELSE 0 END,
      CASE WHEN state = 'refused' THEN amount ELSE 0 END,
      CASE WHEN state = 'not_sent' THEN amount ELSE 0 END,
      CASE WHEN state = 'sent' AND seen_at IS NOT NULL THEN amount ELSE 0 END,
      CASE WHEN state = 'sent' THEN coalesce(seen_amount, 0) ELSE 0 END,
      CASE WHEN state = 'sent' THEN coalesce(seen_at, '-infinity') END
    FROM pushed_item
    WHERE charge_month BETWEEN $1 AND $2
      AND ($3::uuid IS NULL OR customer_uuid = $3)
  )
  SELECT
    part.customer_uuid AS "customerUuid",
    customer.name AS "customerName",
    to_char(part.month, 'YYYY-MM') AS month,
    part.currency,
    sum(charged) AS charged,
    sum(at_waldur) AS "atWaldur",
    sum(charged) - sum(at_waldur) AS difference,
    sum(waiting) AS waiting,
    sum(refused) AS refused,
    sum(not_sent) AS "notSent",
    sum(sent) - sum(at_waldur) AS missing,
    nullif(min(seen_at), '-infinity') AS "seenAt"
  FROM part
  JOIN customer ON customer.uuid = part.customer_uuid
  GROUP BY part.customer_uuid, customer.name, part.month, part.currency`;

const compared = (onlyDifferences: boolean) => `
  FROM (${COMPARISON}
  ) compared${onlyDifferences ? '\n  WHERE difference <> 0' : ''}`;

/** Parameters as above, then `$5` at most so many, `$6` skip so many. */
export const COMPARE = (onlyDifferences: boolean) => `
  SELECT *${compared(onlyDifferences)}
  ORDER BY month, "customerName", "customerUuid", currency
  LIMIT $5
  OFFSET $6`;

/** Parameters as above, without paging. */
export const COUNT_COMPARED = (onlyDifferences: boolean) => `
  SELECT count(*)::integer AS count${compared(onlyDifferences)}`;

/** What is not at Waldur as it ought to be, or was not looked at since it was sent, by why. */
export const SHORTFALLS = `
  SELECT
    CASE
      WHEN state IN ('intended', 'sending') THEN state
      WHEN state = 'sent' THEN CASE WHEN seen_at IS NULL THEN 'not_looked_at' ELSE 'missing' END
      ELSE reason
    END AS reason,
    currency,
    count(*)::integer AS items,
    trim_scale(sum(amount - CASE WHEN state = 'sent' THEN coalesce(seen_amount, 0) ELSE 0 END))::text AS amount
  FROM pushed_item
  WHERE state <> 'sent'
    OR seen_amount IS DISTINCT FROM amount
  GROUP BY 1, 2
  ORDER BY 1, 2`;
