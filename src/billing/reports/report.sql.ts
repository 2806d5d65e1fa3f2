import type { PriceSource } from '../../arrow-export/columns.js';
import { normalizedReference } from '../../common/normalize-arrow-reference.js';

/** The newest month that an account has lines of. `$1` account. */
export const NEWEST_MONTH = `
  SELECT max(month) AS month
  FROM billing_sync_item
  WHERE account_uuid = $1
    AND presence = 'present'`;

/**
 * Money that is charged to nobody, or to an organisation but no resource. A licence that was linked since then would be
 * offered as missing for ever: those of today do not count. `$1` account, `$2` month.
 */
const UNLINKED = (price: PriceSource) => `
  SELECT
    item.license_reference AS "licenseReference",
    max(item.end_customer_name) AS "endCustomerName",
    max(item.vendor_name) AS "vendorName",
    coalesce(sum(item.${price}), 0) AS amount,
    item.currency,
    count(*)::integer AS lines,
    item.status = 'billable' AS charged,
    charge.customer_uuid AS "customerUuid",
    CASE item.status WHEN 'billable' THEN 'not_linked' ELSE item.reason END AS reason
  FROM billing_sync_item item
  LEFT JOIN charge ON charge.uuid = item.charge_uuid AND item.status = 'billable'
  WHERE item.account_uuid = $1
    AND item.month = $2
    AND item.presence = 'present'
    AND (
      item.status = 'unmatched'
      OR (
        item.status = 'billable'
        AND charge.resource_uuid IS NULL
        AND NOT EXISTS (
          SELECT
          FROM resource
          WHERE ${normalizedReference('resource.backend_id')} = item.license_reference
            AND resource.state <> 'Terminated'
        )
      )
    )
  GROUP BY item.license_reference, item.currency, item.status, item.reason, charge.customer_uuid`;

/** Largest amount first. Parameters as above, then `$3` at most so many, `$4` skip so many. */
export const UNLINKED_SPEND = (price: PriceSource) => `
  SELECT *
  FROM (${UNLINKED(price)}
  ) spend
  ORDER BY abs(amount) DESC, "licenseReference", currency, reason, "customerUuid"
  LIMIT $3
  OFFSET $4`;

/** Parameters as above, without paging. */
export const COUNT_UNLINKED_SPEND = (price: PriceSource) => `
  SELECT count(*)::integer AS count
  FROM (${UNLINKED(price)}
  ) spend`;

/** Lines that have both prices; those that lack one are counted. `$1` mapping, `$2` from month, `$3` to month. */
export const MARGIN = `
  SELECT
    to_char(item.month, 'YYYY-MM') AS period,
    item.vendor_name AS "vendorName",
    item.currency,
    coalesce(sum(item.buy) FILTER (WHERE item.sell IS NOT NULL), 0) AS buy,
    coalesce(sum(item.sell) FILTER (WHERE item.buy IS NOT NULL), 0) AS sell,
    coalesce(sum(item.sell - item.buy), 0) AS margin,
    round(
      100 * sum(item.sell - item.buy) / nullif(sum(item.sell) FILTER (WHERE item.buy IS NOT NULL), 0),
      2
    ) AS "marginPercent",
    count(*)::integer AS lines,
    (count(*) FILTER (WHERE item.sell IS NULL OR item.buy IS NULL))::integer AS "linesWithoutBothPrices"
  FROM billing_sync statement
  JOIN billing_sync_item item ON item.billing_sync_uuid = statement.uuid
  WHERE statement.customer_mapping_uuid = $1
    AND statement.month BETWEEN $2 AND $3
    AND item.presence = 'present'
    AND item.status = 'billable'
  GROUP BY item.month, item.vendor_name, item.currency
  ORDER BY item.month DESC, item.vendor_name, item.currency`;

/**
 * What counts for a mapping, in the currency that most of it comes in; others are not added to it. `$1` organisation,
 * `$2` Arrow customers of charges, `$3` whether those are left out, or are all that count, `$4` mapping.
 */
export const TOTALS = `
  WITH records AS (
    SELECT record.currency, record.consumed_sell, charge.lines_sell, charge.closed_at
    FROM consumption_record record
    JOIN charge ON charge.uuid = record.charge_uuid
    WHERE record.customer_uuid = $1
      AND record.reversed_at IS NULL
      AND (charge.arrow_customer = ANY($2::text[])) <> $3::boolean
  ),
  statements AS (
    SELECT currency, sell_total
    FROM billing_sync
    WHERE customer_mapping_uuid = $4
  ),
  main AS (
    SELECT mode() WITHIN GROUP (ORDER BY used.currency) AS currency
    FROM (SELECT currency FROM records UNION ALL SELECT currency FROM statements) used
  )
  SELECT main.currency, consumed.*, billed.*
  FROM main
  CROSS JOIN LATERAL (
    SELECT
      count(*)::integer AS records,
      count(closed_at)::integer AS closed,
      coalesce(sum(consumed_sell) FILTER (WHERE records.currency = main.currency), 0) AS "consumedSell",
      sum(lines_sell) FILTER (WHERE records.currency = main.currency AND closed_at IS NOT NULL) AS "finalSell"
    FROM records
  ) consumed
  CROSS JOIN LATERAL (
    SELECT
      count(*)::integer AS statements,
      sum(sell_total) FILTER (WHERE statements.currency = main.currency) AS "billedSell"
    FROM statements
  ) billed`;
