import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import type { DecimalString } from '../../common/money.js';
import type { MonthRange } from '../../common/year-month.js';
import type { CustomerMapping } from '../../mappings/customer-mapping.entity.js';
import { ConsumptionRecord } from '../consumption/consumption-record.entity.js';
import type { Reason } from '../core/reasons.js';
import type { BillingSyncItem } from '../statements/billing-sync-item.entity.js';
import { BillingSync } from '../statements/billing-sync.entity.js';
import { COUNT_UNLINKED_SPEND, MARGIN, NEWEST_MONTH, TOTALS, UNLINKED_SPEND } from './report.sql.js';

/** A month of an account, and which price is charged in it. */
export interface SpendScope {
  readonly accountUuid: string;
  /** First day. */
  readonly month: string;
  readonly price: PriceSource;
}

/** Money of one licence in one month that is charged to nobody, or to an organisation without a resource. */
export interface UnlinkedSpend extends Pick<
  BillingSyncItem,
  'licenseReference' | 'endCustomerName' | 'vendorName' | 'currency'
> {
  readonly amount: DecimalString;
  readonly lines: number;
  readonly charged: boolean;
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

/** What counts for a mapping. */
export interface SummaryScope {
  readonly mappingUuid: string;
  readonly customerUuid: string;
  readonly arrowCustomers: readonly string[];
  /** Records of those are left out; otherwise only those count. */
  readonly isExclusion: boolean;
}

/** Amounts in `currency`, the most used one; null where there is nothing yet. */
export interface SummaryTotals {
  readonly currency: string | null;
  readonly records: number;
  readonly closed: number;
  readonly consumedSell: DecimalString;
  /** Null where nothing is closed. */
  readonly finalSell: DecimalString | null;
  readonly statements: number;
  readonly billedSell: DecimalString | null;
}

/** What a mapped customer consumed and was billed. */
export interface BillingSummary {
  readonly mapping: CustomerMapping;
  /** Mappings of its organisation under all accounts. */
  readonly mappingsOfCustomer: number;
  readonly totals: SummaryTotals;
  /** With resource and charge. */
  readonly records: readonly ConsumptionRecord[];
  readonly statements: readonly BillingSync[];
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

  async totals({ customerUuid, arrowCustomers, isExclusion, mappingUuid }: SummaryScope): Promise<SummaryTotals> {
    const parameters = [customerUuid, arrowCustomers, isExclusion, mappingUuid];
    const [row] = await this.dataSource.query<SummaryTotals[]>(TOTALS, parameters);
    return row!;
  }

  /** With resource and charge, newest month first. */
  recentRecords(scope: SummaryScope, limit: number): Promise<ConsumptionRecord[]> {
    const { customerUuid, arrowCustomers, isExclusion } = scope;
    return this.dataSource
      .createQueryBuilder(ConsumptionRecord, 'record')
      .innerJoinAndSelect('record.charge', 'charge')
      .innerJoinAndSelect('record.resource', 'resource')
      .where('record.customerUuid = :customerUuid AND record.reversedAt IS NULL', { customerUuid })
      .andWhere('(charge.arrowCustomer = ANY(:arrowCustomers)) <> :isExclusion', { arrowCustomers, isExclusion })
      .orderBy({ 'record.month': 'DESC', 'record.uuid': 'ASC' })
      .limit(limit)
      .getMany();
  }

  /** Newest month first. */
  recentStatements({ mappingUuid: customerMappingUuid }: SummaryScope, take: number): Promise<BillingSync[]> {
    const order = { month: 'DESC', created: 'DESC', uuid: 'ASC' } as const;
    return this.dataSource.manager.find(BillingSync, { where: { customerMappingUuid }, order, take });
  }
}
