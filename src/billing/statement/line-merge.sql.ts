import type { PriceSource } from '../../settings/settings.entity.js';

/** Lines that the applied export does not have: they may come back, unless Arrow moved them to another licence. `$1` account, `$2` month, `$3` snapshot. */
export const MARK_MISSING = `
  UPDATE billing_sync_item missing
  SET presence = CASE WHEN moved.line_key IS NULL THEN 'missing' ELSE 'gone' END, modified = now()
  FROM billing_sync_item item
  LEFT JOIN (SELECT license_reference, line_key, count(*) AS lines FROM export_staging WHERE snapshot_uuid = $3 GROUP BY 1, 2) staged
    ON staged.license_reference = item.license_reference AND staged.line_key = item.arrow_line_reference
  LEFT JOIN (SELECT line_key FROM export_staging WHERE snapshot_uuid = $3 AND line_key <> '' GROUP BY 1 HAVING count(*) = 1) moved
    ON moved.line_key = item.arrow_line_reference AND item.occurrence = 1 AND staged.lines IS NULL
  WHERE missing.uuid = item.uuid AND item.account_uuid = $1 AND item.month = $2 AND item.presence = 'present'
    AND item.occurrence > coalesce(staged.lines, 0)`;

/** A line that was charged is not let go because ArrowSphere forgot whose it is, or left a cell blank this time. */
const KEEPS_BILLABLE = `item.party_fixed AND (excluded.status = 'unmatched' OR excluded.reason = 'no_classification')`;

/** An amount in another currency is not a new price. */
const SAME_CURRENCY = `(NOT item.party_fixed OR item.currency = excluded.currency)`;

/**
 * Takes the staged lines of some customers over. A line is told by licence, key and number; the number follows what the
 * lines say, not the order in which they came. Who pays is fixed once a line was billable.
 *
 * `$1` snapshot, `$2` account, `$3` month (first day), `$4` customers, `$5` lines without a customer too?, `$6` classification
 * filter.
 */
export const MERGE_LINES = (price: PriceSource) => `
  INSERT INTO billing_sync_item AS item (account_uuid, month, license_reference, arrow_line_reference, occurrence, billing_sync_uuid, status, reason,
    presence, party_fixed, customer_uuid, project_uuid, resource_uuid, sell, buy, original_price, priced, currency, statement_reference, vendor_name,
    subscription_reference, classification, description, end_customer_name, quantity, service_start, service_end, page_hash, page_row)
  SELECT $2, $3, license_reference, line_key, occurrence, billing_sync_uuid, split_part(verdict, ' ', 1), split_part(verdict, ' ', 2),
         'present', verdict = 'billable', customer_uuid, project_uuid, resource_uuid, sell, buy, coalesce(${price}, 0), ${price} IS NOT NULL, currency,
         statement_reference, vendor_name, subscription_reference, classification, description, customer_name, coalesce(quantity, 1), service_start,
         service_end, page_hash, page_row
  FROM (
    SELECT line.*, party.customer_uuid, party.project_uuid, party.resource_uuid, sync.uuid AS billing_sync_uuid,
           row_number() OVER (PARTITION BY line.license_reference, line_key
             ORDER BY sku, line.description, line.subscription_reference, line.service_start, line.service_end, sell DESC, buy DESC, page_hash, page_row) AS occurrence,
           CASE WHEN $6 <> '' AND lower(line.classification) <> lower($6)
                  THEN CASE line.classification WHEN '' THEN 'excluded no_classification' ELSE 'excluded classification' END
                WHEN line.report_period ~ '^[0-9]{4}-[0-9]{2}' AND left(line.report_period, 7) <> to_char($3::date, 'YYYY-MM') THEN 'excluded other_month'
                WHEN party.reason <> '' THEN 'unmatched ' || party.reason
                WHEN line.currency <> party.currency THEN 'unmatched currency_conflict'
                ELSE 'billable' END AS verdict
    FROM export_staging line
    JOIN export_staging_party party USING (snapshot_uuid, license_reference)
    LEFT JOIN billing_sync sync ON sync.customer_mapping_uuid = party.mapping_uuid AND sync.month = $3
      AND sync.statement_reference = coalesce(nullif(line.statement_reference, ''), party.generated_statement)
    WHERE snapshot_uuid = $1 AND (party.customer_uuid = ANY($4::uuid[]) OR ($5 AND party.customer_uuid IS NULL))
  ) judged
  ON CONFLICT ON CONSTRAINT uq_billing_sync_item_line DO UPDATE SET
    billing_sync_uuid = CASE WHEN item.party_fixed AND item.customer_uuid IS DISTINCT FROM excluded.customer_uuid THEN item.billing_sync_uuid ELSE excluded.billing_sync_uuid END,
    status = CASE WHEN ${KEEPS_BILLABLE} THEN 'billable' ELSE excluded.status END,
    reason = CASE WHEN ${KEEPS_BILLABLE} THEN '' ELSE excluded.reason END,
    presence = 'present',
    party_fixed = item.party_fixed OR excluded.party_fixed,
    customer_uuid = CASE WHEN item.party_fixed THEN item.customer_uuid ELSE excluded.customer_uuid END,
    project_uuid = CASE WHEN item.party_fixed THEN item.project_uuid ELSE excluded.project_uuid END,
    resource_uuid = CASE WHEN item.party_fixed THEN item.resource_uuid ELSE excluded.resource_uuid END,
    sell = CASE WHEN ${SAME_CURRENCY} THEN coalesce(excluded.sell, item.sell) ELSE item.sell END,
    buy = CASE WHEN ${SAME_CURRENCY} THEN coalesce(excluded.buy, item.buy) ELSE item.buy END,
    priced = excluded.priced AND ${SAME_CURRENCY},
    currency = CASE WHEN ${SAME_CURRENCY} THEN excluded.currency ELSE item.currency END,
    statement_reference = excluded.statement_reference, vendor_name = excluded.vendor_name,
    subscription_reference = excluded.subscription_reference, classification = excluded.classification,
    description = excluded.description, end_customer_name = excluded.end_customer_name, quantity = excluded.quantity,
    service_start = excluded.service_start, service_end = excluded.service_end,
    page_hash = excluded.page_hash, page_row = excluded.page_row, modified = now()
  WHERE (item.presence, item.sell, item.buy, item.currency, item.status, item.reason, item.priced, item.billing_sync_uuid, item.statement_reference,
         item.description, item.quantity, item.classification, item.vendor_name, item.subscription_reference, item.customer_uuid,
         item.project_uuid, item.resource_uuid, item.service_start, item.service_end, item.end_customer_name)
    IS DISTINCT FROM ('present', excluded.sell, excluded.buy, excluded.currency, excluded.status, excluded.reason, excluded.priced,
         excluded.billing_sync_uuid, excluded.statement_reference, excluded.description, excluded.quantity, excluded.classification,
         excluded.vendor_name, excluded.subscription_reference, excluded.customer_uuid, excluded.project_uuid, excluded.resource_uuid,
         excluded.service_start, excluded.service_end, excluded.end_customer_name)`;
