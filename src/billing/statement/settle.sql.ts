import type { PriceSource } from '../../arrow-export/columns.js';

/** `$1` account, `$2` month, `$3` mappings, `$4` statement references, `$5` finality of each, `$6` now, `$7` customers. */
export const UPSERT_SYNCS = `
  INSERT INTO billing_sync AS sync (account_uuid, customer_mapping_uuid, customer_uuid, month, statement_reference, arrow_state, state, synced_at, validated_at, error_message)
  SELECT $1, mapping, customer, $2, reference,
         CASE finality WHEN 'closed' THEN 'validated' WHEN 'rejected' THEN 'rejected' ELSE 'pending' END,
         CASE finality WHEN 'closed' THEN 3 ELSE 2 END, $6, CASE finality WHEN 'closed' THEN $6::timestamptz END,
         CASE finality WHEN 'rejected' THEN 'ArrowSphere rejected this statement: nothing of it is settled.' ELSE '' END
  FROM unnest($3::uuid[], $4::text[], $5::text[], $7::uuid[]) AS statement (mapping, reference, finality, customer)
  ON CONFLICT ON CONSTRAINT uq_billing_sync_mapping_month_statement DO UPDATE SET
    arrow_state = excluded.arrow_state,
    state = CASE WHEN excluded.state = 3 AND sync.state = 4 THEN 4 ELSE excluded.state END,
    synced_at = excluded.synced_at,
    validated_at = CASE WHEN excluded.validated_at IS NOT NULL THEN coalesce(sync.validated_at, excluded.validated_at) END,
    error_message = excluded.error_message, modified = $6`;

/** The same parameters, for a run that may not say anything about statements: what is there stays, what is not is pending. */
export const ENSURE_SYNCS = `
  INSERT INTO billing_sync (account_uuid, customer_mapping_uuid, customer_uuid, month, statement_reference, modified)
  SELECT $1, mapping, customer, $2, reference, $6
  FROM unnest($3::uuid[], $4::text[], $5::text[], $7::uuid[]) AS statement (mapping, reference, finality, customer)
  ON CONFLICT ON CONSTRAINT uq_billing_sync_mapping_month_statement DO NOTHING`;

/** What a closed statement does not have any more is gone. `$1` account, `$2` month, `$3` customers. */
export const LET_GO = `
  UPDATE billing_sync_item item SET presence = 'gone', modified = now()
  FROM billing_sync sync
  WHERE sync.uuid = item.billing_sync_uuid AND sync.state >= 3 AND item.presence = 'missing'
    AND item.account_uuid = $1 AND item.month = $2 AND item.customer_uuid = ANY($3::uuid[])`;

/**
 * The final amounts of licences: the sum of their lines, once all of those stand on closed statements. What is final
 * already follows its lines. `$1` account, `$2` month, `$3` customers, `$4` may records become final now?, `$5` now.
 */
export const FINALISE_RECORDS = (price: PriceSource) => `
  UPDATE consumption_record record
  SET final_sell = lines.sell, final_buy = lines.buy, price_source = '${price}', finalized_at = coalesce(record.finalized_at, $5),
      reconciled_at = $5, reversed_at = NULL, modified = $5,
      currency = CASE WHEN record.consumed_sell = 0 AND record.consumed_buy = 0 THEN coalesce(lines.currency, record.currency) ELSE record.currency END
  FROM (
    SELECT item.license_reference, ${finalSum('sell', price)} AS sell, ${finalSum('buy', price)} AS buy,
           min(item.currency) FILTER (WHERE item.status = 'billable' AND item.presence <> 'gone') AS currency,
           bool_and(sync.state >= 3 AND (item.priced OR item.presence <> 'present')) AS closed
    FROM billing_sync_item item JOIN billing_sync sync ON sync.uuid = item.billing_sync_uuid
    WHERE item.account_uuid = $1 AND item.month = $2 AND item.party_fixed AND item.license_reference IN (
      SELECT license_reference FROM consumption_record WHERE account_uuid = $1 AND month = $2 AND customer_uuid = ANY($3::uuid[]))
    GROUP BY 1
  ) lines
  WHERE record.account_uuid = $1 AND record.month = $2 AND record.license_reference = lines.license_reference AND record.customer_uuid = ANY($3::uuid[])
    AND (($4 AND lines.closed) OR record.finalized_at IS NOT NULL)
    AND (record.final_sell, record.final_buy, record.price_source, record.reversed_at) IS DISTINCT FROM (lines.sell, lines.buy, '${price}', NULL::timestamptz)`;

function finalSum(column: PriceSource, charged: PriceSource): string {
  const sum = `sum(item.${column}) FILTER (WHERE item.status = 'billable' AND item.presence <> 'gone')`;
  return column === charged ? `coalesce(${sum}, 0)` : sum;
}

/** Totals of what the export has now, per statement. `$1` account, `$2` month, `$3` customers. */
export const REFRESH_SYNCS = `
  UPDATE billing_sync sync
  SET sell_total = coalesce(lines.sell, 0), buy_total = coalesce(lines.buy, 0), item_count = coalesce(lines.count, 0), currency = coalesce(lines.currency, sync.currency)
  FROM billing_sync known
  LEFT JOIN (
    SELECT billing_sync_uuid, sum(sell) AS sell, sum(buy) AS buy, count(*) AS count, min(currency) AS currency
    FROM billing_sync_item WHERE account_uuid = $1 AND month = $2 AND customer_uuid = ANY($3::uuid[]) AND status = 'billable' AND presence = 'present' GROUP BY 1
  ) lines ON lines.billing_sync_uuid = known.uuid
  WHERE sync.uuid = known.uuid AND sync.account_uuid = $1 AND sync.month = $2
    AND sync.customer_uuid = ANY($3::uuid[])
    AND (sync.sell_total, sync.buy_total, sync.item_count) IS DISTINCT FROM (coalesce(lines.sell, 0), coalesce(lines.buy, 0), coalesce(lines.count, 0))`;

/** `$1` account, `$2` month, `$3` customers. */
export const LINK_INVOICES = `
  UPDATE billing_sync sync SET invoice_uuid = invoice.uuid
  FROM invoice
  WHERE invoice.customer_uuid = sync.customer_uuid AND invoice.month = $2 AND sync.account_uuid = $1 AND sync.month = $2
    AND sync.invoice_uuid IS NULL AND sync.customer_uuid = ANY($3::uuid[])`;

/**
 * A statement that no line of the export reaches any more, because it has none or because its mapping was switched off,
 * has the calendar to say that it is closed, unless lines of that name say that they are not. `$1` account, `$2` month,
 * `$3` customers, `$4` now, `$5` snapshot.
 */
export const CLOSE_ABSENT_SYNCS = `
  UPDATE billing_sync sync SET state = 3, arrow_state = 'validated', validated_at = $4, modified = $4
  WHERE account_uuid = $1 AND month = $2 AND state < 3 AND arrow_state = 'pending' AND customer_uuid = ANY($3::uuid[])
    AND NOT EXISTS (
      SELECT FROM export_staging line JOIN export_staging_party party USING (snapshot_uuid, license_reference)
      WHERE snapshot_uuid = $5 AND party.mapping_uuid = sync.customer_mapping_uuid
        AND coalesce(nullif(line.statement_reference, ''), party.generated_statement) = sync.statement_reference)
    AND NOT EXISTS (
      SELECT FROM export_staging line
      WHERE snapshot_uuid = $5 AND line.statement_reference = sync.statement_reference
        AND (NOT line.validated OR line.statement_state ~ '^(open$|need|reject)'))`;

/** Closed, and everything of it posted. `$1` account, `$2` month, `$3` customers, `$4` now. */
export const RECONCILE_SYNCS = `
  UPDATE billing_sync sync SET state = 4, reconciled_at = $4, modified = $4
  WHERE account_uuid = $1 AND month = $2 AND state = 3
    AND customer_uuid = ANY($3::uuid[])`;
