import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/app.error.js';
import { LeaseLostError } from '../../jobs/job.errors.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { ConsumptionRepository } from '../consumption/consumption.repository.js';
import type { BillingContext } from '../core/billing-context.js';
import {
  ExportRefusedError,
  ExportSupersededError,
  ExportTypeMissingError,
  MonthNotOverError,
  StagingLostError,
} from '../core/billing.errors.js';
import { type LockedMonth, MonthLockRepository } from '../core/month-lock.repository.js';
import { postIsolated } from '../ledger/post-isolated.js';
import { LedgerRepository, type PostingSample, type StoredCharge } from '../ledger/ledger.repository.js';
import { type HeldCharge, PosterService, SHOWN } from '../ledger/poster.service.js';
import { TieOutService } from '../ledger/tie-out.service.js';
import { largestOf, sizeOf } from './check-export.js';
import { ExportLoader } from './export-loader.service.js';
import { ExportPreparation, fingerprintOf, type PreparedExport } from './export-preparation.service.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import { closesByCalendar, type ImportRun, type ImportStatements, type RunControl } from './import-statements.js';
import type { MonthReport, PostingFailure } from './month-report.js';
import { SnapshotsRepository } from './snapshots.repository.js';
import { StagingRepository } from './staging.repository.js';
import { StatementRepository } from './statement.repository.js';

/** Runs work in transactions of its own, or, for a dry run, all of it in one that is rolled back. */
type InTransaction<Of = EntityManager> = <T>(work: (transaction: Of) => Promise<T>) => Promise<T>;
type WithLock = InTransaction<LockedMonth>;

const LINES_PER_PART = 100_000;
const CHARGES_PER_TRANSACTION = 25_000;
/** Rows written in one run after which statistics are worth their time. */
const MANY_ROWS = 5_000;
const RUNS_WHEN_OVERTAKEN = 3;

class RolledBack extends Error {}

/** The way of one month, top to bottom: fetch, stage, check, match, plan, post, tie out. Sync, reconcile and dry run are this. */
@Injectable()
export class StatementImportService {
  private readonly logger = new Logger(StatementImportService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: BillingAccountsService,
    private readonly loader: ExportLoader,
    private readonly preparation: ExportPreparation,
    private readonly snapshots: SnapshotsRepository,
    private readonly staging: StagingRepository,
    private readonly statements: StatementRepository,
    private readonly consumption: ConsumptionRepository,
    private readonly months: MonthLockRepository,
    private readonly ledger: LedgerRepository,
    private readonly poster: PosterService,
    private readonly tieOut: TieOutService,
  ) {}

  /**
   * Throws `ExportTypeMissingError`, `ExportRefusedError`, `ExportSupersededError`, `MonthNotOverError`, `BillingPausedError`,
   * `KeyOfAnotherPartnerError`, `LeaseLostError` and the gateway's errors; the month and its statements then say why, and nothing is changed. What
   * single organisations fail with is in the answer.
   */
  async import(context: BillingContext, command: ImportStatements, control: RunControl): Promise<MonthReport> {
    const { account, settings, month, now } = context;
    if (!settings.exportTypeReference) throw new ExportTypeMissingError();
    if (command.force && !month.isOver(now, account.timeZone)) throw new MonthNotOverError(month);
    await this.accounts.ensureRunning(account.uuid, 'billing');
    const { signal, progress } = control;
    try {
      await this.accounts.ensureOwnKey(context, signal);
      return await this.runUntilNewest({ context, ...command, signal, progress });
    } catch (error) {
      const isDropped = error instanceof ExportSupersededError || error instanceof LeaseLostError || signal.aborted;
      if (!command.dryRun && !isDropped)
        await this.statements.fail(context, error instanceof AppError ? error.sentence : (error as Error).message);
      throw error;
    }
  }

  /** An export that another run overtook is fetched again: this run may have been asked for more than that one. */
  private async runUntilNewest(asked: Omit<ImportRun, 'before'>): Promise<MonthReport> {
    for (let time = 1; ; time++) {
      try {
        return await this.run({ ...asked, before: await this.statements.find(asked.context) });
      } catch (error) {
        if (!(error instanceof ExportSupersededError) || time === RUNS_WHEN_OVERTAKEN) throw error;
      }
    }
  }

  private async run(run: ImportRun): Promise<MonthReport> {
    const { context, before, dryRun } = run;
    const loaded = await this.loader.fetch(run);
    const { snapshot } = loaded;
    if (snapshot.rows === 0 && !before?.largestExport) {
      if (!dryRun) await this.statements.fail(context, '');
      return emptyReport(context, snapshot, 'no_data');
    }
    const unchanged = loaded.isSame && (await this.unchanged(run, snapshot));
    if (unchanged) return unchanged;
    try {
      const prepared = await this.preparation.prepare(run, loaded);
      return dryRun
        ? await this.dryRun(run, prepared)
        : await this.apply(run, prepared, (work) => this.dataSource.transaction(work));
    } catch (error) {
      if (error instanceof ExportRefusedError)
        await this.snapshots.finish(snapshot, { state: 'refused', errorMessage: error.message });
      throw error;
    } finally {
      await this.staging.clear(snapshot.uuid);
    }
  }

  private async apply(run: ImportRun, prepared: PreparedExport, inTransaction: InTransaction): Promise<MonthReport> {
    const { context, before, dryRun, reconcile, onlyLicense } = run;
    const { snapshot, totals, statements, warnings } = prepared;
    const withLock: WithLock = (work) =>
      inTransaction(async (manager) => {
        const locked = await this.months.take(manager, context);
        if (locked.snapshotNumber > snapshot.number) throw new ExportSupersededError(context.month);
        // A crash of the database empties the unlogged table: no line would be taken for no spend.
        if (snapshot.rows > 0 && !(await this.staging.isStaged(locked, snapshot.uuid))) throw new StagingLostError();
        return work(locked);
      });
    await withLock(async (locked) => {
      await this.statements.begin(locked, snapshot);
      await this.statements.upsertStatements(locked, statements, reconcile, onlyLicense !== null);
      if (!onlyLicense && closesByCalendar(run)) await this.statements.closeOthers(locked, snapshot);
    });
    await this.merge(run, prepared, withLock);
    if (!before?.snapshotUuid && snapshot.rows > MANY_ROWS)
      await withLock((locked) => this.statements.analyseLines(locked));
    const posted = await this.post(run, prepared, withLock);
    const report = { ...emptyReport(context, snapshot, dryRun ? 'planned' : 'applied'), ...posted, warnings };
    if (onlyLicense) return report;
    const finished = await withLock(async (locked) => {
      await this.statements.refreshTotals(locked);
      const tieOut = await this.tieOut.check(locked, totals);
      const { failures, leftOut } = posted;
      const complete = tieOut.every((entry) => entry.tiesOut) && !failures.length && !leftOut;
      const settled = complete && (await this.statements.isSettled(locked));
      await this.statements.finish(locked, {
        snapshotUuid: snapshot.uuid,
        largestExport: largestOf(before?.largestExport ?? null, sizeOf(totals, context.rule), run.acceptShrinkage),
        tieOut,
        settledAt: settled ? (before?.settledAt ?? context.now) : null,
        fingerprint: complete ? prepared.fingerprint : '',
      });
      return { tieOut, settled };
    });
    if (!dryRun) await this.accepted(context, snapshot, posted.postings);
    return { ...report, ...finished };
  }

  /** A dry run is the real run in one transaction that never commits. */
  private async dryRun(run: ImportRun, prepared: PreparedExport): Promise<MonthReport> {
    let report: MonthReport | undefined;
    // Inside a transaction of an embedded database nobody else gets a connection.
    const silent = { ...run, progress: () => Promise.resolve() };
    try {
      await this.dataSource.transaction(async (manager) => {
        report = await this.apply(silent, prepared, (work) => work(manager));
        throw new RolledBack();
      });
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error;
    }
    return report!;
  }

  /** Takes the staged lines over, in parts, so that no transaction gets long. */
  private async merge(
    { onlyLicense }: ImportRun,
    { snapshot, totals }: PreparedExport,
    withLock: WithLock,
  ): Promise<void> {
    const currencies = totals.map((total) => total.currency);
    const of = onlyLicense ? 1 : Math.max(1, Math.ceil(snapshot.rows / LINES_PER_PART));
    for (let number = 0; number < of; number++) {
      const part = { number, of, onlyLicense };
      await withLock((locked) => this.statements.mergePart(locked, snapshot, currencies, part));
    }
  }

  /** Plans and posts organisation by organisation: each as a whole or not at all, and repeatable at any point. */
  private async post(run: ImportRun, { snapshot, parties }: PreparedExport, withLock: WithLock) {
    const { context, reconcile, dryRun, onlyLicense } = run;
    const licenses = onlyLicense ? [onlyLicense] : null;
    const includes = onlyLicense ? (charge: StoredCharge) => charge.licenseReference === onlyLicense : null;
    const { held, customers } = await withLock(async (locked) => {
      if (reconcile) await this.consumption.closeReopened(locked);
      await this.consumption.followRule(locked, licenses);
      await this.consumption.relink(locked, parties, licenses);
      await this.ledger.closeCharges(locked, closesByCalendar(run), licenses);
      return {
        held: await this.statements.heldCharges(locked, snapshot, run.acceptShrinkage),
        customers: await this.ledger.chargedCustomers(locked, licenses),
      };
    });
    const changed = new Set<string>();
    const leftOut = new Set<string>();
    const stand: HeldCharge[] = [];
    const sample: PostingSample[] = [];
    const failures: PostingFailure[] = [];
    let postings = 0;
    const step = async (group: readonly string[]) => {
      const scope = { customers: group, includes, held, force: reconcile && run.force };
      const posted = await withLock((locked) => this.poster.post(locked, scope));
      postings += posted.postings;
      for (const customer of posted.customers) changed.add(customer);
      for (const { customerUuid, reason } of posted.held) if (reason !== 'amount_missing') leftOut.add(customerUuid);
      sample.push(...posted.sample.slice(0, SHOWN - sample.length));
      stand.push(...posted.held.slice(0, SHOWN - stand.length));
    };
    const failed = (customerUuid: string, error: string) => {
      failures.push({ customerUuid, error });
      return this.statements.fail(context, error, customerUuid);
    };
    let done = 0;
    for (const group of grouped(customers)) {
      if (!dryRun) await this.accounts.ensureRunning(context.account.uuid, 'billing');
      await run.progress('posting', done, customers.length);
      // The one transaction of a dry run can do nothing more where one fails.
      await (dryRun ? step(group) : postIsolated(group, step, failed, this.logger));
      done += group.length;
    }
    return { postings, changed: changed.size, leftOut: leftOut.size, sample, failures, held: stand };
  }

  /** Null where something is to be done after all. */
  private async unchanged(run: ImportRun, snapshot: ExportSnapshot): Promise<MonthReport | null> {
    const { context, before, force } = run;
    if (!before?.fingerprint || run.onlyLicense || run.acceptShrinkage) return null;
    const inputs = await this.preparation.inputsAsTheyAre(run);
    const possible = [run, { reconcile: true, force }, { reconcile: true, force: true }];
    if (!possible.some((one) => fingerprintOf(context, one, inputs) === before.fingerprint)) return null;
    if (!(await this.tieOut.stands(this.dataSource.manager, context))) return null;
    if (!run.dryRun) await this.statements.touch(context);
    const settled = before.settledAt !== null;
    return { ...emptyReport(context, snapshot, 'unchanged'), tieOut: before.tieOut!, settled };
  }

  private async accepted(context: BillingContext, snapshot: ExportSnapshot, postings: number): Promise<void> {
    await this.snapshots.finish(snapshot, { state: 'accepted' });
    await this.snapshots.dropReplaced(context);
    if (postings > MANY_ROWS) await this.statements.analysePostings();
  }
}

function emptyReport(
  { month }: BillingContext,
  { uuid, rows }: ExportSnapshot,
  outcome: MonthReport['outcome'],
): MonthReport {
  const none = { changed: 0, postings: 0, failures: [], held: [], leftOut: 0, tieOut: [], warnings: [], sample: [] };
  return { period: month.toString(), outcome, snapshotUuid: uuid, lines: rows, settled: false, ...none };
}

/** Many small organisations together, a large one alone. */
function grouped(customers: readonly { readonly customerUuid: string; readonly charges: number }[]): string[][] {
  const groups: string[][] = [];
  let charges = Infinity;
  for (const customer of customers) {
    if (charges + customer.charges > CHARGES_PER_TRANSACTION) {
      groups.push([]);
      charges = 0;
    }
    groups.at(-1)!.push(customer.customerUuid);
    charges += customer.charges;
  }
  return groups;
}
