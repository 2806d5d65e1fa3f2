import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { currencyDigits } from '../../arrow-export/currency.js';
import { renderDateTime } from '../../common/date-time.js';
import { type DecimalString, round } from '../../common/money.js';
import { PagedQuery } from '../../common/page.js';
import { renderUuid } from '../../common/uuid.js';
import { ChoicesFilter, UuidFilter } from '../../common/validation/query-fields.js';
import { MonthFilter } from '../../common/validation/month-fields.js';
import type { YearMonth } from '../../common/year-month.js';
import { reasonOf } from '../core/reasons.js';
import type { BillingSummary } from './billing-summary.service.js';
import type { Margin, RecentRecord, RecentStatement, UnlinkedSpend } from './reports.repository.js';

const FORMATS = ['json', 'csv'] as const;

export class ReportQuery extends PagedQuery {
  @ChoicesFilter(FORMATS, { description: 'csv: all rows as a file' }) format?: (typeof FORMATS)[number][];
}

export class UnlinkedSpendQuery extends ReportQuery {
  @MonthFilter({ description: 'The newest month of the account that has lines, by default' }) period?: YearMonth;
  @UuidFilter({ description: 'The active settings by default' }) settings_uuid?: string;
}

export class MarginQuery extends ReportQuery {
  @MonthFilter({ description: '11 months before `to` by default' }) from?: YearMonth;
  @MonthFilter({ description: 'The running month by default' }) to?: YearMonth;
}

@ApiSchema({ name: 'UnlinkedSpend' })
export class UnlinkedSpendRow {
  @ApiProperty({ description: 'Blank: the lines name no licence' }) license_reference: string;
  @ApiProperty() end_customer_name: string;
  @ApiProperty() vendor_name: string;
  @ApiProperty({ example: '150.00' }) amount: string;
  @ApiProperty({ example: 'EUR' }) currency: string;
  @ApiProperty() lines: number;
  @ApiProperty({ description: 'Charged to an organisation, but to no resource' }) charged: boolean;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) customer_uuid: string | null;
  @ApiProperty({ example: 'customer_not_mapped' }) reason: string;
  @ApiProperty({ description: 'What to do about it' }) fix: string;
  @ApiProperty({ example: '2026-01' }) period: string;

  static from(row: UnlinkedSpend, month: YearMonth): UnlinkedSpendRow {
    return {
      license_reference: row.licenseReference,
      end_customer_name: row.endCustomerName,
      vendor_name: row.vendorName,
      amount: inCurrency(row.amount, row.currency),
      currency: row.currency,
      lines: row.lines,
      charged: row.isCharged,
      customer_uuid: row.customerUuid && renderUuid(row.customerUuid),
      reason: row.reason,
      fix: reasonOf(row.reason).fix,
      period: month.toString(),
    };
  }
}

/** Columns of unlinked spend as CSV, in the order of the keys of a row. */
export const UNLINKED_SPEND_COLUMNS: (keyof UnlinkedSpendRow)[] = [
  'license_reference',
  'end_customer_name',
  'vendor_name',
  'amount',
  'currency',
  'lines',
  'charged',
  'customer_uuid',
  'reason',
  'fix',
  'period',
];

@ApiSchema({ name: 'Margin' })
export class MarginRow {
  @ApiProperty({ example: '2026-01' }) period: string;
  @ApiProperty() vendor_name: string;
  @ApiProperty({ example: 'EUR' }) currency: string;
  @ApiProperty({ example: '120.00' }) buy: string;
  @ApiProperty({ example: '150.00' }) sell: string;
  @ApiProperty({ example: '30.00' }) margin: string;
  @ApiProperty({ type: String, nullable: true, description: 'Of the sell price', example: '20.00' }) margin_percent:
    string | null;
  @ApiProperty() lines: number;
  @ApiProperty({ description: 'Lines that lack one of the two prices: left out of all sums here' })
  lines_without_both_prices: number;

  static from(row: Margin): MarginRow {
    return {
      period: row.period,
      vendor_name: row.vendorName,
      currency: row.currency,
      buy: inCurrency(row.buy, row.currency),
      sell: inCurrency(row.sell, row.currency),
      margin: inCurrency(row.margin, row.currency),
      margin_percent: row.marginPercent,
      lines: row.lines,
      lines_without_both_prices: row.linesWithoutBothPrices,
    };
  }
}

/** Columns of margins as CSV, in the order of the keys of a row. */
export const MARGIN_COLUMNS: (keyof MarginRow)[] = [
  'period',
  'vendor_name',
  'currency',
  'buy',
  'sell',
  'margin',
  'margin_percent',
  'lines',
  'lines_without_both_prices',
];

@ApiSchema({ name: 'CustomerBillingSummaryConsumptionRecord' })
export class SummaryConsumptionRecord {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() license_reference: string;
  @ApiProperty({ type: String, nullable: true }) resource_name: string | null;
  @ApiProperty({ format: 'date' }) billing_period: string;
  @ApiProperty({ format: 'decimal', example: '150.00' }) consumed_sell: string;
  @ApiProperty({ type: String, format: 'decimal', nullable: true }) final_sell: string | null;
  @ApiProperty() is_finalized: boolean;
  @ApiProperty() is_reconciled: boolean;

  static from(record: RecentRecord): SummaryConsumptionRecord {
    return {
      uuid: renderUuid(record.uuid),
      license_reference: record.licenseReference,
      resource_name: record.resourceName,
      billing_period: record.month,
      consumed_sell: inCurrency(record.consumedSell, record.currency),
      final_sell: record.finalSell && inCurrency(record.finalSell, record.currency),
      is_finalized: record.isClosed,
      is_reconciled: record.isClosed,
    };
  }
}

@ApiSchema({ name: 'CustomerBillingSummaryBillingSync' })
export class SummaryBillingSync {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ example: '2026-01' }) report_period: string;
  @ApiProperty({ description: '1 Pending, 2 Synced, 3 Validated, 4 Reconciled', example: '4' }) state: string;
  @ApiProperty({ type: String, format: 'decimal', nullable: true, example: '150.00' }) sell_total: string | null;
  @ApiProperty({ type: 'integer' }) items_count: number;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(statement: RecentStatement): SummaryBillingSync {
    return {
      uuid: renderUuid(statement.uuid),
      report_period: statement.period,
      state: String(statement.state),
      sell_total: inCurrency(statement.sellTotal, statement.currency),
      items_count: statement.itemCount,
      created: renderDateTime(statement.created),
    };
  }
}

@ApiSchema({ name: 'CustomerBillingSummaryResponse' })
export class BillingSummaryResponse {
  @ApiProperty({ format: 'uuid' }) customer_mapping_uuid: string;
  @ApiProperty() arrow_reference: string;
  @ApiProperty() arrow_company_name: string;
  @ApiProperty({ format: 'uuid' }) waldur_customer_uuid: string;
  @ApiProperty() waldur_customer_name: string;
  @ApiProperty({ type: String, nullable: true, description: 'Of the totals; amounts in other currencies are left out' })
  currency: string | null;
  @ApiProperty({ type: 'integer' }) total_consumption_records: number;
  @ApiProperty({ format: 'decimal', example: '150.00' }) total_consumed_sell: string;
  @ApiProperty({ type: String, format: 'decimal', nullable: true }) total_final_sell: string | null;
  @ApiProperty({ type: 'integer' }) pending_records: number;
  @ApiProperty({ type: 'integer' }) finalized_records: number;
  @ApiProperty({ type: 'integer' }) reconciled_records: number;
  @ApiProperty({ type: 'integer' }) total_billing_syncs: number;
  @ApiProperty({ type: String, format: 'decimal', nullable: true }) total_billing_sell: string | null;
  @ApiProperty({ type: [SummaryConsumptionRecord], description: 'The 20 of the newest months' })
  recent_consumption_records: SummaryConsumptionRecord[];
  @ApiProperty({ type: [SummaryBillingSync], description: 'The 20 of the newest months' })
  recent_billing_syncs: SummaryBillingSync[];
  @ApiProperty({
    description:
      'Mappings of this organisation under all accounts. With several, each record counts under one of them.',
  })
  mappings_of_customer: number;
  @ApiProperty({ enum: ['customer', 'license_owner'], description: 'Whose consumption is counted here' })
  consumption_counted_by: string;

  static from({
    mapping,
    mappingsOfCustomer,
    currency,
    records,
    statements,
    recentRecords,
    recentStatements,
  }: BillingSummary): BillingSummaryResponse {
    const amount = (value: DecimalString) => inCurrency(value, currency ?? '');
    return {
      customer_mapping_uuid: renderUuid(mapping.uuid),
      arrow_reference: mapping.arrowReference,
      arrow_company_name: mapping.arrowCompanyName,
      waldur_customer_uuid: renderUuid(mapping.waldurCustomerUuid),
      waldur_customer_name: mapping.waldurCustomer.name,
      currency,
      total_consumption_records: records.total,
      total_consumed_sell: amount(records.consumedSell),
      total_final_sell: records.finalSell && amount(records.finalSell),
      pending_records: records.pending,
      finalized_records: records.closed,
      reconciled_records: records.closed,
      total_billing_syncs: statements.total,
      total_billing_sell: statements.sell && amount(statements.sell),
      recent_consumption_records: recentRecords.map((record) => SummaryConsumptionRecord.from(record)),
      recent_billing_syncs: recentStatements.map((statement) => SummaryBillingSync.from(statement)),
      mappings_of_customer: mappingsOfCustomer,
      consumption_counted_by: mappingsOfCustomer > 1 ? 'license_owner' : 'customer',
    };
  }
}

function inCurrency(amount: DecimalString, currency: string): string {
  return round(amount, currencyDigits(currency));
}
