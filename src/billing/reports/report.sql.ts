import type { PriceSource } from '../../arrow-export/columns.js';

/** The newest month that an account has lines of. `$1` account. */
export const NEWEST_MONTH = `
  SELECT max(month)::text AS month
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
    item.status = 'billable' AS "isCharged",
    charge.customer_uuid AS "customerUuid",
    CASE item.status WHEN 'billable' THEN 'not_linked' ELSE item.reason END AS reason
  FROM billing_sync_item item
  LEFT JOIN charge ON charge.uuid = item.charge_uuid
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
          WHERE resource.backend_id = item.license_reference
            AND resource.state <> 'Terminated'
        )
      )
    )
  GROUP BY item.license_reference, item.currency, item.status, item.reason, charge.customer_uuid`;

/** Largest amount first. Parameters as above, then `$3` at most so many, `$4` skip so many. */
export const UNLINKED_SPEND = (price: PriceSource) => `
  SELECT
    spend."licenseReference",
    spend."endCustomerName",
    spend."vendorName",
    trim_scale(spend.amount)::text AS amount,
    spend.currency,
    spend.lines,
    spend."isCharged",
    spend."customerUuid",
    spend.reason
  FROM (${UNLINKED(price)}
  ) spend
  ORDER BY
    abs(spend.amount) DESC,
    spend."licenseReference",
    spend.currency,
    spend.reason,
    spend."customerUuid"
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
    trim_scale(coalesce(sum(item.buy) FILTER (WHERE item.sell IS NOT NULL), 0))::text AS buy,
    trim_scale(coalesce(sum(item.sell) FILTER (WHERE item.buy IS NOT NULL), 0))::text AS sell,
    trim_scale(coalesce(sum(item.sell - item.buy), 0))::text AS margin,
    round(
      100 * sum(item.sell - item.buy) / nullif(sum(item.sell) FILTER (WHERE item.buy IS NOT NULL), 0),
      2
    )::text AS "marginPercent",
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
 * Records of an organisation that count for a mapping. `$1` organisation, `$2` Arrow customers of charges, `$3` whether
 * those are left out, or are all that count.
 */
const RECORDS = `
    SELECT record.*, charge.closed_at, charge.lines_sell AS final_sell
    FROM consumption_record record
    JOIN charge ON charge.uuid = record.charge_uuid
    WHERE record.customer_uuid = $1
      AND record.reversed_at IS NULL
      AND (charge.arrow_customer = ANY($2::text[])) <> $3::boolean`;

/** In which currency most of it comes; others are not added to it. Parameters as above, then `$4` mapping. */
export const MAIN_CURRENCY = `
  SELECT mode() WITHIN GROUP (ORDER BY used.currency) AS currency
  FROM (
    SELECT record.currency
    FROM (${RECORDS}
    ) record
    UNION ALL
    SELECT statement.currency
    FROM billing_sync statement
    WHERE statement.customer_mapping_uuid = $4
  ) used`;

/** Parameters as for the records, then `$4` currency of the amounts. */
export const RECORD_TOTALS = `
  SELECT
    count(*)::integer AS total,
    (count(*) - count(record.closed_at))::integer AS pending,
    count(record.closed_at)::integer AS closed,
    trim_scale(coalesce(sum(record.consumed_sell) FILTER (WHERE record.currency = $4), 0))::text AS "consumedSell",
    trim_scale(
      sum(record.final_sell) FILTER (WHERE record.currency = $4 AND record.closed_at IS NOT NULL)
    )::text AS "finalSell"
  FROM (${RECORDS}
  ) record`;

/** Parameters as for the records, then `$4` at most so many. */
export const RECENT_RECORDS = `
  SELECT
    record.uuid,
    record.license_reference AS "licenseReference",
    resource.name AS "resourceName",
    record.month::text AS month,
    record.currency,
    trim_scale(record.consumed_sell)::text AS "consumedSell",
    CASE WHEN record.closed_at IS NOT NULL THEN trim_scale(record.final_sell)::text END AS "finalSell",
    record.closed_at IS NOT NULL AS "isClosed"
  FROM (${RECORDS}
    ORDER BY record.month DESC, record.uuid
    LIMIT $4
  ) record
  LEFT JOIN resource ON resource.uuid = record.resource_uuid
  ORDER BY record.month DESC, record.uuid`;

/** `$1` mapping, `$2` currency of the amounts. */
export const STATEMENT_TOTALS = `
  SELECT
    count(*)::integer AS total,
    trim_scale(sum(sell_total) FILTER (WHERE currency = $2))::text AS sell
  FROM billing_sync
  WHERE customer_mapping_uuid = $1`;

/** `$1` mapping, `$2` at most so many. */
export const RECENT_STATEMENTS = `
  SELECT
    uuid,
    to_char(month, 'YYYY-MM') AS period,
    state,
    currency,
    trim_scale(sell_total)::text AS "sellTotal",
    item_count AS "itemCount",
    created
  FROM billing_sync
  WHERE customer_mapping_uuid = $1
  ORDER BY month DESC, created DESC, uuid
  LIMIT $2`;
