import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PagedQuery } from '../../common/page.js';
import { ChoicesFilter, UuidFilter } from '../../common/validation/query-fields.js';
import { MonthFilter } from '../../common/validation/month-fields.js';
import type { YearMonth } from '../../common/year-month.js';

const FORMATS = ['json', 'csv'] as const;

class ReportQuery extends PagedQuery {
  @ChoicesFilter(FORMATS, { description: 'csv: all rows as a file' }) format?: (typeof FORMATS)[number][];
}

export class ExplainQuery extends ReportQuery {}

export class UnlinkedSpendQuery extends ReportQuery {
  @MonthFilter({ description: 'The running month by default' }) period?: YearMonth;
  @UuidFilter({ description: 'The active settings by default' }) settings_uuid?: string;
}

export class MarginQuery extends ReportQuery {
  @MonthFilter({ description: '11 months before `to` by default' }) from?: YearMonth;
  @MonthFilter({ description: 'The running month by default' }) to?: YearMonth;
}

@ApiSchema({ name: 'ExplainedPosting' })
export class ExplainedPosting {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ description: 'No two entries can have the same' }) idempotency_key: string;
  @ApiProperty() kind: string;
  @ApiProperty({ example: '-4.75' }) amount: string;
  @ApiProperty({ description: 'What the charge stood at, exact', example: '145.25' }) target: string;
  @ApiProperty({ format: 'uuid' }) invoice_uuid: string;
  @ApiProperty({ example: '2026-01' }) invoice_month: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) job_uuid: string | null;
  @ApiProperty({ format: 'date-time' }) created: string;
}

@ApiSchema({ name: 'ExplainedLine' })
export class ExplainedLine {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() arrow_line_reference: string;
  @ApiProperty({ description: 'Of lines with the same licence and key: which' }) occurrence: number;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Cells as ArrowSphere sent them, by label' })
  raw: Record<string, string | null>;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What was made of them' }) normalised: Record<
    string,
    unknown
  >;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Who pays, and by which reference that was found',
  })
  match: Record<string, unknown>;
  @ApiProperty() charge_key: string;
  @ApiProperty({ type: [ExplainedPosting] }) postings: ExplainedPosting[];
  @ApiProperty({ example: '145.25' }) posted: string;
  @ApiProperty({ description: 'In a sentence' }) why: string;
}

@ApiSchema({ name: 'UnlinkedSpend' })
export class UnlinkedSpendRow {
  @ApiProperty({ description: 'Blank: the lines name no licence' }) license_reference: string;
  @ApiProperty() end_customer_name: string;
  @ApiProperty() vendor_name: string;
  @ApiProperty({ example: '150.00' }) amount: string;
  @ApiProperty({ example: 'EUR' }) currency: string;
  @ApiProperty() lines: number;
  @ApiProperty({ description: 'Charged to an organisation though it hangs on no resource' }) charged: boolean;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) customer_uuid: string | null;
  @ApiProperty({ example: 'customer_not_mapped' }) reason: string;
  @ApiProperty({ description: 'What to do about it' }) fix: string;
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
}

@ApiSchema({ name: 'CustomerBillingSummaryBillingSync' })
export class SummaryBillingSync {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ example: '2026-01' }) report_period: string;
  @ApiProperty({ description: '1 Pending, 2 Synced, 3 Validated, 4 Reconciled', example: '4' }) state: string;
  @ApiProperty({ type: String, format: 'decimal', nullable: true, example: '150.00' }) sell_total: string | null;
  @ApiProperty({ type: 'integer' }) items_count: number;
  @ApiProperty({ format: 'date-time' }) created: string;
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
      'Mappings of this organisation under all accounts. With more than one, each licence is counted under the mapping of its ArrowSphere customer, and so once.',
  })
  mappings_of_customer: number;
  @ApiProperty({ enum: ['customer', 'license_owner'], description: 'Whose consumption is counted here' })
  consumption_counted_by: string;
}
