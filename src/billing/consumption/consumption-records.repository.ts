import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Repository, type SelectQueryBuilder } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import type { DecimalString } from '../../common/money.js';
import type { Count, ListQuery, Page } from '../../common/page.js';
import { YearMonth } from '../../common/year-month.js';
import { containing, countOnly, type Order, paginate } from '../../database/paginate.js';
import { ConsumptionRecord } from './consumption-record.entity.js';

/** Which records are meant; what is left out does not matter. Months are first days. */
export interface RecordFilter {
  readonly resource?: string;
  readonly resource_uuid?: string;
  readonly project_uuid?: string;
  readonly customer_uuid?: string;
  readonly license_reference?: string;
  readonly billing_period?: string;
  readonly billing_period_from?: string;
  readonly billing_period_to?: string;
  readonly is_finalized?: boolean;
  readonly is_reconciled?: boolean;
}

/** Which records that are not final are meant, by their mapping, month and statement. Months are `YYYY-MM`. */
export interface PendingFilter {
  readonly customer_mapping?: string;
  readonly customer_mapping_uuid?: string;
  readonly settings_uuid?: string;
  readonly report_period?: string;
  readonly report_period_from?: string;
  readonly report_period_to?: string;
  readonly statement_reference?: string;
  readonly state?: number;
  readonly arrow_state?: string;
}

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
    count(*)::integer AS total,
    (count(*) FILTER (WHERE charge.closed_at IS NULL))::integer AS pending
  FROM consumption_record record
  JOIN charge ON charge.uuid = record.charge_uuid
  WHERE record.reversed_at IS NULL`;

const LAST_SYNC = `
  SELECT max(last_sync_at) AS last
  FROM consumption_record`;

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
  list(query: ListQuery & RecordFilter, order: Order): Promise<Page<ConsumptionRecord>> {
    return paginate(this.filtered(query), query, order, (uuids) => this.load(uuids));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListQuery & RecordFilter): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  find(uuid: string): Promise<ConsumptionRecord | null> {
    return this.records.findOne({ where: { uuid, reversedAt: IsNull() }, relations });
  }

  /** As {@link list}, those that are not final. Throws `PageNotFoundError`. */
  listPending(query: ListQuery & PendingFilter, order: Order): Promise<Page<ConsumptionRecord>> {
    return paginate(this.pending(query), query, order, (uuids) => this.load(uuids));
  }

  /** Throws `PageNotFoundError`. */
  countPending(query: ListQuery & PendingFilter): Promise<Count> {
    return countOnly(this.pending(query), query);
  }

  /** When any record was synced last. */
  async lastSync(): Promise<Date | null> {
    const [row] = await this.records.query<{ last: Date | null }[]>(LAST_SYNC);
    return row!.last;
  }

  /** Records, and those of them that are not final. */
  async counts(): Promise<{ readonly total: number; readonly pending: number }> {
    const [row] = await this.records.query<{ total: number; pending: number }[]>(COUNTS);
    return row!;
  }

  /** Per month and currency, newest month first. */
  async statistics(): Promise<MonthStatistics[]> {
    const rows = await this.records.query<{ currency: string }[]>(CURRENCIES);
    const currencies = rows.map((row) => row.currency);
    return this.records.query(STATISTICS, [currencies, currencies.map(currencyDigits)]);
  }

  private load(uuids: readonly string[]): Promise<ConsumptionRecord[]> {
    return this.records.find({ where: { uuid: In([...uuids]) }, relations });
  }

  private filtered(filter: RecordFilter): SelectQueryBuilder<ConsumptionRecord> {
    const { resource, resource_uuid, project_uuid, customer_uuid, license_reference } = filter;
    const { billing_period, billing_period_from, billing_period_to, is_finalized, is_reconciled } = filter;
    const found = this.records.createQueryBuilder('record').where('record.reversedAt IS NULL');
    if (resource) found.andWhere('record.resourceUuid = :resource', { resource });
    if (resource_uuid) found.andWhere('record.resourceUuid = :resource_uuid', { resource_uuid });
    if (project_uuid) found.andWhere('record.projectUuid = :project_uuid', { project_uuid });
    if (customer_uuid) found.andWhere('record.customerUuid = :customer_uuid', { customer_uuid });
    if (license_reference)
      found.andWhere('record.licenseReference ILIKE :license', { license: containing(license_reference) });
    if (billing_period) found.andWhere('record.month = :month', { month: billing_period });
    if (billing_period_from) found.andWhere('record.month >= :from', { from: billing_period_from });
    if (billing_period_to) found.andWhere('record.month <= :to', { to: billing_period_to });
    if (is_finalized !== undefined || is_reconciled !== undefined) found.innerJoin('record.charge', 'charge');
    for (const isFinal of [is_finalized, is_reconciled])
      if (isFinal !== undefined) found.andWhere(`charge.closedAt IS ${isFinal ? 'NOT ' : ''}NULL`);
    return found;
  }

  private pending(filter: PendingFilter): SelectQueryBuilder<ConsumptionRecord> {
    const { customer_mapping, customer_mapping_uuid, settings_uuid, statement_reference, state, arrow_state } = filter;
    const { report_period, report_period_from, report_period_to } = filter;
    const found = this.records
      .createQueryBuilder('record')
      .innerJoin('record.charge', 'charge')
      .where('record.reversedAt IS NULL')
      .andWhere('charge.closedAt IS NULL');
    if (settings_uuid) found.andWhere(UNDER_SETTINGS, { settings_uuid });
    if (customer_mapping) found.andWhere(underMapping('customer_mapping'), { customer_mapping });
    if (customer_mapping_uuid) found.andWhere(underMapping('customer_mapping_uuid'), { customer_mapping_uuid });
    if (report_period) {
      const month = YearMonth.parse(report_period);
      // A text that is no month matches nothing.
      if (month) found.andWhere('record.month = :month', { month: month.firstDay });
      else found.andWhere('false');
    }
    if (report_period_from) found.andWhere(`to_char(record.month, 'YYYY-MM') >= :from`, { from: report_period_from });
    if (report_period_to) found.andWhere(`to_char(record.month, 'YYYY-MM') <= :to`, { to: report_period_to });
    const ofStatement = [
      ...(statement_reference ? ['statement.statement_reference ILIKE :statement'] : []),
      ...(state !== undefined ? ['statement.state = :state'] : []),
      ...(arrow_state ? ['statement.arrow_state = lower(:arrow_state)'] : []),
    ];
    if (ofStatement.length)
      found.andWhere(onStatement(ofStatement), {
        statement: containing(statement_reference ?? ''),
        state,
        arrow_state,
      });
    return found;
  }
}
