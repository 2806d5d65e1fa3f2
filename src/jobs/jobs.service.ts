import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import { Clock } from '../common/clock.js';
import type { Count, Page } from '../common/page.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { countOnly, orderOf, paginate } from '../database/paginate.js';
import { JobFinishedError, JobNotFoundError } from './job.errors.js';
import { JobRun } from './job-run.entity.js';
import { JobRunner } from './job-runner.js';
import type { ListJobsQuery } from './job.dto.js';

/** What is to be done, and what must not be done twice at once. */
export interface JobRequest {
  readonly kind: string;
  readonly scope: string;
  readonly parameters: Record<string, unknown>;
  /** As `actorOf` says, or `schedule`. */
  readonly requestedBy: string;
}

/** Jobs as the rest of the service sees them: asked for, looked at, cancelled. */
@Injectable()
export class JobsService {
  constructor(
    @InjectRepository(JobRun) private readonly runs: Repository<JobRun>,
    private readonly runner: JobRunner,
    private readonly clock: Clock,
  ) {}

  /** The new run, or the one of the same kind and scope that is waiting or under way. */
  async enqueue({ kind, scope, parameters, requestedBy }: JobRequest): Promise<JobRun> {
    for (;;) {
      const created = await this.runs.query<{ uuid: string }[]>(
        `INSERT INTO job_run (kind, scope, parameters, requested_by, created, modified) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (kind, scope) WHERE state IN ('queued', 'running') DO NOTHING RETURNING uuid`,
        [kind, scope, JSON.stringify(parameters), requestedBy, this.clock.now()],
      );
      if (created[0]) {
        this.runner.wake();
        return this.runs.findOneByOrFail({ uuid: created[0].uuid });
      }
      const unfinished = await this.runs.findOneBy({ kind, scope, state: In(['queued', 'running']) });
      if (unfinished) return unfinished;
    }
  }

  /** Throws `PageNotFoundError`. */
  list(query: ListJobsQuery): Promise<Page<JobRun>> {
    const order = orderOf(query.o, { created: 'created' }, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) => this.runs.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListJobsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `JobNotFoundError`. */
  get(uuid: string): Promise<JobRun> {
    return findOrThrow(this.runs, uuid, JobNotFoundError);
  }

  /** The last run of a kind that came to its end, incomplete or not. */
  lastWithResult(kind: string): Promise<JobRun | null> {
    return this.runs.findOne({ where: { kind, result: Not(IsNull()) }, order: { created: 'DESC' } });
  }

  /** A waiting job is cancelled at once, a running one at its next step. Throws `JobNotFoundError`, `JobFinishedError`. */
  async cancel(uuid: string): Promise<JobRun> {
    const { uuid: known } = await this.get(uuid);
    const now = this.clock.now();
    const [rows] = await this.runs.query<[unknown[], number]>(
      `UPDATE job_run SET cancel_requested = true, modified = $2::timestamptz,
         state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END, finished_at = CASE state WHEN 'queued' THEN $2::timestamptz END
       WHERE uuid = $1 AND state IN ('queued', 'running') RETURNING uuid`,
      [known, now],
    );
    const run = await this.get(known);
    if (!rows.length && run.state !== 'cancelled') throw new JobFinishedError(run.state);
    return run;
  }

  private filtered({ kind, state, scope }: ListJobsQuery): SelectQueryBuilder<JobRun> {
    const found = this.runs.createQueryBuilder('job');
    if (kind) found.andWhere('job.kind = :kind', { kind });
    if (scope) found.andWhere('job.scope = :scope', { scope });
    if (state) found.andWhere('job.state IN (:...state)', { state });
    return found;
  }
}
