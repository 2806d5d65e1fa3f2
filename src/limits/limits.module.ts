import { type DynamicModule, Module } from '@nestjs/common';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { Env } from '../config/env.js';
import { DatabaseModule } from '../database/database.module.js';
import { FailedAttempt } from './failed-attempt.entity.js';
import { FailedAttemptsRepository } from './failed-attempts.repository.js';
import { FailedAttemptsService } from './failed-attempts.service.js';
import { LimitsMetrics } from './limits.metrics.js';
import { LoadGate } from './load-gate.js';
import { RequestCount } from './request-count.entity.js';
import { RequestCountsRepository } from './request-counts.repository.js';
import { RequestLimits } from './request-limits.js';

/** A client that waits longer has mostly given up. */
const LONGEST_WAIT_MS = 5_000;

/** How much anybody may ask for, and how much is served at once: for the whole application, whatever serves HTTP in it. */
@Module({})
export class LimitsModule {
  static forRoot(): DynamicModule {
    return {
      module: LimitsModule,
      global: true,
      imports: [DatabaseModule.forFeature([FailedAttempt, RequestCount])],
      providers: [
        FailedAttemptsRepository,
        FailedAttemptsService,
        LimitsMetrics,
        RequestCountsRepository,
        RequestLimits,
        {
          provide: LoadGate,
          inject: [Env, LimitsMetrics, MetricsRegistry],
          useFactory: (env: Env, metrics: LimitsMetrics, registry: MetricsRegistry) => {
            const bounds = { atOnce: env.REQUESTS_AT_ONCE, waiting: env.REQUESTS_WAITING, waitMs: LONGEST_WAIT_MS };
            const gate = new LoadGate(bounds, (priority) => metrics.shed(priority));
            registry.gauge('waldur_arrow_requests_running', 'Requests being served.', [], () => [[{}, gate.running]]);
            registry.gauge('waldur_arrow_requests_waiting', 'Requests that wait to be served.', [], () => [
              [{}, gate.waiting],
            ]);
            return gate;
          },
        },
      ],
      exports: [FailedAttemptsService, LoadGate, RequestLimits],
    };
  }
}
