import { hostname } from 'node:os';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AppError } from '../common/app.error.js';
import { isDatabaseAway } from '../common/database-away.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { JobCancelledError } from './job.errors.js';
import { JobHandlers, type Schedule } from './job-handlers.js';
import { JobQueue } from './job-queue.js';
import { JobRun } from './job-run.entity.js';

const HEARTBEAT_MS = 2_000;
/** A worker that has not been heard of for so long is dead; its jobs are taken over. */
const DEAD_AFTER_MS = 15_000;
const PROGRESS_EVERY_MS = 500;
/** A job that takes its process down with it again and again is given up. */
const MAX_ATTEMPTS = 5;

const WORKER = `${hostname()}:${process.pid}`;

/** What a log line says of any job. */
const named = ({ uuid, kind, scope, attempts }: JobRun) => ({ job: uuid, kind, scope, attempts });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Runs jobs: claims them, says that they are alive, takes over from processes that died, and starts what is due. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobRunner.name);
  private readonly stopping = new AbortController();
  private sweeping?: NodeJS.Timeout;

  constructor(
    @InjectRepository(JobRun) private readonly runs: Repository<JobRun>,
    private readonly handlers: JobHandlers,
    private readonly queue: JobQueue,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.start(
      (uuid) => this.run(uuid),
      () => this.tick(),
    );
    // Nobody else can use an embedded database: whatever was running in it died with the last process.
    await this.takeOver(this.env.DATABASE_URL ? DEAD_AFTER_MS : 0, await this.deadWorkersHere());
    this.sweeping = setInterval(
      () =>
        void this.takeOver(DEAD_AFTER_MS).catch((error: Error) =>
          this.logger.warn(`Jobs that nobody works on could not be looked for: ${error.message}`),
        ),
      DEAD_AFTER_MS,
    );
    this.sweeping.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.sweeping);
    // Long work stops at its next step and goes on where it is started next; nothing is posted twice by that.
    this.stopping.abort();
    await this.queue.stop();
  }

  /** Puts what nobody works on any more, and what was never taken up, into the queue again. */
  async takeOver(deadAfterMs: number, deadWorkers: readonly string[] = []): Promise<void> {
    const before = new Date(Date.now() - deadAfterMs);
    await this.runs.query(
      `UPDATE job_run SET state = 'failed', finished_at = now(), error_code = 'job_gave_up', error_message = 'Its process died ' || attempts || ' times.'
       WHERE state = 'running' AND (heartbeat_at <= $1 OR worker = ANY($3::text[])) AND attempts >= $2`,
      [before, MAX_ATTEMPTS, deadWorkers],
    );
    const waiting = await this.runs.query<{ uuid: string }[]>(
      `WITH dead AS (UPDATE job_run SET state = 'queued', step = 'interrupted' WHERE state = 'running' AND (heartbeat_at <= $1 OR worker = ANY($2::text[])) RETURNING uuid)
       SELECT uuid FROM dead UNION SELECT uuid FROM job_run WHERE state = 'queued' AND modified <= $1`,
      [before, deadWorkers],
    );
    for (const { uuid } of waiting) await this.queue.send(uuid);
  }

  /** Workers on this machine whose process is gone: for their jobs nobody needs to wait until they are missed. */
  private async deadWorkersHere(): Promise<string[]> {
    const rows = await this.runs.query<{ worker: string }[]>(
      `SELECT DISTINCT worker FROM job_run WHERE state = 'running' AND worker LIKE $1`,
      [`${hostname()}:%`],
    );
    return rows.map((row) => row.worker).filter((worker) => !isAlive(Number(worker.split(':').at(-1))));
  }

  /** Starts every schedule whose interval has passed since it was started last. */
  async tick(): Promise<void> {
    for (const schedule of this.handlers.schedules) {
      if (!(await this.claimTurn(schedule))) continue;
      await schedule
        .start()
        .catch((error: Error) => this.logger.error(`The schedule ${schedule.name} failed`, error.stack));
    }
  }

  private async claimTurn({ name, everyHours }: Schedule): Promise<boolean> {
    const now = this.clock.now();
    const rows = await this.runs.query<unknown[]>(
      `INSERT INTO job_schedule AS schedule (name, started_at) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET started_at = $2 WHERE schedule.started_at <= $3 RETURNING name`,
      [name, now, new Date(now.getTime() - everyHours() * 3_600_000)],
    );
    return rows.length > 0;
  }

  private async run(uuid: string): Promise<void> {
    const run = await this.claim(uuid);
    if (!run) return;
    const cancelled = new AbortController();
    const signal = AbortSignal.any([cancelled.signal, this.stopping.signal]);
    const beating = setInterval(() => void this.beat(uuid, cancelled).catch(() => undefined), HEARTBEAT_MS);
    try {
      const handler = this.handlers.get(run.kind);
      if (!handler) throw new Error(`Nobody does jobs of the kind ${run.kind}.`);
      const result = await handler({ run, signal, progress: this.reporter(uuid, cancelled) });
      await this.finish(run, { state: 'succeeded', result, step: 'done' });
    } catch (error) {
      await this.fail(run, error, cancelled.signal.aborted);
    } finally {
      clearInterval(beating);
    }
  }

  /** Only one process gets it, however often it was sent. */
  private async claim(uuid: string): Promise<JobRun | null> {
    const [rows] = await this.runs.query<[unknown[], number]>(
      `UPDATE job_run SET state = 'running', attempts = attempts + 1, worker = $2, started_at = coalesce(started_at, now()), heartbeat_at = now(), modified = now()
       WHERE uuid = $1 AND state = 'queued' RETURNING uuid`,
      [uuid, WORKER],
    );
    return rows.length ? this.runs.findOneBy({ uuid }) : null;
  }

  private async beat(uuid: string, cancelled: AbortController): Promise<void> {
    const [rows] = await this.runs.query<[{ cancel_requested: boolean }[], number]>(
      `UPDATE job_run SET heartbeat_at = now() WHERE uuid = $1 AND state = 'running' RETURNING cancel_requested`,
      [uuid],
    );
    if (rows[0]?.cancel_requested) cancelled.abort();
  }

  private reporter(uuid: string, cancelled: AbortController) {
    let last = 0;
    let lastStep = '';
    return async (step: string, done: number, total: number) => {
      if (cancelled.signal.aborted) throw new JobCancelledError();
      this.stopping.signal.throwIfAborted();
      if (step === lastStep && Date.now() - last < PROGRESS_EVERY_MS) return;
      [last, lastStep] = [Date.now(), step];
      const [rows] = await this.runs.query<[{ cancel_requested: boolean }[], number]>(
        `UPDATE job_run SET step = $2, progress_done = $3, progress_total = $4, heartbeat_at = now() WHERE uuid = $1 RETURNING cancel_requested`,
        [uuid, step, done, total],
      );
      if (!rows[0]?.cancel_requested) return;
      cancelled.abort();
      throw new JobCancelledError();
    };
  }

  private async fail(run: JobRun, error: unknown, wasCancelled: boolean): Promise<void> {
    if (wasCancelled) return this.finish(run, { state: 'cancelled' });
    if (this.stopping.signal.aborted || (isDatabaseAway(error) && run.attempts < MAX_ATTEMPTS)) {
      return this.putBack(run, error);
    }
    const known = error instanceof AppError;
    if (!known)
      this.logger.error(`Job ${run.kind} ${run.uuid} failed`, error instanceof Error ? error.stack : String(error));
    const errorMessage = known
      ? error.message
      : `Something went wrong on our side. Please report it with this id: ${run.uuid}`;
    await this.finish(run, { state: 'failed', errorMessage, errorCode: known ? error.code : 'unforeseen' });
  }

  /** What could not go on through no fault of its own is done again: at the next start, or as soon as somebody can. */
  private async putBack(run: JobRun, error: unknown): Promise<void> {
    await this.runs.update({ uuid: run.uuid }, { state: 'queued', step: 'interrupted' });
    this.logger.warn({ ...named(run), event: 'job_interrupted', why: (error as Error).message });
    await this.queue.send(run.uuid);
  }

  private async finish(run: JobRun, end: Pick<JobRun, 'state'> & Partial<JobRun>): Promise<void> {
    // The entity's type says what JSON is; TypeORM's partial wants every part of it optional.
    await this.runs.update({ uuid: run.uuid }, { ...end, finishedAt: new Date(), modified: new Date() } as object);
    const { state, errorCode, errorMessage } = end;
    const entry = { ...named(run), event: 'job_ended', state, ms: Date.now() - run.startedAt!.getTime() };
    if (state === 'failed') this.logger.warn({ ...entry, code: errorCode, why: errorMessage });
    else this.logger.log(entry);
  }
}
