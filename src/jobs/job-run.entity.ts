import { Check, Column, Entity, Index } from 'typeorm';
import { ACTOR_LENGTH } from '../auth/caller.js';
import { BaseEntity } from '../database/base.entity.js';

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** One run of a job: what, for which scope, who asked, how far it is and what came out. Deleted long after its end. */
@Entity()
@Check('ck_job_run_state', `state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')`)
@Check(
  'ck_job_run_running_is_leased',
  `(state = 'running') = (lease_token IS NOT NULL AND lease_expires_at IS NOT NULL)`,
)
// One at a time: whoever asks for the same thing again gets the run that is waiting or under way.
@Index('uq_job_run_unfinished_kind_scope', ['kind', 'scope'], { unique: true, where: `state IN ('queued', 'running')` })
@Index(['created', 'uuid'])
export class JobRun extends BaseEntity {
  static readonly path = '/api/admin/arrow/jobs/';

  /** Name of the registered job, such as `billing-sync`. */
  @Column({ length: 50 })
  kind: string;

  /** What must not run twice at once, such as `<account>/2026-01`. */
  @Column({ length: 200 })
  scope: string;

  /** What the handler gets; JSON, no secrets. */
  @Column({ type: 'jsonb', default: {} })
  parameters: Record<string, unknown>;

  /** User name (`admin as mari` where staff acts as another user), or `schedule`. */
  @Column({ length: ACTOR_LENGTH })
  requestedBy: string;

  @Column({ type: 'varchar', length: 16, default: 'queued' })
  state: JobState;

  /** What it is at, for people. */
  @Column({ length: 200, default: '' })
  step: string;

  @Column({ type: 'integer', default: 0 })
  progressDone: number;

  /** 0: not known yet. */
  @Column({ type: 'integer', default: 0 })
  progressTotal: number;

  /** Counters and findings, as the handler reports them. */
  @Column({ type: 'jsonb', nullable: true })
  result: Record<string, unknown> | null;

  @Column({ type: 'text', default: '' })
  errorMessage: string;

  @Column({ length: 100, default: '' })
  errorCode: string;

  @Column({ type: 'integer', default: 0 })
  attempts: number;

  @Column({ default: false })
  cancelRequested: boolean;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  startedAt: Date | null;

  /** `host:pid` of the process that works on it. */
  @Column({ length: 150, default: '' })
  worker: string;

  /** New whenever somebody claims the run: what a worker writes without it does not count. */
  @Column({ type: 'uuid', nullable: true })
  leaseToken: string | null;

  /** The worker extends it while it lives; once it has run out, another takes over. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  leaseExpiresAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  finishedAt: Date | null;
}
