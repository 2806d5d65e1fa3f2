import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app.error.js';
import { ArrowGateway, type ArrowConsumptionMonth } from '../../arrow-gateway/arrow-gateway.js';
import {
  ArrowError,
  ArrowIncompleteAnswerError,
  ArrowMalformedAnswerError,
  ArrowRefusedError,
  ArrowTimedOutError,
  ArrowUnavailableError,
} from '../../arrow-gateway/arrow-gateway.errors.js';
import { Clock } from '../../common/clock.js';
import { inParallel } from '../../common/in-parallel.js';
import type { DecimalString } from '../../common/money.js';
import { type MonthRange, YearMonth } from '../../common/year-month.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { LicenseNotBillableError, ResourceNotLinkedError } from '../core/billing.errors.js';
import { rangeUpTo } from '../core/month-range.js';
import { namedResource } from '../core/named-in-request.js';
import { ConsumptionLedgerService, isTaken } from './consumption-ledger.service.js';
import type { ConsumptionRecord } from './consumption-record.entity.js';
import { ConsumptionRepository } from './consumption.repository.js';
import { amountsOf, consumedBy, ConsumptionSyncService } from './consumption-sync.service.js';

/** What ArrowSphere may answer for one month and not for another. */
const OF_ONE_MONTH = [
  ArrowIncompleteAnswerError,
  ArrowMalformedAnswerError,
  ArrowRefusedError,
  ArrowTimedOutError,
  ArrowUnavailableError,
];
const MONTHS_AT_ONCE = 4;

/** Which months of a resource are asked for. */
export interface SyncHistory {
  readonly resourceUuid: string;
  /** 11 months before `to` by default. */
  readonly from?: YearMonth;
  /** The running month by default. */
  readonly to?: YearMonth;
  /** Reopens months that are closed: their consumption is charged again, until the next reconcile. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** A month of a dry run. */
export interface PreviewedMonth {
  readonly period: string;
  readonly status: 'data' | 'no_data' | 'finalized';
  readonly rowCount: number;
  readonly consumedSell: DecimalString | null;
  readonly consumedBuy: DecimalString | null;
  /** With its charge. */
  readonly existing: ConsumptionRecord | undefined;
}

export interface HistoryReport {
  readonly resourceUuid: string;
  readonly resourceName: string;
  readonly periodsSynced: number;
  readonly periodsSkipped: number;
  readonly periodsNoData: number;
  readonly errors: readonly { readonly period: string; readonly error: string }[];
  readonly dryRun: boolean;
  readonly preview: readonly PreviewedMonth[];
}

type Outcome = 'periodsSynced' | 'periodsSkipped' | 'periodsNoData';
const OUTCOMES = { finalized: 'periodsSkipped', no_data: 'periodsNoData', data: 'periodsSynced' } as const;

/** The consumption of one resource over many months, asked for in one call. */
@Injectable()
export class HistoricalConsumptionService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly resources: ResourcesService,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly consumption: ConsumptionRepository,
    private readonly sync: ConsumptionSyncService,
    private readonly ledger: ConsumptionLedgerService,
    private readonly clock: Clock,
  ) {}

  /**
   * What fails for single months stands in `errors`. `signal` ends it between two months. Throws `NamedNotFoundError`,
   * `ResourceNotLinkedError`, `NoActiveSettingsError`, `LicenseNotBillableError`, `InvalidFieldsError`,
   * `BillingPausedError`, `KeyOfAnotherPartnerError`, and the gateway's errors where no month can be asked for.
   */
  async syncHistory(
    command: SyncHistory,
    by: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<HistoryReport> {
    const { force = false, dryRun = false } = command;
    const resource = await namedResource(this.resources, command.resourceUuid);
    const license = resource.licenseReference;
    if (!license) throw new ResourceNotLinkedError();
    const settings = await this.settings.getActive('found');
    const running = await this.accounts.context(settings, YearMonth.at(this.clock.now()), by);
    const range = rangeUpTo(command, running.currentMonth, 12);
    await this.accounts.ensureRunning(running.account.uuid, 'consumption');
    await this.accounts.ensureOwnKey(running, signal);
    const askedAt = this.clock.now();
    const { months, failed } = await this.ask(running, license, range, signal);
    const errors: { period: string; error: string }[] = [];
    const preview: PreviewedMonth[] = [];
    const counts: Record<Outcome, number> = { periodsSynced: 0, periodsSkipped: 0, periodsNoData: 0 };
    for (const month of YearMonth.range(range.from, range.to)) {
      const period = month.toString();
      const found = months.find((entry) => entry.period === period);
      try {
        const failure = failed.get(period);
        if (failure) throw failure;
        const context = await this.accounts.context(settings, month, by);
        if (dryRun) {
          const previewed = await this.preview(context, license, found, force);
          preview.push(previewed);
          counts[OUTCOMES[previewed.status]]++;
        } else counts[await this.take(context, license, found, force, askedAt, signal)]++;
      } catch (error) {
        const isOfAll = error instanceof LicenseNotBillableError && !counts.periodsSynced;
        if (!(error instanceof AppError) || isOfAll) throw error;
        errors.push({ period, error: error.message });
      }
    }
    return { resourceUuid: resource.uuid, resourceName: resource.name, ...counts, errors, dryRun, preview };
  }

  /** All months in one call, or, where that fails, each by itself, so that one of them does not keep the others. */
  private async ask(
    { arrow }: BillingContext,
    license: string,
    { from, to }: MonthRange,
    signal: AbortSignal,
  ): Promise<{ months: ArrowConsumptionMonth[]; failed: Map<string, AppError> }> {
    const failed = new Map<string, AppError>();
    const between = async (first: string, last: string) =>
      (await this.gateway.getMonthlyConsumption(arrow, license, first, last, { signal })).months;
    try {
      return { months: [...(await between(from.toString(), to.toString()))], failed };
    } catch (error) {
      if (signal.aborted || !OF_ONE_MONTH.some((kind) => error instanceof kind) || from.equals(to)) throw error;
      const periods = YearMonth.range(from, to).map((month) => month.toString());
      const answers = await inParallel(periods, MONTHS_AT_ONCE, async (period) => {
        try {
          return await between(period, period);
        } catch (failure) {
          if (signal.aborted || !(failure instanceof ArrowError)) throw failure;
          failed.set(period, failure);
          return [];
        }
      });
      if (failed.size === periods.length) throw error;
      return { months: answers.flat(), failed };
    }
  }

  private async take(
    context: BillingContext,
    license: string,
    found: ArrowConsumptionMonth | undefined,
    force: boolean,
    askedAt: Date,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const [party] = await this.sync.parties(context, [license], signal);
    if ('reason' in party!) throw new LicenseNotBillableError(license, party.reason);
    const amounts = amountsOf(found);
    if (!amounts) return 'periodsNoData';
    const outcomes = await this.ledger.store(context, [consumedBy(party!, amounts, askedAt, context)], force);
    return isTaken(outcomes.get(license)!) ? 'periodsSynced' : 'periodsSkipped';
  }

  private async preview(
    context: BillingContext,
    license: string,
    found: ArrowConsumptionMonth | undefined,
    force: boolean,
  ): Promise<PreviewedMonth> {
    const [existing] = await this.consumption.known(context, [license]);
    const status = existing?.charge.closedAt && !force ? 'finalized' : amountsOf(found) ? 'data' : 'no_data';
    const { lineCount: rowCount = 0, sellTotal: consumedSell = null, buyTotal: consumedBuy = null } = found ?? {};
    return { period: context.month.toString(), status, rowCount, consumedSell, consumedBuy, existing };
  }
}
