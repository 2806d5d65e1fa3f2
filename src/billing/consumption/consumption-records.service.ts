import { Injectable } from '@nestjs/common';
import { groupBy } from '../../common/group-by.js';
import { type DecimalString, sum } from '../../common/money.js';
import type { Count, Page } from '../../common/page.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { type ChargeItems, ChargeItemsRepository } from '../ledger/charge-items.repository.js';
import type { ConsumptionRecord } from './consumption-record.entity.js';
import {
  ConsumptionRecordsRepository,
  type MonthStatistics,
  type RecordCounts,
  type RecordFilter,
} from './consumption-records.repository.js';
import { CONSUMPTION_SYNC } from './consumption-sync.service.js';

const PERIODS_SHOWN = 12;

/** A record with the invoice items of its charge. */
export interface ChargedRecord extends ChargeItems {
  readonly record: ConsumptionRecord;
}

export interface ConsumptionStatus extends RecordCounts {
  readonly globalSyncEnabled: boolean;
  /** The active settings; null where there are none. */
  readonly settings: Settings | null;
  /** Licences that failed in the last consumption sync. */
  readonly failedCount: number;
}

export interface ConsumptionStatistics {
  readonly records: number;
  readonly finalized: number;
  /** Of the amounts: that of most records; null where there are none. */
  readonly currency: string | null;
  readonly consumedSell: DecimalString;
  readonly adjustments: DecimalString;
  /** The newest months, newest first. */
  readonly periods: readonly Pick<MonthStatistics, 'period' | 'records' | 'finalized' | 'consumedSell'>[];
}

/** Consumption records as they are read; records that were reversed are not listed. */
@Injectable()
export class ConsumptionRecordsService {
  constructor(
    private readonly repository: ConsumptionRecordsRepository,
    private readonly chargeItems: ChargeItemsRepository,
    private readonly accounts: BillingAccountsService,
    private readonly settings: SettingsService,
    private readonly jobs: JobsService,
  ) {}

  /** Newest month first by default. Throws `PageNotFoundError`. */
  async list(filter: RecordFilter): Promise<Page<ChargedRecord>> {
    const page = await this.repository.list(filter);
    const itemsOf = await this.chargeItems.of(page.items.map((record) => record.chargeUuid));
    return page.map((record) => ({ record, ...itemsOf(record.chargeUuid) }));
  }

  /** Throws `PageNotFoundError`. */
  count(filter: RecordFilter): Promise<Count> {
    return this.repository.count(filter);
  }

  /** Throws `ConsumptionRecordNotFoundError`. */
  async get(uuid: string): Promise<ChargedRecord> {
    const record = await this.repository.get(uuid);
    const itemsOf = await this.chargeItems.of([record.chargeUuid]);
    return { record, ...itemsOf(record.chargeUuid) };
  }

  /** Those that are not final, last changed first. Throws `PageNotFoundError`. */
  listPending(filter: RecordFilter): Promise<Page<ConsumptionRecord>> {
    return this.repository.list({ ...filter, isFinalized: false, o: [['modified', 'DESC']] });
  }

  /** Throws `PageNotFoundError`. */
  countPending(filter: RecordFilter): Promise<Count> {
    return this.repository.count({ ...filter, isFinalized: false });
  }

  async status(): Promise<ConsumptionStatus> {
    const [settings, globalSyncEnabled, counts, last] = await Promise.all([
      this.settings.findActive(),
      this.accounts.consumptionScheduled(),
      this.repository.counts(),
      this.jobs.lastWithResult(CONSUMPTION_SYNC),
    ]);
    return { settings, globalSyncEnabled, ...counts, failedCount: Number(last?.result?.failed ?? 0) };
  }

  /** Amounts are never added up over currencies: they are those of the one that most records have. */
  async statistics(): Promise<ConsumptionStatistics> {
    const months = await this.repository.statistics();
    const [most] = [...groupBy(months, (month) => month.currency)]
      .map(([currency, own]) => ({ currency, own, ...countsOf(own) }))
      .sort((a, b) => b.records - a.records || a.currency.localeCompare(b.currency));
    const main = most?.own ?? [];
    const periods = [...groupBy(months, (month) => month.period)].map(([period, own]) => ({
      period,
      ...countsOf(own),
      consumedSell: own.find((month) => main.includes(month))?.consumedSell ?? '0',
    }));
    return {
      ...countsOf(months),
      currency: most?.currency ?? null,
      consumedSell: sum(main.map((month) => month.consumedSell)),
      adjustments: sum(main.map((month) => month.adjustments)),
      periods: periods.slice(0, PERIODS_SHOWN),
    };
  }
}

function countsOf(months: readonly MonthStatistics[]): { records: number; finalized: number } {
  const total = (key: 'records' | 'finalized') => months.reduce((count, month) => count + month[key], 0);
  return { records: total('records'), finalized: total('finalized') };
}
