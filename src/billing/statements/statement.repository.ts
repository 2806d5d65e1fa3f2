import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import type { BillingContext } from '../core/billing-context.js';
import type { Finality } from '../core/finality.js';
import type { Reason } from '../core/reasons.js';
import type { TieOut } from '../ledger/tie-out.js';
import type { BillTo, LicensePair } from '../payers/bill-to.js';
import { SORT_IN_MEMORY } from './staging.sql.js';
import type { BillingMonth, ExportSize } from './billing-month.entity.js';
import { BillingMonth as BillingMonthEntity } from './billing-month.entity.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import {
  CLOSE_STATEMENTS_WITHOUT_LINES,
  CUSTOMERS_WITHOUT_LINES,
  EMPTY_CHARGES,
  ENSURE_STATEMENTS,
  HELD_BY_LINES,
  INSERT_LINES,
  MARK_MISSING_LINES,
  REFRESH_STATEMENT_TOTALS,
  UPDATE_LINES,
  UPSERT_CHARGES,
  UPSERT_STATEMENTS,
} from './statement.sql.js';

/** A statement of the export as it is to be kept. */
export interface JudgedStatement {
  readonly arrowCustomer: string;
  readonly statementReference: string;
  readonly finality: Finality;
  readonly mappingUuid: string | null;
  readonly customerUuid: string | null;
}

/** Lines of a month are taken over in parts, so that no transaction gets long. */
export interface Part {
  readonly number: number;
  readonly of: number;
  /** Only the lines of this licence. */
  readonly onlyLicense: string | null;
  /** Which kinds of charges there can be: those with a project, those without. */
  readonly withProjects: readonly boolean[];
}

/** Licence and customer of a line, as they are known and as it says them. */
export interface KnownLine extends LicensePair {
  readonly customerReference: string;
}

/** A charge that stands because of a line, or the licence of one. */
export interface HeldByLine extends LicensePair {
  readonly reason: Reason;
}

const BEGIN = `
  UPDATE billing_month
  SET
    snapshot_number = $3,
    fingerprint = ''
  WHERE account_uuid = $1
    AND month = $2`;

const FAIL = `
  INSERT INTO billing_month (account_uuid, month, error_message)
  VALUES ($1, $2, $3)
  ON CONFLICT (account_uuid, month) DO UPDATE
  SET error_message = excluded.error_message`;

const FAIL_STATEMENTS = `
  UPDATE billing_sync
  SET
    error_message = $3,
    modified = $4
  WHERE account_uuid = $1
    AND month = $2
    AND ($5::uuid IS NULL OR customer_uuid = $5)`;

const FINISH = `
  UPDATE billing_month
  SET
    snapshot_uuid = $3,
    largest_export = $4,
    tie_out = $5,
    applied_at = $6,
    settled_at = CASE WHEN $7 THEN coalesce(settled_at, $6) END,
    error_message = $8,
    fingerprint = $9
  WHERE account_uuid = $1
    AND month = $2
    AND snapshot_number = $10`;

/** Whether everything of the month is closed and posted. `$1` account, `$2` month. */
const IS_SETTLED = `
  SELECT
    NOT EXISTS (
      SELECT
      FROM billing_sync
      WHERE account_uuid = $1
        AND month = $2
        AND state <> 4
    )
    AND NOT EXISTS (
      SELECT
      FROM charge
      LEFT JOIN pending_posting pending ON pending.charge_uuid = charge.uuid
      WHERE charge.account_uuid = $1
        AND charge.month = $2
        AND charge.kind = 'license'
        AND (charge.closed_at IS NULL OR charge.basis = 'held' OR pending.charge_uuid IS NOT NULL)
        AND (charge.target <> 0 OR charge.closed_at IS NULL AND charge.line_count > 0)
    ) AS settled`;

const TOUCH = `
  UPDATE billing_month
  SET
    applied_at = $3,
    error_message = ''
  WHERE account_uuid = $1
    AND month = $2`;

const TOUCH_STATEMENTS = `
  UPDATE billing_sync
  SET
    synced_at = $3,
    error_message = CASE arrow_state WHEN 'rejected' THEN error_message ELSE '' END
  WHERE account_uuid = $1
    AND month = $2`;

/** What the lines of a month say of their licences and customers, each once. `$1` account, `$2` month. */
const KNOWN_LINES = `
  SELECT DISTINCT
    license_reference AS "licenseReference",
    arrow_customer AS "arrowCustomer",
    customer_reference AS "customerReference"
  FROM billing_sync_item
  WHERE account_uuid = $1
    AND month = $2
    AND presence = 'present'`;

/** Statements, charges and lines of an export on their way into the books of a month. */
@Injectable()
export class StatementRepository {
  constructor(private readonly dataSource: DataSource) {}

  find({ account, month }: BillingContext): Promise<BillingMonth | null> {
    return this.dataSource.manager.findOneBy(BillingMonthEntity, { accountUuid: account.uuid, month: month.firstDay });
  }

  /** From now on the month is being worked on, and no older export is taken. */
  async begin(manager: EntityManager, context: BillingContext, { number }: ExportSnapshot): Promise<void> {
    await manager.query(BEGIN, [...scopeOf(context), number]);
  }

  /** Says on the month and its statements why nothing was changed. */
  async fail(context: BillingContext, error: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(FAIL, [...scopeOf(context), error]);
      await manager.query(FAIL_STATEMENTS, [...scopeOf(context), error, context.now, null]);
    });
  }

  async failCustomer(manager: EntityManager, context: BillingContext, customer: string, error: string): Promise<void> {
    await manager.query(FAIL_STATEMENTS, [...scopeOf(context), error, context.now, customer]);
  }

  /** `close`: statements that may be closed are. */
  async upsertStatements(
    manager: EntityManager,
    context: BillingContext,
    statements: readonly JudgedStatement[],
    close: boolean,
  ): Promise<void> {
    await manager.query(UPSERT_STATEMENTS, [
      ...scopeOf(context),
      context.now,
      close,
      statements.map((statement) => statement.arrowCustomer),
      statements.map((statement) => statement.statementReference),
      statements.map((statement) => statement.finality),
      statements.map((statement) => statement.mappingUuid),
      statements.map((statement) => statement.customerUuid),
    ]);
  }

  /** Only makes those that are not there yet; the others stay as they are. */
  async ensureStatements(
    manager: EntityManager,
    context: BillingContext,
    statements: readonly JudgedStatement[],
  ): Promise<void> {
    await manager.query(ENSURE_STATEMENTS, [
      ...scopeOf(context),
      context.now,
      statements.map((statement) => statement.arrowCustomer),
      statements.map((statement) => statement.statementReference),
      statements.map((statement) => statement.mappingUuid),
      statements.map((statement) => statement.customerUuid),
    ]);
  }

  /** Closes the statements that the export has no line of. */
  async closeOthers(
    manager: EntityManager,
    context: BillingContext,
    statements: readonly JudgedStatement[],
  ): Promise<void> {
    await manager.query(CLOSE_STATEMENTS_WITHOUT_LINES, [
      ...scopeOf(context),
      context.now,
      statements.map((statement) => statement.arrowCustomer),
      statements.map((statement) => statement.statementReference),
    ]);
  }

  /** Takes a part of the staged lines over, and what charges they add up to. */
  async mergePart(
    manager: EntityManager,
    context: BillingContext,
    snapshotUuid: string,
    currencies: readonly string[],
    { number, of, onlyLicense, withProjects }: Part,
  ): Promise<void> {
    await manager.query(SORT_IN_MEMORY);
    const { account, month, rule, now, settings } = context;
    const judged = [
      snapshotUuid,
      account.uuid,
      month.firstDay,
      month.toString(),
      rule.classificationFilter,
      number,
      of,
      onlyLicense,
    ];
    const prefix = settings.invoiceItemPrefix || 'Arrow consumption';
    const charges = [...judged, month.lastDay, now, prefix, currencies, currencies.map(currencyDigits)];
    await manager.query(MARK_MISSING_LINES, [snapshotUuid, account.uuid, month.firstDay, number, of, onlyLicense]);
    for (const withProject of withProjects) await manager.query(UPSERT_CHARGES(rule.priceSource, withProject), charges);
    await manager.query(UPDATE_LINES(rule.priceSource), judged);
    await manager.query(INSERT_LINES(rule.priceSource), [...judged, now]);
    await manager.query(EMPTY_CHARGES, [account.uuid, month.firstDay, now, number, of, onlyLicense]);
  }

  async refreshTotals(manager: EntityManager, context: BillingContext): Promise<void> {
    await manager.query(REFRESH_STATEMENT_TOTALS, scopeOf(context));
  }

  /** Why lines make charges stand at what was posted. */
  heldByLines(manager: EntityManager, context: BillingContext): Promise<HeldByLine[]> {
    return manager.query(HELD_BY_LINES, scopeOf(context));
  }

  /** Arrow customers whose lines are all gone. */
  async customersWithoutLines(
    manager: EntityManager,
    context: BillingContext,
    { uuid }: ExportSnapshot,
  ): Promise<string[]> {
    const rows = await manager.query<{ arrowCustomer: string }[]>(CUSTOMERS_WITHOUT_LINES, [...scopeOf(context), uuid]);
    return rows.map((row) => row.arrowCustomer);
  }

  /** Answers whether everything of the month is closed and posted. */
  async isSettled(manager: EntityManager, context: BillingContext): Promise<boolean> {
    const [row] = await manager.query<{ settled: boolean }[]>(IS_SETTLED, scopeOf(context));
    return row!.settled;
  }

  /** The export was applied from end to end; `fingerprint` is of what it was applied by, `''` where not all of it was. */
  async finish(
    manager: EntityManager,
    context: BillingContext,
    snapshot: ExportSnapshot,
    done: {
      readonly largest: ExportSize;
      readonly tieOut: readonly TieOut[];
      readonly settled: boolean;
      readonly error: string;
      readonly fingerprint: string;
    },
  ): Promise<void> {
    await manager.query(FINISH, [
      ...scopeOf(context),
      snapshot.uuid,
      JSON.stringify(done.largest),
      JSON.stringify(done.tieOut),
      context.now,
      done.settled,
      done.error,
      done.fingerprint,
      snapshot.number,
    ]);
  }

  /** The export is the one applied before, and nothing is to be done. */
  async touch(context: BillingContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(TOUCH, [...scopeOf(context), context.now]);
      await manager.query(TOUCH_STATEMENTS, [...scopeOf(context), context.now]);
    });
  }

  /** Licences and customers of the lines that the month has. */
  knownLines(context: BillingContext): Promise<KnownLine[]> {
    return this.dataSource.query(KNOWN_LINES, scopeOf(context));
  }

  /** Many rows were written: the next run should be planned for as many. */
  async analyse(): Promise<void> {
    await this.dataSource.query('ANALYZE billing_sync_item, invoice_posting, charge');
  }
}

function scopeOf({ account, month }: BillingContext): [account: string, month: string] {
  return [account.uuid, month.firstDay];
}

/** Parties by Arrow customer: the organisation that most licences of a statement's customer are charged to. */
export function customerOf(parties: readonly BillTo[]): Map<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { arrowCustomer, customerUuid } of parties) {
    if (!customerUuid) continue;
    const ofCustomer = counts.get(arrowCustomer) ?? new Map<string, number>();
    counts.set(arrowCustomer, ofCustomer.set(customerUuid, (ofCustomer.get(customerUuid) ?? 0) + 1));
  }
  return new Map(
    [...counts].map(([arrowCustomer, found]) => [
      arrowCustomer,
      [...found].sort(([a, many], [b, more]) => more - many || a.localeCompare(b))[0]![0],
    ]),
  );
}
