import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** As much of a request as our routes read: Fastify's and Express's both have it. */
export interface HttpRequest extends Pick<IncomingMessage, 'socket'> {
  readonly id?: unknown;
  readonly method: string;
  /** Path and query as they were asked for. */
  readonly originalUrl: string;
  readonly protocol: string;
  /** Of the client, as far as the proxies before us are believed. */
  readonly ip?: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: unknown;
  /** The path that the route was registered with: Fastify's, Express's. */
  readonly routeOptions?: { readonly url?: string };
  readonly route?: { readonly path: string };
}

/** As much of an answer as our routes write: Fastify's and Express's both have it. */
export interface HttpReply {
  readonly statusCode: number;
  header(name: string, value: string): unknown;
  /** What Fastify wraps; Express's answer is one itself. */
  readonly raw?: ServerResponse;
}
