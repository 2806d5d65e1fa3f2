import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module.js';
import { AccessGuard } from './auth/access.guard.js';
import { AppErrorFilter } from './common/app-error.filter.js';
import { AppLogger } from './common/app.logger.js';
import { type Clock, SystemClock } from './common/clock.js';
import { addressesIn } from './common/forwarded-for.js';
import { fromOwnPath, PublicAddress } from './common/links.js';
import { leaveBodiesUnread } from './common/unread-body.js';
import { Requests } from './common/requests.js';
import { RouteTable } from './common/route-table.js';
import type { Env } from './config/env.js';
import { MetricsRegistry } from './common/metrics-registry.js';
import { LoadGate } from './limits/load-gate.js';
import { connectionLimits, leaveSilentClients, letConnectionsEnd } from './connections.js';
import { measureRequests } from './request-metrics.js';
import { traceRequests } from './request-traces.js';
import { isTraced } from './start-tracing.js';
import { setUpSwagger } from './swagger.js';

/** Builds the whole service, as production runs it and as tests use it; it does not listen yet. */
export async function createApp(env: Env, clock: Clock = new SystemClock()): Promise<NestFastifyApplication> {
  const logger = new AppLogger(env);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(env, clock), adapterFor(env), {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  logger.name(app.get(Requests));
  // Whoever opens the bare address in a browser wants to see something.
  app
    .getHttpAdapter()
    .getInstance()
    .get('/', (_request, reply) => reply.redirect(`${app.get(PublicAddress).pathPrefix}/docs`, 302));
  return configureApp(app, env);
}

/** Fastify as our routes expect it. */
function adapterFor(env: Pick<Env, 'TRUSTED_PROXIES' | 'REQUEST_TIMEOUT_SECONDS'>): FastifyAdapter {
  return new FastifyAdapter({
    ...connectionLimits(env),
    trustProxy: env.TRUSTED_PROXIES.length ? [...env.TRUSTED_PROXIES] : false,
    rewriteUrl: ({ url = '/' }) => fromOwnPath(readableUrl(url)),
    genReqId: ({ headers }: Pick<IncomingMessage, 'headers'>) => requestIdIn(headers['x-request-id']) ?? randomUUID(),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
  });
}

/** The id that a proxy or client gives a request, where it can stand in a header and in a log. */
const requestIdIn = (given: unknown) =>
  typeof given === 'string' && /^[\w.:-]{8,64}$/.test(given) ? given : undefined;

/**
 * What stands around our routes besides modules, on a server that is ours alone: bodies that stay unread until the caller
 * is known, ids and log of requests that reach no route, the answers to those and to wrong methods, CORS, Swagger UI.
 */
function configureApp(app: NestFastifyApplication, env: Env): NestFastifyApplication {
  const fastify = app.getHttpAdapter().getInstance();
  leaveBodiesUnread(fastify);
  tellBrowsers(fastify, env);
  letConnectionsEnd(fastify, env);
  leaveSilentClients(fastify, env);
  app.get(LoadGate).watch(fastify.server);
  if (isTraced(env)) traceRequests(fastify, app.get(Requests));
  registerRequestHooks(fastify, new RouteTable(fastify), app.get(Requests), app.get(AccessGuard));
  if (env.METRICS_PORT !== undefined) measureRequests(fastify, app.get(MetricsRegistry));
  app.useGlobalFilters(app.get(AppErrorFilter));
  if (env.CORS_ORIGINS.length) enableCors(app, env.CORS_ORIGINS);
  setUpSwagger(app, env);
  return app;
}

/** What browsers may do with our pages: Swagger UI brings its own files and styles, and nobody may frame it. */
function tellBrowsers(fastify: FastifyInstance, { PUBLIC_URL }: Env): void {
  const headers = {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join(';'),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Origin-Agent-Cluster': '?1',
    'Referrer-Policy': 'no-referrer',
    // Only where the operator says that everything comes by https.
    ...(PUBLIC_URL?.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=31536000' }),
    'X-Content-Type-Options': 'nosniff',
    'X-DNS-Prefetch-Control': 'off',
    'X-Download-Options': 'noopen',
    'X-Frame-Options': 'DENY',
    'X-Permitted-Cross-Domain-Policies': 'none',
    // Browsers that still have such a filter make holes with it.
    'X-XSS-Protection': '0',
  };
  fastify.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** An OPTIONS that is no preflight goes on to our own answer. */
function enableCors(app: NestFastifyApplication, origins: readonly string[]): void {
  const options = {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
    allowedHeaders: [
      'Accept',
      'Authorization',
      'Content-Type',
      'X-Requested-With',
      'X-Impersonated-User-Uuid',
      'sentry-trace',
      'baggage',
    ],
    exposedHeaders: [
      'Link',
      'X-Result-Count',
      'Location',
      'Age',
      'Retry-After',
      'Content-Disposition',
      'X-Request-Id',
      'X-impersonator-uuid',
    ],
  };
  app.enableCors({
    delegator: ({ headers }, done) =>
      done(null, { ...options, preflight: 'origin' in headers && 'access-control-request-method' in headers }),
  });
}

/** Request id, context, method checks and the access log. */
function registerRequestHooks(
  fastify: FastifyInstance,
  routes: RouteTable,
  requests: Requests,
  guard: AccessGuard,
): void {
  const log = new Logger('Http');
  fastify.addHook('onRequest', (request, reply, done) => {
    const forwardedFor = request.headers['x-forwarded-for'];
    if (forwardedFor) request.headers['x-forwarded-for'] = addressesIn(String(forwardedFor));
    requests.run(requests.of(request, reply), done);
  });
  fastify.addHook('onRequest', async (request, reply) => {
    const answer = await routes.check(
      request,
      () => guard.admit(request, reply),
      () => guard.authenticate(request, reply),
    );
    if (answer) return reply.status(200).headers({ Allow: answer.allow }).send(answer.body);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const about = requests.of(request, reply);
    const path = request.url.split('?')[0];
    const line = `${request.method} ${path} ${reply.statusCode} ${reply.elapsedTime.toFixed(1)} ms`;
    const message = `${line} [${about.requestId}] ${about.caller ?? '-'}`;
    if (!path?.startsWith('/health')) requests.run(about, () => log.log(message));
    done();
  });
}

/** A URL with a path whose escapes can be read; of one that has others each percent sign stands for itself. */
function readableUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return [path.replaceAll('%', '%25'), ...query].join('?');
  }
}
