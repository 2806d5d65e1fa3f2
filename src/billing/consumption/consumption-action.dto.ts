import { ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown, ShownOrNull } from '../../common/answer.js';
import { BooleanField, UuidField } from '../../common/validation/body-fields.js';
import { MonthField } from '../../common/validation/month-fields.js';
import type { YearMonth } from '../../common/year-month.js';
import type { CleanUpConsumption, CleanupReport } from './consumption-cleanup.service.js';
import type { HistoryReport, PreviewedMonth, SyncHistory } from './historical-consumption.service.js';

@ApiSchema({ name: 'CleanupConsumptionRequest' })
export class CleanupConsumptionDto {
  @MonthField() period_from?: YearMonth;
  @MonthField() period_to?: YearMonth;
  @UuidField() resource_uuid?: string;
  @BooleanField({ default: false }) only_finalized?: boolean;
  @BooleanField({ default: false }) only_unfinalized?: boolean;
  @BooleanField({ default: true, description: 'Only count; nothing is changed' }) dry_run?: boolean;
  @BooleanField({
    default: false,
    description: 'Also what is closed: it is provisional again until the next reconcile',
  })
  force?: boolean;

  toCommand(): CleanUpConsumption {
    const { resource_uuid: resourceUuid, period_from: from, period_to: to, force, dry_run: dryRun = true } = this;
    return {
      resourceUuid,
      from,
      to,
      force,
      dryRun,
      onlyFinal: this.only_finalized,
      onlyNotFinal: this.only_unfinalized,
    };
  }
}

@ApiSchema({ name: 'RefusedCleanup' })
export class RefusedCleanupResponse {
  @Shown({ example: '2026-01' }) period: string;
  @Shown('integer') records: number;
  @Shown() reason: string;
}

export class CleanupConsumptionResponse {
  @Shown() dry_run: boolean;
  @Shown('integer') records_to_delete: number;
  @Shown('integer', { description: 'Records reversed: what they charged is credited by entries of its own' })
  records_deleted: number;
  @Shown('integer') compensation_items_affected: number;
  @Shown('integer') invoice_items_affected: number;
  @Shown({ type: [RefusedCleanupResponse], description: 'What was left out' }) refused: RefusedCleanupResponse[];

  static from(report: CleanupReport): CleanupConsumptionResponse {
    return answerOf(CleanupConsumptionResponse, report, {
      refused: report.refused.map((month) => ({
        ...month,
        reason: 'They are closed. Give force to reverse them all the same.',
      })),
    });
  }
}

@ApiSchema({ name: 'SyncResourceHistoricalConsumptionRequest' })
export class HistoricalConsumptionDto {
  @UuidField({ required: true }) resource_uuid: string;
  @MonthField({ description: '11 months before period_to by default' }) period_from?: YearMonth;
  @MonthField({ description: 'The running month by default' }) period_to?: YearMonth;
  @BooleanField({ default: false, description: 'Also months that are final: their closing is reversed first' })
  force?: boolean;
  @BooleanField({ default: false, description: 'Show what ArrowSphere says, and change nothing' }) dry_run?: boolean;

  toCommand(): SyncHistory {
    const { resource_uuid: resourceUuid, period_from: from, period_to: to, force, dry_run: dryRun } = this;
    return { resourceUuid, from, to, force, dryRun };
  }
}

export class PreviewPeriod {
  @Shown({ example: '2026-01' }) period: string;
  @Shown({ enum: ['data', 'no_data', 'finalized'] }) status: string;
  @Shown('integer') row_count: number;
  @ShownOrNull('decimal', { example: '12.5' }) consumed_sell: string | null;
  @ShownOrNull('decimal') consumed_buy: string | null;
  @Shown() has_existing: boolean;
  @ShownOrNull() existing_consumed_sell: string | null;
  @Shown() is_finalized: boolean;
  @Shown() is_reconciled: boolean;

  static from(this: void, month: PreviewedMonth): PreviewPeriod {
    const { existing } = month;
    const isClosed = !!existing?.charge.closedAt;
    return answerOf(PreviewPeriod, month, {
      has_existing: !!existing,
      existing_consumed_sell: existing?.consumedSell ?? null,
      is_finalized: isClosed,
      is_reconciled: isClosed,
    });
  }
}

export class ArrowSyncError {
  @Shown() error: string;
  @Shown({ required: false }) period?: string;
  @Shown({ required: false }) subscription_id?: string;
  @Shown({ required: false }) customer_id?: string;
}

@ApiSchema({ name: 'SyncResourceHistoricalConsumptionResponse' })
export class HistoricalConsumptionResponse {
  @Shown('uuid') resource_uuid: string;
  @Shown() resource_name: string;
  @Shown('integer') periods_synced: number;
  @Shown('integer') periods_skipped: number;
  @Shown('integer') periods_no_data: number;
  @Shown({ type: [ArrowSyncError] }) errors: ArrowSyncError[];
  @Shown() dry_run: boolean;
  @Shown({ type: [PreviewPeriod] }) preview_periods: PreviewPeriod[];

  static from(report: HistoryReport): HistoricalConsumptionResponse {
    return answerOf(HistoricalConsumptionResponse, report, {
      errors: [...report.errors],
      preview_periods: report.preview.map(PreviewPeriod.from),
    });
  }
}
