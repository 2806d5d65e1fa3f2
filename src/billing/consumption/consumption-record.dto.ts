import { ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown, ShownOrNull } from '../../common/answer.js';
import { renderDateTime } from '../../common/date-time.js';
import { hyperlink } from '../../common/links.js';
import { inCurrency } from '../../arrow-export/currency.js';
import { subtract } from '../../common/money.js';
import { ListQuery, type Order, OrderFilter } from '../../common/page.js';
import {
  BooleanFilter,
  DateFilter,
  IntegerFilter,
  LinkFilter,
  TextFilter,
  UuidFilter,
} from '../../common/validation/query-fields.js';
import { Resource } from '../../directory/resource.entity.js';
import { StatementsQuery } from '../statements/billing-sync.dto.js';
import { ConsumptionRecord } from './consumption-record.entity.js';
import type { ChargedRecord, ConsumptionStatistics, ConsumptionStatus } from './consumption-records.service.js';

export class ListConsumptionRecordsQuery extends ListQuery {
  @OrderFilter({
    created: 'created',
    modified: 'modified',
    billing_period: 'month',
    license_reference: 'licenseReference',
    consumed_sell: 'consumedSell',
    consumed_buy: 'consumedBuy',
    last_sync_at: 'lastSyncAt',
  })
  declare o?: Order;
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

export class PendingRecordsQuery extends StatementsQuery {
  @TextFilter({ description: 'Part of the reference of a statement of its Arrow customer' })
  statement_reference?: string;
  @IntegerFilter({ description: 'Of such a statement: 1 Pending, 2 Synced, 3 Validated, 4 Reconciled' })
  state?: number;
  @TextFilter({ description: 'Of such a statement: pending, validated or rejected' }) arrow_state?: string;
}

@ApiSchema({ name: 'ArrowConsumptionRecord' })
export class ConsumptionRecordResponse {
  @Shown('uuid') uuid: string;
  @Shown('uri') url: string;
  @Shown('uri') resource: string;
  @Shown('uuid') resource_uuid: string;
  @Shown() resource_name: string;
  @Shown('uuid') project_uuid: string;
  @Shown() project_name: string;
  @Shown('uuid') customer_uuid: string;
  @Shown() customer_name: string;
  @Shown() license_reference: string;
  @Shown('date') billing_period: string;
  @Shown('decimal', { example: '150.0000000000' }) consumed_sell: string;
  @Shown('decimal', { example: '120.0000000000' }) consumed_buy: string;
  @ShownOrNull('decimal') final_sell: string | null;
  @ShownOrNull('decimal') final_buy: string | null;
  @Shown('uuid', { required: false, description: 'Absent where nothing is charged' })
  invoice_item_uuid?: string;
  @Shown('uuid', { required: false, description: 'Absent where nothing was corrected' })
  compensation_item_uuid?: string;
  @ShownOrNull('date-time') last_sync_at: string | null;
  @ShownOrNull('date-time') finalized_at: string | null;
  @ShownOrNull('date-time') reconciled_at: string | null;
  @Shown() is_finalized: boolean;
  @Shown() is_reconciled: boolean;
  @ShownOrNull('decimal', { description: 'Final less consumed, in the prices that are charged', example: '-4.75' })
  adjustment_amount: string | null;
  @Shown({ enum: ['sell', 'buy'], description: 'Which prices are charged' }) price_source: string;
  @Shown({ example: 'EUR' }) currency: string;
  @Shown({ description: "ArrowSphere's estimate for the running month" }) is_estimate: boolean;
  @Shown({ type: 'object', additionalProperties: true }) raw_data: Record<string, unknown>;
  @Shown('date-time') created: string;
  @Shown('date-time') modified: string;

  static from(this: void, { record, invoiceItemUuid, compensationItemUuid }: ChargedRecord): ConsumptionRecordResponse {
    const { charge } = record;
    const closedAt = charge.closedAt && renderDateTime(charge.closedAt);
    return answerOf(ConsumptionRecordResponse, record, {
      url: hyperlink(ConsumptionRecord, record.uuid),
      resource: hyperlink(Resource, record.resource),
      resource_name: record.resource.name,
      project_name: charge.project?.name ?? '',
      customer_name: record.customer.name,
      billing_period: record.month,
      final_sell: closedAt && charge.linesSell,
      final_buy: closedAt && charge.linesBuy,
      invoice_item_uuid: invoiceItemUuid ?? undefined,
      compensation_item_uuid: compensationItemUuid ?? undefined,
      finalized_at: closedAt,
      reconciled_at: closedAt,
      is_finalized: closedAt !== null,
      is_reconciled: closedAt !== null,
      adjustment_amount: adjustmentOf(record),
    });
  }
}

/** In the digits of the currency; zero is an answer, null means not final. */
function adjustmentOf({ priceSource, consumedSell, consumedBuy, currency, charge }: ConsumptionRecord): string | null {
  if (!charge.closedAt) return null;
  const [final, consumed] = priceSource === 'buy' ? [charge.linesBuy, consumedBuy] : [charge.linesSell, consumedSell];
  return inCurrency(subtract(inCurrency(final, currency), inCurrency(consumed, currency)), currency);
}

export class PendingRecord {
  @Shown('uuid') uuid: string;
  @Shown('uuid') resource_uuid: string;
  @Shown() resource_name: string;
  @Shown() license_reference: string;
  @Shown('date') billing_period: string;
  @Shown('decimal', { example: '150.00' }) consumed_sell: string;
  @ShownOrNull('date-time') last_sync_at: string | null;

  static from(this: void, record: ConsumptionRecord): PendingRecord {
    return answerOf(PendingRecord, record, {
      resource_name: record.resource.name,
      billing_period: record.month,
      consumed_sell: inCurrency(record.consumedSell, record.currency),
    });
  }
}

export class PeriodBreakdown {
  @Shown({ example: '2026-01' }) period: string;
  @Shown('integer') count: number;
  @Shown('decimal', { example: '150.00' }) consumed_sell: string;
  @Shown('integer') finalized_count: number;
  @Shown('integer') reconciled_count: number;
}

export class ConsumptionStatisticsResponse {
  @Shown('integer') total_records: number;
  @Shown('integer') pending_records: number;
  @Shown('integer') finalized_records: number;
  @Shown('integer') reconciled_records: number;
  @ShownOrNull({ description: 'Of the amounts; those in other currencies are left out' })
  currency: string | null;
  @Shown('decimal', { example: '150.00' }) total_consumed_sell: string;
  @Shown('decimal', {
    description: 'Final less consumed of all final records, in the prices that are charged',
    example: '-4.75',
  })
  total_adjustments: string;
  @Shown({ type: [PeriodBreakdown], description: 'The 12 newest months' })
  period_breakdown: PeriodBreakdown[];

  static from(statistics: ConsumptionStatistics): ConsumptionStatisticsResponse {
    const { records, finalized, periods } = statistics;
    const amountOf = (amount: string) => inCurrency(amount, statistics.currency ?? '');
    return answerOf(ConsumptionStatisticsResponse, statistics, {
      total_records: records,
      pending_records: records - finalized,
      finalized_records: finalized,
      reconciled_records: finalized,
      total_consumed_sell: amountOf(statistics.consumedSell),
      total_adjustments: amountOf(statistics.adjustments),
      period_breakdown: periods.map((period) => ({
        period: period.period,
        count: period.records,
        consumed_sell: amountOf(period.consumedSell),
        finalized_count: period.finalized,
        reconciled_count: period.finalized,
      })),
    });
  }
}

export class ConsumptionStatusResponse {
  @Shown() global_sync_enabled: boolean;
  @Shown() settings_sync_enabled: boolean;
  @ShownOrNull('uuid') settings_uuid: string | null;
  @ShownOrNull('date-time') last_sync_run: string | null;
  @Shown({ description: 'Records that are not final' }) pending_count: number;
  @Shown({ description: 'Records synced' }) synced_count: number;
  @Shown({ description: 'Licences that failed in the last consumption sync' }) failed_count: number;

  static from(this: void, status: ConsumptionStatus): ConsumptionStatusResponse {
    return answerOf(ConsumptionStatusResponse, status, {
      settings_sync_enabled: status.settings?.syncEnabled ?? false,
      settings_uuid: status.settings?.uuid ?? null,
    });
  }
}
