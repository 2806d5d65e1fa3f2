import { ApiSchema } from '@nestjs/swagger';
import { Shown } from '../../common/answer.js';
import { commandOf } from '../../common/command.js';
import { hyperlink } from '../../common/links.js';
import { BooleanField, IntegerField, TextField, UuidField } from '../../common/validation/body-fields.js';
import { YearMonth } from '../../common/year-month.js';
import { JobRun } from '../../jobs/job-run.entity.js';
import type { SwitchSync } from '../accounts/billing-accounts.service.js';
import type { TriggerRun } from './billing-jobs.service.js';

const ACCOUNT = { description: 'The active settings by default' };
const DRY_RUN = { default: false, description: 'Show what would be posted, and change nothing' };
const SHRINKAGE = {
  default: false,
  description:
    'Somebody looked at it: take an export that lost more than the tolerated share, or all lines of a customer',
};

/** A month of an account, and options of which each action takes some. */
class TriggerDto {
  @IntegerField({ required: true, min: 2000, max: 2100, example: 2026 }) year: number;
  @IntegerField({ required: true, min: 1, max: 12, example: 1 }) month: number;
  @UuidField(ACCOUNT) settings_uuid?: string;
  resource_uuid?: string;
  force?: boolean;
  dry_run?: boolean;
  accept_shrinkage?: boolean;

  toCommand(): TriggerRun {
    const { year, month, ...asked } = commandOf<TriggerDto>(this);
    return { ...asked, month: YearMonth.of(year, month)! };
  }
}

@ApiSchema({ name: 'TriggerSyncRequest' })
export class TriggerSyncDto extends TriggerDto {
  @UuidField({ description: 'Only the lines of this resource; statements and totals stay as they are' })
  override resource_uuid?: string;
  @BooleanField(DRY_RUN) override dry_run?: boolean;
  @BooleanField(SHRINKAGE) override accept_shrinkage?: boolean;
}

@ApiSchema({ name: 'ReconcileRequest' })
export class ReconcileDto extends TriggerDto {
  @BooleanField({
    default: false,
    description: 'Do not wait for validation and grace; the month must be over all the same',
  })
  override force?: boolean;
  @BooleanField(DRY_RUN) override dry_run?: boolean;
  @BooleanField(SHRINKAGE) override accept_shrinkage?: boolean;
}

@ApiSchema({ name: 'TriggerConsumptionSyncRequest' })
export class TriggerConsumptionSyncDto extends TriggerDto {
  @UuidField({ description: 'Only this resource' }) override resource_uuid?: string;
}

export class JobAccepted {
  @Shown({ example: 'Sync task scheduled' }) message: string;
  @Shown('uuid') job_id: string;
  @Shown('uri', { description: 'How far it is and what came out' }) job_url: string;

  static from(message: string, run: JobRun): JobAccepted {
    return { message, job_id: run.uuid, job_url: hyperlink(JobRun, run.uuid) };
  }
}

@ApiSchema({ name: 'SyncPauseRequest' })
export class SyncPauseDto {
  @UuidField(ACCOUNT) settings_uuid?: string;
  @BooleanField({ default: false, description: 'Every account' }) pause_global?: boolean;
  @TextField({ max: 500, blank: true, description: 'Kept with who did it' }) reason?: string;

  toCommand(): SwitchSync {
    return { settingsUuid: this.settings_uuid, everything: this.pause_global ?? false, reason: this.reason ?? '' };
  }
}

const SWITCHED = Shown({ type: [String], description: '`global` or UUIDs of settings' });

export class SyncPauseResponse {
  @SWITCHED paused: string[];
}

export class SyncResumeResponse {
  @SWITCHED resumed: string[];
}
