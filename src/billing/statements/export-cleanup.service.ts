import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SCHEDULE } from '../../common/acts.js';
import { Clock } from '../../common/clock.js';
import { Env } from '../../config/env.js';
import { type JobControl, JobHandlers } from '../../jobs/job-handlers.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { SnapshotsRepository } from './snapshots.repository.js';

export const EXPORT_CLEANUP = 'export-cleanup';

/** So many pages go in one transaction; each is a file. */
const AT_ONCE = 50;

/**
 * Lets the pages of exports go whose month was closed long ago (`EXPORTS_KEEP_MONTHS`): what ArrowSphere sent, cell by
 * cell. Lines, charges, postings and tie-out are made of them and stay, and so do number, time and hash of every export.
 */
@Injectable()
export class ExportCleanupService implements OnModuleInit {
  constructor(
    private readonly jobs: JobsService,
    private readonly snapshots: SnapshotsRepository,
    private readonly handlers: JobHandlers,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(EXPORT_CLEANUP, (control) => this.run(control));
    this.handlers.every({ name: EXPORT_CLEANUP, everyHours: () => 24, start: () => this.start() });
  }

  /** Nothing is asked for where there is nothing to be done. */
  private async start(): Promise<void> {
    if (!(await this.outdated()).length) return;
    await this.jobs.enqueue({ kind: EXPORT_CLEANUP, scope: 'all', parameters: {}, requestedBy: SCHEDULE });
  }

  private async run({ progress }: JobControl): Promise<Record<string, unknown>> {
    const months = await this.outdated();
    let removed = 0;
    for (const [done, month] of months.entries())
      for (let last = AT_ONCE; last === AT_ONCE; removed += last) {
        await progress('removing pages of exports', done, months.length);
        last = await this.snapshots.dropOutdated(month, AT_ONCE);
      }
    return { months: months.length, pages: removed };
  }

  private async outdated() {
    const now = this.clock.now();
    const closedBefore = new Date(now);
    closedBefore.setUTCMonth(closedBefore.getUTCMonth() - this.env.EXPORTS_KEEP_MONTHS);
    return this.env.EXPORTS_KEEP_MONTHS ? this.snapshots.outdated(closedBefore, now) : [];
  }
}
