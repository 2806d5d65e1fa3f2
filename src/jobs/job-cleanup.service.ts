import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SCHEDULE } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { type JobControl, JobHandlers } from './job-handlers.js';
import { JobsRepository } from './jobs.repository.js';
import { JobsService } from './jobs.service.js';

export const JOB_CLEANUP = 'job-cleanup';

const DAY_MS = 86_400_000;
/** So many rows go in one transaction. */
const AT_ONCE = 500;

/** Forgets jobs of long ago (`JOBS_KEEP_DAYS`); the newest of each kind and scope stays. */
@Injectable()
export class JobCleanupService implements OnModuleInit {
  constructor(
    private readonly jobs: JobsService,
    private readonly runs: JobsRepository,
    private readonly handlers: JobHandlers,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(JOB_CLEANUP, (control) => this.run(control));
    this.handlers.every({ name: JOB_CLEANUP, everyHours: () => 24, start: () => this.start() });
  }

  /** Nothing is asked for where there is nothing to be done. */
  private async start(): Promise<void> {
    if (!this.env.JOBS_KEEP_DAYS || !(await this.runs.countOutdated(this.oldest))) return;
    await this.jobs.enqueue({ kind: JOB_CLEANUP, scope: 'all', parameters: {}, requestedBy: SCHEDULE });
  }

  private async run({ progress }: JobControl): Promise<Record<string, unknown>> {
    if (!this.env.JOBS_KEEP_DAYS) return { removed: 0 };
    const total = await this.runs.countOutdated(this.oldest);
    let removed = 0;
    for (let last = AT_ONCE; last === AT_ONCE; removed += last) {
      await progress('removing jobs', removed, total);
      last = await this.runs.dropOutdated(this.oldest, AT_ONCE);
    }
    return { removed };
  }

  private get oldest(): Date {
    return new Date(this.clock.now().getTime() - this.env.JOBS_KEEP_DAYS * DAY_MS);
  }
}
