import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import { Env } from '../../config/env.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { JobIncompleteError } from '../../jobs/job.errors.js';
import { JobHandlers, type JobControl } from '../../jobs/job-handlers.js';
import type { JobRun } from '../../jobs/job-run.entity.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import type { BillingAccount } from '../accounts/billing-account.entity.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { ConsumptionSyncService } from '../consumption/consumption-sync.service.js';
import type { BillingContext } from '../core/billing-context.js';
import {
  ExportTypeMissingError,
  MonthNotOverError,
  OtherRunUnderWayError,
  ResourceNotLinkedError,
} from '../core/billing.errors.js';
import { namedResource, namedSettings } from '../core/named-in-request.js';
import { StatementImportService } from '../statements/statement-import.service.js';
import { monthsToWatch, openMonths, type OpenWindow } from './due-months.js';
import { type AppliedMonth, DueMonthsRepository } from './due-months.repository.js';
import { renderConsumptionReport, renderMonthReport, shortfallOf } from './job-result.dto.js';

const SCHEDULE = 'schedule';
export const BILLING_SYNC = 'billing-sync';
export const BILLING_RECONCILIATION = 'billing-reconciliation';
export const CONSUMPTION_SYNC = 'consumption-sync';

/** What a person asks for: a month of an account. */
interface TriggerRun {
  readonly month: YearMonth;
  /** Null: the active settings. */
  readonly settingsUuid: string | null;
}

export interface TriggerSync extends TriggerRun {
  /** Only the licence of this resource. */
  readonly resourceUuid: string | null;
  readonly dryRun: boolean;
  readonly acceptShrinkage: boolean;
}

export interface TriggerReconciliation extends TriggerRun {
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly acceptShrinkage: boolean;
}

export interface TriggerConsumptionSync extends TriggerRun {
  /** Only the licence of this resource. */
  readonly resourceUuid: string | null;
}

/** How a run is to be done, as the job keeps it. */
interface Options {
  readonly force?: boolean;
  readonly dry_run?: boolean;
  readonly accept_shrinkage?: boolean;
  /** Only this licence. */
  readonly license_reference?: string;
}

interface Parameters extends Options {
  readonly settings_uuid: string;
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
   * `NamedNotFoundError`, `ResourceNotLinkedError`, `OtherRunUnderWayError`.
   */
  async triggerSync(command: TriggerSync, by: string): Promise<JobRun> {
    const settings = await this.billable(command.settingsUuid);
    const options = {
      dry_run: command.dryRun,
      accept_shrinkage: command.acceptShrinkage,
      license_reference: await this.licenseOf(command.resourceUuid),
    };
    return this.enqueue(BILLING_SYNC, settings, command.month, options, by);
  }

  /** Throws as {@link triggerSync}, and `MonthNotOverError`. */
  async triggerReconciliation(command: TriggerReconciliation, by: string): Promise<JobRun> {
    const { month, force } = command;
    const settings = await this.billable(command.settingsUuid);
    const { timeZone } = await this.accounts.of(settings);
    if (force && !month.isOver(this.clock.now(), timeZone)) throw new MonthNotOverError(month);
    const options = { force, dry_run: command.dryRun, accept_shrinkage: command.acceptShrinkage };
    return this.enqueue(BILLING_RECONCILIATION, settings, month, options, by);
  }

  /** Throws as {@link triggerSync}, except for `ExportTypeMissingError`. */
  async triggerConsumption({ month, settingsUuid, resourceUuid }: TriggerConsumptionSync, by: string): Promise<JobRun> {
    const settings = await this.named(settingsUuid);
    const license_reference = await this.licenseOf(resourceUuid);
    await this.accounts.ensureRunning((await this.accounts.of(settings)).uuid, 'consumption');
    return this.enqueue(CONSUMPTION_SYNC, settings, month, { license_reference }, by);
  }

  private named(settingsUuid: string | null): Promise<Settings> {
    return settingsUuid ? namedSettings(this.settings, settingsUuid) : this.settings.resolve();
  }

  private async billable(settingsUuid: string | null): Promise<Settings> {
    const settings = await this.named(settingsUuid);
    if (!settings.exportTypeReference) throw new ExportTypeMissingError();
    await this.accounts.ensureRunning((await this.accounts.of(settings)).uuid, 'billing');
    return settings;
  }

  private async licenseOf(resourceUuid: string | null): Promise<string | undefined> {
    if (!resourceUuid) return undefined;
    const { backendId } = await namedResource(this.resources, resourceUuid);
    if (!backendId) throw new ResourceNotLinkedError();
    return backendId;
  }

  private async enqueue(
    kind: string,
    settings: Settings,
    month: YearMonth,
    options: Options,
    by: string,
  ): Promise<JobRun> {
    const account = await this.accounts.of(settings);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => Boolean(value)));
    const parameters = { settings_uuid: settings.uuid, month: month.toString(), ...given };
    const part = [options.license_reference, options.dry_run ? 'dry-run' : '']
      .filter(Boolean)
      .map((text) => `/${text!.slice(0, 100)}`);
    const scope = `${account.uuid}/${month.toString()}${part.join('')}`;
    const run = await this.jobs.enqueue({ kind, scope, parameters, requestedBy: by });
    if (by !== SCHEDULE && !isDeepStrictEqual(run.parameters, parameters))
      throw new OtherRunUnderWayError(month, run.uuid);
    return run;
  }

  /** Throws `JobIncompleteError` where somebody could not be posted or a currency does not tie out. */
  private async runStatement(control: JobControl, reconcile: boolean): Promise<Record<string, unknown>> {
    const parameters = control.run.parameters as unknown as Parameters;
    const command = {
      reconcile,
      force: parameters.force ?? false,
      dryRun: parameters.dry_run ?? false,
      acceptShrinkage: parameters.accept_shrinkage ?? false,
      onlyLicense: parameters.license_reference ?? null,
    };
    const report = await this.statements.import(await this.contextOf(control), command, control);
    const shortfall = command.dryRun ? '' : shortfallOf(report);
    if (shortfall) throw new JobIncompleteError(shortfall, renderMonthReport(report));
    return renderMonthReport(report);
  }

  /** Throws `JobIncompleteError` where a licence failed. */
  private async runConsumption(control: JobControl): Promise<Record<string, unknown>> {
    const { license_reference } = control.run.parameters as unknown as Parameters;
    const context = await this.contextOf(control);
    await this.accounts.ensureRunning(context.account.uuid, 'consumption');
    const report = await this.consumption.run(context, license_reference ? [license_reference] : null, control);
    const result = renderConsumptionReport(report);
    if (report.failed)
      throw new JobIncompleteError(`${report.failed} licences failed: see reasons in the result.`, result);
    return result;
  }

  private async contextOf({ run, lease }: JobControl): Promise<BillingContext> {
    const { settings_uuid, month } = run.parameters as unknown as Parameters;
    const settings = await this.settings.get(settings_uuid);
    return this.accounts.context(settings, YearMonth.from(month), run.requestedBy, run.uuid, lease);
  }

  /** Open months; and those that are watched, which are closed anew where that may be done without a person. */
  private async scheduleSyncs(): Promise<void> {
    const now = this.clock.now();
    for (const { settings, account, window, applied, open } of await this.scheduled('billing')) {
      if (!settings.exportTypeReference) continue;
      for (const month of open) await this.enqueue(BILLING_SYNC, settings, month, {}, SCHEDULE);
      for (const month of monthsToWatch(applied, window, now)) {
        const reconcile = this.env.ARROW_AUTO_RECONCILIATION && month.isOver(now, account.timeZone);
        await this.enqueue(reconcile ? BILLING_RECONCILIATION : BILLING_SYNC, settings, month, {}, SCHEDULE);
      }
    }
  }

  /** Months that are over are reconciled, where that may be done without a person. */
  private async scheduleChecks(): Promise<void> {
    if (!this.env.ARROW_AUTO_RECONCILIATION) return;
    for (const { settings, account, open } of await this.scheduled('billing')) {
      if (!settings.exportTypeReference) continue;
      const over = open.filter((month) => month.isOver(this.clock.now(), account.timeZone));
      for (const month of over) await this.enqueue(BILLING_RECONCILIATION, settings, month, {}, SCHEDULE);
    }
  }

  private async scheduleConsumption(): Promise<void> {
    if (!(await this.accounts.consumptionScheduled())) return;
    for (const { settings, open } of await this.scheduled('consumption')) {
      for (const month of open) await this.enqueue(CONSUMPTION_SYNC, settings, month, {}, SCHEDULE);
    }
  }

  private async scheduled(pipeline: 'billing' | 'consumption'): Promise<ScheduledAccount[]> {
    const found: ScheduledAccount[] = [];
    for (const settings of await this.settings.scheduled()) {
      const account = await this.accounts.of(settings);
      if (pipeline === 'billing' ? account.billingPaused : account.consumptionPaused) continue;
      const window = { current: YearMonth.at(this.clock.now(), account.timeZone), count: account.openMonths };
      const applied = await this.dueMonths.applied(account);
      found.push({ settings, account, window, applied, open: openMonths(applied, window) });
    }
    return found;
  }
}
