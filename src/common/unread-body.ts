import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { InvalidFieldsError } from './app.error.js';
import { RequestError } from './http-errors.js';

/** Whatever walks a body later does so recursively; no request needs more than five levels. */
const DEEPEST = 100;
/** Of a form, besides its file. */
const FIELDS_BYTES = 65_536;

/** Bodies stay on the wire until a handler asks for one: who calls, and whether they may, is answered before. */
export function leaveBodiesUnread(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  // Fastify refuses what is no media type before anybody has asked who calls; the raw headers keep it.
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!request.mediaType) delete request.headers['content-type'];
    done();
  });
  fastify.addContentTypeParser('*', (request, payload, done) => done(null, new UnreadBody(request, payload)));
}

/**
 * A body that nobody has read yet: JSON or an HTML form. What a form leaves out is left out, booleans too: Waldur takes
 * them for false, and would make a dry run real.
 */
export class UnreadBody {
  constructor(
    private readonly request: FastifyRequest,
    private readonly payload: Readable,
  ) {}

  /** What it says; `undefined`: nothing. `limit` in bytes. Throws {@link RequestError} (400, 413, 415). */
  async read(limit: number): Promise<unknown> {
    const body = await this.bytes(limit);
    if (body.length === 0) return undefined;
    const type = this.request.raw.headersDistinct['content-type']?.[0] ?? '';
    switch (type.split(';', 1)[0]!.trim().toLowerCase()) {
      case 'application/json':
        return parseJson(body);
      case 'application/x-www-form-urlencoded':
        return Object.fromEntries(new URLSearchParams(body.toString()));
      case 'multipart/form-data':
        return parseMultipart(body, type);
      default:
        throw new RequestError(415, `Unsupported media type "${type.slice(0, 100)}" in request.`);
    }
  }

  /**
   * The fields of a form with one file, which `keep` reads as it arrives: nothing of it is held here. `limit` in bytes.
   * Throws {@link RequestError} (400, 413, 415), and what `keep` throws.
   */
  async upload(limit: number, keep: (file: Readable, name: string) => Promise<void>): Promise<Record<string, string>> {
    const type = this.request.raw.headersDistinct['content-type']?.[0] ?? '';
    if (!/^multipart\/form-data\b/i.test(type))
      throw new RequestError(415, `Unsupported media type "${type.slice(0, 100)}" in request.`);
    if (Number(this.request.headers['content-length'] ?? 0) > limit + FIELDS_BYTES) throw this.tooLarge(limit);
    const fields: Record<string, string> = {};
    let kept: Promise<void> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const form = new Busboy({
          headers: { 'content-type': type },
          limits: { fileSize: limit, files: 2, fields: 20, fieldSize: FIELDS_BYTES, parts: 25 },
        });
        form.on('field', (name, value) => (fields[name] = value));
        form.on('file', (_, file, name) => {
          if (kept) return reject(parseError('Multipart form', 'one file at a time'));
          file.once('limit', () => file.destroy(this.tooLarge(limit)));
          kept = keep(file, name ?? '');
          kept.catch(reject);
        });
        form.once('finish', resolve);
        form.once('error', () => reject(parseError('Multipart form', 'the parts cannot be read')));
        const broken = () => reject(new RequestError(400, 'The request body did not arrive as a whole.'));
        this.payload.once('error', broken).once('close', () => this.payload.readableEnded || broken());
        this.payload.pipe(form);
      });
      await kept;
    } catch (error) {
      this.payload.unpipe();
      this.payload.resume();
      throw error;
    }
    if (!kept) throw new InvalidFieldsError({ file: ['No file was submitted.'] });
    return fields;
  }

  private async bytes(limit: number): Promise<Buffer> {
    if (Number(this.request.headers['content-length'] ?? 0) > limit) throw this.tooLarge(limit);
    const parts: Buffer[] = [];
    let length = 0;
    try {
      // Left to itself the loop would end the connection with the stream, and the answer would have no way out.
      for await (const part of this.payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += part.length;
        if (length > limit) throw this.tooLarge(limit);
        parts.push(part);
      }
    } catch (error) {
      throw error instanceof RequestError
        ? error
        : new RequestError(400, 'The request body did not arrive as a whole.');
    }
    return Buffer.concat(parts, length);
  }

  /** What is still to come is thrown away, so that the client gets to read the answer. */
  private tooLarge(limit: number): RequestError {
    this.payload.resume();
    const most = limit < 1_048_576 ? `${limit / 1024} KB` : `${limit / 1_048_576} MB`;
    return new RequestError(413, `The request body is too large: ${most} at most.`);
  }
}

function parseJson(body: Buffer): unknown {
  if (isDeeperThan(DEEPEST, body)) throw parseError('JSON', `nested too deeply: ${DEEPEST} levels at most`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw parseError('JSON', 'the text is not valid UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw parseError('JSON', (error as SyntaxError).message);
  }
}

function parseError(what: 'JSON' | 'Multipart form', why: string): RequestError {
  return new RequestError(400, `${what} parse error - ${why}`);
}

async function parseMultipart(body: Buffer, type: string): Promise<unknown> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'Content-Type': type } }).formData();
    return Object.fromEntries([...form].map(([key, value]) => [key, typeof value === 'string' ? value : {}]));
  } catch {
    throw parseError('Multipart form', 'the parts cannot be read');
  }
}

const [QUOTE, BACKSLASH, OPENING, CLOSING] = [...'"\\[]'].map((char) => char.charCodeAt(0));
/** What turns brackets into braces. */
const BRACE = 0x20;

/** Counts brackets outside of strings, without recursion. In UTF-8 no part of another character looks like one. */
function isDeeperThan(levels: number, json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if ((byte | BRACE) === (OPENING! | BRACE)) {
      if (++depth > levels) return true;
    } else if ((byte | BRACE) === (CLOSING! | BRACE)) depth--;
  }
  return false;
}
