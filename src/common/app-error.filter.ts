import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AppError, type AppErrorKind } from './app.error.js';
import { databaseFault } from './database-fault.js';
import type { HttpReply, HttpRequest } from './http.js';
import { RequestError } from './http-errors.js';
import { Requests } from './requests.js';
import { UuidFormatter } from './uuid-formatter.js';

const STATUS: Record<AppErrorKind, number> = {
  invalid: 400,
  fields: 400,
  forbidden: 403,
  'not-found': 404,
  'no-such-object': 404,
  conflict: 409,
  upstream: 400,
  'too-many': 429,
  overloaded: 503,
};

/** Where nobody knows better. */
const RETRY_AFTER_SECONDS = 5;

/** Status, body and headers of the answer to an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to any error, or `undefined` for one that nobody foresaw. */
export function answerTo(error: unknown): ErrorAnswer | undefined {
  const fault = databaseFault(error) ?? error;
  if (fault instanceof AppError) {
    const status = STATUS[fault.kind];
    if (fault.fields) return { status, body: fault.fields };
    if (fault.kind === 'no-such-object') return { status, body: { detail: fault.message } };
    const retryAfter = String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
    const headers = status === 429 || status === 503 ? { 'Retry-After': retryAfter } : undefined;
    const sentence = fault.message;
    return { status, body: { detail: sentence, error: sentence, message: sentence, code: fault.code }, headers };
  }
  if (error instanceof RequestError)
    return { status: error.status, body: { detail: error.message }, headers: error.headers };
  // Fastify refuses some requests before they reach us; Nest hands some of that on as an exception of its own.
  if (error instanceof HttpException) return { status: error.getStatus(), body: { detail: error.message } };
  const status = (error as { statusCode?: number })?.statusCode;
  return status && status >= 400 && status < 500 ? { status, body: { detail: 'Bad request.' } } : undefined;
}

/** The one place where errors become answers. The unforeseen answers an id; the log has everything under that id. */
@Catch()
export class AppErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(AppErrorFilter.name);

  constructor(
    private readonly server: HttpAdapterHost,
    private readonly requests: Requests,
    private readonly uuids: UuidFormatter,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.server;
    const reply = host.switchToHttp().getResponse<HttpReply>();
    if (httpAdapter.isHeadersSent(reply)) return;
    const fault = databaseFault(error);
    if (fault) this.logger.warn({ event: fault.code, why: (error as Error).message });
    const answer = answerTo(error) ?? this.unforeseen(error, host.switchToHttp().getRequest<HttpRequest>(), reply);
    for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
    const body = error instanceof AppError ? this.uuids.sentences(answer.body, error.uuids) : answer.body;
    httpAdapter.reply(reply, body, answer.status);
  }

  private unforeseen(error: unknown, request: HttpRequest, reply: HttpReply): ErrorAnswer {
    const { requestId: id, caller = 'nobody known' } = this.requests.of(request, reply);
    const path = request.originalUrl.split('?')[0];
    this.logger.error(`${request.method} ${path} failed [${id}], asked by ${caller}`, everythingAbout(error));
    const detail = `Something went wrong on our side. Please report it with this id: ${id}`;
    return { status: 500, body: { detail, error_id: id } };
  }
}

/** Stack, statement and causes. Parameters of statements are left out: they may be secrets. */
function everythingAbout(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return `Not an error, but ${typeof error}: ${String(error).slice(0, 1000)}`;
  const { query, code, constraint } = error as { query?: unknown; code?: unknown; constraint?: unknown };
  const facts = Object.entries({ code, constraint, statement: query })
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `    ${name}: ${value as string}`);
  const causes = [error.cause, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])]
    .filter((cause) => cause !== undefined && depth < 5)
    .map((cause) => `Caused by: ${everythingAbout(cause, depth + 1)}`);
  return [error.stack ?? error.message, ...facts, ...causes].join('\n');
}
