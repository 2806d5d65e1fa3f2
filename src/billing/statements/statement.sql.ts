import type { PriceSource } from '../../arrow-export/columns.js';
import { ORDERED_UUID } from '../../database/ordered-uuid.sql.js';
import { statementReference, verdict } from './staging.sql.js';

/**
 * Statements of an export. `$1` account, `$2` month, `$3` now, `$4` close what may be closed?, `$5` leave those that are
 * there as they are, and say of new ones that they were not synced yet?, then arrays: `$6` Arrow customers, `$7`
 * references, `$8` finality, `$9` mappings, `$10` organisations. Closed stays closed unless it is rejected, or was.
 */
export const UPSERT_STATEMENTS = `
  INSERT INTO billing_sync AS statement (
    account_uuid, month, synced_at, arrow_customer, statement_reference, arrow_state, state, customer_mapping_uuid,
    customer_uuid, validated_at, reconciled_at, error_message
  )
  SELECT
    $1,
    $2,
    CASE WHEN NOT $5::boolean THEN $3::timestamptz END,
    given.arrow_customer,
    given.reference,
    CASE given.finality WHEN 'open' THEN 'pending' ELSE given.finality END,
    CASE WHEN $5::boolean THEN 1 WHEN given.finality <> 'validated' THEN 2 WHEN $4::boolean THEN 4 ELSE 3 END,
    given.mapping_uuid,
    given.customer_uuid,
    CASE given.finality WHEN 'validated' THEN $3::timestamptz END,
    CASE WHEN given.finality = 'validated' AND $4::boolean THEN $3::timestamptz END,
    CASE given.finality
      WHEN 'rejected' THEN 'ArrowSphere rejected this statement: nobody is charged for it.'
      ELSE ''
    END
  FROM unnest($6::text[], $7::text[], $8::text[], $9::uuid[], $10::uuid[])
    AS given (arrow_customer, reference, finality, mapping_uuid, customer_uuid)
  ON CONFLICT ON CONSTRAINT uq_billing_sync_statement DO UPDATE
  SET
    synced_at = excluded.synced_at,
    arrow_state = excluded.arrow_state,
    state = CASE
      WHEN statement.state = 4 AND 'rejected' NOT IN (statement.arrow_state, excluded.arrow_state) THEN 4
      ELSE excluded.state
    END,
    customer_mapping_uuid = coalesce(excluded.customer_mapping_uuid, statement.customer_mapping_uuid),
    customer_uuid = CASE
      WHEN statement.state = 4 THEN coalesce(statement.customer_uuid, excluded.customer_uuid)
      ELSE coalesce(excluded.customer_uuid, statement.customer_uuid)
    END,
    validated_at = CASE
      WHEN excluded.arrow_state = 'validated' THEN coalesce(statement.validated_at, excluded.validated_at)
      WHEN statement.state = 4 AND excluded.arrow_state <> 'rejected' THEN statement.validated_at
    END,
    reconciled_at = CASE
      WHEN 'rejected' IN (statement.arrow_state, excluded.arrow_state) THEN excluded.reconciled_at
      ELSE coalesce(statement.reconciled_at, excluded.reconciled_at)
    END,
    error_message = excluded.error_message,
    modified = $3
  WHERE NOT $5::boolean`;

/**
 * Statements without a line in the export, which can say nothing any more, rejected ones among them: the calendar or a
 * person closes them. `$1` account, `$2` month, `$3` now, `$4` snapshot, `$5` `YYYY-MM`.
 */
export const CLOSE_STATEMENTS_WITHOUT_LINES = `
  UPDATE billing_sync statement
  SET
    state = 4,
    arrow_state = CASE arrow_state WHEN 'rejected' THEN arrow_state ELSE 'validated' END,
    validated_at = CASE WHEN arrow_state <> 'rejected' THEN coalesce(validated_at, $3) END,
    reconciled_at = $3,
    modified = $3
  WHERE account_uuid = $1
    AND month = $2
    AND state < 4
    AND NOT EXISTS (
      SELECT
      FROM export_staging staged
      WHERE staged.snapshot_uuid = $4
        AND staged.arrow_customer = statement.arrow_customer
        AND ${statementReference('$5')} = statement.statement_reference
    )`;

/**
 * Totals of what the export has now, per statement, in the currency that most of its lines have. `$1` account, `$2` month.
 */
export const REFRESH_STATEMENT_TOTALS = `
  WITH main AS (
    SELECT DISTINCT ON (statement.uuid)
      statement.uuid,
      coalesce(item.currency, statement.currency) AS currency,
      coalesce(sum(item.sell), 0) AS sell,
      coalesce(sum(item.buy), 0) AS buy,
      sum(count(item.uuid)) OVER (PARTITION BY statement.uuid)::integer AS lines
    FROM billing_sync statement
    LEFT JOIN billing_sync_item item
      ON item.billing_sync_uuid = statement.uuid
     AND item.account_uuid = $1
     AND item.month = $2
     AND item.presence = 'present'
     AND item.status = 'billable'
    WHERE statement.account_uuid = $1
      AND statement.month = $2
    GROUP BY statement.uuid, item.currency
    ORDER BY statement.uuid, count(item.uuid) DESC, item.currency
  )
  UPDATE billing_sync statement
  SET
    sell_total = main.sell,
    buy_total = main.buy,
    item_count = main.lines,
    currency = main.currency
  FROM main
  WHERE statement.uuid = main.uuid
    AND (statement.sell_total, statement.buy_total, statement.item_count, statement.currency)
      IS DISTINCT FROM (main.sell, main.buy, main.lines, main.currency)`;

/** Lines are taken over in parts, by licence: this part, of so many; or only this licence. */
const isOfPart = (table: string, part: string, of: string, license: string) =>
  `abs(hashtext(${table}.license_reference)) % ${of}::integer = ${part}
    AND (${license}::text IS NULL OR ${table}.license_reference = ${license})`;

/**
 * Staged lines with their statement, their bill-to party and what becomes of them. `$1` snapshot, `$2` account, `$3` month,
 * `$4` `YYYY-MM`, `$5` classification filter, `$6` this part, `$7` of so many parts, `$8` only this licence, or null.
 */
const JUDGED_LINES = `
    SELECT
      staged.*,
      statement.uuid AS billing_sync_uuid,
      bill_to.customer_uuid,
      bill_to.project_uuid,
      bill_to.resource_uuid,
      ${verdict('$4', '$5')} AS verdict
    FROM export_staging staged
    LEFT JOIN billing_sync statement
      ON statement.account_uuid = $2
     AND statement.month = $3
     AND statement.arrow_customer = staged.arrow_customer
     AND statement.statement_reference = ${statementReference('$4')}
    LEFT JOIN export_staging_bill_to bill_to
      ON bill_to.snapshot_uuid = staged.snapshot_uuid
     AND bill_to.license_reference = staged.license_reference
     AND bill_to.arrow_customer = staged.arrow_customer
    WHERE staged.snapshot_uuid = $1
      AND ${isOfPart('staged', '$6', '$7', '$8')}`;

const isSameCharge = (table: string, other: string) =>
  `${table}.license_reference = ${other}.license_reference
     AND ${table}.customer_uuid = ${other}.customer_uuid
     AND ${table}.project_uuid IS NOT DISTINCT FROM ${other}.project_uuid
     AND ${table}.currency = ${other}.currency`;

/** Columns of a charge that follow its lines. */
const LINE_SUMS = ['lines_sell', 'lines_buy', 'line_count'];
const CHARGE_COLUMNS = [...LINE_SUMS, 'name', 'start', '"end"', 'resource_uuid', 'arrow_customer'];

/**
 * The charges that lines add up to, and those whose lines are all gone or elsewhere now; what else a charge has is planned.
 * Parameters as above, then `$9` last day of the month, `$10` now, `$11` prefix of names, `$12` currencies, `$13` their
 * digits.
 */
export const MERGE_CHARGES = (price: PriceSource) => `
  WITH judged AS (${JUDGED_LINES}
  ),
  summed AS (
    SELECT
      license_reference,
      customer_uuid,
      project_uuid,
      currency,
      min(resource_uuid::text)::uuid AS resource_uuid,
      min(arrow_customer) AS arrow_customer,
      max(arrow_customer) AS other_arrow_customer,
      CASE WHEN min(description) = max(description) THEN min(description) ELSE '' END AS description,
      least($9::date, greatest($3::date, min(coalesce(service_start, $3::date)))) AS start,
      greatest($3::date, least($9::date, max(coalesce(service_end, $9::date)))) AS "end",
      coalesce(sum(sell), 0) AS lines_sell,
      coalesce(sum(buy), 0) AS lines_buy,
      count(*)::integer AS line_count
    FROM judged
    WHERE verdict = 'billable'
    GROUP BY license_reference, customer_uuid, project_uuid, currency
  ),
  line_sum AS (
    SELECT
      summed.*,
      left(
        coalesce(
          nullif(summed.description, ''),
          $11::text || ': ' || coalesce(resource.name, summed.license_reference)
        ),
        255
      ) AS name
    FROM summed
    LEFT JOIN resource ON resource.uuid = summed.resource_uuid
  ),
  known AS (
    SELECT *
    FROM charge
    WHERE charge.account_uuid = $2
      AND charge.month = $3
      AND charge.kind = 'license'
      AND ${isOfPart('charge', '$6', '$7', '$8')}
  ),
  followed AS (
    UPDATE charge
    SET
      modified = $10,
      (${CHARGE_COLUMNS.join(', ')}) = (${prefixed('wanted', CHARGE_COLUMNS)})
    FROM (
      SELECT
        known.uuid,
        coalesce(line_sum.lines_sell, 0) AS lines_sell,
        coalesce(line_sum.lines_buy, 0) AS lines_buy,
        coalesce(line_sum.line_count, 0) AS line_count,
        coalesce(line_sum.name, known.name) AS name,
        coalesce(line_sum.start, known.start) AS start,
        coalesce(line_sum."end", known."end") AS "end",
        coalesce(line_sum.resource_uuid, known.resource_uuid) AS resource_uuid,
        CASE
          WHEN known.arrow_customer IN (line_sum.arrow_customer, line_sum.other_arrow_customer)
            THEN known.arrow_customer
          ELSE coalesce(line_sum.arrow_customer, known.arrow_customer)
        END AS arrow_customer
      FROM known
      LEFT JOIN line_sum ON ${isSameCharge('line_sum', 'known')}
    ) wanted
    WHERE charge.uuid = wanted.uuid
      AND (${prefixed('charge', CHARGE_COLUMNS)}) IS DISTINCT FROM (${prefixed('wanted', CHARGE_COLUMNS)})
  )
  INSERT INTO charge (
    uuid, account_uuid, month, modified, target, rounded, license_reference, customer_uuid, project_uuid, currency,
    ${CHARGE_COLUMNS.join(', ')}
  )
  SELECT
    ${ORDERED_UUID},
    $2,
    $3,
    $10::timestamptz,
    line_sum.lines_${price},
    round(line_sum.lines_${price}, digits.digits),
    line_sum.license_reference,
    line_sum.customer_uuid,
    line_sum.project_uuid,
    line_sum.currency,
    ${prefixed('line_sum', CHARGE_COLUMNS)}
  FROM line_sum
  JOIN unnest($12::text[], $13::integer[]) AS digits (currency, digits) ON digits.currency = line_sum.currency
  WHERE NOT EXISTS (
    SELECT
    FROM known
    WHERE ${isSameCharge('known', 'line_sum')}
  )
  ORDER BY line_sum.license_reference`;

/** Columns of a line that follow the export. */
const FOLLOWING = [
  'billing_sync_uuid',
  'status',
  'reason',
  'charge_uuid',
  'arrow_customer',
  'customer_reference',
  'sell',
  'buy',
  'amount_state',
  'currency',
  'vendor_name',
  'subscription_reference',
  'classification',
  'description',
  'end_customer_name',
  'quantity',
  'service_start',
  'service_end',
];

const PLACE = ['page_hash', 'page_row'];
const LINE_COLUMNS = [
  'license_reference',
  'arrow_line_reference',
  'occurrence',
  'original_price',
  ...PLACE,
  ...FOLLOWING,
];

/** The staged lines as the books keep them. Parameters as for the lines. */
const NEW_LINES = (price: PriceSource) => `
  WITH judged AS (${JUDGED_LINES}
  ),
  line AS (
    SELECT
      judged.*,
      judged.line_key AS arrow_line_reference,
      judged.customer_name AS end_customer_name,
      coalesce(judged.${price}, 0) AS original_price,
      split_part(judged.verdict, ' ', 1) AS status,
      split_part(judged.verdict, ' ', 2) AS reason,
      charge.uuid AS charge_uuid
    FROM judged
    LEFT JOIN charge
      ON charge.account_uuid = $2
     AND charge.month = $3
     AND ${isSameCharge('charge', 'judged')}
     AND judged.verdict = 'billable'
  )`;

const SAME_LINE = `known.account_uuid = $2
    AND known.month = $3
    AND known.license_reference = line.license_reference
    AND known.arrow_line_reference = line.arrow_line_reference
    AND known.occurrence = line.occurrence`;

/** A line that is not charged any more keeps the charge that it counted towards: money may stand there. */
const followed = (column: string) =>
  column === 'charge_uuid'
    ? 'coalesce(line.charge_uuid, CASE WHEN known.currency = line.currency THEN known.charge_uuid END)'
    : `line.${column}`;

/** Lines that are known follow the export; what did not change is not written. Parameters as for the lines. */
export const UPDATE_LINES = (price: PriceSource) => `${NEW_LINES(price)}
  UPDATE billing_sync_item known
  SET
    presence = 'present',
    modified = now(),
    ${[...PLACE, ...FOLLOWING].map((column) => `${column} = ${followed(column)}`).join(', ')}
  FROM line
  WHERE ${SAME_LINE}
    AND (
      known.presence <> 'present'
      OR (${prefixed('known', FOLLOWING)}) IS DISTINCT FROM (${FOLLOWING.map(followed).join(', ')})
    )`;

/** Lines that are new, in the order of the index that they grow. Parameters as for the lines, and `$9` now: first seen. */
export const INSERT_LINES = (price: PriceSource) => `${NEW_LINES(price)}
  INSERT INTO billing_sync_item (uuid, account_uuid, month, created, modified, ${LINE_COLUMNS.join(', ')})
  SELECT
    ${ORDERED_UUID},
    $2,
    $3,
    $9::timestamptz,
    $9::timestamptz,
    ${prefixed('line', LINE_COLUMNS)}
  FROM line
  WHERE NOT EXISTS (
    SELECT
    FROM billing_sync_item known
    WHERE ${SAME_LINE}
  )
  ORDER BY line.license_reference, line.arrow_line_reference`;

/** Lines that the export does not have any more. Parameters as for the lines, without `$4` and `$5`. */
export const MARK_MISSING_LINES = `
  UPDATE billing_sync_item known
  SET
    presence = 'missing',
    modified = now()
  WHERE known.account_uuid = $2
    AND known.month = $3
    AND known.presence = 'present'
    AND ${isOfPart('known', '$4', '$5', '$6')}
    AND NOT EXISTS (
      SELECT
      FROM export_staging staged
      WHERE staged.snapshot_uuid = $1
        AND staged.license_reference = known.license_reference
        AND staged.line_key = known.arrow_line_reference
        AND staged.occurrence = known.occurrence
    )`;

function prefixed(table: string, columns: readonly string[]): string {
  return columns.map((column) => `${table}.${column}`).join(', ');
}
