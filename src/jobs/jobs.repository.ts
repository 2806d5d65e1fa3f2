import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { LeaseLostError } from './job.errors.js';
import { JobRun } from './job-run.entity.js';
import type { Lease } from './lease.js';

const WORKER = `${hostname()}:${process.pid}`;

/** A run that is ours until its lease runs out. */
export interface Claim {
  readonly run: JobRun;
  readonly token: string;
  /** Whoever had it before never said how it ended. */
  readonly takenOver: boolean;
}

/** What is written down of a run that is given away. */
interface JobEnd extends Partial<Pick<JobRun, 'step' | 'result' | 'errorCode' | 'errorMessage'>> {
  readonly state: JobRun['state'];
}

/**
 * The queue: rows of `job_run`, by the database's clock. Whoever claims a run gets a lease with a token of its own, and
 * every later write carries that token: one who lost the lease changes nothing.
 */
@Injectable()
export class JobsRepository {
  constructor(@InjectRepository(JobRun) private readonly runs: Repository<JobRun>) {}

  /**
   * The oldest run that waits, or whose worker has let its lease run out; never the same one to two callers. `busyWith`
   * is what the caller's process works on already.
   */
  async claimNext(kinds: readonly string[], busyWith: readonly string[], leaseSeconds: number): Promise<Claim | null> {
    const token = randomUUID();
    const [rows] = await this.runs.query<[{ uuid: string; taken_over: boolean }[], number]>(
      `UPDATE job_run SET state = 'running', attempts = attempts + 1, worker = $1, lease_token = $2, lease_expires_at = clock_timestamp() + make_interval(secs => $3),
         started_at = coalesce(started_at, clock_timestamp()), modified = clock_timestamp()
       FROM (SELECT uuid, state FROM job_run
             WHERE state IN ('queued', 'running') AND (state = 'queued' OR lease_expires_at <= clock_timestamp())
               AND kind = ANY($4::text[]) AND uuid <> ALL($5::uuid[])
             ORDER BY created, uuid LIMIT 1 FOR UPDATE SKIP LOCKED) AS next
       WHERE job_run.uuid = next.uuid RETURNING job_run.uuid, next.state = 'running' AS taken_over`,
      [WORKER, token, leaseSeconds, kinds, busyWith],
    );
    if (!rows[0]) return null;
    const { uuid, taken_over: takenOver } = rows[0];
    return { run: await this.runs.findOneByOrFail({ uuid }), token, takenOver };
  }

  leaseOf({ run, token }: Claim): Lease {
    return {
      // Key share: a take-over (FOR UPDATE) waits for it, while the lease goes on being extended and a cancel gets through.
      check: async (manager) => {
        const held = await manager.query<unknown[]>(
          `SELECT 1 FROM job_run WHERE uuid = $1 AND lease_token = $2 AND state = 'running' AND lease_expires_at > clock_timestamp() FOR KEY SHARE`,
          [run.uuid, token],
        );
        if (!held.length) throw new LeaseLostError();
      },
    };
  }

  /** Answers whether somebody asked for the run to stop. Throws {@link LeaseLostError}. */
  async extendLease(
    { run, token }: Claim,
    leaseSeconds: number,
    at?: { step: string; done: number; total: number },
  ): Promise<boolean> {
    const [rows] = await this.runs.query<[{ cancel_requested: boolean }[], number]>(
      `UPDATE job_run SET lease_expires_at = clock_timestamp() + make_interval(secs => $3), step = coalesce($4, step),
         progress_done = coalesce($5, progress_done), progress_total = coalesce($6, progress_total)
       WHERE uuid = $1 AND lease_token = $2 AND state = 'running' RETURNING cancel_requested`,
      [run.uuid, token, leaseSeconds, at?.step, at?.done, at?.total],
    );
    if (!rows[0]) throw new LeaseLostError();
    return rows[0].cancel_requested;
  }

  complete(claim: Claim, result: Record<string, unknown>): Promise<void> {
    return this.release(claim, { state: 'succeeded', step: 'done', result });
  }

  /** Without success, or because somebody asked for it to stop. */
  fail(claim: Claim, end: { state: 'failed' | 'cancelled' } & Omit<JobEnd, 'state' | 'step'>): Promise<void> {
    return this.release(claim, end);
  }

  /** What could not go on through no fault of its own waits to be done again. */
  putBack(claim: Claim): Promise<void> {
    return this.release(claim, { state: 'queued', step: 'interrupted' });
  }

  private async release({ run, token }: Claim, end: JobEnd): Promise<void> {
    const { state, step, result, errorCode = '', errorMessage = '' } = end;
    const [, released] = await this.runs.query<[unknown[], number]>(
      `UPDATE job_run SET state = $3::varchar, step = coalesce($4, step), result = $5::jsonb, error_code = $6, error_message = $7,
         progress_done = CASE WHEN $3::varchar = 'succeeded' THEN progress_total ELSE progress_done END,
         finished_at = CASE WHEN $3::varchar <> 'queued' THEN clock_timestamp() END,
         lease_token = NULL, lease_expires_at = NULL, modified = clock_timestamp()
       WHERE uuid = $1 AND lease_token = $2 AND state = 'running'`,
      [run.uuid, token, state, step, result && JSON.stringify(result), errorCode, errorMessage],
    );
    if (!released) throw new LeaseLostError();
  }

  /** Nobody works on anything: what is running was left behind. */
  async expireLeases(): Promise<void> {
    await this.runs.query(`UPDATE job_run SET lease_expires_at = clock_timestamp() WHERE state = 'running'`);
  }

  /** Whether this process is the one to start a schedule that is due. */
  async claimTurn(schedule: string, now: Date, notSince: Date): Promise<boolean> {
    const rows = await this.runs.query<unknown[]>(
      `INSERT INTO job_schedule AS schedule (name, started_at) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET started_at = $2 WHERE schedule.started_at <= $3 RETURNING name`,
      [schedule, now, notSince],
    );
    return rows.length > 0;
  }
}
