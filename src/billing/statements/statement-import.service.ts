import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/app.error.js';
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
import { graceIsOver } from '../core/finality.js';
import { MonthLockRepository } from '../core/month-lock.repository.js';
import { Holds } from '../ledger/holds.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import {
  type HeldCharge,
  type Posted,
  type PostingSample,
  PosterService,
  SAMPLE_SIZE,
} from '../ledger/poster.service.js';
import { TieOutService } from '../ledger/tie-out.service.js';
import type { BillingMonth } from './billing-month.entity.js';
import { largestOf, sizeOf } from './check-export.js';
import { ExportLoader } from './export-loader.service.js';
import { ExportPreparation, fingerprintOf, type PreparedExport } from './export-preparation.service.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import { calendarOf, type ImportStatements, type RunControl } from './import-statements.js';
import type { MonthReport, PostingFailure } from './month-report.js';
import { SnapshotsRepository } from './snapshots.repository.js';
import { StagingRepository } from './staging.repository.js';
import { StatementRepository } from './statement.repository.js';

/** Runs work in transactions of its own, or, for a dry run, all of it in one that is rolled back. */
type InTransaction = <T>(work: (manager: EntityManager) => Promise<T>) => Promise<T>;

const LINES_PER_PART = 100_000;
const CHARGES_PER_TRANSACTION = 5_000;
/** Postings in one run after which statistics are worth their time. */
const MANY_POSTINGS = 5_000;
const HELD_SHOWN = 100;
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
   * `LeaseLostError` and the gateway's errors; the month and its statements then say why, and nothing is changed. What
   * single organisations fail with is in the answer.
   */
  async import(context: BillingContext, command: ImportStatements, control: RunControl): Promise<MonthReport> {
    const { account, settings, month } = context;
    if (!settings.exportTypeReference) throw new ExportTypeMissingError();
    if (command.force && !month.isOver(context.now, account.timeZone)) throw new MonthNotOverError(month);
    await this.accounts.ensureRunning(account.uuid, 'billing');
    try {
      return await this.runUntilNewest(context, command, control);
    } catch (error) {
      const isDropped = error instanceof ExportSupersededError || control.signal.aborted || isLeaseLost(error);
      if (!command.dryRun && !isDropped)
        await this.statements.fail(context, error instanceof AppError ? error.sentence : (error as Error).message);
      throw error;
    }
  }

  /** An export that another run overtook is fetched again: this run may have been asked for more than that one. */
  private async runUntilNewest(
    context: BillingContext,
    command: ImportStatements,
    control: RunControl,
  ): Promise<MonthReport> {
    for (let run = 1; ; run++) {
      try {
        return await this.run(context, command, control);
      } catch (error) {
        if (!(error instanceof ExportSupersededError) || run === RUNS_WHEN_OVERTAKEN) throw error;
      }
    }
  }

  private async run(context: BillingContext, command: ImportStatements, control: RunControl): Promise<MonthReport> {
    const before = await this.statements.find(context);
    const last = before?.snapshotUuid ? await this.snapshots.find(before.snapshotUuid) : null;
    const comparable = last?.exportTypeReference === context.settings.exportTypeReference ? last : null;
    const loaded = await this.loader.fetch(context, { last: comparable, ...control });
    const { snapshot } = loaded;
    if (snapshot.rows === 0 && !before?.largestExport) return this.noData(context, snapshot, command);
    const mayBeUnchanged = loaded.isSame && before!.fingerprint && !command.onlyLicense && !command.acceptShrinkage;
    if (mayBeUnchanged) {
      const unchanged = await this.unchanged(context, command, before!, snapshot, control.signal);
      if (unchanged) return unchanged;
    }
    try {
      const prepared = await this.preparation.prepare(context, command, before, loaded, control);
      return command.dryRun
        ? await this.rehearse(context, command, before, prepared, control)
        : await this.apply(context, command, before, prepared, control, (work) => this.dataSource.transaction(work));
    } catch (error) {
      if (error instanceof ExportRefusedError)
        await this.snapshots.finish(snapshot, { state: 'refused', errorMessage: error.message });
      throw error;
    } finally {
      await this.staging.clear(snapshot.uuid);
    }
  }

  private async apply(
    context: BillingContext,
    command: ImportStatements,
    before: BillingMonth | null,
    prepared: PreparedExport,
    control: RunControl,
    inTransaction: InTransaction,
  ): Promise<MonthReport> {
    const { snapshot, totals, statements } = prepared;
    await inTransaction(async (manager) => {
      await this.lock(manager, context, snapshot);
      await this.statements.begin(manager, context, snapshot);
      await this.ensureStaged(manager, snapshot);
      if (command.onlyLicense) return this.statements.ensureStatements(manager, context, statements);
      await this.statements.upsertStatements(manager, context, statements, command.reconcile);
      if (command.reconcile && graceIsOver(calendarOf(context), command.force))
        await this.statements.closeOthers(manager, context, statements);
    });
    await this.merge(context, command, prepared, inTransaction);
    const posted = await this.post(context, command, prepared, control, inTransaction);
    const report = { ...this.report(context, snapshot, command.dryRun ? 'planned' : 'applied'), ...posted };
    if (command.onlyLicense) return { ...report, warnings: prepared.warnings };
    const finished = await inTransaction(async (manager) => {
      await this.lock(manager, context, snapshot);
      await this.statements.refreshTotals(manager, context);
      const tieOut = await this.tieOut.check(manager, context, totals);
      const ties = tieOut.every((entry) => entry.tiesOut);
      const complete = ties && !posted.failures.length;
      const settled = complete && (await this.statements.isSettled(manager, context));
      await this.statements.finish(manager, context, snapshot, {
        largest: largestOf(before?.largestExport ?? null, sizeOf(totals), command.acceptShrinkage),
        tieOut,
        settled,
        error: posted.failures.length ? `${posted.failures.length} organisations could not be posted.` : '',
        fingerprint: complete ? prepared.fingerprint : '',
      });
      return { tieOut, settled };
    });
    if (!command.dryRun) await this.accepted(context, snapshot, posted.postings);
    return { ...report, ...finished, warnings: prepared.warnings };
  }

  /** A dry run is the real run in one transaction that never commits. */
  private async rehearse(
    context: BillingContext,
    command: ImportStatements,
    before: BillingMonth | null,
    prepared: PreparedExport,
    control: RunControl,
  ): Promise<MonthReport> {
    let report: MonthReport | undefined;
    // Inside a transaction of an embedded database nobody else gets a connection.
    const silent = { ...control, progress: () => Promise.resolve() };
    try {
      await this.dataSource.transaction(async (manager) => {
        report = await this.apply(context, command, before, prepared, silent, (work) => work(manager));
        throw new RolledBack();
      });
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error;
    }
    return report!;
  }

  private async merge(
    context: BillingContext,
    { onlyLicense }: ImportStatements,
    { snapshot, totals, parties }: PreparedExport,
    inTransaction: InTransaction,
  ): Promise<void> {
    const withProjects = [
      ...new Set(parties.filter((party) => party.customerUuid).map((party) => party.projectUuid !== null)),
    ];
    const currencies = totals.map((total) => total.currency);
    const of = onlyLicense ? 1 : Math.max(1, Math.ceil(snapshot.rows / LINES_PER_PART));
    for (let number = 0; number < of; number++) {
      await inTransaction(async (manager) => {
        await this.lock(manager, context, snapshot);
        await this.ensureStaged(manager, snapshot);
        await this.statements.mergePart(manager, context, snapshot.uuid, currencies, {
          number,
          of,
          onlyLicense,
          withProjects,
        });
      });
    }
  }

  /** Plans and posts organisation by organisation: each as a whole or not at all, and repeatable at any point. */
  private async post(
    context: BillingContext,
    command: ImportStatements,
    { snapshot, parties }: PreparedExport,
    { progress }: RunControl,
    inTransaction: InTransaction,
  ) {
    const licenses = command.onlyLicense ? [command.onlyLicense] : null;
    const { holds, customers } = await inTransaction(async (manager) => {
      await this.lock(manager, context, snapshot);
      if (command.reconcile) await this.consumption.closeReopened(manager, context);
      await this.consumption.relink(manager, context, parties, licenses);
      const byCalendar = command.reconcile && graceIsOver(calendarOf(context), command.force);
      await this.ledger.closeCharges(manager, context, byCalendar, licenses);
      return {
        holds: await this.holds(manager, context, command, snapshot),
        customers: await this.ledger.chargedCustomers(manager, context, licenses),
      };
    });
    const totals = { postings: 0, changed: new Set<string>(), sample: [] as PostingSample[] };
    const failures: PostingFailure[] = [];
    const held: HeldCharge[] = [];
    const step = async (group: readonly string[]) => {
      const posted = await inTransaction(async (manager): Promise<Posted> => {
        await this.lock(manager, context, snapshot);
        return this.poster.post(manager, context, {
          customers: group,
          includes: (charge) => !licenses || charge.licenseReference === command.onlyLicense,
          heldBecause: (charge) => holds.reasonFor(charge),
          force: command.reconcile && command.force,
        });
      });
      totals.postings += posted.postings;
      posted.customers.forEach((customer) => totals.changed.add(customer));
      totals.sample.push(...posted.sample.slice(0, SAMPLE_SIZE - totals.sample.length));
      held.push(...posted.held.slice(0, HELD_SHOWN - held.length));
    };
    let done = 0;
    for (const group of grouped(customers)) {
      if (!command.dryRun) await this.accounts.ensureRunning(context.account.uuid, 'billing');
      await progress('posting', done, customers.length);
      await this.isolating(context, group, step, !command.dryRun, failures);
      done += group.length;
    }
    return { postings: totals.postings, changed: totals.changed.size, sample: totals.sample, failures, held };
  }

  /** One organisation's fault must not keep the others from being billed: a group that fails is tried one by one. */
  private async isolating(
    context: BillingContext,
    group: readonly string[],
    step: (group: readonly string[]) => Promise<void>,
    canRetry: boolean,
    failures: PostingFailure[],
  ): Promise<void> {
    try {
      return await step(group);
    } catch (error) {
      if (error instanceof ExportSupersededError || isLeaseLost(error) || !canRetry) throw error;
      if (group.length === 1) {
        const isKnown = error instanceof AppError;
        if (!isKnown) this.logger.error('An organisation could not be posted', (error as Error).stack);
        const sentence = isKnown ? error.message : 'It failed in the database; the log says why.';
        failures.push({ customerUuid: group[0]!, error: sentence });
        await this.statements.failCustomer(this.dataSource.manager, context, group[0]!, sentence);
        return;
      }
    }
    for (const customer of group) await this.isolating(context, [customer], step, canRetry, failures);
  }

  /** Which charges stand: where a cell that is charged cannot be read, and where all lines of a customer are gone. */
  private async holds(
    manager: EntityManager,
    context: BillingContext,
    command: ImportStatements,
    snapshot: ExportSnapshot,
  ): Promise<Holds> {
    const holds = new Holds();
    for (const { arrowCustomer, licenseReference, reason } of await this.statements.heldByLines(manager, context)) {
      if (reason === 'amount_missing') holds.holdLicense(licenseReference, reason);
      else if (arrowCustomer) holds.holdCustomer(arrowCustomer, reason);
    }
    if (command.acceptShrinkage) return holds;
    for (const customer of await this.statements.customersWithoutLines(manager, context, snapshot))
      holds.holdCustomer(customer, 'lines_gone');
    return holds;
  }

  /** Null where something is to be done after all. */
  private async unchanged(
    context: BillingContext,
    command: ImportStatements,
    before: BillingMonth,
    snapshot: ExportSnapshot,
    signal: AbortSignal,
  ): Promise<MonthReport | null> {
    const inputs = await this.preparation.inputsAsTheyAre(context, signal);
    const possible = [command, { reconcile: true, force: command.force }, { reconcile: true, force: true }];
    if (!possible.some((one) => fingerprintOf(context, one, inputs) === before.fingerprint)) return null;
    if (!(await this.tieOut.stands(this.dataSource.manager, context))) return null;
    if (!command.dryRun) await this.statements.touch(context);
    const settled = before.settledAt !== null;
    return { ...this.report(context, snapshot, 'unchanged'), tieOut: before.tieOut!, settled };
  }

  private async noData(
    context: BillingContext,
    snapshot: ExportSnapshot,
    { dryRun }: ImportStatements,
  ): Promise<MonthReport> {
    if (!dryRun) await this.statements.fail(context, '');
    return this.report(context, snapshot, 'no_data');
  }

  /** Throws where a crash of the database emptied the unlogged table: no line would be taken for no spend. */
  private async ensureStaged(manager: EntityManager, { uuid, rows }: ExportSnapshot): Promise<void> {
    if (rows > 0 && !(await this.staging.isStaged(manager, uuid))) throw new StagingLostError();
  }

  private async lock(manager: EntityManager, context: BillingContext, { number }: ExportSnapshot): Promise<void> {
    const { snapshotNumber } = await this.months.take(manager, context);
    if (snapshotNumber > number) throw new ExportSupersededError(context.month);
  }

  private async accepted(context: BillingContext, snapshot: ExportSnapshot, postings: number): Promise<void> {
    await this.snapshots.finish(snapshot, { state: 'accepted' });
    await this.snapshots.dropReplaced(context);
    if (postings > MANY_POSTINGS) await this.statements.analyse();
  }

  private report({ month }: BillingContext, snapshot: ExportSnapshot, outcome: MonthReport['outcome']): MonthReport {
    return {
      period: month.toString(),
      outcome,
      snapshotUuid: snapshot.uuid,
      lines: snapshot.rows,
      changed: 0,
      postings: 0,
      failures: [],
      held: [],
      tieOut: [],
      settled: false,
      warnings: [],
      sample: [],
    };
  }
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof AppError && error.code === 'lease_lost';
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
