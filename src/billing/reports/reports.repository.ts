import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import type { DecimalString } from '../../common/money.js';
import type { MonthRange } from '../../common/year-month.js';
import type { Reason } from '../core/reasons.js';
import {
  COUNT_UNLINKED_SPEND,
  MAIN_CURRENCY,
  MARGIN,
  NEWEST_MONTH,
  RECENT_RECORDS,
  RECENT_STATEMENTS,
  RECORD_TOTALS,
  STATEMENT_TOTALS,
  UNLINKED_SPEND,
} from './report.sql.js';

/** A month of an account, and which price is charged in it. */
export interface SpendScope {
  readonly accountUuid: string;
  /** First day. */
  readonly month: string;
  readonly price: PriceSource;
}

/** Money of one licence in one month that is charged to nobody, or to an organisation without a resource. */
export interface UnlinkedSpend {
  /** `""`: the lines name none. */
  readonly licenseReference: string;
  readonly endCustomerName: string;
  readonly vendorName: string;
  readonly amount: DecimalString;
  readonly currency: string;
  readonly lines: number;
  readonly isCharged: boolean;
  readonly customerUuid: string | null;
  readonly reason: Reason;
}

/** Exact amounts in `currency`, of lines that have both prices. */
export interface Margin {
  /** `YYYY-MM` */
  readonly period: string;
  readonly vendorName: string;
  readonly currency: string;
  readonly buy: DecimalString;
  readonly sell: DecimalString;
  readonly margin: DecimalString;
  /** Of the sell price, two decimals; null where that is 0. */
  readonly marginPercent: DecimalString | null;
  readonly lines: number;
  readonly linesWithoutBothPrices: number;
}

/** Whose consumption counts for a mapping. */
export interface RecordScope {
  readonly customerUuid: string;
  readonly arrowCustomers: readonly string[];
  /** Those are left out; otherwise only those count. */
  readonly isExclusion: boolean;
}

export interface RecordTotals {
  readonly total: number;
  readonly pending: number;
  readonly closed: number;
  readonly consumedSell: DecimalString;
  /** Null where nothing is closed. */
  readonly finalSell: DecimalString | null;
}

export interface RecentRecord {
  readonly uuid: string;
  readonly licenseReference: string;
  readonly resourceName: string | null;
  readonly month: string;
  readonly currency: string;
  readonly consumedSell: DecimalString;
  readonly finalSell: DecimalString | null;
  readonly isClosed: boolean;
}

export interface StatementTotals {
  readonly total: number;
  readonly sell: DecimalString | null;
}

export interface RecentStatement {
  readonly uuid: string;
  readonly period: string;
  readonly state: number;
  readonly currency: string;
  readonly sellTotal: DecimalString;
  readonly itemCount: number;
  readonly created: Date;
}

/** What people ask of billing beside the invoices themselves. */
@Injectable()
export class ReportsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** First day; null where the account has no lines. */
  async newestMonth(accountUuid: string): Promise<string | null> {
    const [row] = await this.dataSource.query<{ month: string | null }[]>(NEWEST_MONTH, [accountUuid]);
    return row!.month;
  }

  /** Largest amount first. */
  unlinkedSpend({ accountUuid, month, price }: SpendScope, limit: number, skip: number): Promise<UnlinkedSpend[]> {
    return this.dataSource.query(UNLINKED_SPEND(price), [accountUuid, month, limit, skip]);
  }

  async countUnlinkedSpend({ accountUuid, month, price }: SpendScope): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(COUNT_UNLINKED_SPEND(price), [accountUuid, month]);
    return row!.count;
  }

  /** Of what is billed through a mapping, newest month first. */
  margin(mappingUuid: string, { from, to }: MonthRange): Promise<Margin[]> {
    return this.dataSource.query(MARGIN, [mappingUuid, from.firstDay, to.firstDay]);
  }

  /** Null where there is nothing yet. */
  async mainCurrency(scope: RecordScope, mappingUuid: string): Promise<string | null> {
    const parameters = [...parametersOf(scope), mappingUuid];
    const [row] = await this.dataSource.query<{ currency: string | null }[]>(MAIN_CURRENCY, parameters);
    return row!.currency;
  }

  /** Amounts in that currency. */
  async recordTotals(scope: RecordScope, currency: string | null): Promise<RecordTotals> {
    const [row] = await this.dataSource.query<RecordTotals[]>(RECORD_TOTALS, [...parametersOf(scope), currency]);
    return row!;
  }

  recentRecords(scope: RecordScope, limit: number): Promise<RecentRecord[]> {
    return this.dataSource.query(RECENT_RECORDS, [...parametersOf(scope), limit]);
  }

  /** The amount in that currency. */
  async statementTotals(mappingUuid: string, currency: string | null): Promise<StatementTotals> {
    const [row] = await this.dataSource.query<StatementTotals[]>(STATEMENT_TOTALS, [mappingUuid, currency]);
    return row!;
  }

  recentStatements(mappingUuid: string, limit: number): Promise<RecentStatement[]> {
    return this.dataSource.query(RECENT_STATEMENTS, [mappingUuid, limit]);
  }
}

function parametersOf({ customerUuid, arrowCustomers, isExclusion }: RecordScope): unknown[] {
  return [customerUuid, arrowCustomers, isExclusion];
}
