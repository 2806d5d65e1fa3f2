import { LAST_OWNER } from '../payers/payers.repository.js';

/** Lines of a whole export are sorted and joined: without this, by way of temporary files. For the transaction. */
export const SORT_IN_MEMORY = `SET LOCAL work_mem = '64MB'`;

/** How many lines there are, and how many of what they are joined and summed by. */
export const ANALYZE_STAGED =
  'ANALYZE export_staging (snapshot_uuid, license_reference, line_key, customer_reference, statement_reference, currency)';

/** Staged lines with the Arrow customer that each names. */
const STAGED_LINES = `FROM export_staging staged
    LEFT JOIN export_staging_customer named
      ON named.snapshot_uuid = staged.snapshot_uuid
     AND named.customer_reference = staged.customer_reference`;

/** What a line says of its customer, each text once. `$1` snapshot. */
export const NAMED_CUSTOMERS = `
  SELECT DISTINCT customer_reference AS reference
  FROM export_staging
  WHERE snapshot_uuid = $1
    AND customer_reference <> ''
  ORDER BY customer_reference`;

/** `$1` snapshot, `$2` texts, `$3` the Arrow customers that they name. */
export const INSERT_NAMED_CUSTOMERS = `
  INSERT INTO export_staging_customer (snapshot_uuid, customer_reference, arrow_customer)
  SELECT $1, named.*
  FROM unnest($2::text[], $3::text[]) AS named`;

/** `$1` snapshot, then one array per column. */
export const INSERT_BILL_TO = `
  INSERT INTO export_staging_bill_to (
    snapshot_uuid, license_reference, arrow_customer, customer_uuid, project_uuid, resource_uuid, reason
  )
  SELECT $1, party.*
  FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[]) AS party`;

/**
 * Licences that ArrowSphere is to be asked for: those with a new line that names nobody, those whose owner is not known,
 * and those where sources differ. `$1` account, `$2` month, `$3` snapshot.
 */
export const LICENSES_TO_ASK_FOR = `
  WITH line AS (
    SELECT
      staged.license_reference,
      staged.line_key,
      count(*) AS lines,
      bool_or(named.arrow_customer IS NULL) AS names_nobody,
      min(named.arrow_customer) AS first_named,
      max(named.arrow_customer) AS last_named
    ${STAGED_LINES}
    WHERE staged.snapshot_uuid = $3
      AND staged.license_reference <> ''
    GROUP BY staged.license_reference, staged.line_key
  ),
  named AS (
    SELECT license_reference, min(first_named) AS first_named, max(last_named) AS last_named
    FROM line
    GROUP BY license_reference
  ),
  known AS (
    SELECT license_reference, arrow_line_reference, count(*) AS lines
    FROM billing_sync_item
    WHERE account_uuid = $1
      AND month = $2
    GROUP BY license_reference, arrow_line_reference
  ),
  owner AS (${LAST_OWNER}
  )
  SELECT DISTINCT line.license_reference AS reference
  FROM line
  JOIN named ON named.license_reference = line.license_reference
  LEFT JOIN known
    ON known.license_reference = line.license_reference
   AND known.arrow_line_reference = line.line_key
  LEFT JOIN owner ON owner.license_reference = line.license_reference
  WHERE (line.names_nobody AND (line.lines > coalesce(known.lines, 0) OR owner.license_reference IS NULL))
     OR named.first_named <> named.last_named
     OR named.first_named <> owner.customer_reference
  ORDER BY line.license_reference`;

/** Days that the service of lines ends on before the month does. `$1` snapshot, `$2` last day of the month. */
export const SERVICE_ENDS = `
  SELECT DISTINCT service_end::text AS day
  FROM export_staging
  WHERE snapshot_uuid = $1
    AND service_end < $2
  ORDER BY day`;

/** What lines of one licence and key are told apart by, in the order of their numbers. */
const TOLD_APART_BY = (line: string) => `
          ${line}.description COLLATE "C",
          ${line}.subscription_reference COLLATE "C",
          ${line}.service_start,
          ${line}.service_end,
          ${line}.sell DESC,
          ${line}.buy DESC`;

const contentOf = (line: string) => `ROW(${line}.currency,${TOLD_APART_BY(line).replaceAll(' DESC', '')})::text`;

/**
 * Numbers of lines whose licence had several owners: there it matters which line is which, as a new one must not take the
 * place of one that was seen before. A line that says what a known one says has its number; others have those of known
 * lines that nothing is left of, and then new ones.
 */
const NUMBER_AS_KNOWN = `
  known AS (
    SELECT
      item.license_reference,
      item.arrow_line_reference AS line_key,
      item.occurrence,
      item.presence = 'present' AS is_present,
      ${contentOf('item')} AS content,
      row_number() OVER (
        PARTITION BY item.license_reference, item.arrow_line_reference, ${contentOf('item')}
        ORDER BY item.presence = 'present' DESC, item.occurrence
      ) AS copy,
      row_number() OVER (
        PARTITION BY item.license_reference, item.arrow_line_reference
        ORDER BY item.currency COLLATE "C", ${TOLD_APART_BY('item')}
      ) AS place
    FROM billing_sync_item item
    JOIN license ON license.license_reference = item.license_reference AND license.is_contested
    WHERE item.account_uuid = $2
      AND item.month = $3
  ),
  same AS (
    SELECT line.*, known.occurrence
    FROM (
      SELECT
        line.*,
        ${contentOf('staged')} AS content,
        row_number() OVER (
          PARTITION BY line.license_reference, line.line_key, ${contentOf('staged')}
          ORDER BY line.place
        ) AS copy
      FROM line
      JOIN license ON license.license_reference = line.license_reference AND license.is_contested
      JOIN export_staging staged ON staged.ctid = line.row
    ) line
    LEFT JOIN known USING (license_reference, line_key, content, copy)
  ),
  numbered AS (
    SELECT
      wanted.row,
      coalesce(wanted.occurrence, free.occurrence, coalesce(last.occurrence, 0) + wanted.nth) AS occurrence
    FROM (
      SELECT
        same.*,
        row_number() OVER (PARTITION BY license_reference, line_key, occurrence IS NULL ORDER BY place) AS nth
      FROM same
    ) wanted
    LEFT JOIN (
      SELECT
        known.license_reference,
        known.line_key,
        known.occurrence,
        row_number() OVER (PARTITION BY known.license_reference, known.line_key ORDER BY known.place) AS nth
      FROM known
      LEFT JOIN same USING (license_reference, line_key, occurrence)
      WHERE known.is_present
        AND same.row IS NULL
    ) free USING (license_reference, line_key, nth)
    LEFT JOIN (
      SELECT license_reference, line_key, max(occurrence) AS occurrence
      FROM known
      GROUP BY license_reference, line_key
    ) last USING (license_reference, line_key)
  ),`;

/**
 * Whose each line is, and which of the lines with its licence and key. First match: the customer that the line names; the
 * owner at the time of the line, which is the earliest of the end of its service, the end of the month and when it was
 * first seen; the owner it was found to have before; the owner of today, if nothing contradicts it. `$1` snapshot, `$2`
 * account, `$3` month, `$4` now, `$5` the end of the month on the account's calendar, `$6` days that service ends on before
 * that, and `$7` their ends, as not every database knows every time zone.
 */
export const ATTRIBUTE_LINES = `
  WITH owner AS (
    SELECT
      license_reference,
      customer_reference,
      seen_from,
      lead(seen_from) OVER (PARTITION BY license_reference ORDER BY seen_from) AS seen_until
    FROM license_owner
    WHERE account_uuid = $2
  ),
  license AS (
    SELECT
      owner.license_reference,
      min(owner.customer_reference) AS any_owner,
      count(DISTINCT owner.customer_reference) > 1
        OR coalesce(bool_or(said.named_customer <> owner.customer_reference), false) AS is_contested
    FROM owner
    LEFT JOIN (
      SELECT DISTINCT staged.license_reference, named.arrow_customer AS named_customer
      ${STAGED_LINES}
      WHERE staged.snapshot_uuid = $1
        AND named.arrow_customer IS NOT NULL
    ) said ON said.license_reference = owner.license_reference
    GROUP BY owner.license_reference
  ),
  line AS (
    SELECT
      staged.ctid AS row,
      staged.license_reference,
      staged.line_key,
      staged.service_end,
      named.arrow_customer AS named_customer,
      row_number() OVER (
        PARTITION BY staged.license_reference, staged.line_key
        ORDER BY
          staged.currency,
          staged.sku,
          ${TOLD_APART_BY('staged')},
          staged.page_hash,
          staged.page_row
      ) AS place
    ${STAGED_LINES}
    WHERE staged.snapshot_uuid = $1
  ),${NUMBER_AS_KNOWN}
  attributed AS (
    SELECT
      line.row,
      coalesce(numbered.occurrence, line.place) AS occurrence,
      line.license_reference,
      license.license_reference IS NOT NULL AS has_owner,
      coalesce(
        line.named_customer,
        past.customer_reference,
        nullif(known.arrow_customer, ''),
        CASE WHEN NOT license.is_contested THEN license.any_owner END
      ) AS arrow_customer
    FROM line
    LEFT JOIN license ON license.license_reference = line.license_reference
    LEFT JOIN numbered ON numbered.row = line.row
    LEFT JOIN billing_sync_item known
      ON line.named_customer IS NULL
     AND license.is_contested IS DISTINCT FROM false
     AND known.account_uuid = $2
     AND known.month = $3
     AND known.license_reference = line.license_reference
     AND known.arrow_line_reference = line.line_key
     AND known.occurrence = coalesce(numbered.occurrence, line.place)
    LEFT JOIN unnest($6::date[], $7::timestamptz[]) AS service (last_day, ends_at)
      ON service.last_day = line.service_end
    LEFT JOIN owner past
      ON license.is_contested
     AND past.license_reference = line.license_reference
     AND line.named_customer IS NULL
     AND tstzrange(past.seen_from, past.seen_until) @> least(
       service.ends_at,
       $5::timestamptz,
       coalesce(known.created, $4::timestamptz)
     )
  )
  UPDATE export_staging staged
  SET
    occurrence = attributed.occurrence,
    arrow_customer = coalesce(attributed.arrow_customer, ''),
    unattributed = CASE
      WHEN attributed.license_reference = '' THEN 'no_license'
      WHEN attributed.arrow_customer IS NOT NULL THEN ''
      WHEN attributed.has_owner THEN 'owner_conflict'
      ELSE 'customer_unknown'
    END
  FROM attributed
  WHERE staged.ctid = attributed.row`;

/** Licence and Arrow customer, each pair once. `$1` snapshot. */
export const STAGED_PAIRS = `
  SELECT DISTINCT license_reference AS "licenseReference", arrow_customer AS "arrowCustomer"
  FROM export_staging
  WHERE snapshot_uuid = $1
    AND license_reference <> ''
    AND arrow_customer <> ''
  ORDER BY 1, 2`;

/**
 * What lines of each statement say of its state, and the organisation that most licences of its customer are charged to.
 * `$1` snapshot, `$2` month as `YYYY-MM`.
 */
export const STAGED_STATEMENTS = `
  SELECT
    staged.arrow_customer AS "arrowCustomer",
    ${statementReference('$2')} AS "statementReference",
    CASE
      WHEN count(staged.statement_state) > 0
        THEN (array_remove(array_agg(DISTINCT staged.statement_state), ''))::text[]
    END AS states,
    CASE
      WHEN count(staged.validated) > 0 THEN coalesce(sum(lines) FILTER (WHERE NOT staged.validated), 0)::integer
    END AS "notValidated",
    charged.customer_uuid AS "customerUuid"
  FROM (
    SELECT
      arrow_customer,
      statement_reference,
      statement_state,
      validated,
      count(*) AS lines
    FROM export_staging
    WHERE snapshot_uuid = $1
    GROUP BY arrow_customer, statement_reference, statement_state, validated
  ) staged
  LEFT JOIN (
    SELECT arrow_customer, mode() WITHIN GROUP (ORDER BY customer_uuid) AS customer_uuid
    FROM export_staging_bill_to
    WHERE snapshot_uuid = $1
    GROUP BY arrow_customer
  ) charged ON charged.arrow_customer = staged.arrow_customer
  WHERE ${statementReference('$2')} IS NOT NULL
  GROUP BY 1, 2, 5
  ORDER BY 1, 2`;

/** The statement that a line stands on: its own, or one made of month and customer; null where it names neither. */
export function statementReference(month: string): string {
  return `coalesce(
      nullif(staged.statement_reference, ''),
      CASE WHEN staged.arrow_customer <> '' THEN 'SYNC-' || ${month}::text || '-' || staged.arrow_customer END
    )`;
}

/** Lines, and what the export as a whole amounts to, per currency. `$1` snapshot; `price` is what is charged. */
export const STAGED_TOTALS = (price: 'sell' | 'buy') => `
  SELECT
    currency,
    count(*)::integer AS lines,
    trim_scale(coalesce(sum(${price}), 0)) AS total,
    trim_scale(coalesce(sum(abs(${price})), 0)) AS turnover
  FROM export_staging
  WHERE snapshot_uuid = $1
  GROUP BY currency
  ORDER BY currency`;

/** Keys that more than one line of the same licence carries. `$1` snapshot, `$2` how many to show. */
export const REPEATED_KEYS = `
  SELECT license_reference AS "licenseReference", line_key AS "lineKey", max(occurrence)::integer AS lines
  FROM export_staging
  WHERE snapshot_uuid = $1
    AND occurrence > 1
  GROUP BY license_reference, line_key
  ORDER BY lines DESC, license_reference, line_key
  LIMIT $2`;

/**
 * What becomes of a line: `billable`, or `unmatched` or `excluded` and why. `$month` stands for `YYYY-MM`, `$filter` for
 * the classification that is billed. Lines as `staged`, with `statement` and `bill_to` joined.
 */
export const verdict = (month: string, filter: string) => `CASE
      WHEN staged.license_reference = '' THEN 'unmatched no_license'
      WHEN staged.period = '?' THEN 'unmatched period_unreadable'
      WHEN staged.period <> ${month}::text THEN 'unmatched other_period'
      WHEN ${filter}::text <> '' AND staged.classification = '' THEN 'excluded no_classification'
      WHEN ${filter}::text <> '' AND lower(staged.classification) <> lower(${filter}::text) THEN 'excluded classification'
      WHEN statement.arrow_state = 'rejected' THEN 'excluded statement_rejected'
      WHEN staged.unattributed <> '' THEN 'unmatched ' || staged.unattributed
      WHEN bill_to.reason <> '' THEN 'unmatched ' || bill_to.reason
      WHEN NOT staged.currency_known THEN 'unmatched currency_unknown'
      ELSE 'billable'
    END`;

/** Whether the export still waits: after a crash of the database unlogged tables are empty. `$1` snapshot. */
export const IS_STAGED = `
  SELECT EXISTS (
    SELECT
    FROM export_staging
    WHERE snapshot_uuid = $1
  ) AS staged`;

/** `$1` snapshot. */
export const CLEAR = (table: string) => `
  DELETE FROM ${table}
  WHERE snapshot_uuid = $1
     OR snapshot_uuid IN (
       SELECT uuid
       FROM export_snapshot
       WHERE created < now() - interval '1 day'
     )`;
