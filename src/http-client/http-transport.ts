import { HttpService } from '@nestjs/axios';
import { AxiosError, type AxiosResponse } from 'axios';
import type { Agent } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import type { GatewayTimer } from './gateway-timer.js';
import { Proxy, type ProxyOptions } from './proxy.js';
import { guardedAgents, resolveWithSystem, type ResolveAll } from './guarded-agents.js';

export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Besides those that every request has: who asks. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Aborting closes the connection; its reason is thrown. */
  readonly signal: AbortSignal;
}

export interface TransportOptions {
  /** Allow private addresses and plain `http:`. */
  readonly allowPrivateHosts: boolean;
  /** Refuse plain `http:` to public addresses. */
  readonly plainToPrivateOnly?: boolean;
  /** Time to a usable connection (name, TCP and TLS), in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Size of one answer, unpacked, beyond which it is an error, in bytes. */
  readonly maxAnswerBytes: number;
  /** The way out, where connections are not made directly. */
  readonly proxy?: ProxyOptions;
}

export interface TransportAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/**
 * - `network`: no answer, or a broken one
 * - `certificate`: the other side could not prove who it is; trying again does not help
 * - `address`: not connected to, as it is not public
 * - `too-large`: the answer is over the limit
 */
export type TransportFault = 'network' | 'certificate' | 'address' | 'too-large';

export class TransportError extends Error {
  constructor(
    readonly fault: TransportFault,
    /** A sentence part that is safe to show. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What may be said of a failed connection; anything else is "the connection failed". */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ECONNABORTED: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was reset',
  Z_BUF_ERROR: 'the connection was reset',
  ERR_BAD_RESPONSE: 'the connection was reset',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'the connection took too long',
  ERR_CONNECT_TIMED_OUT: 'the connection took too long',
  ERR_PROXY_UNREACHABLE: 'the proxy (HTTPS_PROXY) does not answer',
  ERR_PROXY_REFUSED: 'the proxy (HTTPS_PROXY) does not let this host through',
  ERR_PROXY_LOGIN: 'the proxy (HTTPS_PROXY) wants another user name and password',
};

const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** One HTTP exchange, whatever its status. Knows of connections, nothing of what is said over them. */
export class HttpTransport {
  private readonly agents: { http: Agent; https: Agent };
  private readonly proxy?: Proxy;

  constructor(
    private readonly http: HttpService,
    private readonly options: TransportOptions,
    timer: GatewayTimer,
    resolve: ResolveAll = resolveWithSystem,
  ) {
    this.agents = guardedAgents({
      allowPrivateHosts: options.allowPrivateHosts,
      plainToPrivateOnly: options.plainToPrivateOnly,
      connectTimeoutMs: options.connectTimeoutMs,
      timer,
      resolve,
    });
    if (options.proxy) this.proxy = new Proxy(options.proxy);
  }

  /** Throws {@link TransportError}, or the reason of the signal. Redirects are answers, not followed. */
  async send(request: TransportRequest): Promise<TransportAnswer> {
    const url = new URL(request.url);
    const proxy = this.proxy?.isFor(url) ? this.proxy : undefined;
    if (proxy && !proxy.allows(url))
      throw new TransportError(
        'address',
        'The proxy is asked for hosts of ArrowSphere only: add this one to ARROW_PROXY_HOSTS.',
      );
    try {
      const answer = await this.http.axiosRef.request<Readable>({
        adapter: 'http',
        method: request.method,
        url: request.url,
        data: request.body,
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'gzip',
          'User-Agent': 'waldur-arrowsphere',
          ...request.headers,
          ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        signal: request.signal,
        responseType: 'stream',
        validateStatus: () => true,
        maxRedirects: 0,
        // Unpacked here, where what comes in and what comes out of it can both be counted.
        decompress: false,
        // Ours is an agent: axios would go by the environment, whatever the address.
        proxy: false,
        httpAgent: this.agents.http,
        httpsAgent: proxy?.agent ?? this.agents.https,
      });
      const text = await textOf(unpacked(answer, this.options.maxAnswerBytes), this.options.maxAnswerBytes);
      return { status: answer.status, headers: headersOf(answer), text };
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      throw transportError(error);
    }
  }

  /** Closes the idle connections. */
  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
    this.proxy?.agent.destroy();
  }
}

/** The bytes of an answer; gzip is all that is asked for. Packed bytes are counted too: some unpack to nothing, for ever. */
function unpacked(answer: AxiosResponse<Readable>, maxBytes: number): Readable {
  if (!/^\s*(x-)?gzip\s*$/i.test(String(answer.headers['content-encoding'] ?? ''))) return answer.data;
  // Whoever reads the last of them is told of an error in any.
  return pipeline(
    answer.data,
    (chunks: AsyncIterable<Buffer>) => limited(chunks, maxBytes),
    createGunzip(),
    () => undefined,
  );
}

async function* limited(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    yield chunk;
  }
}

const PIECE_BYTES = 64 * 1024;

/**
 * Decoded piece by piece: a whole answer as bytes beside its text would double what a long export leaves to collect.
 * Tiny chunks are put together first, as each piece of a growing text takes memory of its own.
 */
async function textOf(body: Readable, maxBytes: number): Promise<string> {
  const decoder = new StringDecoder('utf8');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let filled = 0;
  let bytes = 0;
  let text = '';
  const flush = (): void => {
    text += decoder.write(piece.subarray(0, filled));
    filled = 0;
  };
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    if (filled + chunk.length > PIECE_BYTES) flush();
    if (chunk.length > PIECE_BYTES) text += decoder.write(chunk);
    else filled += chunk.copy(piece, filled);
  }
  flush();
  return text + decoder.end();
}

function tooLarge(): TransportError {
  return new TransportError('too-large', 'it is too large');
}

function headersOf(answer: AxiosResponse): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const name of ['content-type', 'retry-after', 'location', 'date', 'x-result-count', 'x-impersonator-uuid']) {
    const value: unknown = answer.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** The original error carries the request with its secret, so nothing of it is kept but its code. */
function transportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  if (code === 'ERR_ADDRESS_REFUSED')
    return new TransportError('address', 'Its name leads to an address that is not public.');
  if (code === 'ERR_PLAIN_REFUSED')
    return new TransportError('address', 'Plain http: is for private addresses only: write https://.');
  const certificate = CERTIFICATE_REASONS[code];
  if (certificate) return new TransportError('certificate', certificate);
  return new TransportError('network', REASONS[code] ?? 'the connection failed');
}

function codeOf(error: unknown): string {
  const candidates = [error];
  if (error instanceof AxiosError) candidates.unshift(error.cause);
  for (const candidate of [...candidates]) {
    if (candidate instanceof AggregateError) candidates.unshift(...(candidate.errors as unknown[]));
  }
  const withCode = candidates.find(
    (one): one is { code: string } => typeof (one as { code?: unknown } | undefined)?.code === 'string',
  );
  return withCode?.code ?? '';
}
