import type { PriceSource } from '../../arrow-export/columns.js';

/**
 * What every charge of a month stands at, exact. The one definition of what ought to be charged: postings, rounding,
 * tie-out and explanation all read it.
 *
 * Parameters of the statement it stands in: `$1` account, `$2` month (first day), `$3` customers, or null for all.
 * Columns: `charge_key, customer_uuid, project_uuid, resource_uuid, license_reference, path, currency, exact, settled,
 * reversed, name, service_start, service_end`. `settled`: what it corrects is final, so that a change is a compensation.
 */
export const CHARGES = (price: PriceSource) => `
  line_charge AS (
    SELECT 'line:' || item.license_reference || '/' || item.arrow_line_reference || '#' || item.occurrence AS charge_key,
           item.customer_uuid, item.project_uuid, item.resource_uuid, item.license_reference, charge.path, item.currency,
           CASE WHEN item.status = 'billable' AND item.presence <> 'gone' THEN coalesce(item.${price}, 0) ELSE 0 END AS exact,
           sync.state >= 3 AS settled, false AS reversed, item.description AS name, item.service_start, item.service_end
    FROM billing_sync_item item
    JOIN license_charge charge USING (account_uuid, month, license_reference)
    JOIN billing_sync sync ON sync.uuid = item.billing_sync_uuid
    WHERE item.account_uuid = $1 AND item.month = $2 AND charge.path = 'lines'
      AND ($3::uuid[] IS NULL OR item.customer_uuid = ANY($3))
  ),
  license_charge_of_month AS (
    SELECT 'license:' || record.license_reference AS charge_key, record.customer_uuid, record.project_uuid, record.resource_uuid,
           record.license_reference, charge.path, record.currency,
           CASE WHEN record.reversed_at IS NOT NULL THEN 0
                WHEN record.finalized_at IS NOT NULL THEN coalesce(record.final_${price}, 0)
                ELSE record.consumed_${price} END AS exact,
           record.finalized_at IS NOT NULL AS settled, record.reversed_at IS NOT NULL AS reversed, resource.name, NULL::date AS service_start, NULL::date AS service_end
    FROM consumption_record record
    JOIN license_charge charge USING (account_uuid, month, license_reference)
    JOIN resource ON resource.uuid = record.resource_uuid
    WHERE record.account_uuid = $1 AND record.month = $2 AND charge.path = 'license'
      AND ($3::uuid[] IS NULL OR record.customer_uuid = ANY($3))
  ),
  spend AS (SELECT * FROM line_charge UNION ALL SELECT * FROM license_charge_of_month),
  charge AS (
    SELECT * FROM spend
    UNION ALL
    -- Every charge is rounded once; what that takes or gives in sum is a charge of its own.
    SELECT 'rounding:' || customer_uuid || '/' || currency, customer_uuid, NULL, NULL, NULL, NULL, currency,
           round(sum(exact), 2) - sum(round(exact, 2)), bool_and(settled), false, 'Rounding', NULL, NULL
    FROM spend GROUP BY customer_uuid, currency
  )`;
