import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** As much of a request as our routes read: Fastify's and Express's both have it. */
export interface HttpRequest extends Pick<IncomingMessage, 'socket'> {
  readonly id?: unknown;
  readonly method: string;
  /** Path and query as they were asked for. */
  readonly originalUrl: string;
  readonly protocol: string;
  /** Address of the client, as far as proxies are trusted. */
  readonly ip: string;
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

/** Node's own answer below ours. */
export function responseOf(reply: HttpReply): ServerResponse {
  return reply.raw ?? (reply as unknown as ServerResponse);
}

/** Answers that wait behind others of their connection. */
const queued = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * An answer that waits behind another one of the same connection closes with that from now on: Node tells it nothing,
 * and whoever waits for its end would wait for ever.
 */
export function closeWithConnection(answer: ServerResponse): void {
  // The first in line has it.
  if (answer.socket) return;
  const { socket } = answer.req;
  let answers = queued.get(socket);
  if (!answers) {
    const those = (answers = new Set());
    queued.set(socket, those);
    socket.once('close', () => those.forEach((each) => each.socket ?? each.emit('close')));
  }
  const those = answers.add(answer);
  answer.once('close', () => those.delete(answer));
}
