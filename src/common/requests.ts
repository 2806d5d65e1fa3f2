import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { createContextKey, type Span } from '@opentelemetry/api';
import { Contexts } from './contexts.js';
import { type HttpReply, type HttpRequest, responseOf } from './http.js';
import { isApiPath } from './route-table.js';
import { withinSpan } from './tracing.js';

/** What is known of one HTTP request besides what it asks for. */
export class RequestContext {
  /** Key of the caller, once known: whose turn it is when calls to ArrowSphere wait. */
  caller?: string;
  /** What is recorded of it, where traces are collected. */
  span?: Span;
  private gone?: AbortController;

  constructor(
    /** Goes out as `X-Request-Id` and stands in every log line of the request. */
    readonly requestId: string,
    /** What it asks for, without the object: requests for one collection use the same tables. */
    readonly collection: string,
    private readonly answer: ServerResponse,
  ) {}

  /** Whether the client went away before its answer was out. */
  get isClientGone(): boolean {
    return this.answer.req.socket.destroyed && !this.answer.writableFinished;
  }

  /**
   * Aborts when the client goes away. Only whoever asks for it has it made: Node 20 keeps each one, and what it reaches,
   * until the next collection of all that is old.
   */
  get signal(): AbortSignal {
    return (this.gone ??= this.watchClient()).signal;
  }

  private watchClient(): AbortController {
    const gone = new AbortController();
    if (this.isClientGone) gone.abort();
    else
      this.answer.once('close', () => {
        if (!this.answer.writableFinished) gone.abort();
      });
    return gone;
  }
}

/** A request, and what is known of it since somebody asked. */
export interface KnownRequest extends HttpRequest {
  about?: RequestContext;
}

const REQUEST = createContextKey('request');

/**
 * The requests that one application is answering. What waits in a queue below (for a database connection, for ArrowSphere)
 * and what is logged learns here which request it is for; services are given what they need as arguments.
 */
@Injectable()
export class Requests {
  constructor(private readonly contexts: Contexts) {}

  /** The request that the code now running works for; `undefined` in jobs, at start, and where there is no HTTP. */
  get current(): RequestContext | undefined {
    return this.contexts.active().getValue(REQUEST) as RequestContext | undefined;
  }

  /** What is known of a request. The first to ask also marks the answer with its id. */
  of(request: KnownRequest, reply: HttpReply): RequestContext {
    if (request.about) return request.about;
    const collection = (request.routeOptions?.url ?? request.route?.path ?? '').split('/:')[0]!;
    const requestId = typeof request.id === 'string' ? request.id : randomUUID();
    const context = (request.about = new RequestContext(requestId, collection, responseOf(reply)));
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
