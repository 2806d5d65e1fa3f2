import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { hyperlink } from '../../common/links.js';
import { renderUuid } from '../../common/uuid.js';
import { BooleanField, IntegerField, TextField, UuidField } from '../../common/validation/body-fields.js';
import { JobRun } from '../../jobs/job-run.entity.js';

const YEAR = { required: true, min: 2000, max: 2100, example: 2026 };
const MONTH = { required: true, min: 1, max: 12, example: 1 };
const ACCOUNT = { description: 'The active settings by default' };
const DRY_RUN = { default: false, description: 'Show what would be posted, and change nothing' };
const SHRINKAGE = {
  default: false,
  description: 'Take an export that lost more than the tolerated share: somebody looked at it',
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
}

@ApiSchema({ name: 'TriggerConsumptionSyncRequest' })
export class TriggerConsumptionSyncDto {
  @IntegerField(YEAR) year: number;
  @IntegerField(MONTH) month: number;
  @UuidField(ACCOUNT) settings_uuid?: string;
  @UuidField({ description: 'Only this resource' }) resource_uuid?: string;
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
}

@ApiSchema({ name: 'SyncPauseResponse' })
export class PausedResponse {
  @ApiProperty({ type: [String], description: '`global` or UUIDs of settings' }) paused: string[];
}

@ApiSchema({ name: 'SyncResumeResponse' })
export class ResumedResponse {
  @ApiProperty({ type: [String], description: '`global` or UUIDs of settings' }) resumed: string[];
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
}
