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
import { currentRequest } from '../../common/request-context.js';
import { renderUuid } from '../../common/uuid.js';
import { type MonthRange, YearMonth } from '../../common/year-month.js';
import type { Resource } from '../../directory/resource.entity.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { NoActiveSettingsError } from '../../settings/settings.errors.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import {
  CurrencyConflictError,
  LicenseNotBillableError,
  NoSettingsForActionError,
  ResourceNotLinkedError,
} from '../billing.errors.js';
import type { LicenseParty } from '../matching/match-licenses.js';
import { PartiesService } from '../matching/parties.service.js';
import { checkedRange } from '../month-range.js';
import { namedResource } from '../named-in-request.js';
import type { BillingContext } from '../statement/billing-context.js';
import type {
  HistoricalConsumptionDto,
  HistoricalConsumptionResponse,
  PreviewPeriodResponse,
  SyncErrorResponse,
} from './consumption-action.dto.js';
import { ConsumptionLedgerService } from './consumption-ledger.service.js';
import type { ConsumptionRecord } from './consumption-record.entity.js';
import { ConsumptionRecordsService } from './consumption-records.service.js';
import { amountsOf, consumedBy } from './consumption-sync.service.js';

/** What ArrowSphere may answer for one month and not for another. */
const OF_ONE_MONTH = [
  ArrowIncompleteAnswerError,
  ArrowMalformedAnswerError,
  ArrowRefusedError,
  ArrowTimedOutError,
  ArrowUnavailableError,
];
const MONTHS_AT_ONCE = 4;

/** The consumption of one resource over many months, asked for in one call. */
@Injectable()
export class HistoricalConsumptionService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly resources: ResourcesService,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly parties: PartiesService,
    private readonly records: ConsumptionRecordsService,
    private readonly ledger: ConsumptionLedgerService,
    private readonly clock: Clock,
  ) {}

  /**
   * What fails for single months stands in `errors`. Throws `NamedResourceNotFoundError`, `ResourceNotLinkedError`, `NoSettingsForActionError`,
   * `LicenseNotBillableError`, `InvalidFieldsError`, `BillingPausedError`, and the gateway's errors where no month can be asked for.
   */
  async sync(dto: HistoricalConsumptionDto, by: string): Promise<HistoricalConsumptionResponse> {
    const { force = false, dry_run = false } = dto;
    const resource = await namedResource(this.resources, dto.resource_uuid);
    if (!resource.backendId) throw new ResourceNotLinkedError();
    const running = await this.context(YearMonth.at(this.clock.now()), by);
    const to = dto.period_to ?? running.currentMonth;
    const { from } = checkedRange(dto.period_from ?? to.plus(-11), to);
    await this.accounts.ensureRunning(running.account.uuid, 'consumption');
    const signal = currentRequest()?.signal ?? new AbortController().signal;
    const party = await this.partyOf(running, resource, signal);
    const { months, failed } = await this.ask(running, resource.backendId, { from, to }, signal);
    const known = await this.records.ofLicense(running, resource.backendId, from, to);
    const answer = {
      resource_uuid: renderUuid(resource.uuid),
      resource_name: resource.name,
      errors: [] as SyncErrorResponse[],
      dry_run,
      preview_periods: [] as PreviewPeriodResponse[],
    };
    const counts = { periods_synced: 0, periods_skipped: 0, periods_no_data: 0 };
    for (const month of YearMonth.range(from, to)) {
      const period = month.toString();
      const found = months.find((entry) => entry.period === period);
      const record = known.get(period);
      try {
        const failure = failed.get(period);
        if (failure) throw failure;
        const outcome = dry_run
          ? this.preview(month, found, record, force, answer.preview_periods)
          : await this.take({ ...running, month }, chargedBy(record) ?? party, found, force);
        counts[`periods_${outcome}`]++;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        answer.errors.push({ period, error: error.message });
      }
    }
    return { ...answer, ...counts };
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
    party: LicenseParty,
    found: ArrowConsumptionMonth | undefined,
    force: boolean,
  ) {
    const amounts = amountsOf(found);
    if ('nothing' in amounts) return 'no_data';
    const outcomes = await this.ledger.store(context, [consumedBy(party, amounts, context)], force);
    const outcome = outcomes.get(party.licenseReference)!;
    if (outcome === 'currency_conflict')
      throw new CurrencyConflictError(amounts.currency ?? context.account.defaultCurrency);
    return ['changed', 'unchanged'].includes(outcome) ? 'synced' : 'skipped';
  }

  private preview(
    month: YearMonth,
    found: ArrowConsumptionMonth | undefined,
    record: ConsumptionRecord | undefined,
    force: boolean,
    into: PreviewPeriodResponse[],
  ) {
    const amounts = amountsOf(found);
    const finalized = Boolean(record?.finalizedAt);
    const status = finalized && !force ? 'finalized' : 'nothing' in amounts ? 'no_data' : 'data';
    into.push({
      period: month.toString(),
      status,
      row_count: found?.lineCount ?? 0,
      consumed_sell: found?.sellTotal ?? null,
      consumed_buy: found?.buyTotal ?? null,
      has_existing: record !== undefined,
      existing_consumed_sell: record?.consumedSell ?? null,
      is_finalized: finalized,
      is_reconciled: Boolean(record?.reconciledAt),
    });
    return ({ finalized: 'skipped', no_data: 'no_data', data: 'synced' } as const)[status];
  }

  private async context(month: YearMonth, by: string): Promise<BillingContext> {
    try {
      return await this.accounts.context(await this.settings.getActive(), month, by, null);
    } catch (error) {
      throw error instanceof NoActiveSettingsError ? new NoSettingsForActionError() : error;
    }
  }

  private async partyOf(context: BillingContext, { backendId }: Resource, signal: AbortSignal): Promise<LicenseParty> {
    const [party] = await this.parties.resolve(context, [{ license_reference: backendId, stated: null }], signal);
    if (party!.reason || !party!.resourceUuid)
      throw new LicenseNotBillableError(backendId, party!.reason ?? 'not_linked');
    return party!;
  }
}

/** Whoever was charged for a licence in a month is charged for all of it. */
function chargedBy(record: ConsumptionRecord | undefined): LicenseParty | undefined {
  if (!record) return undefined;
  const { licenseReference, resourceUuid, projectUuid, customerUuid } = record;
  return { licenseReference, resourceUuid, projectUuid, customerUuid, mappingUuid: null, reason: null };
}
