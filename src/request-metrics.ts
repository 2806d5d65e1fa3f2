import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';
import type { MetricsRegistry } from './common/metrics-registry.js';

/** Measures every request by the pattern of its route, so that no path that somebody makes up becomes a label. */
export function measureRequests(fastify: FastifyInstance, registry: MetricsRegistry): void {
  const durations = new Histogram({
    name: 'waldur_arrow_http_request_duration_seconds',
    help: 'Requests by method, pattern of the route (none: there is no such route) and class of the status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  });
  fastify.addHook('onResponse', ({ method, routeOptions }, { statusCode, elapsedTime }, done) => {
    const labels = { method, route: routeOptions.url ?? 'none', status: `${Math.floor(statusCode / 100)}xx` };
    durations.observe(labels, elapsedTime / 1000);
    done();
  });
}
