import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, IsNull, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { readUuidsIn } from '../common/uuid.js';
import { EntityRepository } from '../database/entity.repository.js';
import { narrow } from '../database/paginate.js';
import { JobNotFoundError, LeaseLostError } from './job.errors.js';
import { JobRun, type JobState } from './job-run.entity.js';
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

/** What is to be done, and what must not be done twice at once. */
export interface JobRequest {
  readonly kind: string;
  readonly scope: string;
  readonly parameters: Record<string, unknown>;
  /** As `actorOf` says, or `schedule`. */
  readonly requestedBy: string;
}

/** Runs that wait, or are under way. */
export interface UnfinishedRuns {
  readonly state: 'queued' | 'running';
  readonly count: number;
  /** When the first of them was asked for. */
  readonly oldest: Date;
}

/** Which runs are meant; what is left out does not matter. */
export interface JobFilter extends Paging {
  readonly kind?: string;
  readonly scope?: string;
  readonly state?: readonly JobState[];
}

const ENQUEUE = `
  INSERT INTO job_run (kind, scope, parameters, requested_by, created, modified)
  VALUES ($1, $2, $3, $4, $5, $5)
  ON CONFLICT (kind, scope) WHERE state IN ('queued', 'running') DO NOTHING
  RETURNING uuid`;

/** `is_left`: nobody works on it, or whoever did has died. */
const CANCEL = `
  UPDATE job_run
  SET cancel_requested = true, modified = $2::timestamptz,
      state = CASE WHEN is_left THEN 'cancelled' ELSE job_run.state END,
      finished_at = CASE WHEN is_left THEN $2::timestamptz END,
      lease_token = CASE WHEN NOT is_left THEN lease_token END,
      lease_expires_at = CASE WHEN NOT is_left THEN lease_expires_at END
  FROM (
    SELECT uuid, state = 'queued' OR lease_expires_at <= clock_timestamp() AS is_left
    FROM job_run
    WHERE uuid = $1 AND state IN ('queued', 'running')
    FOR NO KEY UPDATE
  ) AS found
  WHERE job_run.uuid = found.uuid
  RETURNING job_run.uuid`;

const CLAIM_NEXT = `
  UPDATE job_run
  SET state = 'running', attempts = attempts + 1, worker = $1, lease_token = $2,
      lease_expires_at = clock_timestamp() + make_interval(secs => $3),
      started_at = coalesce(started_at, clock_timestamp()), modified = clock_timestamp()
  FROM (
    SELECT uuid, state
    FROM job_run
    WHERE state IN ('queued', 'running')
      AND (state = 'queued' OR lease_expires_at <= clock_timestamp())
      AND kind = ANY($4::text[]) AND uuid <> ALL($5::uuid[])
    ORDER BY created, uuid
    LIMIT 1 FOR UPDATE SKIP LOCKED
  ) AS next
  WHERE job_run.uuid = next.uuid
  RETURNING job_run.uuid, next.state = 'running' AS taken_over`;

/** Key share: a take-over (FOR UPDATE) waits for it, while the lease goes on being extended and a cancel gets through. */
const HOLD_LEASE = `
  SELECT 1
  FROM job_run
  WHERE uuid = $1 AND lease_token = $2 AND state = 'running' AND lease_expires_at > clock_timestamp()
  FOR KEY SHARE`;

const EXTEND_LEASE = `
  UPDATE job_run
  SET lease_expires_at = clock_timestamp() + make_interval(secs => $3),
      step = coalesce($4, step),
      progress_done = coalesce($5, progress_done), progress_total = coalesce($6, progress_total)
  WHERE uuid = $1 AND lease_token = $2 AND state = 'running'
  RETURNING cancel_requested`;

const RELEASE = `
  UPDATE job_run
  SET state = $3::varchar, step = coalesce($4, step),
      result = $5::jsonb, error_code = $6, error_message = $7,
      progress_done = CASE WHEN $3::varchar = 'succeeded' THEN progress_total ELSE progress_done END,
      finished_at = CASE WHEN $3::varchar <> 'queued' THEN clock_timestamp() END,
      lease_token = NULL, lease_expires_at = NULL, modified = clock_timestamp()
  WHERE uuid = $1 AND lease_token = $2 AND state = 'running'`;

const UNFINISHED = `
  SELECT state, count(*)::integer AS count, min(created) AS oldest
  FROM job_run
  WHERE state IN ('queued', 'running')
  GROUP BY state`;

/**
 * Those that ended, and were asked for before `$1`. Of each kind and scope the newest stays, and the newest with a result, as people look at
 * these.
 */
const OUTDATED = `
  FROM job_run old
  WHERE old.state NOT IN ('queued', 'running')
    AND old.created < $1
    AND EXISTS (
      SELECT
      FROM job_run newer
      WHERE newer.kind = old.kind
        AND newer.scope = old.scope
        AND (newer.created, newer.uuid) > (old.created, old.uuid)
        AND (newer.result IS NOT NULL OR old.result IS NULL)
    )`;

const DROP_OUTDATED = `
  DELETE FROM job_run
  WHERE uuid IN (SELECT old.uuid ${OUTDATED} ORDER BY old.created, old.uuid LIMIT $2)`;

const CLAIM_TURN = `
  INSERT INTO job_schedule AS schedule (name, started_at)
  VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE
    SET started_at = $2
    WHERE schedule.started_at <= $3
      OR schedule.started_at > $4
  RETURNING name`;

/** How far the clocks of instances may be apart. What was started later than that was so before a clock was set back. */
const CLOCKS_APART_MS = 60_000;

/**
 * The queue: rows of `job_run`, by the database's clock. Whoever claims a run gets a lease with a token of its own, and
 * every later write carries that token: one who lost the lease changes nothing.
 */
@Injectable()
export class JobsRepository extends EntityRepository<JobRun, JobFilter> {
  constructor(@InjectRepository(JobRun) rows: Repository<JobRun>) {
    super(rows, JobNotFoundError);
  }

  /** The new run; `undefined` where one of its kind and scope waits or is under way. */
  async enqueue({ kind, scope, parameters, requestedBy }: JobRequest, now: Date): Promise<JobRun | undefined> {
    const values = [kind, scope, JSON.stringify(parameters), requestedBy, now];
    const [created] = await this.rows.query<{ uuid: string }[]>(ENQUEUE, values);
    return created && this.rows.findOneByOrFail({ uuid: created.uuid });
  }

  /** The run of this kind and scope that waits or is under way. */
  findUnfinished(kind: string, scope: string): Promise<JobRun | null> {
    return this.rows.findOneBy({ kind, scope, state: In(['queued', 'running']) });
  }

  listUnfinished(manager: EntityManager): Promise<JobRun[]> {
    return manager.findBy(JobRun, { state: In(['queued', 'running']) });
  }

  /** By state; none of a state without any. */
  unfinished(): Promise<UnfinishedRuns[]> {
    return this.rows.query(UNFINISHED);
  }

  /** The last run of a kind that came to its end, incomplete or not. */
  lastWithResult(kind: string): Promise<JobRun | null> {
    return this.rows.findOne({ where: { kind, result: Not(IsNull()) }, order: { created: 'DESC' } });
  }

  /** A waiting run, or one whose worker has died, at once; a running one at its next step. Answers whether it was any. */
  async cancel(uuid: string, now: Date): Promise<boolean> {
    const [rows] = await this.rows.query<[unknown[], number]>(CANCEL, [uuid, now]);
    return rows.length > 0;
  }

  /**
   * The oldest run that waits, or whose worker has let its lease run out; never the same one to two callers. `busyWith`
   * is what the caller's process works on already.
   */
  async claimNext(kinds: readonly string[], busyWith: readonly string[], leaseSeconds: number): Promise<Claim | null> {
    const token = randomUUID();
    const [rows] = await this.rows.query<[{ uuid: string; taken_over: boolean }[], number]>(CLAIM_NEXT, [
      WORKER,
      token,
      leaseSeconds,
      kinds,
      busyWith,
    ]);
    if (!rows[0]) return null;
    const { uuid, taken_over: takenOver } = rows[0];
    return { run: await this.rows.findOneByOrFail({ uuid }), token, takenOver };
  }

  leaseOf({ run, token }: Claim): Lease {
    return {
      check: async (manager) => {
        const held = await manager.query<unknown[]>(HOLD_LEASE, [run.uuid, token]);
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
    const [rows] = await this.rows.query<[{ cancel_requested: boolean }[], number]>(EXTEND_LEASE, [
      run.uuid,
      token,
      leaseSeconds,
      at?.step,
      at?.done,
      at?.total,
    ]);
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
    const [, released] = await this.rows.query<[unknown[], number]>(RELEASE, [
      run.uuid,
      token,
      state,
      step,
      result && JSON.stringify(result),
      errorCode,
      errorMessage,
    ]);
    if (!released) throw new LeaseLostError();
  }

  /** Nobody works on anything: what is running was left behind. */
  async expireLeases(): Promise<void> {
    await this.rows.query(`UPDATE job_run SET lease_expires_at = clock_timestamp() WHERE state = 'running'`);
  }

  async countOutdated(createdBefore: Date): Promise<number> {
    const [{ count }] = await this.rows.query<[{ count: number }]>(`SELECT count(*)::integer AS count ${OUTDATED}`, [
      createdBefore,
    ]);
    return count;
  }

  /** Answers how many went, `limit` at most. */
  async dropOutdated(createdBefore: Date, limit: number): Promise<number> {
    const [, dropped] = await this.rows.query<[unknown[], number]>(DROP_OUTDATED, [createdBefore, limit]);
    return dropped;
  }

  /** Whether this process is the one to start a schedule that is due. */
  async claimTurn(schedule: string, now: Date, notSince: Date): Promise<boolean> {
    const latest = new Date(now.getTime() + CLOCKS_APART_MS);
    const rows = await this.rows.query<unknown[]>(CLAIM_TURN, [schedule, now, notSince, latest]);
    return rows.length > 0;
  }

  protected filtered({ kind, scope, state }: JobFilter): SelectQueryBuilder<JobRun> {
    return narrow(this.rows.createQueryBuilder('job'), {
      'job.kind = :kind': kind,
      'job.scope = :scope': scope && readUuidsIn(scope),
      'job.state = ANY(:state)': state,
    });
  }
}
