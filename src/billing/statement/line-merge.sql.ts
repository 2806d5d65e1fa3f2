import type { PriceSource } from '../../arrow-export/columns.js';

/** What a line says besides its key and its price: two lines that agree in it may be one, under a new key. */
const CONTENT = (line: string) =>
  `${line}.currency, ${line}.description, ${line}.subscription_reference, coalesce(${line}.service_start, '-infinity'), coalesce(${line}.service_end, 'infinity')`;

/**
 * Lines that the applied export does not have. They may come back, unless Arrow gave them another key or moved them to
 * another licence: a line that is new and says the same then stands for them, and they are not charged beside it.
 * `$1` account, `$2` month, `$3` snapshot.
 */
export const MARK_MISSING = `
  WITH staged AS (SELECT license_reference, line_key, currency, count(*) AS lines FROM export_staging WHERE snapshot_uuid = $3 GROUP BY 1, 2, 3),
  known AS (SELECT DISTINCT license_reference, arrow_line_reference, currency FROM billing_sync_item WHERE account_uuid = $1 AND month = $2 AND presence <> 'gone'),
  vanished AS (
    SELECT item.*, row_number() OVER (PARTITION BY item.license_reference, ${CONTENT('item')} ORDER BY item.sell, item.buy, item.arrow_line_reference, item.occurrence) AS place
    FROM billing_sync_item item
    LEFT JOIN staged ON staged.license_reference = item.license_reference AND staged.line_key = item.arrow_line_reference AND staged.currency = item.currency
    WHERE item.account_uuid = $1 AND item.month = $2 AND item.presence <> 'gone' AND item.occurrence > coalesce(staged.lines, 0)
  ),
  fresh AS (
    SELECT line.*, count(*) OVER (PARTITION BY line_key) AS sharing,
           row_number() OVER (PARTITION BY line.license_reference, ${CONTENT('line')} ORDER BY line.sell, line.buy, line_key) AS place
    FROM export_staging line
    LEFT JOIN known ON known.license_reference = line.license_reference AND known.arrow_line_reference = line_key AND known.currency = line.currency
    WHERE snapshot_uuid = $3 AND known.currency IS NULL
  ),
  judged AS (
    SELECT vanished.uuid,
           EXISTS (SELECT FROM fresh WHERE fresh.license_reference = vanished.license_reference AND (${CONTENT('fresh')}) = (${CONTENT('vanished')}) AND fresh.place = vanished.place)
           OR EXISTS (SELECT FROM fresh WHERE line_key <> '' AND line_key = arrow_line_reference AND sharing = 1 AND (${CONTENT('fresh')}) = (${CONTENT('vanished')})) AS replaced
    FROM vanished
  )
  UPDATE billing_sync_item item SET presence = CASE WHEN replaced THEN 'gone' ELSE 'missing' END, modified = now()
  FROM judged WHERE item.uuid = judged.uuid AND item.presence <> CASE WHEN replaced THEN 'gone' ELSE 'missing' END`;

/** A line that was charged is not let go because ArrowSphere forgot whose it is, or left a cell blank this time. */
const KEEPS_BILLABLE = `item.party_fixed AND (excluded.status = 'unmatched' OR excluded.reason = 'no_classification')`;

/** What becomes of a line that is known, column by column. */
const MERGED: Readonly<Record<string, string>> = {
  presence: `'present'`,
  billing_sync_uuid:
    'CASE WHEN item.party_fixed AND item.customer_uuid IS DISTINCT FROM excluded.customer_uuid THEN item.billing_sync_uuid ELSE excluded.billing_sync_uuid END',
  status: `CASE WHEN ${KEEPS_BILLABLE} THEN 'billable' ELSE excluded.status END`,
  reason: `CASE WHEN ${KEEPS_BILLABLE} THEN '' ELSE excluded.reason END`,
  party_fixed: 'item.party_fixed OR excluded.party_fixed',
  ...Object.fromEntries(
    ['customer_uuid', 'project_uuid', 'resource_uuid'].map((column) => [
      column,
      `CASE WHEN item.party_fixed THEN item.${column} ELSE excluded.${column} END`,
    ]),
  ),
  sell: 'coalesce(excluded.sell, item.sell)',
  buy: 'coalesce(excluded.buy, item.buy)',
  ...Object.fromEntries(
    [
      'priced',
      'statement_reference',
      'vendor_name',
      'subscription_reference',
      'classification',
      'description',
      'end_customer_name',
      'quantity',
      'service_start',
      'service_end',
    ].map((column) => [column, `excluded.${column}`]),
  ),
};

/**
 * Takes the staged lines of some customers over. A line is told by licence, key, currency and number; the number follows what the
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
           row_number() OVER (PARTITION BY line.license_reference, line_key, line.currency
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
    ${Object.entries(MERGED)
      .map(([column, value]) => `${column} = ${value}`)
      .join(', ')},
    page_hash = excluded.page_hash, page_row = excluded.page_row, modified = now()
  WHERE (${Object.keys(MERGED)
    .map((column) => `item.${column}`)
    .join(', ')}) IS DISTINCT FROM (${Object.values(MERGED).join(', ')})`;
