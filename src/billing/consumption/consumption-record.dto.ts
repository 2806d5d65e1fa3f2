import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../../common/date-time.js';
import { hyperlink } from '../../common/links.js';
import { round, subtract } from '../../common/money.js';
import { Counted, ListQuery } from '../../common/page.js';
import { renderUuid } from '../../common/uuid.js';
import { BooleanFilter, DateFilter, LinkFilter, TextFilter, UuidFilter } from '../../common/validation/query-fields.js';
import { Resource } from '../../directory/resource.entity.js';
import { ConsumptionRecord } from './consumption-record.entity.js';
import type { ChargedRecord, ConsumptionStatistics } from './consumption-records.service.js';

export class ListConsumptionRecordsQuery extends ListQuery {
  @LinkFilter(() => Resource, { aliases: Resource.aliases }) resource?: string;
  @UuidFilter() resource_uuid?: string;
  @UuidFilter() project_uuid?: string;
  @UuidFilter() customer_uuid?: string;
  @TextFilter({ description: 'Part of the licence reference' }) license_reference?: string;
  @DateFilter({ description: 'First day of the month', example: '2026-01-01' }) billing_period?: string;
  @DateFilter() billing_period_from?: string;
  @DateFilter() billing_period_to?: string;
  @BooleanFilter() is_finalized?: boolean;
  @BooleanFilter() is_reconciled?: boolean;
}

/** Ten decimals, as Waldur writes stored amounts. */
const stored = (amount: string | null) => amount && round(amount, 10);

@ApiSchema({ name: 'ArrowConsumptionRecord' })
export class ConsumptionRecordResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uri' }) resource: string;
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty({ format: 'uuid' }) project_uuid: string;
  @ApiProperty() project_name: string;
  @ApiProperty({ format: 'uuid' }) customer_uuid: string;
  @ApiProperty() customer_name: string;
  @ApiProperty() license_reference: string;
  @ApiProperty({ format: 'date' }) billing_period: string;
  @ApiProperty({ format: 'decimal', example: '150.0000000000' }) consumed_sell: string;
  @ApiProperty({ format: 'decimal', example: '120.0000000000' }) consumed_buy: string;
  @ApiProperty({ type: String, format: 'decimal', nullable: true }) final_sell: string | null;
  @ApiProperty({ type: String, format: 'decimal', nullable: true }) final_buy: string | null;
  @ApiProperty({ format: 'uuid', required: false, description: 'Absent where nothing is charged' })
  invoice_item_uuid?: string;
  @ApiProperty({ format: 'uuid', required: false, description: 'Absent where nothing was corrected' })
  compensation_item_uuid?: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) last_sync_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finalized_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) reconciled_at: string | null;
  @ApiProperty() is_finalized: boolean;
  @ApiProperty() is_reconciled: boolean;
  @ApiProperty({
    format: 'decimal',
    type: String,
    nullable: true,
    description: 'Final less consumed, in the prices that are charged',
    example: '-4.75',
  })
  adjustment_amount: string | null;
  @ApiProperty({ enum: ['sell', 'buy'], description: 'Which prices are charged' }) price_source: string;
  @ApiProperty({ example: 'EUR' }) currency: string;
  @ApiProperty({ description: "ArrowSphere's estimate for the running month" }) is_estimate: boolean;
  @ApiProperty({ type: 'object', additionalProperties: true }) raw_data: Record<string, unknown>;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ format: 'date-time' }) modified: string;

  static from(this: void, { record, invoiceItemUuid, compensationItemUuid }: ChargedRecord): ConsumptionRecordResponse {
    const time = (date: Date | null) => date && renderDateTime(date);
    return {
      uuid: renderUuid(record.uuid),
      url: hyperlink(ConsumptionRecord, record.uuid),
      resource: hyperlink(Resource, record.resourceUuid),
      resource_uuid: renderUuid(record.resourceUuid),
      resource_name: record.resource.name,
      project_uuid: renderUuid(record.projectUuid),
      project_name: record.resource.project.name,
      customer_uuid: renderUuid(record.customerUuid),
      customer_name: record.customer.name,
      license_reference: record.licenseReference,
      billing_period: record.month,
      consumed_sell: stored(record.consumedSell)!,
      consumed_buy: stored(record.consumedBuy)!,
      final_sell: stored(record.finalSell),
      final_buy: stored(record.finalBuy),
      ...(invoiceItemUuid ? { invoice_item_uuid: renderUuid(invoiceItemUuid) } : {}),
      ...(compensationItemUuid ? { compensation_item_uuid: renderUuid(compensationItemUuid) } : {}),
      last_sync_at: time(record.lastSyncAt),
      finalized_at: time(record.finalizedAt),
      reconciled_at: time(record.reconciledAt),
      is_finalized: record.finalizedAt !== null,
      is_reconciled: record.reconciledAt !== null,
      adjustment_amount: adjustmentOf(record),
      price_source: record.priceSource,
      currency: record.currency,
      is_estimate: record.isEstimate,
      raw_data: record.rawData,
      created: renderDateTime(record.created),
      modified: renderDateTime(record.modified),
    };
  }
}

/** Two decimals; zero is an answer, null means not final. */
export function adjustmentOf({
  priceSource,
  finalSell,
  finalBuy,
  consumedSell,
  consumedBuy,
}: ConsumptionRecord): string | null {
  const [final, consumed] = priceSource === 'buy' ? [finalBuy, consumedBuy] : [finalSell, consumedSell];
  return final === null ? null : round(subtract(final, consumed), 2);
}

@ApiSchema({ name: 'PendingRecord' })
export class PendingRecordResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty() license_reference: string;
  @ApiProperty({ format: 'date' }) billing_period: string;
  @ApiProperty({ format: 'decimal', example: '150.00' }) consumed_sell: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) last_sync_at: string | null;

  static list({
    records,
    total,
  }: {
    records: readonly ConsumptionRecord[];
    total: number;
  }): Counted<PendingRecordResponse[]> {
    return new Counted(records.map(PendingRecordResponse.from), total);
  }

  static from(this: void, record: ConsumptionRecord): PendingRecordResponse {
    return {
      uuid: renderUuid(record.uuid),
      resource_uuid: renderUuid(record.resourceUuid),
      resource_name: record.resource.name,
      license_reference: record.licenseReference,
      billing_period: record.month,
      consumed_sell: round(record.consumedSell, 2),
      last_sync_at: record.lastSyncAt && renderDateTime(record.lastSyncAt),
    };
  }
}

@ApiSchema({ name: 'PeriodBreakdown' })
export class PeriodBreakdownResponse {
  @ApiProperty({ example: '2026-01' }) period: string;
  @ApiProperty({ type: 'integer' }) count: number;
  @ApiProperty({ format: 'decimal', example: '150.00' }) consumed_sell: string;
  @ApiProperty({ type: 'integer' }) finalized_count: number;
  @ApiProperty({ type: 'integer' }) reconciled_count: number;
}

@ApiSchema({ name: 'ConsumptionStatisticsResponse' })
export class ConsumptionStatisticsResponse {
  @ApiProperty({ type: 'integer' }) total_records: number;
  @ApiProperty({ type: 'integer' }) pending_records: number;
  @ApiProperty({ type: 'integer' }) finalized_records: number;
  @ApiProperty({ type: 'integer' }) reconciled_records: number;
  @ApiProperty({ type: String, nullable: true, description: 'Of the amounts; those in other currencies are left out' })
  currency: string | null;
  @ApiProperty({ format: 'decimal', example: '150.00' }) total_consumed_sell: string;
  @ApiProperty({
    format: 'decimal',
    description: 'Final less consumed of all final records, in the prices that are charged',
    example: '-4.75',
  })
  total_adjustments: string;
  @ApiProperty({ type: [PeriodBreakdownResponse], description: 'The 12 newest months' })
  period_breakdown: PeriodBreakdownResponse[];

  static from(statistics: ConsumptionStatistics): ConsumptionStatisticsResponse {
    return {
      total_records: statistics.total,
      pending_records: statistics.pending,
      finalized_records: statistics.finalized,
      reconciled_records: statistics.reconciled,
      currency: statistics.currency,
      total_consumed_sell: round(statistics.consumedSell, 2),
      total_adjustments: round(statistics.adjustments, 2),
      period_breakdown: statistics.periods.map((period) => ({
        ...period,
        consumed_sell: round(period.consumed_sell, 2),
      })),
    };
  }
}
