import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import type { DecimalString } from '../../common/money.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { containing, mentions, narrow } from '../../database/paginate.js';
import { ConsumptionRecordNotFoundError } from '../core/billing.errors.js';
import { BillingSync } from '../statements/billing-sync.entity.js';
import { referenceAndStates, type StatementFilter } from '../statements/billing-syncs.repository.js';
import { ConsumptionRecord } from './consumption-record.entity.js';

/**
 * Which records are meant; what is left out does not matter. What is pending is not final. Reference and states are those
 * of a statement of the Arrow customer in that month.
 */
export interface RecordFilter extends StatementFilter {
  readonly resource?: string;
  readonly resourceUuid?: string;
  readonly projectUuid?: string;
  readonly customerUuid?: string;
  /** Part of it. */
  readonly licenseReference?: string;
  /** First days of months. */
  readonly billingPeriod?: string;
  readonly billingPeriodFrom?: string;
  readonly billingPeriodTo?: string;
  readonly isFinalized?: boolean;
  readonly isReconciled?: boolean;
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

export interface RecordCounts {
  readonly syncedCount: number;
  readonly pendingCount: number;
  readonly lastSyncRun: Date | null;
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
    (count(*) FILTER (WHERE reversed_at IS NULL))::integer AS "syncedCount",
    (count(*) FILTER (WHERE reversed_at IS NULL AND charge.closed_at IS NULL))::integer AS "pendingCount",
    max(last_sync_at) AS "lastSyncRun"
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
      AND settings.uuid = :settingsUuid
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
const IS_STATEMENT_OF_RECORD = `
  statement.account_uuid = record.account_uuid
  AND statement.month = record.month
  AND statement.arrow_customer = charge.arrow_customer
  AND statement.customer_mapping_uuid IS NOT NULL`;

const NEWEST_MONTH_FIRST = [
  ['month', 'DESC'],
  ['created', 'DESC'],
] as const;

/**
 * Consumption records as they are read, with resource, organisation, charge and its project. What was reversed is not
 * listed; what is final stands on the charge.
 */
@Injectable()
export class ConsumptionRecordsRepository extends EntityRepository<ConsumptionRecord, RecordFilter> {
  constructor(@InjectRepository(ConsumptionRecord) rows: Repository<ConsumptionRecord>) {
    super(rows, ConsumptionRecordNotFoundError, relations, NEWEST_MONTH_FIRST);
  }

  override async findAll(uuids: readonly string[]): Promise<ConsumptionRecord[]> {
    return (await super.findAll(uuids)).filter(({ reversedAt }) => !reversedAt);
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
    const [row] = await this.rows.query<RecordCounts[]>(COUNTS);
    return row!;
  }

  /** Per month and currency, newest month first. */
  async statistics(): Promise<MonthStatistics[]> {
    const rows = await this.rows.query<{ currency: string }[]>(CURRENCIES);
    const currencies = rows.map((row) => row.currency);
    return this.rows.query(STATISTICS, [currencies, currencies.map(currencyDigits)]);
  }

  protected filtered(filter: RecordFilter): SelectQueryBuilder<ConsumptionRecord> {
    const found = this.rows.createQueryBuilder('record').where('record.reversedAt IS NULL');
    narrow(found, {
      'record.resourceUuid = :resource': filter.resource,
      'record.resourceUuid = :resourceUuid': filter.resourceUuid,
      'record.projectUuid = :projectUuid': filter.projectUuid,
      'record.customerUuid = :customerUuid': filter.customerUuid,
      [mentions('record.licenseReference', 'license')]: containing(filter.licenseReference),
      'record.month = :month': filter.billingPeriod,
      'record.month >= :monthFrom': filter.billingPeriodFrom,
      'record.month <= :monthTo': filter.billingPeriodTo,
      '(charge.closedAt IS NOT NULL) = :isFinalized': filter.isFinalized,
      '(charge.closedAt IS NOT NULL) = :isReconciled': filter.isReconciled,
      [UNDER_SETTINGS]: filter.settingsUuid,
      [underMapping('customerMapping')]: filter.customerMapping,
      [underMapping('customerMappingUuid')]: filter.customerMappingUuid,
      [`to_char(record.month, 'YYYY-MM') = :period`]: filter.reportPeriod,
      [`to_char(record.month, 'YYYY-MM') >= :period_from`]: filter.reportPeriodFrom,
      [`to_char(record.month, 'YYYY-MM') <= :period_to`]: filter.reportPeriodTo,
    });
    if (filter.statementReference || filter.state !== undefined || filter.arrowState) {
      const statements = this.rows.manager.createQueryBuilder(BillingSync, 'statement').select('1');
      narrow(statements.where(IS_STATEMENT_OF_RECORD), referenceAndStates('statement', filter));
      found.andWhere(`EXISTS (${statements.getQuery()})`, statements.getParameters());
    }
    // Where nothing asks for it the charge is not joined: lists are counted faster.
    return found.getQuery().includes('charge.') ? found.innerJoin('record.charge', 'charge') : found;
  }
}
