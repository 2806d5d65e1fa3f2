import { Injectable } from '@nestjs/common';
import { Histogram } from 'prom-client';
import { Clock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import type { JobRun } from './job-run.entity.js';
import { JobsRepository } from './jobs.repository.js';

/** `interrupted` goes on later; `lost` was taken over by another worker. */
export type JobEndName = 'succeeded' | 'incomplete' | 'failed' | 'cancelled' | 'interrupted' | 'lost';

/** Milliseconds since the run was claimed first. */
export const durationOf = ({ startedAt }: JobRun): number => Date.now() - startedAt!.getTime();

/** How jobs end, and how many wait. */
@Injectable()
export class JobsMetrics {
  private readonly durations: Histogram<'kind' | 'end'>;

  constructor(registry: MetricsRegistry, jobs: JobsRepository, clock: Clock) {
    this.durations = new Histogram({
      name: 'waldur_arrow_job_duration_seconds',
      help: 'Runs of jobs from their first start on, by kind and how they ended.',
      labelNames: ['kind', 'end'],
      buckets: [0.1, 1, 5, 15, 60, 300, 900, 3600],
      registers: [registry],
    });
    const unfinished = registry.figures('jobs', () => jobs.unfinished());
    registry.gauge('waldur_arrow_jobs', 'Jobs that are queued or running, of all processes.', ['state'], async () => {
      const runs = await unfinished();
      const countOf = (state: string) => runs?.find((each) => each.state === state)?.count ?? 0;
      return runs ? ['queued', 'running'].map((state) => [{ state }, countOf(state)] as const) : [];
    });
    registry.gauge(
      'waldur_arrow_jobs_oldest_queued_seconds',
      'How long the job that waits longest has been queued; 0 where none waits.',
      [],
      async () => {
        const runs = await unfinished();
        const queued = runs?.find(({ state }) => state === 'queued');
        return runs ? [[{}, queued ? clock.secondsSince(queued.oldest) : 0]] : [];
      },
    );
  }

  /** A process is done with a run. */
  ended(run: JobRun, end: JobEndName): void {
    this.durations.observe({ kind: run.kind, end }, durationOf(run) / 1000);
  }
}
