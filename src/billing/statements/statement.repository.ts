import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import { columnsOf } from '../../database/columns-of.js';
import type { BillingContext } from '../core/billing-context.js';
import type { Finality } from '../core/finality.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import type { Reason } from '../core/reasons.js';
import { BillingMonth } from './billing-month.entity.js';
import { BillingSync } from './billing-sync.entity.js';
import type { BillingSyncItem } from './billing-sync-item.entity.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import { HELD_CHARGES } from './held-charges.sql.js';
import * as sql from './statement.sql.js';

/** A statement of the export as it is to be kept. */
export interface JudgedStatement extends Pick<BillingSync, 'arrowCustomer' | 'statementReference' | 'customerUuid'> {
  readonly finality: Finality;
  readonly mappingUuid: string | null;
}

const JUDGED = ['arrowCustomer', 'statementReference', 'finality', 'mappingUuid', 'customerUuid'] as const;

/** Licence and customer of a line, as they are known and as it says them. */
export type KnownLine = Pick<BillingSyncItem, 'licenseReference' | 'arrowCustomer' | 'customerReference'>;

/** By what they are found, joined and summed. */
const ANALYZE_LINES = `
  ANALYZE
    billing_sync_item (
      account_uuid, month, license_reference, arrow_customer, customer_reference, presence, status, reason, amount_state,
      billing_sync_uuid, charge_uuid
    ),
    charge (account_uuid, month, kind, license_reference, customer_uuid, project_uuid, arrow_customer)`;

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
        AND (
          pending.charge_uuid IS NOT NULL
          OR (charge.closed_at IS NULL OR charge.basis = 'held') AND (charge.target <> 0 OR charge.line_count > 0)
        )
    ) AS settled`;

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

  find(context: BillingContext): Promise<BillingMonth | null> {
    return this.dataSource.manager.findOneBy(BillingMonth, monthOf(context));
  }

  /** From now on the month is being worked on, and no older export is taken. */
  async begin(locked: LockedMonth, { number }: ExportSnapshot): Promise<void> {
    await locked.manager.update(BillingMonth, monthOf(locked), { snapshotNumber: number, fingerprint: '' });
  }

  /** Says on the statements of the month, or of one organisation in it, why nothing was changed. */
  async fail(context: BillingContext, errorMessage: string, customerUuid?: string): Promise<void> {
    const statements = { ...monthOf(context), ...(customerUuid && { customerUuid }) };
    await this.dataSource.manager.update(BillingSync, statements, { errorMessage, modified: context.now });
  }

  /** `close`: statements that may be closed are. `onlyNew`: those that are there already stay as they are. */
  async upsertStatements(
    { manager, scope, now }: LockedMonth,
    statements: readonly JudgedStatement[],
    close: boolean,
    onlyNew: boolean,
  ): Promise<void> {
    const columns = columnsOf(statements, ...JUDGED);
    await manager.query(sql.UPSERT_STATEMENTS, [...scope, now, close, onlyNew, ...columns]);
  }

  /** Closes the statements that the staged export has no line of. */
  async closeOthers({ manager, scope, now, month }: LockedMonth, { uuid }: ExportSnapshot): Promise<void> {
    await manager.query(sql.CLOSE_STATEMENTS_WITHOUT_LINES, [...scope, now, uuid, month.toString()]);
  }

  /** Takes a part of the staged lines over, or those of one licence, and what charges they add up to. */
  async mergePart(
    { manager, scope, month, rule, now, itemPrefix }: LockedMonth,
    { uuid }: ExportSnapshot,
    currencies: readonly string[],
    { number, of, onlyLicense }: { number: number; of: number; onlyLicense: string | null },
  ): Promise<void> {
    const part = [number, of, onlyLicense];
    const judged = [uuid, ...scope, month.toString(), rule.classificationFilter, ...part];
    const charges = [month.lastDay, now, itemPrefix, currencies, currencies.map(currencyDigits)];
    await manager.query(sql.MARK_MISSING_LINES, [uuid, ...scope, ...part]);
    await manager.query(sql.MERGE_CHARGES(rule.priceSource), [...judged, ...charges]);
    await manager.query(sql.UPDATE_LINES(rule.priceSource), judged);
    await manager.query(sql.INSERT_LINES(rule.priceSource), [...judged, now]);
  }

  async refreshTotals({ manager, scope }: LockedMonth): Promise<void> {
    await manager.query(sql.REFRESH_STATEMENT_TOTALS, scope);
  }

  /** Charge → why it stands at what was posted. `acceptGone`: not because its lines are gone. */
  async heldCharges(
    { manager, scope }: LockedMonth,
    { uuid }: ExportSnapshot,
    acceptGone: boolean,
  ): Promise<Map<string, Reason>> {
    const rows = await manager.query<{ uuid: string; reason: Reason }[]>(HELD_CHARGES, [...scope, uuid, acceptGone]);
    return new Map(rows.map((row) => [row.uuid, row.reason]));
  }

  /** Answers whether everything of the month is closed and posted. */
  async isSettled({ manager, scope }: LockedMonth): Promise<boolean> {
    const [row] = await manager.query<{ settled: boolean }[]>(IS_SETTLED, scope);
    return row!.settled;
  }

  /** The export was applied from end to end; `fingerprint` is of what it was applied by, `''` where not all of it was. */
  async finish(locked: LockedMonth, done: Partial<BillingMonth>): Promise<void> {
    await locked.manager.update(BillingMonth, monthOf(locked), { ...done, appliedAt: locked.now });
  }

  /** The export is the one applied before, and nothing is to be done. */
  async touch(context: BillingContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(BillingMonth, monthOf(context), { appliedAt: context.now });
      await manager.query(TOUCH_STATEMENTS, [...context.scope, context.now]);
    });
  }

  /** Licences and customers of the lines that the month has. */
  knownLines({ scope }: BillingContext): Promise<KnownLine[]> {
    return this.dataSource.query(KNOWN_LINES, scope);
  }

  /** Many lines were taken over: what is done with them, and the charges they make, should be planned for as many. */
  async analyseLines({ manager }: LockedMonth): Promise<void> {
    await manager.query(ANALYZE_LINES);
  }

  /** Many postings were made: the next run should be planned for as many. */
  async analysePostings(): Promise<void> {
    await this.dataSource.query('ANALYZE invoice_posting (charge_uuid, invoice_uuid)');
  }
}

function monthOf({ scope: [accountUuid, month] }: BillingContext): Pick<BillingMonth, 'accountUuid' | 'month'> {
  return { accountUuid, month };
}
