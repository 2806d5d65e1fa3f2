import { request as httpRequest, type Agent, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';

import type { ArrowEmulator } from './arrow-emulator.js';

export interface SpecAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Parsed JSON, `undefined` where it is none. Untyped: specs look at what comes. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

interface ClientOptions {
  apiKey?: string | null;
  headers?: Record<string, string>;
  agent?: Agent;
}

/** A plain HTTP client for specs: no retries, no redirects, errors as the socket gives them. */
export function client(emulator: ArrowEmulator, options: ClientOptions = {}) {
  const { apiKey = emulator.apiKey, headers = {}, agent } = options;
  const call = (method: string, path: string, sent?: unknown) =>
    new Promise<SpecAnswer>((resolve, reject) => {
      const url = new URL(path, emulator.url);
      const body = sent === undefined ? undefined : typeof sent === 'string' ? sent : JSON.stringify(sent);
      const all = { accept: 'application/json', ...(apiKey === null ? {} : { apiKey }), ...headers };
      const request = httpRequest(url, { method, agent, headers: all }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const raw = Buffer.concat(chunks);
          const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: json(text) });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  return {
    get: (path: string) => call('GET', path),
    post: (path: string, body: unknown) => call('POST', path, body),
    call,
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
