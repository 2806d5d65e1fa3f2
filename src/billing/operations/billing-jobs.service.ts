import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InvalidFieldsError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import { Env } from '../../config/env.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { JobHandlers, type JobControl } from '../../jobs/job-handlers.js';
import type { JobRun } from '../../jobs/job-run.entity.js';
import { JobIncompleteError } from '../../jobs/job.errors.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService, type Pipeline } from '../accounts/billing-accounts.service.js';
import { ConsumptionSyncService } from '../consumption/consumption-sync.service.js';
import {
  ExportTypeMissingError,
  MonthNotOverError,
  OtherRunUnderWayError,
  ResourceNotLinkedError,
} from '../core/billing.errors.js';
import { namedResource, namedSettings } from '../core/named-in-request.js';
import { StatementImportService } from '../statements/statement-import.service.js';
import type { ReconcileDto, TriggerConsumptionSyncDto, TriggerSyncDto } from './billing-action.dto.js';
import { consumptionResult, monthResult } from './job-result.dto.js';
import { ScheduleRepository } from './schedule.repository.js';

const SCHEDULE = 'schedule';
export const BILLING_SYNC = 'billing-sync';
export const BILLING_RECONCILIATION = 'billing-reconciliation';
export const CONSUMPTION_SYNC = 'consumption-sync';

interface Parameters {
  readonly settings_uuid: string;
  readonly month: string;
  readonly reconcile?: boolean;
  readonly force?: boolean;
  readonly dry_run?: boolean;
  readonly accept_shrinkage?: boolean;
  /** Only this licence. */
  readonly license_reference?: string;
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
    private readonly schedule: ScheduleRepository,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(BILLING_SYNC, (control) => this.runStatement(control));
    this.handlers.register(BILLING_RECONCILIATION, (control) => this.runStatement(control));
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

  async triggerSync(
    { year, month, settings_uuid, resource_uuid, dry_run, accept_shrinkage }: TriggerSyncDto,
    by: string,
  ): Promise<JobRun> {
    const settings = await this.billable(settings_uuid);
    const license_reference = resource_uuid && (await this.licenseOf(resource_uuid));
    return this.enqueue(
      BILLING_SYNC,
      settings,
      monthOf(year, month),
      { dry_run, accept_shrinkage, license_reference },
      by,
    );
  }

  async triggerReconciliation(
    { year, month, settings_uuid, force, dry_run, accept_shrinkage }: ReconcileDto,
    by: string,
  ): Promise<JobRun> {
    const settings = await this.billable(settings_uuid);
    const period = monthOf(year, month);
    const { timeZone } = await this.accounts.of(settings);
    if (force && !period.isOver(this.clock.now(), timeZone)) throw new MonthNotOverError(period);
    return this.enqueue(
      BILLING_RECONCILIATION,
      settings,
      period,
      { reconcile: true, force, dry_run, accept_shrinkage },
      by,
    );
  }

  async triggerConsumption(
    { year, month, settings_uuid, resource_uuid }: TriggerConsumptionSyncDto,
    by: string,
  ): Promise<JobRun> {
    const settings = await this.named(settings_uuid);
    const license_reference = resource_uuid && (await this.licenseOf(resource_uuid));
    await this.accounts.ensureRunning((await this.accounts.of(settings)).uuid, 'consumption');
    return this.enqueue(CONSUMPTION_SYNC, settings, monthOf(year, month), { license_reference }, by);
  }

  /** Those named, else the active ones. Throws `NamedSettingsNotFoundError`, `SettingsMissingError`. */
  async named(settingsUuid?: string): Promise<Settings> {
    return settingsUuid ? namedSettings(this.settings, settingsUuid) : this.settings.resolve();
  }

  private async billable(settingsUuid?: string): Promise<Settings> {
    const settings = await this.named(settingsUuid);
    if (!settings.exportTypeReference) throw new ExportTypeMissingError();
    await this.accounts.ensureRunning((await this.accounts.of(settings)).uuid, 'billing');
    return settings;
  }

  private async licenseOf(resourceUuid: string): Promise<string> {
    const { backendId } = await namedResource(this.resources, resourceUuid);
    if (!backendId) throw new ResourceNotLinkedError();
    return backendId;
  }

  private async enqueue(
    kind: string,
    settings: Settings,
    month: YearMonth,
    options: Omit<Parameters, 'settings_uuid' | 'month'>,
    by: string,
  ): Promise<JobRun> {
    const account = await this.accounts.of(settings);
    const given = Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined && value !== '' && value !== false),
    );
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

  private async runStatement({ run, lease, signal, progress }: JobControl): Promise<Record<string, unknown>> {
    const { settings_uuid, month, reconcile, force, dry_run, accept_shrinkage, license_reference } =
      run.parameters as unknown as Parameters;
    const settings = await this.settings.get(settings_uuid);
    const context = await this.accounts.context(settings, YearMonth.from(month), run.requestedBy, run.uuid, lease);
    const command = {
      reconcile: reconcile ?? false,
      force: force ?? false,
      dryRun: dry_run ?? false,
      acceptShrinkage: accept_shrinkage ?? false,
      onlyLicense: license_reference ?? null,
    };
    const report = await this.statements.import(context, command, { signal, progress });
    const result = monthResult(report);
    const left = report.failures.length;
    const untied = report.tieOut.filter((entry) => !entry.tiesOut).map((entry) => entry.currency);
    if (command.dryRun || !(left || untied.length)) return result;
    throw new JobIncompleteError(
      [
        ...(left ? [`${left} of the organisations could not be posted; "failures" says why.`] : []),
        ...(untied.length ? [`${untied.join(', ')} does not tie out; "tie_out" says where.`] : []),
        'Everything else was posted.',
      ].join(' '),
      result,
    );
  }

  private async runConsumption({ run, lease, signal, progress }: JobControl): Promise<Record<string, unknown>> {
    const { settings_uuid, month, license_reference } = run.parameters as unknown as Parameters;
    const settings = await this.settings.get(settings_uuid);
    const context = await this.accounts.context(settings, YearMonth.from(month), run.requestedBy, run.uuid, lease);
    await this.accounts.ensureRunning(context.account.uuid, 'consumption');
    const licenses = license_reference ? [license_reference] : null;
    return consumptionResult(await this.consumption.run(context, licenses, { signal, progress }));
  }

  private async scheduleSyncs(): Promise<void> {
    for (const { settings, months } of await this.due('billing')) {
      if (!settings.exportTypeReference) continue;
      for (const month of months) await this.enqueue(BILLING_SYNC, settings, month, {}, SCHEDULE);
    }
  }

  /** Months that are over are reconciled, where that may be done without a person. */
  private async scheduleChecks(): Promise<void> {
    if (!this.env.ARROW_AUTO_RECONCILIATION) return;
    for (const { settings, months } of await this.due('billing')) {
      if (!settings.exportTypeReference) continue;
      const { timeZone } = await this.accounts.of(settings);
      const over = months.filter((month) => month.isOver(this.clock.now(), timeZone));
      for (const month of over)
        await this.enqueue(BILLING_RECONCILIATION, settings, month, { reconcile: true }, SCHEDULE);
    }
  }

  private async scheduleConsumption(): Promise<void> {
    if (!(await this.accounts.consumptionScheduled())) return;
    for (const { settings, months } of await this.due('consumption'))
      for (const month of months) await this.enqueue(CONSUMPTION_SYNC, settings, month, {}, SCHEDULE);
  }

  /**
   * Of every account whose schedules are on: the months up to the running one that are not settled yet; of billing also
   * those that late lines, mappings, links and rules can have changed.
   */
  private async due(pipeline: Pipeline): Promise<{ settings: Settings; months: YearMonth[] }[]> {
    const found = [];
    for (const settings of await this.settings.scheduled()) {
      const { uuid, timeZone, openMonths, partnerReference, ...paused } = await this.accounts.of(settings);
      if (pipeline === 'billing' ? paused.billingPaused : paused.consumptionPaused) continue;
      const now = this.clock.now();
      const current = YearMonth.at(now, timeZone);
      const settled = new Set(await this.schedule.settledMonths(uuid));
      const open = YearMonth.range(current.plus(1 - openMonths), current)
        .map((month) => month.firstDay)
        .filter((month) => !settled.has(month));
      const again = pipeline === 'billing' ? await this.schedule.dueMonths(uuid, partnerReference, now) : [];
      found.push({ settings, months: [...new Set([...again, ...open])].sort().map((month) => YearMonth.from(month)) });
    }
    return found;
  }
}

function monthOf(year: number, month: number): YearMonth {
  const found = YearMonth.of(year, month);
  if (!found) throw new InvalidFieldsError({ month: ['Not a month.'] });
  return found;
}
