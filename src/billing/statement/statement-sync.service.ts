import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import {
  ExportRefusedError,
  ExportSupersededError,
  ExportTypeMissingError,
  MonthNotOverError,
} from '../billing.errors.js';
import type { PlannedPosting } from '../ledger/ledger.service.js';
import { type TieOut, TieOutService } from '../ledger/tie-out.service.js';
import { PartiesService } from '../matching/parties.service.js';
import type { BillingContext } from './billing-context.js';
import type { BillingMonth } from './billing-month.entity.js';
import { BillingMonthsService } from './billing-months.service.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import { ExportStaging } from './export-staging.js';
import { finalityOf } from './finality.js';
import { implausible } from './plausibility.js';
import { SnapshotsService } from './snapshots.service.js';
import { assignable } from './staged-parties.js';
import { StagingLoader } from './staging-loader.service.js';
import { type InTransaction, StatementApplier, WHOLE_SETS } from './statement-applier.service.js';

export interface SyncOptions {
  /** Also finish what is closed; otherwise only what changed is posted. */
  readonly settle: boolean;
  /** With `settle`: do not wait for ArrowSphere's validation and the days of grace. */
  readonly force: boolean;
  /** Do everything and undo it: the answer shows what would be posted. */
  readonly dryRun: boolean;
  /** A person has looked at it: the export may shrink as much as it does. */
  readonly acceptShrinkage: boolean;
  /** Only the lines of this licence. Statements, their totals and the state of the month stay as they are. */
  readonly onlyLicense: string | null;
}

/** How a run says where it is, and hears that it should stop. */
export interface RunControl {
  readonly signal: AbortSignal;
  /** Throws where the run was cancelled. */
  readonly progress: (step: string, done: number, total: number) => Promise<void>;
}

export interface SyncReport {
  readonly period: string;
  /** `unchanged`: export and rules are those of the last run, and what it posted still ties out. */
  readonly outcome: 'applied' | 'unchanged' | 'no_data' | 'planned';
  readonly snapshot_uuid: string;
  readonly lines: number;
  /** Organisations whose invoices changed. */
  readonly changed: number;
  readonly postings: number;
  readonly failed: number;
  readonly failures: readonly { readonly customer_uuid: string | null; readonly error: string }[];
  readonly tie_out: readonly TieOut[];
  readonly settled: boolean;
  readonly warnings: readonly string[];
  /** The first postings, made or planned. */
  readonly sample: readonly PlannedPosting[];
}

/** A staged export, and what is to be remembered of the rules it was staged by. */
interface Prepared {
  readonly warnings: readonly string[];
  readonly fingerprint: string;
}

/** Postings in one run after which statistics are worth their time. */
const MANY = 5_000;

class RolledBack extends Error {}

/** One month of one account: fetch, keep, normalise, judge, match, plan, post, check. Sync, reconciliation and dry run are this. */
@Injectable()
export class StatementSyncService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly gateway: ArrowGateway,
    private readonly accounts: BillingAccountsService,
    private readonly snapshots: SnapshotsService,
    private readonly loader: StagingLoader,
    private readonly parties: PartiesService,
    private readonly applier: StatementApplier,
    private readonly tieOut: TieOutService,
    private readonly months: BillingMonthsService,
  ) {}

  /**
   * Throws `ExportTypeMissingError`, `ExportRefusedError`, `ExportSupersededError`, `MonthNotOverError`, `BillingPausedError`
   * and the gateway's errors; the month and its syncs then say why, and nothing is changed.
   */
  async run(context: BillingContext, options: SyncOptions, control: RunControl): Promise<SyncReport> {
    const { account, settings, month } = context;
    if (!settings.exportTypeReference) throw new ExportTypeMissingError();
    if (options.force && !month.isOver(context.now, account.timeZone)) throw new MonthNotOverError(month);
    await this.accounts.ensureRunning(account.uuid, 'billing');
    try {
      const snapshot = await this.snapshots.fetch(context, control.signal, (page, pages) =>
        control.progress('fetching', page, pages),
      );
      return await this.process(context, snapshot, options, control);
    } catch (error) {
      const dropped = error instanceof ExportSupersededError || control.signal.aborted;
      if (!options.dryRun && !dropped) await this.months.fail(context, (error as Error).message);
      throw error;
    }
  }

  private async process(
    context: BillingContext,
    snapshot: ExportSnapshot,
    options: SyncOptions,
    control: RunControl,
  ): Promise<SyncReport> {
    const before = await this.months.get(context);
    if (snapshot.rows === 0 && !before?.rows) return this.noData(context, snapshot, options);
    if (before?.fingerprint && !options.onlyLicense && (await this.sameExport(before, snapshot))) {
      const same = await this.sameRules(context, options, before.fingerprint, control.signal);
      const report = same && (await this.unchanged(context, snapshot, before, options));
      if (report) return report;
    }
    const staging = new ExportStaging(this.dataSource.manager, snapshot.uuid);
    try {
      const prepared = await this.stage(context, snapshot, staging, before, options, control);
      return options.dryRun
        ? await this.rehearse(context, snapshot, staging, options, control, prepared)
        : await this.apply(context, snapshot, staging, options, control, prepared, this.applier.separately);
    } finally {
      await staging.clear();
    }
  }

  /** Normalised, judged and matched; nothing of the ledger is touched yet. Throws `ExportRefusedError`. */
  private async stage(
    context: BillingContext,
    snapshot: ExportSnapshot,
    staging: ExportStaging,
    before: BillingMonth | null,
    options: SyncOptions,
    { signal, progress }: RunControl,
  ): Promise<Prepared> {
    const { account, settings, month } = context;
    const { columns } = await this.gateway
      .getExportType(context.arrow, settings.exportTypeReference, { signal })
      .catch(() => ({ columns: {} }));
    await staging.clearLeftovers();
    const warnings = await this.loader.load(context, snapshot, staging, columns, (done) =>
      progress('reading', done, snapshot.pages.length),
    );
    await staging.ready();
    const now = await staging.size(settings.invoicePriceSource);
    const lines = await staging.vanished(account.uuid, month.firstDay);
    const faults = implausible({
      before,
      now,
      ...lines,
      tolerated: options.acceptShrinkage ? 1 : Number(account.shrinkageShare),
    });
    if (faults.length) throw new ExportRefusedError(month, faults);
    await progress('matching', 0, 1);
    const parties = await this.parties.resolve(context, await staging.licenses(), signal);
    const held = await this.months.heldCurrencies(context, parties);
    await staging.assign(
      assignable(parties, await staging.currencies(), held, month, await this.parties.mapped(context)),
    );
    // Before anything is applied: what changes meanwhile makes the next run look again.
    const rules = await this.rules(context, await this.licenses(context, staging));
    const fingerprint = this.fingerprint(context, options, rules);
    if (options.onlyLicense) await staging.keepOnly(options.onlyLicense);
    return { warnings, fingerprint };
  }

  private async apply(
    context: BillingContext,
    snapshot: ExportSnapshot,
    staging: ExportStaging,
    options: SyncOptions,
    { progress }: RunControl,
    { warnings, fingerprint }: Prepared,
    inTransaction: InTransaction,
  ): Promise<SyncReport> {
    const { account, settings, month } = context;
    const onProgress = async (done: number, total: number) => {
      // Inside a transaction of an embedded database nobody else gets a connection.
      if (options.dryRun) return;
      await this.accounts.ensureRunning(account.uuid, 'billing');
      await progress('posting', done, total);
    };
    const applied = await this.applier.apply(
      context,
      snapshot,
      staging,
      { ...options, partial: options.onlyLicense !== null, onProgress },
      inTransaction,
    );
    const report = {
      ...this.report(context, snapshot, options.dryRun ? 'planned' : 'applied'),
      ...counted(applied),
      warnings,
    };
    if (options.onlyLicense) {
      if (!options.dryRun) await this.months.forget(context);
      return report;
    }
    const price = settings.invoicePriceSource;
    const finished = await inTransaction(async (manager) => {
      const totals = await staging.within(manager).totals(price);
      const tieOut = await this.tieOut.check(manager, account.uuid, month.firstDay, price, totals);
      const size = await staging.within(manager).size(price);
      const settled = await this.months.finish(manager, context, snapshot, {
        ...size,
        tieOut,
        failures: applied.failures,
      });
      return { tie_out: tieOut, settled };
    });
    if (!options.dryRun && applied.postings > MANY) await this.months.analyse();
    if (!options.dryRun && !applied.failures.length) await this.months.remember(context, snapshot, fingerprint);
    return { ...report, ...finished };
  }

  /** A dry run is the real run in one transaction that never commits. */
  private async rehearse(
    context: BillingContext,
    snapshot: ExportSnapshot,
    staging: ExportStaging,
    options: SyncOptions,
    control: RunControl,
    prepared: Prepared,
  ): Promise<SyncReport> {
    let report: SyncReport | undefined;
    try {
      await this.dataSource.transaction(async (manager) => {
        await manager.query(WHOLE_SETS);
        report = await this.apply(context, snapshot, staging, options, control, prepared, (work) => work(manager));
        throw new RolledBack();
      });
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error;
    }
    return report!;
  }

  /** Nothing where the ledger does not arrive at the export: then all of it is gone through again. */
  private async unchanged(
    context: BillingContext,
    snapshot: ExportSnapshot,
    before: BillingMonth,
    options: SyncOptions,
  ): Promise<SyncReport | undefined> {
    const { account, settings, month } = context;
    const statements = (before.tieOut as unknown as TieOut[]).map(({ currency, statement }) => ({
      currency,
      total: statement,
    }));
    const tieOut = await this.tieOut.check(
      this.dataSource.manager,
      account.uuid,
      month.firstDay,
      settings.invoicePriceSource,
      statements,
    );
    if (!tieOut.every((entry) => entry.ties_out)) return undefined;
    if (!options.dryRun) await this.months.touch(context, tieOut);
    return { ...this.report(context, snapshot, 'unchanged'), tie_out: tieOut, settled: before.settledAt !== null };
  }

  private async noData(
    context: BillingContext,
    snapshot: ExportSnapshot,
    { dryRun }: SyncOptions,
  ): Promise<SyncReport> {
    if (!dryRun) await this.months.fail(context, '');
    return this.report(context, snapshot, 'no_data');
  }

  private report({ month }: BillingContext, snapshot: ExportSnapshot, outcome: SyncReport['outcome']): SyncReport {
    const nothing = {
      changed: 0,
      postings: 0,
      failed: 0,
      failures: [],
      tie_out: [],
      settled: false,
      warnings: [],
      sample: [],
    };
    return { period: month.toString(), outcome, snapshot_uuid: snapshot.uuid, lines: snapshot.rows, ...nothing };
  }

  private async sameExport(before: BillingMonth, snapshot: ExportSnapshot): Promise<boolean> {
    if (!before.snapshotUuid) return false;
    const last = await this.snapshots.get(before.snapshotUuid);
    return last.hash === snapshot.hash && last.exportTypeReference === snapshot.exportTypeReference;
  }

  /** A run that settles does all that one does that does not, and one that is forced does more than one that waits. */
  private async sameRules(
    context: BillingContext,
    { settle, force }: SyncOptions,
    fingerprint: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const licenses = await this.months.licenses(context);
    // Whose a licence is may be known by now, though the export says what it said.
    await this.parties.ownersOf(context, licenses.filter(Boolean), signal);
    const rules = await this.rules(context, licenses);
    const enough = [
      { settle, force },
      { settle: true, force },
      { settle: true, force: true },
    ];
    return enough.some((options) => fingerprint === this.fingerprint(context, options, rules));
  }

  /** Of the month so far, and of this export. */
  private async licenses(context: BillingContext, staging: ExportStaging): Promise<string[]> {
    const staged = (await staging.licenses()).map((license) => license.license_reference);
    return [...new Set([...(await this.months.licenses(context)), ...staged])].sort();
  }

  /** Whatever besides the export and the calendar decides what is posted. */
  private async rules(context: BillingContext, licenses: readonly string[]): Promise<object> {
    const { account, settings } = context;
    return {
      parties: await this.parties.known(context, [...licenses].sort()),
      mappings: await this.parties.mapped(context),
      prices: [settings.invoicePriceSource, settings.classificationFilter, settings.invoiceItemPrefix],
      account: [account.numberLocale, account.defaultCurrency, account.chargeMode],
      records: await this.months.recordsVersion(context),
    };
  }

  /** Where export and fingerprint are as they were, a run has nothing to do. */
  private fingerprint(
    { account, month, now }: BillingContext,
    { settle, force }: Pick<SyncOptions, 'settle' | 'force'>,
    rules: object,
  ): string {
    const calendar = { month, now, timeZone: account.timeZone, graceDays: account.graceDays, force };
    const closed = finalityOf({ states: [], notValidated: null }, calendar);
    return createHash('sha256')
      .update(JSON.stringify({ closed, settle, force, ...rules }))
      .digest('hex');
  }
}

function counted({ customers, postings, failures, sample }: Awaited<ReturnType<StatementApplier['apply']>>) {
  return {
    changed: customers.length,
    postings,
    failed: failures.length,
    failures: failures.map(({ customerUuid, error }) => ({ customer_uuid: customerUuid, error })),
    sample,
  };
}
