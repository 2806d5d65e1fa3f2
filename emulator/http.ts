import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

import type { EmulatorData, EmulatorPartner } from './model.js';

/** How faults bend paging before an answer is made. */
export interface PagingTweaks {
  /** Page 1 is served whatever was asked; the answer echoes the page served or the page asked for. */
  ignorePage?: 'echo-first' | 'echo-asked';
  /** There is always a next page: beyond the end the last page comes again. */
  endless?: boolean;
  /** So many rows of the list's end stand at its front. */
  shiftRows?: number;
}

/** An authenticated call, below the base path. */
export interface ApiRequest {
  readonly method: string;
  /** Below the base, without a leading slash, as sent. */
  readonly path: string;
  /** Path parts, percent-decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly partner: EmulatorPartner;
  readonly data: EmulatorData;
  readonly paging: PagingTweaks;
}

export interface ApiReply {
  status: number;
  /** Sent as JSON, unless `text` is there. */
  body: unknown;
  text?: string;
  contentType?: string;
  headers?: Record<string, string>;
}

export type Handler = (request: ApiRequest, ...parameters: string[]) => ApiReply;

const compress = promisify(gzip);
const GZIP_FROM_BYTES = 1024;
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Thrown by handlers; becomes an answer in ArrowSphere's error shape. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly errorCode: string,
    /** Extra text in `messages`, the form the official Node client reads. */
    readonly messages?: string,
  ) {
    super(error);
  }
}

export const badRequest = (error: string, errorCode = 'INVALID_PARAMETER') => new ApiFailure(400, error, errorCode);
export const notFound = (error: string, errorCode = 'NOT_FOUND') => new ApiFailure(404, error, errorCode, error);

/** The error body of xSP-style endpoints, or of billing with its `code` and `message`. */
export function failureReply(failure: ApiFailure, path: string, correlationId: string): ApiReply {
  const { status, error, errorCode, messages } = failure;
  const body = path.startsWith('billing/')
    ? { code: status, message: error, errorCode, correlationId }
    : { status, error, ...(messages === undefined ? {} : { messages }), errorCode, correlationId };
  return { status, body };
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Read to the end all the same: leaving early would cut the connection before the client sees why.
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (length > MAX_BODY_BYTES) throw new ApiFailure(413, 'Request body is too large', 'BODY_TOO_LARGE');
  return Buffer.concat(chunks).toString('utf8');
}

/** The bytes of an answer and the headers that describe them, compressed where the client accepts it. */
export async function encodeReply(
  reply: ApiReply,
  acceptEncoding: string | undefined,
): Promise<{ bytes: Buffer; headers: Record<string, string> }> {
  const text = reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body));
  const plain = Buffer.from(text, 'utf8');
  const headers: Record<string, string> = {
    'content-type': reply.contentType ?? 'application/json',
    vary: 'Accept-Encoding',
    ...reply.headers,
  };
  if (plain.length < GZIP_FROM_BYTES || !/\bgzip\b/i.test(acceptEncoding ?? '')) return { bytes: plain, headers };
  const bytes = await compress(plain, { level: constants.Z_BEST_SPEED });
  return { bytes, headers: { ...headers, 'content-encoding': 'gzip' } };
}

export function send(response: ServerResponse, status: number, headers: Record<string, string>, bytes: Buffer): void {
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length) });
  response.end(bytes);
}
