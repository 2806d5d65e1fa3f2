import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestError, UnusableBody } from './http-errors.js';

/** Whatever walks a body later does so recursively; no request needs more than five levels. */
const DEEPEST = 100;

/**
 * JSON and HTML forms. A body that cannot be used is handed on as {@link UnusableBody}: whether the caller may and
 * whether the object is there is answered first. What a form leaves out is left out, booleans too: Waldur takes them
 * for false, and would make a dry run real.
 */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, parseJson(body as Buffer));
  });
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  fastify.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) =>
    parseMultipart(body, request.headers['content-type']!),
  );
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    done(null, (body as Buffer).length === 0 ? undefined : new UnusableBody(unsupported(request)));
  });
}

/** The media type of the body is none of ours (415). */
export function unsupported({ headers }: { headers: { 'content-type'?: string } }): RequestError {
  return new RequestError(415, `Unsupported media type "${(headers['content-type'] ?? '').slice(0, 100)}" in request.`);
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    const text = decode(body);
    if (isDeeperThan(DEEPEST, text)) return parseError('JSON', `nested too deeply: ${DEEPEST} levels at most`);
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch (error) {
    return parseError('JSON', error instanceof SyntaxError ? error.message : 'the text is not valid UTF-8');
  }
}

function decode(body: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(body);
}

function parseError(what: 'JSON' | 'Multipart form', why: string): UnusableBody {
  return new UnusableBody(new RequestError(400, `${what} parse error - ${why}`));
}

async function parseMultipart(body: Buffer, type: string): Promise<unknown> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'Content-Type': type } }).formData();
    return Object.fromEntries([...form].map(([key, value]) => [key, typeof value === 'string' ? value : {}]));
  } catch {
    return parseError('Multipart form', 'the parts cannot be read');
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
