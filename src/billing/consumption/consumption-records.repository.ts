import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Repository, type SelectQueryBuilder } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import type { DecimalString } from '../../common/money.js';
import type { Count, Page } from '../../common/page.js';
import { containing, countOnly, mentions, type Order, paginate } from '../../database/paginate.js';
import type { ListConsumptionRecordsQuery, PendingRecordsQuery } from './consumption-record.dto.js';
import { ConsumptionRecord } from './consumption-record.entity.js';

/** Which records are meant; what is left out does not matter. What is pending is not final. */
export type RecordFilter = Partial<ListConsumptionRecordsQuery & PendingRecordsQuery>;

/** The records of a month in one currency, counted and summed. */
export interface MonthStatistics {
  /** `YYYY-MM` */
  readonly period: string;
  readonly currency: string;
  readonly records: number;
  readonly finalized: number;
  readonly consumedSell: DecimalString;
  /** Rounded finals minus rounded consumption, in the prices that are charged. */
  readonly adjustments: DecimalString;
}

export interface RecordCounts {
  readonly total: number;
  readonly pending: number;
  readonly lastSync: Date | null;
}

const relations = { resource: true, customer: true, charge: { project: true } };

const CURRENCIES = `
  SELECT DISTINCT currency
  FROM consumption_record
  WHERE reversed_at IS NULL
  ORDER BY currency`;

/** Newest month first. `$1` currencies, `$2` their digits. */
const STATISTICS = `
  SELECT
    to_char(record.month, 'YYYY-MM') AS period,
    record.currency,
    count(*)::integer AS records,
    count(charge.closed_at)::integer AS finalized,
    sum(record.consumed_sell)::text AS "consumedSell",
    coalesce(
      sum(
        CASE record.price_source
          WHEN 'buy' THEN round(charge.lines_buy, known.digits) - round(record.consumed_buy, known.digits)
          ELSE round(charge.lines_sell, known.digits) - round(record.consumed_sell, known.digits)
        END
      ) FILTER (WHERE charge.closed_at IS NOT NULL),
      0
    )::text AS adjustments
  FROM consumption_record record
  JOIN charge ON charge.uuid = record.charge_uuid
  JOIN unnest($1::text[], $2::integer[]) AS known (currency, digits) ON known.currency = record.currency
  WHERE record.reversed_at IS NULL
  GROUP BY record.month, record.currency
  ORDER BY record.month DESC, record.currency`;

const COUNTS = `
  SELECT
    (count(*) FILTER (WHERE reversed_at IS NULL))::integer AS total,
    (count(*) FILTER (WHERE reversed_at IS NULL AND charge.closed_at IS NULL))::integer AS pending,
    max(last_sync_at) AS "lastSync"
  FROM consumption_record record
  JOIN charge ON charge.uuid = record.charge_uuid`;

/** Settings of the account of a record: its own, and all of its partner. */
const OF_ACCOUNT = `
      settings.uuid = account.settings_uuid
      OR settings.partner_reference <> '' AND settings.partner_reference = account.partner_reference`;

const UNDER_SETTINGS = `
  EXISTS (
    SELECT
    FROM billing_account account
    JOIN arrow_settings settings ON ${OF_ACCOUNT}
    WHERE account.uuid = record.account_uuid
      AND settings.uuid = :settings_uuid
  )`;

const underMapping = (parameter: string) => `
  EXISTS (
    SELECT
    FROM customer_mapping mapping
    JOIN arrow_settings settings ON settings.uuid = mapping.settings_uuid
    JOIN billing_account account ON ${OF_ACCOUNT}
    WHERE account.uuid = record.account_uuid
      AND mapping.uuid = :${parameter}
      AND mapping.arrow_reference = charge.arrow_customer
  )`;

/** What each filter asks of a record. */
const CONDITIONS = {
  resource: 'record.resourceUuid = :resource',
  resource_uuid: 'record.resourceUuid = :resource_uuid',
  project_uuid: 'record.projectUuid = :project_uuid',
  customer_uuid: 'record.customerUuid = :customer_uuid',
  license_reference: mentions('record.licenseReference', 'license_reference'),
  billing_period: 'record.month = :billing_period',
  billing_period_from: 'record.month >= :billing_period_from',
  billing_period_to: 'record.month <= :billing_period_to',
  is_finalized: '(charge.closedAt IS NOT NULL) = :is_finalized',
  is_reconciled: '(charge.closedAt IS NOT NULL) = :is_reconciled',
  settings_uuid: UNDER_SETTINGS,
  customer_mapping: underMapping('customer_mapping'),
  customer_mapping_uuid: underMapping('customer_mapping_uuid'),
  report_period: `to_char(record.month, 'YYYY-MM') = :report_period`,
  report_period_from: `to_char(record.month, 'YYYY-MM') >= :report_period_from`,
  report_period_to: `to_char(record.month, 'YYYY-MM') <= :report_period_to`,
};

/** What each filter asks of one statement. */
const STATEMENT_CONDITIONS = {
  statement_reference: mentions('statement.statement_reference', 'statement_reference'),
  state: 'statement.state = :state',
  arrow_state: 'statement.arrow_state = lower(:arrow_state)',
};

/** A statement that is listed, of the Arrow customer that the record is charged by, in its month. */
const onStatement = (conditions: readonly string[]) => `
  EXISTS (
    SELECT
    FROM billing_sync statement
    WHERE statement.account_uuid = record.account_uuid
      AND statement.month = record.month
      AND statement.arrow_customer = charge.arrow_customer
      AND statement.customer_mapping_uuid IS NOT NULL
      ${conditions.map((condition) => `AND ${condition}`).join('\n      ')}
  )`;

/** Consumption records as they are read. What was taken back is not listed; what is final stands on the charge. */
@Injectable()
export class ConsumptionRecordsRepository {
  constructor(@InjectRepository(ConsumptionRecord) private readonly records: Repository<ConsumptionRecord>) {}

  /** With resource, organisation, charge and its project. Throws `PageNotFoundError`. */
  list(query: RecordFilter, order: Order): Promise<Page<ConsumptionRecord>> {
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.records.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: RecordFilter): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  find(uuid: string): Promise<ConsumptionRecord | null> {
    return this.records.findOne({ where: { uuid, reversedAt: IsNull() }, relations });
  }

  /** All that are meant, with charge and account, by month and account. */
  all(filter: RecordFilter): Promise<ConsumptionRecord[]> {
    return this.filtered(filter)
      .innerJoinAndSelect('record.charge', 'own_charge')
      .innerJoinAndSelect('record.account', 'account')
      .orderBy({ 'record.month': 'ASC', 'record.accountUuid': 'ASC', 'record.uuid': 'ASC' })
      .getMany();
  }

  /** Records, those of them that are not final, and when any was synced last. */
  async counts(): Promise<RecordCounts> {
    const [row] = await this.records.query<RecordCounts[]>(COUNTS);
    return row!;
  }

  /** Per month and currency, newest month first. */
  async statistics(): Promise<MonthStatistics[]> {
    const rows = await this.records.query<{ currency: string }[]>(CURRENCIES);
    const currencies = rows.map((row) => row.currency);
    return this.records.query(STATISTICS, [currencies, currencies.map(currencyDigits)]);
  }

  private filtered(filter: RecordFilter): SelectQueryBuilder<ConsumptionRecord> {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined);
    const of = (conditions: Readonly<Record<string, string>>) => given.flatMap(([name]) => conditions[name] ?? []);
    const ofStatement = of(STATEMENT_CONDITIONS);
    const conditions = [...of(CONDITIONS), ...(ofStatement.length ? [onStatement(ofStatement)] : [])];
    const parameters = given.map(([name, value]): [string, unknown] => [
      name,
      name === 'license_reference' || name === 'statement_reference' ? containing(String(value)) : value,
    ]);
    const found = this.records.createQueryBuilder('record').where('record.reversedAt IS NULL');
    if (conditions.some((condition) => condition.includes('charge.'))) found.innerJoin('record.charge', 'charge');
    for (const condition of conditions) found.andWhere(condition);
    return found.setParameters(Object.fromEntries(parameters));
  }
}
