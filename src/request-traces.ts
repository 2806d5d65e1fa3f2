import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { Requests } from './common/requests.js';

/** One span for each request, below the one that its `traceparent` names. To be registered before what uses it. */
export function traceRequests(fastify: FastifyInstance, requests: Requests): void {
  const tracer = trace.getTracer('waldur-arrowsphere');
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, url, headers, routeOptions } = request;
    const route = routeOptions.url;
    const about = requests.of(request, reply);
    const span = tracer.startSpan(
      route ? `${method} ${route}` : method,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'url.path': url.split('?')[0],
          'waldur_arrow.request_id': about.requestId,
          ...(route ? { 'http.route': route } : {}),
        },
      },
      propagation.extract(context.active(), headers),
    );
    about.span = span;
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
