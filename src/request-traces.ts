import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { Requests } from './common/requests.js';

/**
 * One span for each request, below the one that its `traceparent` names. To be registered before what uses it.
 * One that is not recorded is given to what is below, and costs nothing else: it is known by its method and route alone.
 */
export function traceRequests(fastify: FastifyInstance, requests: Requests): void {
  const tracer = trace.getTracer('waldur-arrowsphere');
  let fields: string[] | undefined;
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, url, headers, routeOptions } = request;
    const route = routeOptions.url;
    const about = requests.of(request, reply);
    const here = context.active();
    // Tracing begins after the routes are there.
    fields ??= propagation.fields();
    const parent = fields.some((field) => field in headers) ? propagation.extract(here, headers) : here;
    const span = tracer.startSpan(route ? `${method} ${route}` : method, { kind: SpanKind.SERVER }, parent);
    about.span = span;
    if (!span.isRecording()) return done();
    span.setAttributes({
      'http.request.method': method,
      'url.path': url.split('?')[0],
      'waldur_arrow.request_id': about.requestId,
      ...(route ? { 'http.route': route } : {}),
    });
    reply.raw.once('close', () => {
      const { statusCode } = reply;
      span.setAttribute('http.response.status_code', statusCode);
      if (about.caller) span.setAttribute('waldur_arrow.caller', about.caller);
      if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    done();
  });
}
