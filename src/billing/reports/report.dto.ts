import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { currencyDigits } from '../../arrow-export/currency.js';
import { answerOf } from '../../common/answer.js';
import { FileQuery } from '../../common/csv.js';
import { type DecimalString, round } from '../../common/money.js';
import { UuidFilter } from '../../common/validation/query-fields.js';
import { MonthFilter } from '../../common/validation/month-fields.js';
import { KnownNamesOnly } from '../../common/validation/validation.pipe.js';
import type { YearMonth } from '../../common/year-month.js';
import type { ConsumptionRecord } from '../consumption/consumption-record.entity.js';
import { reasonOf } from '../core/reasons.js';
import type { BillingSync } from '../statements/billing-sync.entity.js';
import type { Margin, UnlinkedSpend } from './reports.repository.js';
import type { BillingSummary } from './reports.service.js';

@KnownNamesOnly()
export class ExplainQuery extends FileQuery {}

@KnownNamesOnly()
export class UnlinkedSpendQuery extends FileQuery {
  @MonthFilter({ description: 'The newest month of the account that has lines, by default' }) period?: YearMonth;
  @UuidFilter({ description: 'The active settings by default' }) settings_uuid?: string;
}

@KnownNamesOnly()
export class MarginQuery extends FileQuery {
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
    return answerOf(UnlinkedSpendRow, row, {
      amount: inCurrency(row.amount, row.currency),
      fix: reasonOf(row.reason).fix,
      period: month.toString(),
    });
  }
}

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

  static from(this: void, row: Margin): MarginRow {
    return answerOf(MarginRow, row, {
      buy: inCurrency(row.buy, row.currency),
      sell: inCurrency(row.sell, row.currency),
      margin: inCurrency(row.margin, row.currency),
    });
  }
}

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

  static from(this: void, record: ConsumptionRecord): SummaryConsumptionRecord {
    const { currency, charge } = record;
    const isClosed = charge.closedAt !== null;
    return answerOf(SummaryConsumptionRecord, record, {
      resource_name: record.resource.name,
      billing_period: record.month,
      consumed_sell: inCurrency(record.consumedSell, currency),
      final_sell: isClosed ? inCurrency(charge.linesSell, currency) : null,
      is_finalized: isClosed,
      is_reconciled: isClosed,
    });
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

  static from(this: void, statement: BillingSync): SummaryBillingSync {
    return answerOf(SummaryBillingSync, statement, {
      report_period: statement.month.slice(0, 7),
      state: String(statement.state),
      sell_total: inCurrency(statement.sellTotal, statement.currency),
      items_count: statement.itemCount,
    });
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

  static from(summary: BillingSummary): BillingSummaryResponse {
    const { mapping, mappingsOfCustomer, totals } = summary;
    const amount = (value: DecimalString) => inCurrency(value, totals.currency ?? '');
    return answerOf(BillingSummaryResponse, mapping, {
      customer_mapping_uuid: mapping.uuid,
      waldur_customer_name: mapping.waldurCustomer.name,
      currency: totals.currency,
      total_consumption_records: totals.records,
      total_consumed_sell: amount(totals.consumedSell),
      total_final_sell: totals.finalSell && amount(totals.finalSell),
      pending_records: totals.records - totals.closed,
      finalized_records: totals.closed,
      reconciled_records: totals.closed,
      total_billing_syncs: totals.statements,
      total_billing_sell: totals.billedSell && amount(totals.billedSell),
      recent_consumption_records: summary.records.map(SummaryConsumptionRecord.from),
      recent_billing_syncs: summary.statements.map(SummaryBillingSync.from),
      mappings_of_customer: mappingsOfCustomer,
      consumption_counted_by: mappingsOfCustomer > 1 ? 'license_owner' : 'customer',
    });
  }
}

function inCurrency(amount: DecimalString, currency: string): string {
  return round(amount, currencyDigits(currency));
}
