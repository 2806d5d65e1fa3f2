import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Repository, type SelectQueryBuilder } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import type { Count, Page } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import type { YearMonth } from '../../common/year-month.js';
import { containing, countOnly, orderOf, paginate } from '../../database/paginate.js';
import { ConsumptionRecordNotFoundError } from '../billing.errors.js';
import type { LicenseParty } from '../matching/match-licenses.js';
import type { BillingContext } from '../statement/billing-context.js';
import type { ListConsumptionRecordsQuery } from './consumption-record.dto.js';
import { ConsumptionRecord } from './consumption-record.entity.js';

const relations = { resource: { project: true }, customer: true };
const ORDER = {
  created: 'created',
  modified: 'modified',
  billing_period: 'month',
  license_reference: 'licenseReference',
  consumed_sell: 'consumedSell',
  consumed_buy: 'consumedBuy',
  last_sync_at: 'lastSyncAt',
};
const PENDING_SHOWN = 100;
const PERIODS_SHOWN = 12;

/** A record with the entries of the ledger that charge it. */
export interface ChargedRecord {
  readonly record: ConsumptionRecord;
  readonly invoiceItemUuid: string | null;
  readonly compensationItemUuid: string | null;
}

export interface PeriodStatistics {
  readonly period: string;
  readonly count: number;
  readonly consumed_sell: DecimalString;
  readonly finalized_count: number;
  readonly reconciled_count: number;
}

export interface ConsumptionStatistics {
  readonly total: number;
  readonly pending: number;
  readonly finalized: number;
  readonly reconciled: number;
  /** Of the amounts: that of most records; null where there are none. */
  readonly currency: string | null;
  readonly consumedSell: DecimalString;
  readonly adjustments: DecimalString;
  readonly periods: readonly PeriodStatistics[];
}

const PENDING = { finalizedAt: IsNull(), reversedAt: IsNull() };

/** Consumption records as they are read; records that were taken back are not listed. */
@Injectable()
export class ConsumptionRecordsService {
  constructor(@InjectRepository(ConsumptionRecord) private readonly records: Repository<ConsumptionRecord>) {}

  /** Newest month first by default. Throws `PageNotFoundError`. */
  async list(query: ListConsumptionRecordsQuery): Promise<Page<ChargedRecord>> {
    const order = orderOf(query.o, ORDER, [
      ['month', 'DESC'],
      ['created', 'DESC'],
    ]);
    const page = await paginate(this.filtered(query), query, order, (uuids) =>
      this.records.find({ where: { uuid: In([...uuids]) }, relations }),
    );
    const charged = await this.charged(page.items);
    return page.map((record) => charged.get(record.uuid)!);
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListConsumptionRecordsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `ConsumptionRecordNotFoundError`. */
  async get(uuid: string): Promise<ChargedRecord> {
    const known = parseUuid(uuid);
    const record = known && (await this.records.findOne({ where: { uuid: known, reversedAt: IsNull() }, relations }));
    if (!record) throw new ConsumptionRecordNotFoundError();
    return (await this.charged([record])).get(record.uuid)!;
  }

  /** Those not final yet, last changed first; at most 100, and how many there are. */
  async pending(): Promise<{ records: ConsumptionRecord[]; total: number }> {
    const [records, total] = await this.records.findAndCount({
      where: PENDING,
      relations: { resource: true },
      order: { modified: 'DESC', uuid: 'ASC' },
      take: PENDING_SHOWN,
    });
    return { records, total };
  }

  countPending(): Promise<number> {
    return this.records.countBy(PENDING);
  }

  /** The records of a month in some accounts' months, for a preview. */
  async ofLicense(
    { account }: BillingContext,
    licenseReference: string,
    from: YearMonth,
    to: YearMonth,
  ): Promise<Map<string, ConsumptionRecord>> {
    const found = await this.records
      .createQueryBuilder('record')
      .where('record.accountUuid = :account AND record.licenseReference = :licenseReference', {
        account: account.uuid,
        licenseReference,
      })
      .andWhere('record.month BETWEEN :from AND :to', { from: from.firstDay, to: to.firstDay })
      .getMany();
    return new Map(found.map((record) => [record.month.slice(0, 7), record]));
  }

  /** Who is charged for the licences that have a record in the month. */
  async partiesOf({ account, month }: BillingContext): Promise<Map<string, LicenseParty>> {
    const found = await this.records.findBy({ accountUuid: account.uuid, month: month.firstDay });
    return new Map(
      found.map(({ licenseReference, resourceUuid, projectUuid, customerUuid }) => [
        licenseReference,
        { licenseReference, resourceUuid, projectUuid, customerUuid, mappingUuid: null, reason: null },
      ]),
    );
  }

  /** When any record was synced last. */
  async lastSync(): Promise<Date | null> {
    const [row] = await this.records.query<{ last: Date | null }[]>(
      'SELECT max(last_sync_at) AS last FROM consumption_record',
    );
    return row!.last;
  }

  /** Records, and those of them not final. */
  async counts(): Promise<{ total: number; pending: number }> {
    const [row] = await this.records.query<{ total: number; pending: number }[]>(
      'SELECT count(*)::int AS total, (count(*) - count(finalized_at))::int AS pending FROM consumption_record WHERE reversed_at IS NULL',
    );
    return row!;
  }

  /** Counted and summed in the database, each figure once. */
  async statistics(): Promise<ConsumptionStatistics> {
    const rows =
      await this.records.query<
        (PeriodStatistics & { currency: string; pending: number; adjustments: DecimalString })[]
      >(STATISTICS);
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(row.currency, (counts.get(row.currency) ?? 0) + row.count);
    // Amounts are never added up over currencies: they are those of the one that most records have.
    const currency = [...counts].sort(([a, many], [b, more]) => more - many || a.localeCompare(b))[0]?.[0] ?? null;
    const main = rows.filter((row) => row.currency === currency);
    const periods = new Map<string, PeriodStatistics>();
    for (const { period, ...row } of rows) {
      const { count = 0, consumed_sell = '0', finalized_count = 0, reconciled_count = 0 } = periods.get(period) ?? {};
      periods.set(period, {
        period,
        count: count + row.count,
        consumed_sell: row.currency === currency ? row.consumed_sell : consumed_sell,
        finalized_count: finalized_count + row.finalized_count,
        reconciled_count: reconciled_count + row.reconciled_count,
      });
    }
    const whole = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
    const [sums] = await this.records.query<{ consumed: DecimalString; adjustments: DecimalString }[]>(
      'SELECT coalesce(sum(consumed), 0)::text AS consumed, coalesce(sum(adjustment), 0)::text AS adjustments FROM unnest($1::numeric[], $2::numeric[]) AS month (consumed, adjustment)',
      [main.map((row) => row.consumed_sell), main.map((row) => row.adjustments)],
    );
    return {
      total: whole((row) => row.count),
      pending: whole((row) => row.pending),
      finalized: whole((row) => row.finalized_count),
      reconciled: whole((row) => row.reconciled_count),
      consumedSell: sums!.consumed,
      adjustments: sums!.adjustments,
      currency,
      periods: [...periods.values()].slice(0, PERIODS_SHOWN),
    };
  }

  private async charged(records: readonly ConsumptionRecord[]): Promise<Map<string, ChargedRecord>> {
    const rows = await this.records.query<{ uuid: string; charge: string | null; compensation: string | null }[]>(
      `SELECT record.uuid, (array_agg(posting.uuid ORDER BY revision) FILTER (WHERE kind <> 'compensation'))[1] AS charge,
              (array_agg(posting.uuid ORDER BY revision DESC) FILTER (WHERE kind = 'compensation'))[1] AS compensation
       FROM consumption_record record
       JOIN invoice_posting posting ON posting.account_uuid = record.account_uuid AND posting.month = record.month
        AND posting.charge_key = 'license:' || record.license_reference
       WHERE record.uuid = ANY($1::uuid[]) GROUP BY 1`,
      [records.map((record) => record.uuid)],
    );
    const found = new Map(rows.map((row) => [row.uuid, row]));
    return new Map(
      records.map((record) => {
        const { charge = null, compensation = null } = found.get(record.uuid) ?? {};
        return [record.uuid, { record, invoiceItemUuid: charge, compensationItemUuid: compensation }];
      }),
    );
  }

  private filtered(query: ListConsumptionRecordsQuery): SelectQueryBuilder<ConsumptionRecord> {
    const { resource, resource_uuid, project_uuid, customer_uuid, license_reference, is_finalized, is_reconciled } =
      query;
    const found = this.records.createQueryBuilder('record').where('record.reversedAt IS NULL');
    if (resource) found.andWhere('record.resourceUuid = :resource', { resource });
    if (resource_uuid) found.andWhere('record.resourceUuid = :resource_uuid', { resource_uuid });
    if (project_uuid) found.andWhere('record.projectUuid = :project_uuid', { project_uuid });
    if (customer_uuid) found.andWhere('record.customerUuid = :customer_uuid', { customer_uuid });
    if (license_reference)
      found.andWhere('record.licenseReference ILIKE :license', { license: containing(license_reference) });
    if (query.billing_period) found.andWhere('record.month = :month', { month: query.billing_period });
    if (query.billing_period_from) found.andWhere('record.month >= :from', { from: query.billing_period_from });
    if (query.billing_period_to) found.andWhere('record.month <= :to', { to: query.billing_period_to });
    if (is_finalized !== undefined) found.andWhere(`record.finalizedAt IS ${is_finalized ? 'NOT ' : ''}NULL`);
    if (is_reconciled !== undefined) found.andWhere(`record.reconciledAt IS ${is_reconciled ? 'NOT ' : ''}NULL`);
    return found;
  }
}

const STATISTICS = `
  SELECT to_char(month, 'YYYY-MM') AS period, currency, count(*)::int AS count, sum(consumed_sell)::text AS consumed_sell, count(finalized_at)::int AS finalized_count,
         count(reconciled_at)::int AS reconciled_count, (count(*) - count(finalized_at))::int AS pending,
         coalesce(sum(CASE price_source WHEN 'buy' THEN final_buy - consumed_buy ELSE final_sell - consumed_sell END), 0)::text AS adjustments
  FROM consumption_record WHERE reversed_at IS NULL GROUP BY month, currency ORDER BY month DESC, currency`;
