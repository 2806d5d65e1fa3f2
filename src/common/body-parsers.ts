import type { FastifyInstance } from 'fastify';
import { RequestError, UnusableBody } from './http-errors.js';

/** Whatever walks a body later does so recursively; no request needs more than five levels. */
const DEEPEST = 100;

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
    if (isDeeperThan(DEEPEST, text)) {
      return new UnusableBody(new RequestError(400, `JSON parse error - nested too deeply: ${DEEPEST} levels at most`));
    }
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'the text is not valid UTF-8';
    return new UnusableBody(new RequestError(400, `JSON parse error - ${why}`));
  }
}

/** Counts brackets outside of strings, without recursion. */
function isDeeperThan(levels: number, json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '[' || char === '{') {
      if (++depth > levels) return true;
    } else if (char === ']' || char === '}') depth--;
  }
  return false;
}
