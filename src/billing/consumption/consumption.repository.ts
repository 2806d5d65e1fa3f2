import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import type { BillTo, LicensePair } from '../payers/bill-to.js';

/** What ArrowSphere said a licence consumed in the month, and the first party that it is charged to. */
export interface Consumed extends LicensePair {
  readonly customerUuid: string;
  readonly projectUuid: string;
  readonly resourceUuid: string;
  /** Zero is a value like any other. */
  readonly sell: DecimalString;
  readonly buy: DecimalString;
  readonly currency: string;
  readonly isEstimate: boolean;
  readonly lineCount: number;
  /** When the request was sent. */
  readonly askedAt: Date;
}

/** A record as it stands, with the state of its charge. */
export interface KnownConsumption extends LicensePair {
  readonly uuid: string;
  readonly customerUuid: string;
  readonly projectUuid: string;
  readonly resourceUuid: string;
  readonly currency: string;
  readonly sell: DecimalString;
  readonly buy: DecimalString;
  readonly isEstimate: boolean;
  readonly askedAt: Date;
  readonly isTakenBack: boolean;
  readonly isClosed: boolean;
}

const PAIRS = `
  SELECT record.license_reference AS "licenseReference", charge.arrow_customer AS "arrowCustomer"
  FROM consumption_record record
  JOIN charge ON charge.uuid = record.charge_uuid
  WHERE record.account_uuid = $1
    AND record.month = $2
    AND charge.arrow_customer <> ''`;

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

const KNOWN = `
  SELECT
    record.uuid,
    record.license_reference AS "licenseReference",
    charge.arrow_customer AS "arrowCustomer",
    record.customer_uuid AS "customerUuid",
    record.project_uuid AS "projectUuid",
    record.resource_uuid AS "resourceUuid",
    record.currency,
    record.consumed_sell AS sell,
    record.consumed_buy AS buy,
    record.is_estimate AS "isEstimate",
    record.asked_at AS "askedAt",
    record.reversed_at IS NOT NULL AS "isTakenBack",
    charge.closed_at IS NOT NULL AS "isClosed"
  FROM consumption_record record
  JOIN charge ON charge.uuid = record.charge_uuid
  WHERE record.account_uuid = $1
    AND record.month = $2
    AND ($3::text[] IS NULL OR record.license_reference = ANY($3))
  ORDER BY record.license_reference`;

/** The charges that consumption is the target of, where they are not there yet. Arrays from `$6`. */
const ENSURE_CHARGES = `
  INSERT INTO charge (
    account_uuid, month, start, "end", modified, license_reference, arrow_customer, customer_uuid, project_uuid,
    resource_uuid, currency, name
  )
  SELECT
    $1,
    $2,
    $2,
    $3,
    $4,
    given.license_reference,
    given.arrow_customer,
    given.customer_uuid,
    given.project_uuid,
    given.resource_uuid,
    given.currency,
    left($5 || ': ' || resource.name, 255)
  FROM unnest($6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::uuid[], $11::text[])
    AS given (license_reference, arrow_customer, customer_uuid, project_uuid, resource_uuid, currency)
  JOIN resource ON resource.uuid = given.resource_uuid
  ON CONFLICT DO NOTHING`;

const MOVE = `
  UPDATE consumption_record record
  SET
    charge_uuid = charge.uuid,
    project_uuid = charge.project_uuid,
    resource_uuid = given.resource_uuid,
    modified = $3
  FROM unnest($4::uuid[], $5::uuid[], $6::uuid[]) AS given (uuid, project_uuid, resource_uuid), charge
  WHERE record.uuid = given.uuid
    AND charge.account_uuid = $1
    AND charge.month = $2
    AND charge.license_reference = record.license_reference
    AND charge.customer_uuid = record.customer_uuid
    AND charge.project_uuid = given.project_uuid
    AND charge.currency = record.currency`;

const WRITE = `
  INSERT INTO consumption_record AS record (
    account_uuid, month, price_source, last_sync_at, reopened_at, charge_uuid, license_reference, resource_uuid,
    customer_uuid, project_uuid, consumed_sell, consumed_buy, currency, is_estimate, asked_at, raw_data
  )
  SELECT
    $1,
    $2,
    $3,
    $4,
    CASE WHEN $5 THEN $4::timestamptz END,
    charge.uuid,
    given.license_reference,
    given.resource_uuid,
    given.customer_uuid,
    given.project_uuid,
    given.sell,
    given.buy,
    given.currency,
    given.is_estimate,
    given.asked_at,
    jsonb_build_object(
      'line_count', given.lines,
      'source', CASE WHEN given.is_estimate THEN 'estimate' ELSE 'monthly' END,
      'currency', given.currency
    )
  FROM unnest(
    $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::numeric[], $11::numeric[], $12::text[], $13::boolean[],
    $14::integer[], $15::timestamptz[]
  ) AS given (
    license_reference, resource_uuid, customer_uuid, project_uuid, sell, buy, currency, is_estimate, lines, asked_at
  )
  JOIN charge
    ON charge.account_uuid = $1
   AND charge.month = $2
   AND charge.license_reference = given.license_reference
   AND charge.customer_uuid = given.customer_uuid
   AND charge.project_uuid = given.project_uuid
   AND charge.currency = given.currency
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

const TAKE_BACK = `
  UPDATE consumption_record
  SET
    reversed_at = $2,
    reversed_by = $3,
    reopened_at = CASE WHEN $4 THEN $2::timestamptz ELSE reopened_at END,
    modified = $2
  WHERE uuid = ANY($1::uuid[])
    AND reversed_at IS NULL
  RETURNING uuid`;

/** Records of one account's month that a cleanup names. */
export interface CleanupGroup {
  readonly accountUuid: string;
  readonly settingsUuid: string;
  /** First day. */
  readonly month: string;
  readonly records: readonly CleanupRecord[];
}

export interface CleanupRecord {
  readonly uuid: string;
  readonly chargeUuid: string;
  readonly licenseReference: string;
  readonly customerUuid: string;
  readonly isClosed: boolean;
  /** Whether its charge has postings, and corrections among them. */
  readonly isPosted: boolean;
  readonly isCorrected: boolean;
}

export interface CleanupFilter {
  readonly from: string | null;
  readonly to: string | null;
  readonly resourceUuid: string | null;
  /** True: only final ones; false: only those that are not. */
  readonly isFinal: boolean | null;
}

const CLEANUP = `
  SELECT
    record.account_uuid AS "accountUuid",
    account.settings_uuid AS "settingsUuid",
    record.month,
    record.uuid,
    record.charge_uuid AS "chargeUuid",
    record.license_reference AS "licenseReference",
    record.customer_uuid AS "customerUuid",
    charge.closed_at IS NOT NULL AS "isClosed",
    EXISTS (
      SELECT
      FROM invoice_posting posting
      WHERE posting.charge_uuid = charge.uuid
        AND posting.kind <> 'compensation'
    ) AS "isPosted",
    EXISTS (
      SELECT
      FROM invoice_posting posting
      WHERE posting.charge_uuid = charge.uuid
        AND posting.kind = 'compensation'
    ) AS "isCorrected"
  FROM consumption_record record
  JOIN charge ON charge.uuid = record.charge_uuid
  JOIN billing_account account ON account.uuid = record.account_uuid
  WHERE record.reversed_at IS NULL
    AND ($1::date IS NULL OR record.month >= $1)
    AND ($2::date IS NULL OR record.month <= $2)
    AND ($3::uuid IS NULL OR record.resource_uuid = $3)
    AND ($4::boolean IS NULL OR (charge.closed_at IS NOT NULL) = $4)
  ORDER BY record.month, record.account_uuid, record.uuid`;

/** Consumption of licences on its way into the books. Writes work in the caller's transaction, which has locked the month. */
@Injectable()
export class ConsumptionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Licences that have consumption in the month, with the Arrow customers that they are charged by. */
  pairs(context: BillingContext): Promise<LicensePair[]> {
    return this.dataSource.query(PAIRS, scopeOf(context));
  }

  /** Changes whenever the consumption of the month does. */
  async version(context: BillingContext): Promise<string> {
    const [row] = await this.dataSource.query<{ version: string }[]>(VERSION, scopeOf(context));
    return row!.version;
  }

  /** What somebody reopened may be closed again. */
  async closeReopened(manager: EntityManager, context: BillingContext): Promise<void> {
    await manager.query(CLOSE_REOPENED, scopeOf(context));
  }

  /** The records of these licences, or of all. */
  known(
    manager: EntityManager,
    context: BillingContext,
    licenses: readonly string[] | null,
  ): Promise<KnownConsumption[]> {
    return manager.query(KNOWN, [...scopeOf(context), licenses]);
  }

  /** As {@link known}, outside any transaction. */
  find(context: BillingContext, licenses: readonly string[] | null): Promise<KnownConsumption[]> {
    return this.known(this.dataSource.manager, context, licenses);
  }

  /** Records follow the link of their licence within the organisation, unless their charge stands. */
  async relink(
    manager: EntityManager,
    context: BillingContext,
    parties: readonly BillTo[],
    licenses: readonly string[] | null,
  ): Promise<void> {
    const keyOf = ({ licenseReference, arrowCustomer }: LicensePair) => `${licenseReference}\n${arrowCustomer}`;
    const partyOf = new Map(parties.map((party) => [keyOf(party), party]));
    const moves = (await this.known(manager, context, licenses)).flatMap((record) => {
      const party = partyOf.get(keyOf(record));
      const { projectUuid, resourceUuid, customerUuid } = party ?? {};
      if (!projectUuid || !resourceUuid || customerUuid !== record.customerUuid) return [];
      return projectUuid === record.projectUuid ? [] : [{ ...record, projectUuid, resourceUuid }];
    });
    if (!moves.length) return;
    await this.ensureCharges(manager, context, moves);
    await manager.query(MOVE, [
      ...scopeOf(context),
      context.now,
      moves.map((record) => record.uuid),
      moves.map((record) => record.projectUuid),
      moves.map((record) => record.resourceUuid),
    ]);
  }

  /** Stores what was consumed and makes the charges of it. `reopen`: the month is provisional again for these licences. */
  async write(
    manager: EntityManager,
    context: BillingContext,
    consumed: readonly Consumed[],
    reopen: boolean,
  ): Promise<void> {
    await this.ensureCharges(manager, context, consumed);
    await manager.query(WRITE, [
      ...scopeOf(context),
      context.rule.priceSource,
      context.now,
      reopen,
      consumed.map((entry) => entry.licenseReference),
      consumed.map((entry) => entry.resourceUuid),
      consumed.map((entry) => entry.customerUuid),
      consumed.map((entry) => entry.projectUuid),
      consumed.map((entry) => entry.sell),
      consumed.map((entry) => entry.buy),
      consumed.map((entry) => entry.currency),
      consumed.map((entry) => entry.isEstimate),
      consumed.map((entry) => entry.lineCount),
      consumed.map((entry) => entry.askedAt.toISOString()),
    ]);
  }

  /** The records that a cleanup names, by account and month. */
  async forCleanup({ from, to, resourceUuid, isFinal }: CleanupFilter): Promise<CleanupGroup[]> {
    const rows = await this.dataSource.query<(Omit<CleanupGroup, 'records'> & CleanupRecord)[]>(CLEANUP, [
      from,
      to,
      resourceUuid,
      isFinal,
    ]);
    const groups = new Map<string, CleanupGroup & { records: CleanupRecord[] }>();
    for (const { accountUuid, settingsUuid, month, ...record } of rows) {
      const key = `${accountUuid}/${month}`;
      const group = groups.get(key) ?? { accountUuid, settingsUuid, month, records: [] };
      group.records.push(record);
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  /** Answers how many records were taken back. `reopen`: also where they are final. */
  async takeBack(
    manager: EntityManager,
    { now, requestedBy }: BillingContext,
    records: readonly string[],
    reopen: boolean,
  ): Promise<number> {
    const [rows] = await manager.query<[unknown[], number]>(TAKE_BACK, [records, now, requestedBy, reopen]);
    return rows.length;
  }

  private async ensureCharges(
    manager: EntityManager,
    context: BillingContext,
    wanted: readonly (LicensePair & Pick<Consumed, 'customerUuid' | 'projectUuid' | 'resourceUuid' | 'currency'>)[],
  ): Promise<void> {
    const prefix = context.settings.invoiceItemPrefix || 'Arrow consumption';
    await manager.query(ENSURE_CHARGES, [
      ...scopeOf(context),
      context.month.lastDay,
      context.now,
      prefix,
      wanted.map((charge) => charge.licenseReference),
      wanted.map((charge) => charge.arrowCustomer),
      wanted.map((charge) => charge.customerUuid),
      wanted.map((charge) => charge.projectUuid),
      wanted.map((charge) => charge.resourceUuid),
      wanted.map((charge) => charge.currency),
    ]);
  }
}

function scopeOf({ account, month }: BillingContext): [account: string, month: string] {
  return [account.uuid, month.firstDay];
}
