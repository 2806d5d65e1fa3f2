import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';
import { ChoicesFilter, TextFilter } from '../common/validation/query-fields.js';
import { JOB_STATES, JobRun, type JobState } from './job-run.entity.js';

@KnownNamesOnly()
export class ListJobsQuery extends ListQuery {
  @OrderFilter({ created: 'created' }) declare o?: Order;
  @TextFilter({ description: 'The whole kind', example: 'billing-sync' }) kind?: string;
  @TextFilter({ description: 'The whole scope: what must not run twice at once' }) scope?: string;
  @ChoicesFilter(JOB_STATES) state?: JobState[];
}

@ApiSchema({ name: 'Job' })
export class JobResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ example: 'billing-sync' }) kind: string;
  @ApiProperty() scope: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) parameters: Record<string, unknown>;
  @ApiProperty({ example: 'admin' }) requested_by: string;
  @ApiProperty({ enum: JOB_STATES }) state: JobState;
  @ApiProperty() step: string;
  @ApiProperty({ type: 'object', properties: { done: { type: 'integer' }, total: { type: 'integer' } } })
  progress: { done: number; total: number };
  @ApiProperty({ type: 'object', nullable: true, additionalProperties: true }) result: Record<string, unknown> | null;
  @ApiProperty() error_message: string;
  @ApiProperty() error_code: string;
  @ApiProperty({ description: 'More than 1: it was interrupted by a stop or a crash, and gone on with' })
  attempts: number;
  @ApiProperty() cancel_requested: boolean;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) started_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finished_at: string | null;

  static from(this: void, run: JobRun): JobResponse {
    return answerOf(JobResponse, run, {
      url: hyperlink(JobRun, run.uuid),
      progress: { done: run.progressDone, total: run.progressTotal },
    });
  }
}
