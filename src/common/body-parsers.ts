import type { FastifyInstance } from 'fastify';
import { RequestError, UnusableBody } from './http-errors.js';

/**
 * JSON and HTML forms. A body that cannot be used is handed on as {@link UnusableBody}: whether the caller may and
 * whether the object is there is answered first.
 */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, parseJson(body as Buffer));
  });
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if ((body as Buffer).length === 0) return done(null, undefined);
    const type = (request.headers['content-type'] ?? '').slice(0, 100);
    done(null, new UnusableBody(new RequestError(415, `Unsupported media type "${type}" in request.`)));
  });
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'the text is not valid UTF-8';
    return new UnusableBody(new RequestError(400, `JSON parse error - ${why}`));
  }
}
