import { Injectable } from '@nestjs/common';
import { type DecimalString, sum } from '../../common/money.js';
import type { Count, Page } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { orderOf } from '../../database/paginate.js';
import { ConsumptionRecordNotFoundError } from '../core/billing.errors.js';
import { type ChargeItems, ChargeItemsRepository } from '../ledger/charge-items.repository.js';
import type { ListConsumptionRecordsQuery, PendingRecordsQuery } from './consumption-record.dto.js';
import type { ConsumptionRecord } from './consumption-record.entity.js';
import { ConsumptionRecordsRepository } from './consumption-records.repository.js';

const ORDER = {
  created: 'created',
  modified: 'modified',
  billing_period: 'month',
  license_reference: 'licenseReference',
  consumed_sell: 'consumedSell',
  consumed_buy: 'consumedBuy',
  last_sync_at: 'lastSyncAt',
};
const PERIODS_SHOWN = 12;

/** A record with the invoice items of its charge. */
export interface ChargedRecord extends ChargeItems {
  readonly record: ConsumptionRecord;
}

export interface PeriodStatistics {
  /** `YYYY-MM` */
  readonly period: string;
  readonly records: number;
  readonly finalized: number;
  readonly consumedSell: DecimalString;
}

export interface ConsumptionStatistics {
  readonly records: number;
  readonly finalized: number;
  /** Of the amounts: that of most records; null where there are none. */
  readonly currency: string | null;
  readonly consumedSell: DecimalString;
  readonly adjustments: DecimalString;
  /** The newest months, newest first. */
  readonly periods: readonly PeriodStatistics[];
}

/** Consumption records as they are read; records that were taken back are not listed. */
@Injectable()
export class ConsumptionRecordsService {
  constructor(
    private readonly repository: ConsumptionRecordsRepository,
    private readonly chargeItems: ChargeItemsRepository,
  ) {}

  /** Newest month first by default. Throws `PageNotFoundError`. */
  async list(query: ListConsumptionRecordsQuery): Promise<Page<ChargedRecord>> {
    const order = orderOf(query.o, ORDER, [
      ['month', 'DESC'],
      ['created', 'DESC'],
    ]);
    const page = await this.repository.list(query, order);
    const itemsOf = await this.chargeItems.of(page.items.map((record) => record.chargeUuid));
    return page.map((record) => ({ record, ...itemsOf(record.chargeUuid) }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListConsumptionRecordsQuery): Promise<Count> {
    return this.repository.count(query);
  }

  /** Throws `ConsumptionRecordNotFoundError`. */
  async get(uuid: string): Promise<ChargedRecord> {
    const known = parseUuid(uuid);
    const record = known && (await this.repository.find(known));
    if (!record) throw new ConsumptionRecordNotFoundError();
    const itemsOf = await this.chargeItems.of([record.chargeUuid]);
    return { record, ...itemsOf(record.chargeUuid) };
  }

  /** Those that are not final, last changed first. Throws `PageNotFoundError`. */
  listPending(query: PendingRecordsQuery): Promise<Page<ConsumptionRecord>> {
    return this.repository.listPending(query, [['modified', 'DESC']]);
  }

  /** Throws `PageNotFoundError`. */
  countPending(query: PendingRecordsQuery): Promise<Count> {
    return this.repository.countPending(query);
  }

  /** When any record was synced last. */
  lastSync(): Promise<Date | null> {
    return this.repository.lastSync();
  }

  /** Records, and those of them that are not final. */
  counts(): Promise<{ readonly total: number; readonly pending: number }> {
    return this.repository.counts();
  }

  /** Amounts are never added up over currencies: they are those of the one that most records have. */
  async statistics(): Promise<ConsumptionStatistics> {
    const months = await this.repository.statistics();
    const counts = new Map<string, number>();
    for (const month of months) counts.set(month.currency, (counts.get(month.currency) ?? 0) + month.records);
    const currency = [...counts].sort(([a, many], [b, more]) => more - many || a.localeCompare(b))[0]?.[0] ?? null;
    const main = months.filter((month) => month.currency === currency);
    const periods = new Map<string, PeriodStatistics>();
    for (const { period, ...month } of months) {
      const { records = 0, finalized = 0, consumedSell = '0' } = periods.get(period) ?? {};
      periods.set(period, {
        period,
        records: records + month.records,
        finalized: finalized + month.finalized,
        consumedSell: month.currency === currency ? month.consumedSell : consumedSell,
      });
    }
    const all = [...periods.values()];
    return {
      records: all.reduce((total, period) => total + period.records, 0),
      finalized: all.reduce((total, period) => total + period.finalized, 0),
      currency,
      consumedSell: sum(main.map((month) => month.consumedSell)),
      adjustments: sum(main.map((month) => month.adjustments)),
      periods: all.slice(0, PERIODS_SHOWN),
    };
  }
}
