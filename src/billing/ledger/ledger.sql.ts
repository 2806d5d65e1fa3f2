import type { PriceSource } from '../../arrow-export/columns.js';

/** The consumption of the charge's licence, whoever's charge it is the target of. */
const CONSUMPTION = `LEFT JOIN consumption_record record
    ON record.account_uuid = charge.account_uuid
   AND record.month = charge.month
   AND record.license_reference = charge.license_reference`;

/** What it ought to be is, as stored, what its lines add up to. `held`: charges that are to be held. */
const followsLines = (price: PriceSource, held: string) => `charge.kind = 'license'
    AND charge.basis = 'lines'
    AND charge.target = charge.lines_${price}
    AND charge.uuid <> ALL(${held}::uuid[])`;

/**
 * Charges of organisations in a month with what is posted on them. Of those that are posted as their lines have it, with
 * nothing to decide, only the sums: they stand beside every other of their bill-to party. `$1` account, `$2` month, `$3`
 * organisations, `$4` tax rate, `$5` charges that are to be held.
 */
export const CHARGE_FACTS = (price: PriceSource) => `
  WITH entry AS (
    SELECT
      posting.charge_uuid,
      posting.tax_percent,
      invoice.month = $2 AS is_own_month,
      invoice.month = $2 AND invoice.state = 'pending' AND posting.tax_percent <> $4 AS is_at_other_rate,
      sum(posting.amount) AS amount,
      max(posting.revision) AS revision
    FROM invoice_posting posting
    JOIN charge ON charge.uuid = posting.charge_uuid
    JOIN invoice ON invoice.uuid = posting.invoice_uuid
    WHERE charge.account_uuid = $1
      AND charge.month = $2
      AND charge.customer_uuid = ANY($3::uuid[])
    GROUP BY 1, 2, 3, 4, posting.invoice_uuid
  ),
  main_rate AS (
    SELECT DISTINCT ON (charge.customer_uuid, charge.currency)
      charge.customer_uuid,
      charge.currency,
      entry.tax_percent
    FROM entry
    JOIN charge ON charge.uuid = entry.charge_uuid
    WHERE entry.is_own_month
    GROUP BY charge.customer_uuid, charge.currency, entry.tax_percent
    HAVING sum(entry.amount) <> 0
    ORDER BY charge.customer_uuid, charge.currency, abs(sum(entry.amount)) DESC, entry.tax_percent DESC
  ),
  posted AS (
    SELECT
      charge_uuid,
      sum(amount) AS amount,
      max(revision) AS revision,
      -- What was taken off an invoice again is not there to be corrected.
      (array_agg(tax_percent ORDER BY is_own_month DESC, revision DESC) FILTER (WHERE amount <> 0))[1] AS tax_percent,
      jsonb_agg(
        jsonb_build_object('taxPercent', tax_percent::text, 'amount', amount::text)
        ORDER BY tax_percent
      ) FILTER (WHERE is_at_other_rate AND amount <> 0) AS at_other_rates
    FROM entry
    GROUP BY charge_uuid
  ),
  fact AS (
    SELECT
      charge.uuid,
      charge.kind,
      charge.license_reference AS "licenseReference",
      charge.customer_uuid AS "customerUuid",
      charge.currency,
      charge.name,
      charge.start,
      charge."end",
      charge.lines_${price} AS lines,
      charge.target,
      charge.rounded,
      charge.basis,
      charge.held_reason AS "heldReason",
      charge.closed_at IS NOT NULL AS "isClosed",
      coalesce(posted.amount, 0) AS posted,
      coalesce(posted.revision, 0) AS revision,
      -- What is rounded anew is rounded at the rate of what it rounds.
      coalesce(
        posted.tax_percent,
        CASE charge.kind WHEN 'rounding' THEN main_rate.tax_percent END
      ) AS "postedTaxPercent",
      coalesce(posted.at_other_rates, '[]') AS "draftAtOtherRates",
      CASE
        WHEN pending.charge_uuid IS NOT NULL
          THEN jsonb_build_object('amount', pending.amount::text, 'reason', pending.reason)
      END AS pending,
      record.charge_uuid IS NOT NULL AS "isConsumptionKnown",
      record.reversed_at IS NOT NULL AS "isTakenBack",
      CASE WHEN record.charge_uuid = charge.uuid THEN record.consumed_${price} END AS consumption,
      ${followsLines(price, '$5')}
        AND record.charge_uuid IS NULL
        AND pending.charge_uuid IS NULL
        AND posted.at_other_rates IS NULL
        AND coalesce(posted.amount, 0) = charge.rounded AS stands
    FROM charge
    LEFT JOIN posted ON posted.charge_uuid = charge.uuid
    LEFT JOIN main_rate
      ON main_rate.customer_uuid = charge.customer_uuid
     AND main_rate.currency = charge.currency
    LEFT JOIN pending_posting pending ON pending.charge_uuid = charge.uuid
    ${CONSUMPTION}
    WHERE charge.account_uuid = $1
      AND charge.month = $2
      AND charge.customer_uuid = ANY($3::uuid[])
  ),
  standing AS (
    SELECT "customerUuid", currency, sum(target) AS target, sum(rounded) AS rounded
    FROM fact
    WHERE stands
    GROUP BY "customerUuid", currency
  )
  SELECT fact.*, coalesce(standing.target, 0) AS "standingTarget", coalesce(standing.rounded, 0) AS "standingRounded"
  FROM fact
  LEFT JOIN standing USING ("customerUuid", currency)
  WHERE NOT fact.stands
  ORDER BY fact."customerUuid", fact.currency, fact."licenseReference", fact.uuid`;

/**
 * Charges that were never posted and stand as their lines have it, with nothing to decide. `$1` account, `$2` month, `$3`
 * organisations, `$4` charges that are to be held.
 */
const NEW_CHARGES = (price: PriceSource) => `charge
  WHERE charge.account_uuid = $1
    AND charge.month = $2
    AND charge.customer_uuid = ANY($3::uuid[])
    AND ${followsLines(price, '$4')}
    AND charge.rounded <> 0
    AND NOT EXISTS (SELECT FROM invoice_posting posting WHERE posting.charge_uuid = charge.uuid)
    AND NOT EXISTS (SELECT FROM pending_posting pending WHERE pending.charge_uuid = charge.uuid)
    AND NOT EXISTS (
      SELECT
      FROM consumption_record record
      WHERE record.account_uuid = charge.account_uuid
        AND record.month = charge.month
        AND record.license_reference = charge.license_reference
    )`;

/** Whose new charges are. Parameters as for them. */
export const NEW_PARTIES = (price: PriceSource) => `
  SELECT DISTINCT charge.customer_uuid AS "customerUuid", charge.currency
  FROM ${NEW_CHARGES(price)}`;

/**
 * The first postings of new charges: their rounded targets. Answers how many, and the first of them. Parameters as for the
 * charges, then `$5` drafts, `$6` rule, `$7` tax rate, `$8` job, `$9` how many to show.
 */
export const POST_NEW_CHARGES = (price: PriceSource) => `
  WITH fresh AS MATERIALIZED (
    SELECT uuid, license_reference, customer_uuid, currency, name, start, "end", target, rounded, basis
    FROM ${NEW_CHARGES(price)}
  ),
  added AS (
    INSERT INTO invoice_posting (
      charge_uuid, revision, kind, amount, target, basis, invoice_uuid, rule_uuid, tax_percent, name, start, "end",
      job_uuid
    )
    SELECT
      fresh.uuid,
      1,
      'charge',
      fresh.rounded,
      fresh.target,
      fresh.basis,
      invoice.uuid,
      $6::uuid,
      $7::numeric,
      fresh.name,
      fresh.start,
      fresh."end",
      $8::uuid
    FROM fresh
    JOIN invoice
      ON invoice.uuid = ANY($5::uuid[])
     AND invoice.customer_uuid = fresh.customer_uuid
     AND invoice.currency = fresh.currency
    ORDER BY fresh.uuid
    RETURNING charge_uuid, revision, kind, amount, target, name
  )
  SELECT
    added.revision,
    added.kind,
    added.amount,
    added.target,
    added.name,
    fresh.customer_uuid AS "customerUuid",
    fresh.license_reference AS "licenseReference",
    fresh.currency,
    '0' AS posted,
    (count(*) OVER ())::integer AS postings
  FROM added
  JOIN fresh ON fresh.uuid = added.charge_uuid
  ORDER BY fresh.customer_uuid, fresh.currency, fresh.license_reference
  LIMIT $9`;

/** Rounding charges that are not there yet. `$1` account, `$2` month, `$3` organisations. */
export const ENSURE_ROUNDING_CHARGES = `
  INSERT INTO charge (account_uuid, month, kind, license_reference, customer_uuid, currency, name, start, "end")
  SELECT DISTINCT
    account_uuid,
    month,
    'rounding',
    '',
    customer_uuid,
    currency,
    'Rounding ' || to_char(month, 'YYYY-MM'),
    month,
    (month + interval '1 month - 1 day')::date
  FROM charge
  WHERE account_uuid = $1
    AND month = $2
    AND customer_uuid = ANY($3::uuid[])
  ON CONFLICT DO NOTHING`;

/** `$1` now, then one array per column. */
export const UPDATE_CHARGES = `
  UPDATE charge
  SET
    target = planned.target,
    rounded = planned.rounded,
    basis = planned.basis,
    held_reason = planned.held_reason,
    modified = $1
  FROM unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::text[], $6::text[])
    AS planned (uuid, target, rounded, basis, held_reason)
  WHERE charge.uuid = planned.uuid`;

/** `$1` now, `$2` charges, `$3` amounts, `$4` reasons. */
export const UPSERT_PENDING = `
  INSERT INTO pending_posting AS pending (since, charge_uuid, amount, reason)
  SELECT $1, planned.*
  FROM unnest($2::uuid[], $3::numeric[], $4::text[]) AS planned
  ON CONFLICT (charge_uuid) DO UPDATE
  SET
    amount = excluded.amount,
    reason = excluded.reason,
    since = excluded.since
  WHERE (pending.amount, pending.reason) <> (excluded.amount, excluded.reason)`;

/** `$1` charges. */
export const DELETE_PENDING = `
  DELETE FROM pending_posting
  WHERE charge_uuid = ANY($1::uuid[])`;

/** Organisations with charges in a month, and how many. `$1` account, `$2` month, `$3` only these licences, or null. */
export const CHARGED_CUSTOMERS = `
  SELECT charge.customer_uuid AS "customerUuid", count(*)::integer AS charges
  FROM charge
  WHERE charge.account_uuid = $1
    AND charge.month = $2
    AND ($3::text[] IS NULL OR charge.customer_uuid IN (
      SELECT touched.customer_uuid
      FROM charge touched
      WHERE touched.account_uuid = $1
        AND touched.month = $2
        AND touched.license_reference = ANY($3)
    ))
  GROUP BY charge.customer_uuid
  ORDER BY charge.customer_uuid`;

/**
 * A charge is closed when all statements that its licence's lines stand on are; without lines, when all of its Arrow
 * customer's are; where there are none, by the calendar. `$1` account, `$2` month, `$3` closed by the calendar, `$4` now,
 * `$5` only these licences, or null. Nothing is looked at where no statement and no charge is closed.
 */
export const CLOSE_CHARGES = `
  WITH license AS (
    SELECT item.license_reference, bool_and(statement.state = 4) AS is_closed
    FROM billing_sync_item item
    JOIN billing_sync statement ON statement.uuid = item.billing_sync_uuid
    WHERE item.account_uuid = $1
      AND item.month = $2
      AND item.presence = 'present'
    GROUP BY item.license_reference
  ),
  customer AS (
    SELECT statement.arrow_customer, bool_and(statement.state = 4) AS is_closed
    FROM billing_sync statement
    WHERE statement.account_uuid = $1
      AND statement.month = $2
    GROUP BY statement.arrow_customer
  ),
  judged AS (
    SELECT
      charge.uuid,
      record.reopened_at IS NULL
        AND coalesce(license.is_closed, customer.is_closed, charge.closed_at IS NOT NULL OR $3::boolean) AS is_closed
    FROM charge
    LEFT JOIN license ON license.license_reference = charge.license_reference
    LEFT JOIN customer ON customer.arrow_customer = charge.arrow_customer
    ${CONSUMPTION}
    WHERE charge.account_uuid = $1
      AND charge.month = $2
      AND charge.kind = 'license'
      AND ($5::text[] IS NULL OR charge.license_reference = ANY($5))
      AND (
        $3::boolean
        OR EXISTS (SELECT FROM billing_sync WHERE account_uuid = $1 AND month = $2 AND state = 4)
        OR EXISTS (SELECT FROM charge WHERE account_uuid = $1 AND month = $2 AND closed_at IS NOT NULL)
      )
  )
  UPDATE charge
  SET
    closed_at = CASE WHEN judged.is_closed THEN $4::timestamptz END,
    modified = $4
  FROM judged
  WHERE charge.uuid = judged.uuid
    AND (charge.closed_at IS NOT NULL) <> judged.is_closed`;
