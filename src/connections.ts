import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Env } from './config/env.js';

/** How long clients may take for what they send, so that nobody holds a connection by being slow. */
export function connectionLimits({ REQUEST_TIMEOUT_SECONDS }: Pick<Env, 'REQUEST_TIMEOUT_SECONDS'>) {
  const requestTimeout = REQUEST_TIMEOUT_SECONDS * 1000;
  return {
    requestTimeout,
    http: { headersTimeout: Math.min(requestTimeout, 10_000), connectionsCheckingInterval: requestTimeout / 10 },
  };
}

/**
 * Ends the connection of a client that asks and takes nothing of the answer for so long: it would keep its place among
 * those that are served at once, for ever. One that takes it slowly gets all of it.
 */
export function leaveSilentClients(
  fastify: FastifyInstance,
  { REQUEST_TIMEOUT_SECONDS }: Pick<Env, 'REQUEST_TIMEOUT_SECONDS'>,
): void {
  const silentMs = REQUEST_TIMEOUT_SECONDS * 1000;
  fastify.addHook('onSend', ({ raw: { socket } }, { raw: answer }, payload, done) => {
    answer.setTimeout(silentMs, () => {
      // What is not made yet nobody can take.
      if (socket.writableLength) socket.destroy();
      else socket.setTimeout(silentMs);
    });
    done(null, payload);
  });
}

/**
 * Keeps clients from holding up the end of the service: a connection that asks for nothing ends with the first step,
 * one that does when its answer is out, and whatever is left after three quarters of the grace time is cut.
 */
export function letConnectionsEnd(fastify: FastifyInstance, env: Pick<Env, 'SHUTDOWN_GRACE_SECONDS'>): void {
  /** Requests being answered, by connection. */
  const running = new Map<Socket, number>();
  let isEnding = false;
  fastify.server.on('connection', (socket: Socket) => {
    if (isEnding) return socket.destroy();
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  const count = (socket: Socket, by: 1 | -1) => {
    const now = (running.get(socket) ?? 0) + by;
    if (running.has(socket)) running.set(socket, now);
    if (isEnding && now === 0) socket.destroySoon();
  };
  fastify.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    count(socket, 1);
    reply.raw.once('close', () => count(socket, -1));
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (isEnding) reply.header('Connection', 'close');
    done(null, payload);
  });
  fastify.addHook('preClose', (done) => {
    isEnding = true;
    const end = (which: (requests: number) => boolean) =>
      [...running].filter(([, requests]) => which(requests)).forEach(([socket]) => socket.destroy());
    end((requests) => requests === 0);
    const cut = setTimeout(() => end(() => true), env.SHUTDOWN_GRACE_SECONDS * 750);
    fastify.server.once('close', () => clearTimeout(cut));
    done();
  });
}
