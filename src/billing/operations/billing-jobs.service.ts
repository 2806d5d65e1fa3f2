import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { wireOf } from '../../common/answer.js';
import { SCHEDULE } from '../../common/acts.js';
import { commandOf } from '../../common/command.js';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import { Env } from '../../config/env.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { JobIncompleteError, OtherRunUnderWayError } from '../../jobs/job.errors.js';
import { JobHandlers, type JobControl } from '../../jobs/job-handlers.js';
import type { JobRun } from '../../jobs/job-run.entity.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import type { BillingAccount } from '../accounts/billing-account.entity.js';
import { BillingAccountsService, type Pipeline } from '../accounts/billing-accounts.service.js';
import { CONSUMPTION_SYNC, ConsumptionSyncService } from '../consumption/consumption-sync.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { ExportTypeMissingError, MonthNotOverError, ResourceNotLinkedError } from '../core/billing.errors.js';
import { namedResource, settingsNotFound } from '../core/named-in-request.js';
import { StatementImportService } from '../statements/statement-import.service.js';
import { monthsToWatch, openMonths, type OpenWindow } from './due-months.js';
import { type AppliedMonth, DueMonthsRepository } from './due-months.repository.js';
import { renderMonthReport, shortfallOf } from './job-result.dto.js';

export const BILLING_SYNC = 'billing-sync';
export const BILLING_RECONCILIATION = 'billing-reconciliation';

type Kind = typeof BILLING_SYNC | typeof BILLING_RECONCILIATION | typeof CONSUMPTION_SYNC;

/** What a person asks for: a month of an account. */
export interface TriggerRun {
  readonly month: YearMonth;
  /** The active settings by default. */
  readonly settingsUuid?: string;
  /** Only the licence of this resource; not for reconciliation, which is for whole months. */
  readonly resourceUuid?: string;
  /** Does not wait for validation and grace; for reconciliation alone. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly acceptShrinkage?: boolean;
}

/** How a run is to be done. */
interface Options extends Pick<TriggerRun, 'force' | 'dryRun' | 'acceptShrinkage'> {
  /** Only this licence. */
  readonly licenseReference?: string;
}

/** What the job keeps, on the wire too: in snake case. */
interface Parameters extends Options {
  readonly settingsUuid: string;
  readonly month: string;
}

/** An account whose schedules are on. */
interface ScheduledAccount {
  readonly settings: Settings;
  readonly account: BillingAccount;
  readonly window: OpenWindow;
  readonly applied: readonly AppliedMonth[];
  readonly open: readonly YearMonth[];
}

/** Billing as jobs: what is asked for is checked first, queued then, and looked at again when it runs. */
@Injectable()
export class BillingJobsService implements OnModuleInit {
  constructor(
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly resources: ResourcesService,
    private readonly statements: StatementImportService,
    private readonly consumption: ConsumptionSyncService,
    private readonly dueMonths: DueMonthsRepository,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(BILLING_SYNC, (control) => this.runStatement(control, false));
    this.handlers.register(BILLING_RECONCILIATION, (control) => this.runStatement(control, true));
    this.handlers.register(CONSUMPTION_SYNC, (control) => this.runConsumption(control));
    this.handlers.every({
      name: BILLING_SYNC,
      everyHours: () => this.env.ARROW_SYNC_INTERVAL_HOURS,
      start: () => this.scheduleSyncs(),
    });
    this.handlers.every({
      name: 'billing-check',
      everyHours: () => this.env.ARROW_BILLING_CHECK_INTERVAL_HOURS,
      start: () => this.scheduleChecks(),
    });
    this.handlers.every({
      name: CONSUMPTION_SYNC,
      everyHours: () => this.env.ARROW_CONSUMPTION_SYNC_INTERVAL_HOURS,
      start: () => this.scheduleConsumption(),
    });
  }

  /**
   * Throws `NamedNotFoundError`, `SettingsMissingError`, `ExportTypeMissingError`, `BillingPausedError`,
   * `ResourceNotLinkedError`, `MonthNotOverError`, `OtherRunUnderWayError`.
   */
  async trigger(kind: Kind, command: TriggerRun, by: string): Promise<JobRun> {
    const { month, settingsUuid, resourceUuid, force, dryRun, acceptShrinkage } = command;
    const settings = await this.settings.resolve(settingsUuid, settingsNotFound);
    const pipeline = kind === CONSUMPTION_SYNC ? 'consumption' : 'billing';
    if (pipeline === 'billing' && !settings.exportTypeReference) throw new ExportTypeMissingError();
    const account = await this.accounts.of(settings);
    await this.accounts.ensureRunning(account.uuid, pipeline);
    const resource = resourceUuid && (await namedResource(this.resources, resourceUuid));
    if (resource && !resource.licenseReference) throw new ResourceNotLinkedError();
    if (force && !month.isOver(this.clock.now(), account.timeZone)) throw new MonthNotOverError(month);
    const licenseReference = resource ? resource.licenseReference : undefined;
    const options = { force, dryRun, acceptShrinkage, licenseReference };
    return this.enqueue(kind, { settings, account }, month, by, options);
  }

  private async enqueue(
    kind: Kind,
    { settings, account }: Pick<ScheduledAccount, 'settings' | 'account'>,
    month: YearMonth,
    requestedBy = SCHEDULE,
    options: Options = {},
  ): Promise<JobRun> {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => Boolean(value)));
    const period = month.toString();
    const parameters = wireOf({ settingsUuid: settings.uuid, month: period, ...given });
    const license = options.licenseReference?.slice(0, 100);
    const scope = [account.uuid, period, license, options.dryRun && 'dry-run'].filter(Boolean).join('/');
    const run = await this.jobs.enqueue({ kind, scope, parameters, requestedBy });
    if (requestedBy !== SCHEDULE && !isDeepStrictEqual(run.parameters, parameters))
      throw new OtherRunUnderWayError(period, run.uuid);
    return run;
  }

  /** Throws `JobIncompleteError` where somebody could not be posted or a currency does not tie out. */
  private async runStatement(control: JobControl, reconcile: boolean): Promise<Record<string, unknown>> {
    const { licenseReference: onlyLicense = null, ...given } = parametersOf(control);
    const { force = false, dryRun = false, acceptShrinkage = false } = given;
    const command = { reconcile, force, dryRun, acceptShrinkage, onlyLicense };
    const report = await this.statements.import(await this.contextOf(control), command, control);
    const shortfall = dryRun ? '' : shortfallOf(report);
    if (shortfall) throw new JobIncompleteError(shortfall, renderMonthReport(report));
    return renderMonthReport(report);
  }

  /** Throws `JobIncompleteError` where a licence failed. */
  private async runConsumption(control: JobControl): Promise<Record<string, unknown>> {
    const { licenseReference } = parametersOf(control);
    const context = await this.contextOf(control);
    await this.accounts.ensureRunning(context.account.uuid, 'consumption');
    const report = await this.consumption.run(context, licenseReference ? [licenseReference] : null, control);
    const result = wireOf(report);
    if (report.failed)
      throw new JobIncompleteError(`${report.failed} licences failed: see reasons in the result.`, result);
    return result;
  }

  private async contextOf(control: JobControl): Promise<BillingContext> {
    const { settingsUuid, month } = parametersOf(control);
    const settings = await this.settings.get(settingsUuid);
    const { run, lease } = control;
    return this.accounts.context(settings, YearMonth.from(month), run.requestedBy, run.uuid, lease);
  }

  /** Open months; and those that are watched, which are closed anew where that may be done without a person. */
  private async scheduleSyncs(): Promise<void> {
    const now = this.clock.now();
    for (const scheduled of await this.scheduled('billing')) {
      const { account, window, applied, open } = scheduled;
      for (const month of open) await this.enqueue(BILLING_SYNC, scheduled, month);
      for (const month of monthsToWatch(applied, window, now)) {
        const reconcile = this.env.ARROW_AUTO_RECONCILIATION && month.isOver(now, account.timeZone);
        await this.enqueue(reconcile ? BILLING_RECONCILIATION : BILLING_SYNC, scheduled, month);
      }
    }
  }

  /** Months that are over are reconciled, where that may be done without a person. */
  private async scheduleChecks(): Promise<void> {
    if (!this.env.ARROW_AUTO_RECONCILIATION) return;
    for (const scheduled of await this.scheduled('billing'))
      for (const month of scheduled.open)
        if (month.isOver(this.clock.now(), scheduled.account.timeZone))
          await this.enqueue(BILLING_RECONCILIATION, scheduled, month);
  }

  private async scheduleConsumption(): Promise<void> {
    if (!(await this.accounts.consumptionScheduled())) return;
    for (const scheduled of await this.scheduled('consumption'))
      for (const month of scheduled.open) await this.enqueue(CONSUMPTION_SYNC, scheduled, month);
  }

  private async scheduled(pipeline: Pipeline): Promise<ScheduledAccount[]> {
    const found: ScheduledAccount[] = [];
    for (const settings of await this.settings.scheduled()) {
      if (pipeline === 'billing' && !settings.exportTypeReference) continue;
      const account = await this.accounts.of(settings);
      if (pipeline === 'billing' ? account.billingPaused : account.consumptionPaused) continue;
      const window = { current: YearMonth.at(this.clock.now(), account.timeZone), count: account.openMonths };
      const applied = await this.dueMonths.applied(account);
      found.push({ settings, account, window, applied, open: openMonths(applied, window) });
    }
    return found;
  }
}

function parametersOf({ run }: JobControl): Parameters {
  return commandOf(run.parameters) as unknown as Parameters;
}
