import { CHARGED_BY } from '../payers/payers.repository.js';

/**
 * Charges that stand at what was posted, and why: those of Arrow customers with a cell that cannot be read, and those
 * that such a cell counts towards; those of customers that had lines and have none now, where no other bill-to party has
 * a licence that money stands for by its lines; and those of licences without an amount. `$1` account, `$2` month, `$3`
 * snapshot, `$4` lines may be gone?
 */
export const HELD_CHARGES = `
  WITH line AS (
    SELECT
      item.arrow_customer,
      item.license_reference,
      item.charge_uuid,
      CASE
        WHEN item.reason = 'period_unreadable' THEN 'period_unreadable'
        WHEN item.amount_state = 'invalid' THEN 'amount_unreadable'
        ELSE 'amount_missing'
      END AS reason
    FROM billing_sync_item item
    WHERE item.account_uuid = $1
      AND item.month = $2
      AND item.presence = 'present'
      AND (item.reason = 'period_unreadable' OR (item.status = 'billable' AND item.amount_state <> 'value'))
  ),
  absent AS MATERIALIZED (
    SELECT arrow_customer
    FROM charge
    WHERE account_uuid = $1
      AND month = $2
      AND kind = 'license'
    EXCEPT
    SELECT arrow_customer
    FROM export_staging
    WHERE snapshot_uuid = $3
  ),
  gone AS (
    SELECT charge.arrow_customer
    FROM absent
    JOIN charge ON charge.arrow_customer = absent.arrow_customer
    LEFT JOIN export_staging staged
      ON staged.snapshot_uuid = $3
     AND staged.license_reference = charge.license_reference
     AND staged.arrow_customer <> ''
    WHERE charge.account_uuid = $1
      AND charge.month = $2
      AND charge.kind = 'license'
      AND charge.target <> 0
      AND (charge.basis <> 'consumption' OR charge.closed_at IS NOT NULL)
    GROUP BY charge.arrow_customer
    HAVING count(staged.license_reference) = 0
  ),
  customer AS (
    SELECT arrow_customer, reason
    FROM line
    WHERE reason <> 'amount_missing'
    UNION ALL
    SELECT arrow_customer, 'lines_gone'
    FROM gone
    WHERE NOT $4::boolean
      AND EXISTS (
        SELECT
        FROM billing_sync_item item
        WHERE item.account_uuid = $1
          AND item.month = $2
          AND item.arrow_customer = gone.arrow_customer
      )
  ),
  held AS (
    SELECT charge.*, customer.reason
    FROM charge
    JOIN (${CHARGED_BY}
    ) billed ON billed.charge_uuid = charge.uuid
    JOIN customer ON customer.arrow_customer = billed.arrow_customer
    UNION ALL
    SELECT charge.*, line.reason
    FROM charge
    JOIN line ON line.charge_uuid = charge.uuid AND line.reason <> 'amount_missing'
    UNION ALL
    SELECT charge.*, NULL
    FROM charge
    JOIN line ON line.license_reference = charge.license_reference AND line.reason = 'amount_missing'
  )
  SELECT uuid, coalesce(min(reason), 'amount_missing') AS reason
  FROM held
  WHERE account_uuid = $1
    AND month = $2
    AND kind = 'license'
  GROUP BY uuid`;
