import { Injectable } from '@nestjs/common';
import type { JobRun } from './job-run.entity.js';
import type { Lease } from './lease.js';

/** What a running job is given besides its parameters. */
export interface JobControl {
  readonly run: JobRun;
  /** Checked in every transaction that must not be repeated by a worker that was thought dead. */
  readonly lease: Lease;
  /** Aborts when the job is cancelled or taken over by another worker, or the service stops. */
  readonly signal: AbortSignal;
  /** Says how far it is. Throws `JobCancelledError` once the job was cancelled, `LeaseLostError` once it was taken over. */
  readonly progress: (step: string, done: number, total: number) => Promise<void>;
}

/** Who hears how far the work is, and may stop it: a job, or somebody who waits for it. */
export type Watch = Pick<JobControl, 'progress'> & Partial<Omit<JobControl, 'progress'>>;

/**
 * Does the work and answers what came out, as JSON. It may be run again after a crash, and must bear that. A job that
 * failed and yet has a result throws `JobIncompleteError`.
 */
export type JobHandler = (control: JobControl) => Promise<Record<string, unknown>>;

/** Something to be done from time to time. */
export interface Schedule {
  readonly name: string;
  /** Asked every time: a change holds from the next run on. */
  readonly everyHours: () => number;
  /** Puts what is due into the queue. */
  readonly start: () => Promise<void>;
}

/** What features can do in the background; they say so when they start. */
@Injectable()
export class JobHandlers {
  private readonly handlers = new Map<string, JobHandler>();
  readonly schedules: Schedule[] = [];

  /** `kind` is what the job is called in the API and in the database: stable once published. */
  register(kind: string, handler: JobHandler): void {
    if (this.handlers.has(kind)) throw new Error(`Two handlers for jobs of the kind ${kind}.`);
    this.handlers.set(kind, handler);
  }

  every(schedule: Schedule): void {
    this.schedules.push(schedule);
  }

  get kinds(): string[] {
    return [...this.handlers.keys()];
  }

  get(kind: string): JobHandler | undefined {
    return this.handlers.get(kind);
  }
}
