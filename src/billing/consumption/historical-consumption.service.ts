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
import { currentRequest } from '../../common/request-context.js';
import { type MonthRange, YearMonth } from '../../common/year-month.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { NoActiveSettingsError } from '../../settings/settings.errors.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { LicenseNotBillableError, NoSettingsForActionError, ResourceNotLinkedError } from '../core/billing.errors.js';
import { checkedRange } from '../core/month-range.js';
import { namedResource } from '../core/named-in-request.js';
import { ConsumptionLedgerService } from './consumption-ledger.service.js';
import { ConsumptionRepository, type KnownConsumption } from './consumption.repository.js';
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
  readonly from: YearMonth | null;
  /** The running month by default. */
  readonly to: YearMonth | null;
  /** Reopens months that are closed: their consumption is charged again, until the next reconcile. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** A month of a dry run. */
export interface PreviewedMonth {
  readonly period: string;
  readonly status: 'data' | 'no_data' | 'finalized';
  readonly lineCount: number;
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  readonly existing: KnownConsumption | null;
}

export interface HistoryReport {
  readonly resourceUuid: string;
  readonly resourceName: string;
  readonly synced: number;
  readonly skipped: number;
  readonly noData: number;
  readonly errors: readonly { readonly period: string; readonly error: string }[];
  readonly dryRun: boolean;
  readonly preview: readonly PreviewedMonth[];
}

type Outcome = 'synced' | 'skipped' | 'noData';

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
   * What fails for single months stands in `errors`. Throws `NamedNotFoundError`, `ResourceNotLinkedError`,
   * `NoSettingsForActionError`, `LicenseNotBillableError`, `InvalidFieldsError`, `BillingPausedError`, and the gateway's errors
   * where no month can be asked for.
   */
  async syncHistory({ resourceUuid, from, to, force, dryRun }: SyncHistory, by: string): Promise<HistoryReport> {
    const resource = await namedResource(this.resources, resourceUuid);
    if (!resource.backendId) throw new ResourceNotLinkedError();
    const running = await this.context(YearMonth.at(this.clock.now()), by);
    const last = to ?? running.currentMonth;
    const range = checkedRange(from ?? last.plus(-11), last);
    await this.accounts.ensureRunning(running.account.uuid, 'consumption');
    const signal = currentRequest()?.signal ?? new AbortController().signal;
    const askedAt = this.clock.now();
    const { months, failed } = await this.ask(running, resource.backendId, range, signal);
    const errors: { period: string; error: string }[] = [];
    const preview: PreviewedMonth[] = [];
    const counts: Record<Outcome, number> = { synced: 0, skipped: 0, noData: 0 };
    for (const month of YearMonth.range(range.from, range.to)) {
      const period = month.toString();
      const found = months.find((entry) => entry.period === period);
      try {
        const failure = failed.get(period);
        if (failure) throw failure;
        const context = await this.context(month, by);
        const outcome = dryRun
          ? await this.preview(context, resource.backendId, found, force, preview)
          : await this.take(context, resource.backendId, found, force, askedAt, signal);
        counts[outcome]++;
      } catch (error) {
        if (!(error instanceof AppError) || error instanceof LicenseNotBillableError) throw error;
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
    if (party!.reason !== null) throw new LicenseNotBillableError(license, party!.reason);
    const amounts = amountsOf(found);
    if (!amounts) return 'noData';
    const outcomes = await this.ledger.store(context, [consumedBy(party!, amounts, askedAt, context)], force);
    return ['changed', 'unchanged'].includes(outcomes.get(license)!) ? 'synced' : 'skipped';
  }

  private async preview(
    context: BillingContext,
    license: string,
    found: ArrowConsumptionMonth | undefined,
    force: boolean,
    into: PreviewedMonth[],
  ): Promise<Outcome> {
    const [existing = null] = await this.consumption.find(context, [license]);
    const status = existing?.isClosed && !force ? 'finalized' : amountsOf(found) ? 'data' : 'no_data';
    const { lineCount = 0, sellTotal = null, buyTotal = null } = found ?? {};
    into.push({ period: context.month.toString(), status, lineCount, sell: sellTotal, buy: buyTotal, existing });
    return ({ finalized: 'skipped', no_data: 'noData', data: 'synced' } as const)[status];
  }

  private async context(month: YearMonth, by: string): Promise<BillingContext> {
    try {
      return await this.accounts.context(await this.settings.getActive(), month, by, null, null);
    } catch (error) {
      throw error instanceof NoActiveSettingsError ? new NoSettingsForActionError() : error;
    }
  }
}
