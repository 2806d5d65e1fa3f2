import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import { AppError } from '../../common/app.error.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { BillingRule } from '../accounts/billing-rule.entity.js';
import { ConsumptionRepository } from '../consumption/consumption.repository.js';
import type { BillingContext } from '../core/billing-context.js';
import {
  ExportRefusedError,
  ExportSupersededError,
  ExportTypeMissingError,
  MonthNotOverError,
  StagingLostError,
} from '../core/billing.errors.js';
import { finalityOf, graceIsOver } from '../core/finality.js';
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
import type { BillTo, LicensePair } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import type { BillingMonth } from './billing-month.entity.js';
import { largestOf, shrinkage, sizeOf, type StagedTotal } from './check-export.js';
import { type LoadedExport, ExportLoader, type Progress, resolveExportColumns } from './export-loader.service.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import type { MonthReport, PostingFailure } from './month-report.js';
import { hashOf, SnapshotsRepository } from './snapshots.repository.js';
import { StagingRepository } from './staging.repository.js';
import { customerOf, type JudgedStatement, type KnownLine, StatementRepository } from './statement.repository.js';

/** What a run for a month is asked to do. */
export interface ImportStatements {
  /** Also close what may be closed. */
  readonly reconcile: boolean;
  /** With `reconcile`: do not wait for ArrowSphere's validation and the days of grace. */
  readonly force: boolean;
  /** Do everything and undo it: the answer shows what would be posted. */
  readonly dryRun: boolean;
  /** A person has looked at it: the export may shrink, and lines may be gone. */
  readonly acceptShrinkage: boolean;
  /** Only this licence. Statements and the state of the month stay as they are. */
  readonly onlyLicense: string | null;
}

/** How a run says where it is, and hears that it should stop. */
export interface RunControl {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Runs work in transactions of its own, or, for a dry run, all of it in one that is rolled back. */
type InTransaction = <T>(work: (manager: EntityManager) => Promise<T>) => Promise<T>;

/** A staged export with everything that was found out before anything is written. */
interface Prepared {
  readonly snapshot: ExportSnapshot;
  readonly totals: readonly StagedTotal[];
  readonly parties: readonly BillTo[];
  readonly statements: readonly JudgedStatement[];
  readonly fingerprint: string;
  readonly warnings: readonly string[];
}

const LINES_PER_PART = 100_000;
const CHARGES_PER_TRANSACTION = 5_000;
/** Postings in one run after which statistics are worth their time. */
const MANY_POSTINGS = 5_000;
const REPEATED_KEYS_SHOWN = 5;
const HELD_SHOWN = 100;
const RUNS_WHEN_OVERTAKEN = 3;

class RolledBack extends Error {}

/** The way of one month, top to bottom: fetch, stage, check, match, plan, post, tie out. Sync, reconcile and dry run are this. */
@Injectable()
export class StatementImportService {
  private readonly logger = new Logger(StatementImportService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly gateway: ArrowGateway,
    private readonly accounts: BillingAccountsService,
    private readonly loader: ExportLoader,
    private readonly snapshots: SnapshotsRepository,
    private readonly staging: StagingRepository,
    private readonly statements: StatementRepository,
    private readonly payers: PayersService,
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
    if (loaded.isSame && before!.fingerprint && !command.onlyLicense) {
      const unchanged = await this.unchanged(context, command, before!, snapshot, control.signal);
      if (unchanged) return unchanged;
    }
    try {
      const prepared = await this.prepare(context, command, before, loaded, control);
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

  /** Staged, checked and matched; nothing of the books is touched yet. Throws `ExportRefusedError`. */
  private async prepare(
    context: BillingContext,
    command: ImportStatements,
    before: BillingMonth | null,
    { snapshot, isSame }: LoadedExport,
    { signal, progress }: RunControl,
  ): Promise<Prepared> {
    const { uuid } = snapshot;
    if (isSame) await this.loader.stageKept(context, snapshot);
    await this.staging.ready();
    const totals = await this.staging.totals(uuid, context.rule.priceSource);
    if (sizeOf(totals).rows !== snapshot.rows) throw new StagingLostError();
    if (!command.acceptShrinkage) {
      const faults = shrinkage(before?.largestExport ?? null, sizeOf(totals), context.account.shrinkageShare);
      if (faults.length) throw new ExportRefusedError(context.month, faults);
    }
    await progress('matching', 0, 1);
    const named = await this.payers.namedCustomers(context, await this.staging.namedCustomers(uuid), signal);
    await this.staging.nameCustomers(uuid, named);
    await this.payers.seeOwners(context, await this.staging.licensesToAskFor(uuid, context), signal);
    await this.staging.attribute(uuid, context);
    const pairs = await this.staging.pairs(uuid);
    const parties = await this.payers.billTo(context, await this.withConsumption(context, pairs));
    await this.staging.setBillTo(uuid, parties);
    // Before anything is written: what changes meanwhile makes the next run look again.
    const inputs = await this.inputs(context, parties, named);
    const statements = await this.judge(context, command, snapshot, parties);
    const warnings = await this.warnings(context, snapshot);
    return { snapshot, totals, parties, statements, fingerprint: fingerprint(context, command, inputs), warnings };
  }

  private async apply(
    context: BillingContext,
    command: ImportStatements,
    before: BillingMonth | null,
    prepared: Prepared,
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
    prepared: Prepared,
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

  /** What the statements of the export may become, and through which mapping they are billed. */
  private async judge(
    context: BillingContext,
    { force, reconcile }: ImportStatements,
    snapshot: ExportSnapshot,
    parties: readonly BillTo[],
  ): Promise<JudgedStatement[]> {
    const signs = await this.signsOf(context, snapshot);
    const { manager } = this.dataSource;
    const staged = await this.staging.statements(manager, snapshot.uuid, context, signs);
    const mapped = new Map((await this.payers.mapped(context)).map((mapping) => [mapping.arrowCustomer, mapping]));
    const customers = customerOf(parties);
    return staged.map((statement) => ({
      arrowCustomer: statement.arrowCustomer,
      statementReference: statement.statementReference,
      finality: finalityOf(statement, calendarOf(context), reconcile && force),
      mappingUuid: mapped.get(statement.arrowCustomer)?.mappingUuid ?? null,
      customerUuid: customers.get(statement.arrowCustomer) ?? mapped.get(statement.arrowCustomer)?.customerUuid ?? null,
    }));
  }

  private async merge(
    context: BillingContext,
    { onlyLicense }: ImportStatements,
    { snapshot, totals, parties }: Prepared,
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
    { snapshot, parties }: Prepared,
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
    const lines = await this.statements.knownLines(context);
    await this.payers.seeOwners(context, licensesOfNobody(lines), signal);
    const named = await this.payers.namedCustomers(context, textsOf(lines), signal);
    const pairs = lines
      .filter((line) => line.licenseReference && line.arrowCustomer)
      .map(({ licenseReference, arrowCustomer }) => ({ licenseReference, arrowCustomer }));
    const parties = await this.payers.billTo(context, await this.withConsumption(context, pairs));
    const inputs = await this.inputs(context, parties, named);
    const possible = [command, { reconcile: true, force: command.force }, { reconcile: true, force: true }];
    if (!possible.some((one) => fingerprint(context, one, inputs) === before.fingerprint)) return null;
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

  /** Hash of everything beside the export, the command and the calendar that decides what is posted. */
  private async inputs(
    context: BillingContext,
    parties: readonly BillTo[],
    named: ReadonlyMap<string, string>,
  ): Promise<string> {
    return hashOf(
      JSON.stringify({
        parties,
        named: [...named].sort(([a], [b]) => (a < b ? -1 : 1)),
        mapped: await this.payers.mapped(context),
        owners: await this.payers.ownersVersion(context),
        rule: ruleContent(context.rule),
        prefix: context.settings.invoiceItemPrefix,
        consumption: await this.consumption.version(context),
      }),
    );
  }

  /** Licences that have consumption and perhaps no line follow mapping and link as the others do. */
  private async withConsumption(context: BillingContext, pairs: readonly LicensePair[]): Promise<LicensePair[]> {
    const keyOf = ({ licenseReference, arrowCustomer }: LicensePair) => `${licenseReference}\n${arrowCustomer}`;
    const all = [...pairs, ...(await this.consumption.pairs(context))];
    return [...new Map(all.map((pair) => [keyOf(pair), pair])).values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
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

  private async signsOf(context: BillingContext, snapshot: ExportSnapshot) {
    const page = snapshot.pages[0] ? await this.snapshots.page(snapshot.pages[0]) : null;
    if (!page) return { hasStates: false, hasDates: false };
    const columns = await resolveExportColumns(context, this.gateway, page.headers);
    return { hasStates: columns.statementState.length > 0, hasDates: columns.validationDate.length > 0 };
  }

  private async warnings(context: BillingContext, snapshot: ExportSnapshot): Promise<string[]> {
    const page = snapshot.pages[0] ? await this.snapshots.page(snapshot.pages[0]) : null;
    if (!page) return [];
    const { rule } = context;
    const columns = await resolveExportColumns(context, this.gateway, page.headers);
    const other = rule.priceSource === 'sell' ? 'buy' : 'sell';
    const repeated = await this.staging.repeatedKeys(snapshot.uuid, REPEATED_KEYS_SHOWN);
    return [
      ...(columns[`${rule.priceSource}Currency`].length
        ? []
        : [`The export names no currency; ${rule.defaultCurrency} was assumed.`]),
      ...(columns[other].length ? [] : [`The export has no ${other} amounts; margins cannot be shown.`]),
      ...(columns.validationDate.length || columns.statementState.length
        ? []
        : ['The export does not say what ArrowSphere has validated; the calendar decides.']),
      ...repeated.map(
        ({ licenseReference, lineKey, lines }) =>
          `${lines} lines of ${licenseReference || 'no licence'} share the key "${lineKey}"; they were told apart by what they say.`,
      ),
    ];
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

function calendarOf({ month, now, account }: BillingContext) {
  return { month, now, timeZone: account.timeZone, graceDays: account.graceDays };
}

/** What a rule says: it may be changed in place, twice within one tick of the clock. */
function ruleContent(rule: BillingRule): unknown[] {
  const { uuid, chargeMode, priceSource, classificationFilter, numberLocale, defaultCurrency, taxPercent } = rule;
  return [uuid, chargeMode, priceSource, classificationFilter, numberLocale, defaultCurrency, taxPercent];
}

/** With the export and this as they were, there is nothing to do. */
function fingerprint(
  context: BillingContext,
  { reconcile, force }: Pick<ImportStatements, 'reconcile' | 'force'>,
  inputs: string,
): string {
  const calendar = calendarOf(context);
  const isOver = calendar.month.isOver(calendar.now, calendar.timeZone);
  return hashOf([inputs, reconcile, force, isOver, graceIsOver(calendar, force)].join());
}

/** Licences whose lines reached no customer: somebody may have come to know whose they are. */
function licensesOfNobody(lines: readonly KnownLine[]): string[] {
  const licenses = lines.filter((line) => !line.arrowCustomer && line.licenseReference);
  return [...new Set(licenses.map((line) => line.licenseReference))].sort();
}

function textsOf(lines: readonly KnownLine[]): string[] {
  return [...new Set(lines.map((line) => line.customerReference).filter(Boolean))].sort();
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
