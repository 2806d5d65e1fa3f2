import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { partiesOf } from '../auth/caller.js';
import { Act, Acts, SCHEDULE } from '../common/acts.js';
import { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import { databaseFault } from '../common/database-fault.js';
import { traced } from '../common/tracing.js';
import { Env } from '../config/env.js';
import { JobCancelledError, JobGaveUpError, JobIncompleteError, LeaseLostError } from './job.errors.js';
import { JobHandlers } from './job-handlers.js';
import type { JobRun } from './job-run.entity.js';
import { durationOf, JobsMetrics } from './jobs.metrics.js';
import { type Claim, JobsRepository } from './jobs.repository.js';

/** How many jobs of one process run at the same time. */
const WORKERS = 2;
/** What other processes put in is seen so soon. */
const POLL_MS = 2_000;
const TICK_MS = 60_000;
/** A worker that has not been heard of for so long is dead; its jobs are taken over. */
const LEASE_SECONDS = 15;
const EXTEND_EVERY_MS = 2_000;
const PROGRESS_EVERY_MS = 500;
/** A job that takes its process down with it again and again is given up. */
const MAX_ATTEMPTS = 5;
const LONGEST_STOP_MS = 15_000;

/** What a log line says of any job. */
const named = ({ uuid, kind, scope, attempts }: JobRun) => ({ job: uuid, kind, scope, attempts });

/** Runs jobs: claims them, keeps their leases while they run, writes down how they end, and starts what is due. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobRunner.name);
  private readonly stopping = new AbortController();
  private readonly busyWith = new Set<string>();
  private wakeUp = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(
    private readonly jobs: JobsRepository,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
    private readonly env: Env,
    private readonly metrics: JobsMetrics,
    private readonly acts: Acts,
    private readonly trail: AuditTrail,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Nobody else can use an embedded database: whatever was running in it died with the last process.
    if (!this.env.DATABASE_URL) await this.jobs.expireLeases();
    this.loops = [
      ...Array.from({ length: WORKERS }, () => this.again(() => this.workOnce())),
      this.again(async () => {
        await this.wait(TICK_MS);
        if (!this.stopping.signal.aborted) await this.tick();
      }),
    ];
  }

  /** Takes no work from now on: for a process that only looks, or asks others. */
  rest(): void {
    this.stopping.abort();
  }

  /** Takes no more work and waits for what is running, and for what of it is still being written down. */
  async onModuleDestroy(): Promise<void> {
    // Long work stops at its next step and goes on where it is started next; nothing is posted twice by that.
    this.rest();
    this.wake();
    await Promise.race([Promise.all(this.loops), sleep(LONGEST_STOP_MS, undefined, { ref: false })]);
  }

  /** There is a new job: workers of this process need not wait for their next look. */
  wake(): void {
    this.wakeUp.abort();
    this.wakeUp = new AbortController();
  }

  /** Starts every schedule whose interval has passed since it was started last. */
  async tick(): Promise<void> {
    for (const { name, everyHours, start } of this.handlers.schedules) {
      const now = this.clock.now();
      if (!(await this.jobs.claimTurn(name, now, new Date(now.getTime() - everyHours() * 3_600_000)))) continue;
      const by = { actor: SCHEDULE, action: `schedule.${name}` };
      await this.trail
        .changing(by, start)
        .catch((error: Error) => this.logger.error(`The schedule ${name} failed`, error.stack));
    }
  }

  /** Until the service stops. A run whose end cannot be written down is taken up again when its lease has run out. */
  private async again(step: () => Promise<void>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await step();
      } catch (error) {
        this.logger.warn(
          `Jobs can neither be taken up nor ended for now, it is tried again: ${(error as Error).message}`,
        );
        await this.wait(POLL_MS);
      }
    }
  }

  private async wait(ms: number, until: AbortSignal = this.stopping.signal): Promise<void> {
    await sleep(ms, undefined, { signal: until }).catch(() => undefined);
  }

  /** One job, if there is one; otherwise a while passes, unless there is wakeUp. */
  private async workOnce(): Promise<void> {
    const { signal: wakeUp } = this.wakeUp;
    const claim = await this.jobs.claimNext(this.handlers.kinds, [...this.busyWith], LEASE_SECONDS);
    if (!claim) return this.wait(POLL_MS, wakeUp);
    this.busyWith.add(claim.run.uuid);
    try {
      await this.acts.run(actOf(claim.run), () => this.run(claim));
    } finally {
      this.busyWith.delete(claim.run.uuid);
    }
  }

  private async run(claim: Claim): Promise<void> {
    const { run } = claim;
    const ended = new AbortController();
    const over = new AbortController();
    void this.keepLease(claim, ended, over.signal);
    try {
      const result = await traced(`job ${run.kind}`, { 'waldur_arrow.job': run.uuid }, () => this.work(claim, ended));
      await this.jobs.complete(claim, result);
      this.metrics.ended(run, 'succeeded');
      this.logger.log({ ...endOf(run), state: 'succeeded' });
    } catch (error) {
      await this.writeDown(claim, ended.signal.aborted ? ended.signal.reason : error).catch((left: unknown) => {
        if (!(left instanceof LeaseLostError)) throw left;
        this.metrics.ended(run, 'lost');
        this.logger.warn({ ...named(run), event: 'job_lost', why: left.message });
      });
    } finally {
      over.abort();
    }
  }

  private async keepLease(claim: Claim, ended: AbortController, over: AbortSignal): Promise<void> {
    for (;;) {
      await this.wait(EXTEND_EVERY_MS, over);
      if (over.aborted) return;
      // Why it failed is seen at the next step; what ends the run is told by the signal.
      await this.extend(claim, ended).catch(() => undefined);
    }
  }

  private async work(claim: Claim, ended: AbortController): Promise<Record<string, unknown>> {
    const { run, takenOver } = claim;
    if (run.cancelRequested) throw new JobCancelledError();
    if (takenOver && run.attempts > MAX_ATTEMPTS) throw new JobGaveUpError(MAX_ATTEMPTS);
    return this.handlers.get(run.kind)!({
      run,
      lease: this.jobs.leaseOf(claim),
      signal: AbortSignal.any([ended.signal, this.stopping.signal]),
      progress: this.reporter(claim, ended),
    });
  }

  /** Throws what ends the run, which then is the signal's reason too. */
  private async extend(claim: Claim, ended: AbortController, at?: Parameters<JobsRepository['extendLease']>[2]) {
    try {
      if (await this.jobs.extendLease(claim, LEASE_SECONDS, at)) throw new JobCancelledError();
    } catch (error) {
      if (error instanceof AppError) ended.abort(error);
      throw error;
    }
  }

  private reporter(claim: Claim, ended: AbortController) {
    let last = 0;
    let lastStep = '';
    return async (step: string, done: number, total: number) => {
      ended.signal.throwIfAborted();
      this.stopping.signal.throwIfAborted();
      if (step === lastStep && Date.now() - last < PROGRESS_EVERY_MS) return;
      [last, lastStep] = [Date.now(), step];
      await this.extend(claim, ended, { step, done, total });
    };
  }

  /** A run ended by an error. Throws what keeps that from being written down. */
  private async writeDown(claim: Claim, error: unknown): Promise<void> {
    const { run } = claim;
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof LeaseLostError) throw error;
    if (error instanceof JobCancelledError) {
      await this.jobs.fail(claim, { state: 'cancelled' });
      this.metrics.ended(run, 'cancelled');
      return this.logger.log({ ...endOf(run), state: 'cancelled' });
    }
    if (this.stopping.signal.aborted || (databaseFault(error) && run.attempts < MAX_ATTEMPTS)) {
      await this.jobs.putBack(claim);
      this.metrics.ended(run, 'interrupted');
      return this.logger.warn({ ...named(run), event: 'job_interrupted', why });
    }
    if (!(error instanceof AppError))
      this.logger.error(`Job ${run.kind} ${run.uuid} failed`, error instanceof Error ? error.stack : why);
    const { errorCode, errorMessage } =
      error instanceof AppError
        ? { errorCode: error.code, errorMessage: error.sentence }
        : {
            errorCode: 'unforeseen',
            errorMessage: `Something went wrong on our side. Please report it with this id: ${run.uuid}`,
          };
    const result = error instanceof JobIncompleteError ? error.result : null;
    await this.jobs.fail(claim, { state: 'failed', errorCode, errorMessage, result });
    this.metrics.ended(run, result ? 'incomplete' : 'failed');
    this.logger.warn({ ...endOf(run), state: 'failed', code: errorCode, why: errorMessage });
  }
}

/** One event for a run, however many attempts it took: the one that ends it writes it. */
const actOf = ({ uuid, kind, requestedBy, created }: JobRun) =>
  new Act(
    { ...partiesOf(requestedBy), action: `job.${kind}`, objectType: 'job_run', objectUuid: uuid },
    created,
    uuid,
    uuid,
  );

const endOf = (run: JobRun) => ({
  ...named(run),
  event: 'job_ended',
  ms: durationOf(run),
});
