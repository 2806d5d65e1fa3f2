import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../../common/date-time.js';
import { hyperlink } from '../../common/links.js';
import { renderUuid } from '../../common/uuid.js';
import { BooleanField, IntegerField, TextField, UuidField } from '../../common/validation/body-fields.js';
import { YearMonth } from '../../common/year-month.js';
import { JobRun } from '../../jobs/job-run.entity.js';
import type { TriggerConsumptionSync, TriggerReconciliation, TriggerSync } from './billing-jobs.service.js';
import type { ConsumptionStatus, SwitchedSync, SwitchSync } from './pause.service.js';

const YEAR = { required: true, min: 2000, max: 2100, example: 2026 };
const MONTH = { required: true, min: 1, max: 12, example: 1 };
const ACCOUNT = { description: 'The active settings by default' };
const DRY_RUN = { default: false, description: 'Show what would be posted, and change nothing' };
const SHRINKAGE = {
  default: false,
  description:
    'Somebody looked at it: take an export that lost more than the tolerated share, or all lines of a customer',
};

@ApiSchema({ name: 'TriggerSyncRequest' })
export class TriggerSyncDto {
  @IntegerField(YEAR) year: number;
  @IntegerField(MONTH) month: number;
  @UuidField(ACCOUNT) settings_uuid?: string;
  @UuidField({ description: 'Only the lines of this resource; statements and totals stay as they are' })
  resource_uuid?: string;
  @BooleanField(DRY_RUN) dry_run?: boolean;
  @BooleanField(SHRINKAGE) accept_shrinkage?: boolean;

  toCommand(): TriggerSync {
    return {
      month: monthOf(this),
      settingsUuid: this.settings_uuid ?? null,
      resourceUuid: this.resource_uuid ?? null,
      dryRun: this.dry_run ?? false,
      acceptShrinkage: this.accept_shrinkage ?? false,
    };
  }
}

@ApiSchema({ name: 'ReconcileRequest' })
export class ReconcileDto {
  @IntegerField(YEAR) year: number;
  @IntegerField(MONTH) month: number;
  @UuidField(ACCOUNT) settings_uuid?: string;
  @BooleanField({
    default: false,
    description: 'Do not wait for validation and grace; the month must be over all the same',
  })
  force?: boolean;
  @BooleanField(DRY_RUN) dry_run?: boolean;
  @BooleanField(SHRINKAGE) accept_shrinkage?: boolean;

  toCommand(): TriggerReconciliation {
    return {
      month: monthOf(this),
      settingsUuid: this.settings_uuid ?? null,
      force: this.force ?? false,
      dryRun: this.dry_run ?? false,
      acceptShrinkage: this.accept_shrinkage ?? false,
    };
  }
}

@ApiSchema({ name: 'TriggerConsumptionSyncRequest' })
export class TriggerConsumptionSyncDto {
  @IntegerField(YEAR) year: number;
  @IntegerField(MONTH) month: number;
  @UuidField(ACCOUNT) settings_uuid?: string;
  @UuidField({ description: 'Only this resource' }) resource_uuid?: string;

  toCommand(): TriggerConsumptionSync {
    const settingsUuid = this.settings_uuid ?? null;
    return { month: monthOf(this), settingsUuid, resourceUuid: this.resource_uuid ?? null };
  }
}

/** The fields allow nothing that is no month. */
function monthOf({ year, month }: { readonly year: number; readonly month: number }): YearMonth {
  return YearMonth.of(year, month)!;
}

@ApiSchema({ name: 'JobAccepted' })
export class JobAcceptedResponse {
  @ApiProperty({ example: 'Sync task scheduled' }) message: string;
  @ApiProperty({ format: 'uuid' }) job_id: string;
  @ApiProperty({ format: 'uri', description: 'How far it is and what came out' }) job_url: string;

  static from(message: string, run: JobRun): JobAcceptedResponse {
    return { message, job_id: renderUuid(run.uuid), job_url: hyperlink(JobRun, run.uuid) };
  }
}

@ApiSchema({ name: 'SyncPauseRequest' })
export class SyncPauseDto {
  @UuidField(ACCOUNT) settings_uuid?: string;
  @BooleanField({ default: false, description: 'Every account' }) pause_global?: boolean;
  @TextField({ max: 500, blank: true, description: 'Kept with who did it' }) reason?: string;

  toCommand(): SwitchSync {
    const settingsUuid = this.settings_uuid ?? null;
    return { settingsUuid, everything: this.pause_global ?? false, reason: this.reason ?? '' };
  }
}

@ApiSchema({ name: 'SyncPauseResponse' })
export class PausedResponse {
  @ApiProperty({ type: [String], description: '`global` or UUIDs of settings' }) paused: string[];

  static from(this: void, switched: SwitchedSync): PausedResponse {
    return { paused: namesOf(switched) };
  }
}

@ApiSchema({ name: 'SyncResumeResponse' })
export class ResumedResponse {
  @ApiProperty({ type: [String], description: '`global` or UUIDs of settings' }) resumed: string[];

  static from(this: void, switched: SwitchedSync): ResumedResponse {
    return { resumed: namesOf(switched) };
  }
}

function namesOf({ everything, settingsUuid }: SwitchedSync): string[] {
  return [...(everything ? ['global'] : []), ...(settingsUuid ? [renderUuid(settingsUuid)] : [])];
}

@ApiSchema({ name: 'ConsumptionStatusResponse' })
export class ConsumptionStatusResponse {
  @ApiProperty() global_sync_enabled: boolean;
  @ApiProperty() settings_sync_enabled: boolean;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) settings_uuid: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) last_sync_run: string | null;
  @ApiProperty({ description: 'Records that are not final' }) pending_count: number;
  @ApiProperty({ description: 'Records synced' }) synced_count: number;
  @ApiProperty({ description: 'Licences that failed in the last consumption sync' }) failed_count: number;

  static from(this: void, status: ConsumptionStatus): ConsumptionStatusResponse {
    const { isEnabled, settings, lastSync, records, failed } = status;
    return {
      global_sync_enabled: isEnabled,
      settings_sync_enabled: settings?.syncEnabled ?? false,
      settings_uuid: settings && renderUuid(settings.uuid),
      last_sync_run: lastSync && renderDateTime(lastSync),
      pending_count: records.pending,
      synced_count: records.total,
      failed_count: failed,
    };
  }
}
