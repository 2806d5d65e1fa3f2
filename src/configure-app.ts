import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppModule } from './app.module.js';
import { AccessGuard } from './auth/access.guard.js';
import { AppLogger } from './common/app.logger.js';
import { registerBodyParsers } from './common/body-parsers.js';
import { type Clock, SystemClock } from './common/clock.js';
import { pathPrefix, setFallbackBaseUrl } from './common/links.js';
import { parseUrl } from './common/parse-url.js';
import { type RequestContext, runInRequest } from './common/request-context.js';
import { RouteTable } from './common/route-table.js';
import type { Env } from './config/env.js';
import { setUpSwagger } from './swagger.js';

/** Room for the 10,000 mappings that the set-up takes, nicely indented. */
const BODY_LIMIT = 2_097_152;

/** Builds the whole service, as production runs it and as tests use it; it does not listen yet. */
export async function createApp(env: Env, clock: Clock = new SystemClock()): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(env, clock), adapterFor(env), {
    bodyParser: false,
    abortOnError: false,
    logger: new AppLogger(env),
  });
  // Whoever opens the bare address in a browser wants to see something.
  app
    .getHttpAdapter()
    .getInstance()
    .get('/', (_request, reply) => reply.redirect(`${pathPrefix(env.PUBLIC_URL)}/docs`, 302));
  return configureApp(app, env);
}

/** Fastify as our routes expect it. */
export function adapterFor({ TRUSTED_PROXIES }: Pick<Env, 'TRUSTED_PROXIES'>): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: TRUSTED_PROXIES.length ? [...TRUSTED_PROXIES] : false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
  });
}

/**
 * What stands around our routes besides modules: bodies, request ids, the answers to wrong methods, CORS, Swagger UI.
 * Another Nest application whose root imports `AppModule.forRoot(env)` calls this after `NestFactory.create(…,
 * adapterFor(env), { bodyParser: false })` and before `listen`. Its own routes then state their access as ours do
 * (`@Public()`, `@AnyUser()`, `@StaffOnly()`); one that does not is refused.
 */
export function configureApp(app: NestFastifyApplication, env: Env): NestFastifyApplication {
  const fastify = app.getHttpAdapter().getInstance();
  registerBodyParsers(fastify);
  aroundEveryRequest(fastify, env, new RouteTable(fastify), app.get(AccessGuard));
  if (env.CORS_ORIGINS.length) letBrowsersIn(app, env.CORS_ORIGINS);
  setFallbackBaseUrl(env.PUBLIC_URL ?? `http://${env.HOST}:${env.PORT}`);
  setUpSwagger(app, env);
  return app;
}

/** An OPTIONS that is no preflight goes on to our own answer. */
function letBrowsersIn(app: NestFastifyApplication, origins: readonly string[]): void {
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
    exposedHeaders: ['Link', 'X-Result-Count', 'Location', 'Age', 'X-Request-Id', 'X-impersonator-uuid'],
  };
  app.enableCors({
    delegator: ({ headers }, done) =>
      done(null, { ...options, preflight: 'origin' in headers && 'access-control-request-method' in headers }),
  });
}

/** Request id, context, method checks and the access log. */
function aroundEveryRequest(fastify: FastifyInstance, env: Env, routes: RouteTable, guard: AccessGuard): void {
  const log = new Logger('Http');
  const contexts = new WeakMap<FastifyRequest, RequestContext>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    const context = { requestId: request.id, baseUrl: env.PUBLIC_URL ?? baseUrlOf(request), signal: gone.signal };
    contexts.set(request, context);
    reply.header('X-Request-Id', request.id);
    runInRequest(context, done);
  });
  fastify.addHook('onRequest', async (request, reply) => {
    const answer = await routes.check(request, (header) => guard.authenticate(header));
    if (answer) return reply.status(200).headers({ Allow: answer.allow }).send(answer.body);
  });
  // A connection that is kept open after the last answer would keep the service from ending for a minute.
  let isEnding = false;
  fastify.addHook('preClose', (done) => {
    isEnding = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (isEnding) reply.header('Connection', 'close');
    done(null, payload);
  });
  // Reading a body loses the context: it goes on in the socket's own.
  fastify.addHook('preHandler', (request, _reply, done) => runInRequest(contexts.get(request)!, done));
  fastify.addHook('onResponse', (request, reply, done) => {
    const context = contexts.get(request);
    const path = request.url.split('?')[0];
    const line = `${request.method} ${path} ${reply.statusCode} ${reply.elapsedTime.toFixed(1)} ms`;
    if (!path?.startsWith('/health')) log.log(`${line} [${request.id}] ${context?.caller ?? '-'}`);
    done();
  });
}

function baseUrlOf(request: FastifyRequest): string {
  const forwarded = String(request.headers['x-forwarded-proto'] ?? '')
    .split(',')[0]!
    .trim();
  const protocol = forwarded === 'https' || forwarded === 'http' ? forwarded : request.protocol;
  const host = request.headers.host ?? '';
  const base = `${protocol}://${host}`;
  return /^[\w.:[\]-]+$/.test(host) && parseUrl(base) ? base : '';
}
