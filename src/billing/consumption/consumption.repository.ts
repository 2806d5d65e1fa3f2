import { Injectable } from '@nestjs/common';
import { Any, DataSource } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import type { BillTo, LicensePair } from '../payers/bill-to.js';
import { ConsumptionRecord } from './consumption-record.entity.js';

/** Who pays for the consumption of a licence. */
export type ConsumptionBillTo = LicensePair &
  Readonly<Pick<ConsumptionRecord, 'customerUuid' | 'projectUuid' | 'resourceUuid'>>;

/** What ArrowSphere said a licence consumed in the month, and the first bill-to party that it is charged to. */
export interface Consumed extends ConsumptionBillTo {
  /** Zero is a value like any other. */
  readonly sell: DecimalString;
  readonly buy: DecimalString;
  readonly currency: string;
  readonly isEstimate: boolean;
  readonly lineCount: number;
  /** When the request was sent. */
  readonly askedAt: Date;
}

const VERSION = `
  SELECT
    count(*) || '/' || coalesce(sum(consumed_sell), 0) || '/' || coalesce(sum(consumed_buy), 0)
      || '/' || count(reversed_at) || '/' || count(reopened_at) || '/' || coalesce(max(modified)::text, '') AS version
  FROM consumption_record
  WHERE account_uuid = $1
    AND month = $2`;

const CLOSE_REOPENED = `
  UPDATE consumption_record
  SET reopened_at = NULL
  WHERE account_uuid = $1
    AND month = $2
    AND reopened_at IS NOT NULL`;

/** Records to be written, as JSON in `$3`. */
const GIVEN = `
  jsonb_to_recordset($3::jsonb) AS given (
    uuid uuid, "licenseReference" text, "arrowCustomer" text, "customerUuid" uuid, "projectUuid" uuid,
    "resourceUuid" uuid, currency text, sell numeric, buy numeric, "isEstimate" boolean, "lineCount" integer,
    "askedAt" timestamptz
  )`;

/** `$1` account, `$2` month. */
const CHARGE_OF_GIVEN = `
    charge.account_uuid = $1
    AND charge.month = $2
    AND charge.license_reference = given."licenseReference"
    AND charge.customer_uuid = given."customerUuid"
    AND charge.project_uuid = given."projectUuid"
    AND charge.currency = given.currency`;

/** The charges that consumption is the target of, where they are not there yet. */
const ENSURE_CHARGES = `
  INSERT INTO charge (
    account_uuid, month, start, "end", modified, license_reference, arrow_customer, customer_uuid, project_uuid,
    resource_uuid, currency, name
  )
  SELECT
    $1,
    $2,
    $2,
    $4,
    $5,
    given."licenseReference",
    given."arrowCustomer",
    given."customerUuid",
    given."projectUuid",
    given."resourceUuid",
    given.currency,
    left($6 || ': ' || resource.name, 255)
  FROM ${GIVEN}
  JOIN resource ON resource.uuid = given."resourceUuid"
  ON CONFLICT DO NOTHING`;

const FOLLOW_RULE = `
  UPDATE consumption_record
  SET price_source = $3
  WHERE account_uuid = $1
    AND month = $2
    AND price_source <> $3
    AND ($4::text[] IS NULL OR license_reference = ANY($4))`;

const MOVE = `
  UPDATE consumption_record record
  SET
    charge_uuid = charge.uuid,
    project_uuid = charge.project_uuid,
    resource_uuid = given."resourceUuid",
    modified = $4
  FROM ${GIVEN}, charge
  WHERE record.uuid = given.uuid
    AND ${CHARGE_OF_GIVEN}`;

/** What is open cannot be reopened: it follows mapping and link as it did. */
const IS_CLOSED = `EXISTS (
      SELECT
      FROM charge closed
      WHERE closed.account_uuid = charge.account_uuid
        AND closed.month = charge.month
        AND closed.license_reference = charge.license_reference
        AND closed.closed_at IS NOT NULL
    )`;

/** `$1` records, `$2` now, `$3` who, `$4` also where they are final. */
const REVERSE = `
  UPDATE consumption_record record
  SET
    reversed_at = $2,
    reversed_by = $3,
    modified = $2,
    reopened_at = CASE WHEN $4 AND ${IS_CLOSED} THEN $2 ELSE record.reopened_at END
  FROM charge
  WHERE charge.uuid = record.charge_uuid
    AND record.uuid = ANY($1::uuid[])
    AND record.reversed_at IS NULL`;

const WRITE = `
  INSERT INTO consumption_record AS record (
    account_uuid, month, price_source, last_sync_at, reopened_at, charge_uuid, license_reference, resource_uuid,
    customer_uuid, project_uuid, consumed_sell, consumed_buy, currency, is_estimate, asked_at, raw_data
  )
  SELECT
    $1,
    $2,
    $4,
    $5,
    CASE WHEN $6 AND ${IS_CLOSED} THEN $5::timestamptz END,
    charge.uuid,
    given."licenseReference",
    given."resourceUuid",
    given."customerUuid",
    given."projectUuid",
    given.sell,
    given.buy,
    given.currency,
    given."isEstimate",
    given."askedAt",
    jsonb_build_object(
      'line_count', given."lineCount",
      'source', CASE WHEN given."isEstimate" THEN 'estimate' ELSE 'monthly' END,
      'currency', given.currency
    )
  FROM ${GIVEN}
  JOIN charge ON ${CHARGE_OF_GIVEN}
  ON CONFLICT (account_uuid, month, license_reference) DO UPDATE
  SET
    charge_uuid = excluded.charge_uuid,
    resource_uuid = excluded.resource_uuid,
    project_uuid = excluded.project_uuid,
    consumed_sell = excluded.consumed_sell,
    consumed_buy = excluded.consumed_buy,
    currency = excluded.currency,
    price_source = excluded.price_source,
    is_estimate = excluded.is_estimate,
    raw_data = excluded.raw_data,
    asked_at = excluded.asked_at,
    last_sync_at = excluded.last_sync_at,
    modified = excluded.last_sync_at,
    reopened_at = coalesce(excluded.reopened_at, record.reopened_at),
    reversed_at = NULL,
    reversed_by = ''`;

/** Consumption of licences on its way into the books. */
@Injectable()
export class ConsumptionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Licences that have consumption in the month, with the Arrow customers that they are charged by. */
  async pairs(context: BillingContext): Promise<LicensePair[]> {
    const records = await this.known(context, null);
    return records.map(pairOf).filter(({ arrowCustomer }) => arrowCustomer);
  }

  /** Changes whenever the consumption of the month does. */
  async version({ scope }: BillingContext): Promise<string> {
    const [row] = await this.dataSource.query<{ version: string }[]>(VERSION, scope);
    return row!.version;
  }

  /** What somebody reopened may be closed again. */
  async closeReopened({ manager, scope }: LockedMonth): Promise<void> {
    await manager.query(CLOSE_REOPENED, scope);
  }

  /** The records of these licences, or of all, with their charges; those reversed too. Under the lock, where it is held. */
  known(context: BillingContext | LockedMonth, licenses: readonly string[] | null): Promise<ConsumptionRecord[]> {
    const { manager } = 'manager' in context ? context : this.dataSource;
    const [accountUuid, month] = context.scope;
    const where = { accountUuid, month, ...(licenses && { licenseReference: Any([...licenses]) }) };
    return manager.find(ConsumptionRecord, { where, relations: { charge: true }, order: { licenseReference: 'ASC' } });
  }

  /** What is charged is the price that the rule of the month names by now. */
  async followRule({ manager, scope, rule }: LockedMonth, licenses: readonly string[] | null): Promise<void> {
    await manager.query(FOLLOW_RULE, [...scope, rule.priceSource, licenses]);
  }

  /** Records follow the link of their licence within the organisation, unless their charge stands. */
  async relink(locked: LockedMonth, parties: readonly BillTo[], licenses: readonly string[] | null): Promise<void> {
    const keyOf = ({ licenseReference, arrowCustomer }: LicensePair) => `${licenseReference}\n${arrowCustomer}`;
    const partyOf = new Map(parties.map((party) => [keyOf(party), party]));
    const moves = (await this.known(locked, licenses)).flatMap((record) => {
      const { uuid, currency } = record;
      const party = partyOf.get(keyOf(pairOf(record)));
      const isMoved = party?.projectUuid && party.resourceUuid && party.projectUuid !== record.projectUuid;
      return isMoved && party.customerUuid === record.customerUuid ? [{ ...party, uuid, currency }] : [];
    });
    if (!moves.length) return;
    await this.ensureCharges(locked, moves);
    await locked.manager.query(MOVE, [...locked.scope, JSON.stringify(moves), locked.now]);
  }

  /** Stores what was consumed and makes the charges of it. `reopen`: the month is provisional again for these licences. */
  async write(locked: LockedMonth, consumed: readonly Consumed[], reopen: boolean): Promise<void> {
    await this.ensureCharges(locked, consumed);
    const { manager, scope, rule, now } = locked;
    await manager.query(WRITE, [...scope, JSON.stringify(consumed), rule.priceSource, now, reopen]);
  }

  /** Answers how many records were reversed. `reopen`: also where they are final. */
  async reverse({ manager, now, requestedBy }: LockedMonth, uuids: string[], reopen: boolean): Promise<number> {
    const [, reversed] = await manager.query<[unknown[], number]>(REVERSE, [uuids, now, requestedBy, reopen]);
    return reversed;
  }

  private async ensureCharges(
    { manager, scope, month, now, itemPrefix }: LockedMonth,
    given: readonly object[],
  ): Promise<void> {
    await manager.query(ENSURE_CHARGES, [...scope, JSON.stringify(given), month.lastDay, now, itemPrefix]);
  }
}

function pairOf({ licenseReference, charge }: ConsumptionRecord): LicensePair {
  return { licenseReference, arrowCustomer: charge.arrowCustomer };
}
