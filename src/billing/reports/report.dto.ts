import { ApiSchema } from '@nestjs/swagger';
import { inCurrency } from '../../arrow-export/currency.js';
import { answerOf, Shown, ShownOrNull } from '../../common/answer.js';
import { FileQuery } from '../../common/csv.js';
import type { DecimalString } from '../../common/money.js';
import { UuidFilter } from '../../common/validation/query-fields.js';
import { MonthFilter } from '../../common/validation/month-fields.js';
import { KnownNamesOnly } from '../../common/validation/validation.pipe.js';
import type { YearMonth } from '../../common/year-month.js';
import type { ConsumptionRecord } from '../consumption/consumption-record.entity.js';
import { reasonOf } from '../core/reasons.js';
import type { BillingSync } from '../statements/billing-sync.entity.js';
import type { BillingSummary, Margin, UnlinkedSpend } from './reports.repository.js';

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
  @Shown({ description: 'Blank: the lines name no licence' }) license_reference: string;
  @Shown() end_customer_name: string;
  @Shown() vendor_name: string;
  @Shown({ example: '150.00' }) amount: string;
  @Shown({ example: 'EUR' }) currency: string;
  @Shown() lines: number;
  @Shown({ description: 'Charged to an organisation, but to no resource' }) charged: boolean;
  @ShownOrNull('uuid') customer_uuid: string | null;
  @Shown({ example: 'customer_not_mapped' }) reason: string;
  @Shown({ description: 'What to do about it' }) fix: string;
  @Shown({ example: '2026-01' }) period: string;

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
  @Shown({ example: '2026-01' }) period: string;
  @Shown() vendor_name: string;
  @Shown({ example: 'EUR' }) currency: string;
  @Shown({ example: '120.00' }) buy: string;
  @Shown({ example: '150.00' }) sell: string;
  @Shown({ example: '30.00' }) margin: string;
  @ShownOrNull({ description: 'Of the sell price', example: '20.00' }) margin_percent: string | null;
  @Shown() lines: number;
  @Shown({ description: 'Lines that lack one of the two prices: left out of all sums here' })
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
  @Shown('uuid') uuid: string;
  @Shown() license_reference: string;
  @ShownOrNull() resource_name: string | null;
  @Shown('date') billing_period: string;
  @Shown('decimal', { example: '150.00' }) consumed_sell: string;
  @ShownOrNull('decimal') final_sell: string | null;
  @Shown() is_finalized: boolean;
  @Shown() is_reconciled: boolean;

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
  @Shown('uuid') uuid: string;
  @Shown({ example: '2026-01' }) report_period: string;
  @Shown({ description: '1 Pending, 2 Synced, 3 Validated, 4 Reconciled', example: '4' }) state: string;
  @ShownOrNull('decimal', { example: '150.00' }) sell_total: string | null;
  @Shown('integer') items_count: number;
  @Shown('date-time') created: string;

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
  @Shown('uuid') customer_mapping_uuid: string;
  @Shown() arrow_reference: string;
  @Shown() arrow_company_name: string;
  @Shown('uuid') waldur_customer_uuid: string;
  @Shown() waldur_customer_name: string;
  @ShownOrNull({ description: 'Of the totals; amounts in other currencies are left out' })
  currency: string | null;
  @Shown('integer') total_consumption_records: number;
  @Shown('decimal', { example: '150.00' }) total_consumed_sell: string;
  @ShownOrNull('decimal') total_final_sell: string | null;
  @Shown('integer') pending_records: number;
  @Shown('integer') finalized_records: number;
  @Shown('integer') reconciled_records: number;
  @Shown('integer') total_billing_syncs: number;
  @ShownOrNull('decimal') total_billing_sell: string | null;
  @Shown({ type: [SummaryConsumptionRecord], description: 'The 20 of the newest months' })
  recent_consumption_records: SummaryConsumptionRecord[];
  @Shown({ type: [SummaryBillingSync], description: 'The 20 of the newest months' })
  recent_billing_syncs: SummaryBillingSync[];
  @Shown({
    description:
      'Mappings of this organisation under all accounts. With several, each record counts under one of them.',
  })
  mappings_of_customer: number;
  @Shown({ enum: ['customer', 'license_owner'], description: 'Whose consumption is counted here' })
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
