import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { PRIORITIES, type Priority } from './load-gate.js';

const KINDS = ['token', 'address', 'failed_attempts'] as const;
type Kind = (typeof KINDS)[number];

/** What was refused with 429 and 503. */
@Injectable()
export class LimitsMetrics {
  private readonly limitedRequests: Counter<'kind'>;
  private readonly shedRequests: Counter<'priority'>;

  constructor(registry: MetricsRegistry) {
    this.limitedRequests = new Counter({
      name: 'waldur_arrow_requests_limited_total',
      help: 'Requests refused with 429, by what there were too many of.',
      labelNames: ['kind'],
      registers: [registry],
    });
    this.shedRequests = new Counter({
      name: 'waldur_arrow_requests_shed_total',
      help: 'Requests refused with 503, as the process had too much to do, by their priority.',
      labelNames: ['priority'],
      registers: [registry],
    });
    // A rise from nothing at all would not be seen.
    for (const kind of KINDS) this.limitedRequests.inc({ kind }, 0);
    for (const priority of PRIORITIES) this.shedRequests.inc({ priority }, 0);
  }

  limited(kind: Kind): void {
    this.limitedRequests.inc({ kind });
  }

  shed(priority: Priority): void {
    this.shedRequests.inc({ priority });
  }
}
