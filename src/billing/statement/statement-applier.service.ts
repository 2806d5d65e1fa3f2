import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/app.error.js';
import { ExportSupersededError, StagingLostError } from '../billing.errors.js';
import { LedgerService, type PlannedPosting, type PostingContext } from '../ledger/ledger.service.js';
import type { BillingContext } from './billing-context.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import type { ExportStaging } from './export-staging.js';
import { type Calendar, finalityOf } from './finality.js';
import { MARK_MISSING, MERGE_LINES } from './line-merge.sql.js';
import {
  CLOSE_ABSENT_SYNCS,
  ENSURE_SYNCS,
  FINALISE_RECORDS,
  LET_GO,
  LINK_INVOICES,
  RECONCILE_SYNCS,
  REFRESH_SYNCS,
  UPSERT_SYNCS,
} from './settle.sql.js';

/** Lines that go into one transaction: many small customers together, a large one alone. */
const LINES_PER_TRANSACTION = 50_000;

export interface ApplyOptions {
  /** Besides posting what changed, finish what is closed: credit vanished lines, replace provisional charges by final ones. */
  readonly settle: boolean;
  /** Do not wait for ArrowSphere's validation and the days of grace; the month must be over all the same. */
  readonly force: boolean;
  /** Only part of the export is staged: what is not there says nothing, and statements stay as they are. */
  readonly partial: boolean;
  /** Called between transactions; throws to stop there. */
  readonly onProgress: (done: number, total: number) => Promise<void>;
}

export interface Applied {
  readonly postings: number;
  /** Organisations whose invoices changed. */
  readonly customers: readonly string[];
  readonly sample: readonly PlannedPosting[];
  /** Organisations that could not be posted, and why; nothing of them was changed. */
  readonly failures: readonly { readonly customerUuid: string | null; readonly error: string }[];
}

/** Rows that were written a moment ago have no statistics yet: without this PostgreSQL may take sets of many rows for one row each. */
export const WHOLE_SETS = 'SET LOCAL enable_nestloop = off';

type Group = readonly (string | null)[];

/** Runs work in transactions of its own, or, for a dry run, all of it in one that is rolled back. */
export type InTransaction = <T>(work: (manager: EntityManager) => Promise<T>) => Promise<T>;

/** Takes a staged export into the ledger: customer by customer, each as a whole or not at all, repeatable at any point. */
@Injectable()
export class StatementApplier {
  private readonly logger = new Logger(StatementApplier.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: LedgerService,
  ) {}

  /** The transactions of a real run. */
  readonly separately: InTransaction = (work) =>
    this.dataSource.transaction(async (manager) => {
      await manager.query(WHOLE_SETS);
      return work(manager);
    });

  /**
   * Applies a staged export whose licences are assigned. Throws `ExportSupersededError` and whatever `onProgress` throws;
   * what single customers fail with is in the answer.
   */
  async apply(
    context: BillingContext,
    { number: snapshotNumber, rows: lines }: Pick<ExportSnapshot, 'number' | 'rows'>,
    staging: ExportStaging,
    options: ApplyOptions,
    inTransaction: InTransaction,
  ): Promise<Applied> {
    const totals = {
      postings: 0,
      customers: new Set<string>(),
      sample: [] as PlannedPosting[],
      failures: [] as Applied['failures'][number][],
    };
    const step = async (group: Group) => {
      const posted = await inTransaction(async (manager) => {
        await this.lock(manager, context, snapshotNumber);
        await staging.within(manager).ensureComplete(lines);
        return this.applyGroup(manager, context, staging.within(manager), group, options);
      });
      totals.postings += posted.postings;
      posted.customers.forEach((customer) => totals.customers.add(customer));
      totals.sample.push(...posted.sample.slice(0, 100 - totals.sample.length));
    };
    await inTransaction(async (manager) => {
      await this.lock(manager, context, snapshotNumber);
      await staging.within(manager).ensureComplete(lines);
      if (!options.partial)
        await manager.query(MARK_MISSING, [context.account.uuid, context.month.firstDay, staging.snapshotUuid]);
    });
    const staged = await inTransaction((manager) => staging.within(manager).customers());
    const rest = options.partial
      ? []
      : await inTransaction((manager) =>
          this.otherCustomers(manager, context, new Set(staged.map((row) => row.customer_uuid))),
        );
    const groups = [...grouped(staged), ...(rest.length ? [rest] : [])];
    let done = 0;
    for (const group of groups) {
      await options.onProgress(done, staged.length + rest.length);
      await this.isolating(group, step, inTransaction === this.separately, totals.failures);
      done += group.length;
    }
    return { ...totals, customers: [...totals.customers] };
  }

  /** One customer's fault must not keep the others from being billed: a group that fails is tried one by one. */
  private async isolating(
    group: Group,
    step: (group: Group) => Promise<void>,
    canRetry: boolean,
    failures: Applied['failures'][number][],
  ): Promise<void> {
    try {
      return await step(group);
    } catch (error) {
      if (error instanceof ExportSupersededError || error instanceof StagingLostError || !canRetry) throw error;
      if (group.length === 1) {
        if (!(error instanceof AppError)) this.logger.error('A customer could not be posted', (error as Error).stack);
        failures.push({
          customerUuid: group[0]!,
          error: error instanceof AppError ? error.message : 'It failed in the database; the log says why.',
        });
        return;
      }
    }
    for (const customer of group) await this.isolating([customer], step, canRetry, failures);
  }

  /** Nobody else posts for this month until the transaction ends; an older export than the newest one seen is refused. */
  private async lock(
    manager: EntityManager,
    { account, month }: BillingContext,
    snapshotNumber: number,
  ): Promise<void> {
    await manager.query('INSERT INTO billing_month (account_uuid, month) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      account.uuid,
      month.firstDay,
    ]);
    const [row] = await manager.query<{ snapshot_number: number }[]>(
      'SELECT snapshot_number FROM billing_month WHERE account_uuid = $1 AND month = $2 FOR UPDATE',
      [account.uuid, month.firstDay],
    );
    if (row!.snapshot_number > snapshotNumber) throw new ExportSupersededError(month);
    if (row!.snapshot_number === snapshotNumber) return;
    await manager.query('UPDATE billing_month SET snapshot_number = $3 WHERE account_uuid = $1 AND month = $2', [
      account.uuid,
      month.firstDay,
      snapshotNumber,
    ]);
  }

  /** Customers who were charged for the month but have no line in this export. */
  private async otherCustomers(
    manager: EntityManager,
    { account, month }: BillingContext,
    staged: ReadonlySet<string | null>,
  ): Promise<string[]> {
    const rows = await manager.query<{ customer_uuid: string }[]>(
      `SELECT customer_uuid FROM billing_sync_item WHERE account_uuid = $1 AND month = $2 AND customer_uuid IS NOT NULL
       UNION SELECT customer_uuid FROM consumption_record WHERE account_uuid = $1 AND month = $2 ORDER BY 1`,
      [account.uuid, month.firstDay],
    );
    return rows.map((row) => row.customer_uuid).filter((customer) => !staged.has(customer));
  }

  private async applyGroup(
    manager: EntityManager,
    context: BillingContext,
    staging: ExportStaging,
    group: Group,
    { settle, force, partial }: ApplyOptions,
  ) {
    const { account, month, settings, now } = context;
    const named = group.filter((customer) => customer !== null);
    const scope = [account.uuid, month.firstDay] as const;
    const calendar = { month, now, timeZone: account.timeZone, graceDays: account.graceDays, force };
    await this.upsertSyncs(manager, context, staging, named, calendar, partial);
    await manager.query(
      `INSERT INTO license_charge (account_uuid, month, license_reference, path)
       SELECT $1, $2, license_reference, 'lines' FROM export_staging_party WHERE snapshot_uuid = $3 AND customer_uuid = ANY($4::uuid[])
       ON CONFLICT (account_uuid, month, license_reference) DO NOTHING`,
      [...scope, staging.snapshotUuid, named],
    );
    await manager.query(MERGE_LINES(settings.invoicePriceSource), [
      staging.snapshotUuid,
      ...scope,
      named,
      group.includes(null),
      settings.classificationFilter,
    ]);
    const customers = await this.affected(manager, staging, scope, group, named);
    if (!partial && finalityOf({ states: [], notValidated: null }, calendar) === 'closed')
      await manager.query(CLOSE_ABSENT_SYNCS, [...scope, customers, now, staging.snapshotUuid]);
    if (settle) await manager.query(LET_GO, [...scope, customers]);
    await manager.query(FINALISE_RECORDS(settings.invoicePriceSource), [...scope, customers, settle, now]);
    if (!partial) await manager.query(REFRESH_SYNCS, [...scope, customers]);
    const posted = await this.ledger.postDifferences(manager, postingContext(context), customers);
    await manager.query(LINK_INVOICES, [...scope, customers]);
    if (settle) await manager.query(RECONCILE_SYNCS, [...scope, customers, now]);
    return posted;
  }

  private async upsertSyncs(
    manager: EntityManager,
    context: BillingContext,
    staging: ExportStaging,
    customers: readonly string[],
    calendar: Calendar,
    partial: boolean,
  ): Promise<void> {
    const { account, month, now } = context;
    const statements = await staging.statements(customers);
    const finalities = statements.map((signs) => finalityOf(signs, calendar));
    await manager.query(partial ? ENSURE_SYNCS : UPSERT_SYNCS, [
      account.uuid,
      month.firstDay,
      statements.map((statement) => statement.mappingUuid),
      statements.map((statement) => statement.statementReference),
      finalities,
      now,
      statements.map((statement) => statement.customerUuid),
    ]);
  }

  /** The customers of the group, and those whom its licences were charged to before. */
  private async affected(
    manager: EntityManager,
    staging: ExportStaging,
    scope: readonly [string, string],
    group: Group,
    named: readonly string[],
  ): Promise<string[]> {
    const rows = await manager.query<{ customer_uuid: string }[]>(
      `SELECT DISTINCT item.customer_uuid FROM billing_sync_item item
       JOIN export_staging_party party ON party.snapshot_uuid = $3 AND party.license_reference = item.license_reference
       WHERE item.account_uuid = $1 AND item.month = $2 AND item.customer_uuid IS DISTINCT FROM party.customer_uuid AND item.customer_uuid IS NOT NULL
         AND (party.customer_uuid = ANY($4::uuid[]) OR ($5 AND party.customer_uuid IS NULL))
       UNION SELECT record.customer_uuid FROM consumption_record record
       JOIN export_staging_party party ON party.snapshot_uuid = $3 AND party.license_reference = record.license_reference
       WHERE record.account_uuid = $1 AND record.month = $2
         AND (party.customer_uuid = ANY($4::uuid[]) OR ($5 AND party.customer_uuid IS NULL))`,
      [...scope, staging.snapshotUuid, named, group.includes(null)],
    );
    return [...new Set([...named, ...rows.map((row) => row.customer_uuid)])];
  }
}

/** What the ledger needs to know of a run. */
export function postingContext({ account, month, currentMonth, settings, jobUuid }: BillingContext): PostingContext {
  return {
    accountUuid: account.uuid,
    month,
    currentMonth,
    priceSource: settings.invoicePriceSource,
    itemPrefix: settings.invoiceItemPrefix || 'Arrow consumption',
    taxPercent: account.taxPercent,
    jobUuid,
  };
}

function grouped(customers: readonly { customer_uuid: string | null; lines: number }[]): (string | null)[][] {
  const groups: (string | null)[][] = [];
  let lines = Infinity;
  for (const customer of customers) {
    if (lines + customer.lines > LINES_PER_TRANSACTION) {
      groups.push([]);
      lines = 0;
    }
    groups.at(-1)!.push(customer.customer_uuid);
    lines += customer.lines;
  }
  return groups;
}
