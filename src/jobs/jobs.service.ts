import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { namesIn } from '../auth/caller.js';
import { Clock } from '../common/clock.js';
import { EntityService } from '../database/entity.service.js';
import { JobFinishedError, JobsOfPersonUnderWayError, OtherRunUnderWayError } from './job.errors.js';
import { JobRun } from './job-run.entity.js';
import { JobRunner } from './job-runner.js';
import { type JobFilter, type JobRequest, JobsRepository } from './jobs.repository.js';

/** Jobs as the rest of the service sees them: asked for, looked at, cancelled. */
@Injectable()
export class JobsService extends EntityService<JobRun, JobFilter> {
  constructor(
    private readonly runs: JobsRepository,
    private readonly runner: JobRunner,
    private readonly clock: Clock,
  ) {
    super(runs);
  }

  /** The new run, or the one of the same kind and scope that is waiting or under way. */
  async enqueue(request: JobRequest): Promise<JobRun> {
    for (;;) {
      const created = await this.runs.enqueue(request, this.clock.now());
      if (created) this.runner.wake();
      const run = created ?? (await this.runs.findUnfinished(request.kind, request.scope));
      if (run) return run;
    }
  }

  /**
   * As {@link enqueue}, for one whose parameters are things to be done besides what is always done: the run that is there
   * has to do all of those. `what` is worked on, in a sentence. Throws {@link OtherRunUnderWayError}.
   */
  async enqueueAll(request: JobRequest, what: string): Promise<JobRun> {
    const run = await this.enqueue(request);
    const isLacking = Object.entries(request.parameters).some(([name, isWanted]) => isWanted && !run.parameters[name]);
    if (isLacking) throw new OtherRunUnderWayError(what, run.uuid);
    return run;
  }

  /** The last run of a kind that came to its end, incomplete or not. */
  lastWithResult(kind: string): Promise<JobRun | null> {
    return this.runs.lastWithResult(kind);
  }

  /** Throws `JobsOfPersonUnderWayError` where a job waits or runs that this user asked for, itself or as another. Within `manager`'s transaction. */
  async assertNoneUnderWayOf(username: string, manager: EntityManager): Promise<void> {
    const unfinished = await this.runs.listUnfinished(manager);
    const theirs = unfinished.filter(({ requestedBy }) => namesIn(requestedBy).includes(username));
    if (theirs.length) throw new JobsOfPersonUnderWayError(theirs.map(({ uuid }) => uuid));
  }

  /**
   * A waiting job is cancelled at once, as is one whose worker has died, and a running one at its next step. Throws
   * `JobNotFoundError`, `JobFinishedError`.
   */
  async cancel(uuid: string): Promise<JobRun> {
    const { uuid: known } = await this.get(uuid);
    const isStopping = await this.runs.cancel(known, this.clock.now());
    const run = await this.get(known);
    if (!isStopping && run.state !== 'cancelled') throw new JobFinishedError(run.state);
    return run;
  }
}
