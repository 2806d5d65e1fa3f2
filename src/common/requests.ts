import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createContextKey, type Span } from '@opentelemetry/api';
import { Contexts } from './contexts.js';
import { type HttpReply, type HttpRequest, responseOf } from './http.js';
import { isApiPath } from './route-table.js';
import { withinSpan } from './tracing.js';

/** What is known of one HTTP request besides what it asks for. */
export interface RequestContext {
  /** Goes out as `X-Request-Id` and stands in every log line of the request. */
  readonly requestId: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** What it asks for, without the object: requests for one collection use the same tables. */
  readonly collection: string;
  /** Key of the caller, once known: whose turn it is when calls to ArrowSphere wait. */
  caller?: string;
  /** What is recorded of it, where traces are collected. */
  span?: Span;
}

const REQUEST = createContextKey('request');

/**
 * The requests that one application is answering. What waits in a queue below (for a database connection, for ArrowSphere)
 * and what is logged learns here which request it is for; services are given what they need as arguments.
 */
@Injectable()
export class Requests {
  private readonly known = new WeakMap<HttpRequest, RequestContext>();

  constructor(private readonly contexts: Contexts) {}

  /** The request that the code now running works for; `undefined` in jobs, at start, and where there is no HTTP. */
  get current(): RequestContext | undefined {
    return this.contexts.active().getValue(REQUEST) as RequestContext | undefined;
  }

  /** What is known of a request. The first to ask also marks the answer with its id. */
  of(request: HttpRequest, reply: HttpReply): RequestContext {
    const known = this.known.get(request);
    if (known) return known;
    const collection = (request.routeOptions?.url ?? request.route?.path ?? '').split('/:')[0]!;
    const requestId = typeof request.id === 'string' ? request.id : randomUUID();
    const context: RequestContext = { requestId, signal: clientGone(reply), collection };
    this.known.set(request, context);
    reply.header('X-Request-Id', requestId);
    // Answers may hold tokens and what customers are charged; files of Swagger UI may be kept.
    if (isApiPath(request.originalUrl)) reply.header('Cache-Control', 'no-store');
    return context;
  }

  /** Runs `work` as part of a request. */
  run<T>(context: RequestContext, work: () => T): T {
    const run = () => this.contexts.with(this.contexts.active().setValue(REQUEST, context), work);
    return context.span ? withinSpan(context.span, run) : run();
  }

  /** Runs `work` as part of no request: what several of them wait for is not one's own. */
  apart<T>(work: () => T): T {
    return this.contexts.with(this.contexts.active().deleteValue(REQUEST), work);
  }
}

/** Aborts when the client goes away before its answer is out. */
function clientGone(reply: HttpReply): AbortSignal {
  const gone = new AbortController();
  const response = responseOf(reply);
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
