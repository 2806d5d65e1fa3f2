import { Agent, request, type IncomingHttpHeaders } from 'node:http';

/** What came back for one request. */
export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** From sending the first byte to reading the last one. */
  milliseconds: number;
}

export interface WireOptions {
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
}

/** Talks HTTP to a server exactly as told: no redirects followed, no path tidied, no header added but `Host`. */
export class Wire {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });

  /** `baseUrl` as `http://127.0.0.1:port`. */
  constructor(private readonly baseUrl: string) {}

  async send(method: string, path: string, options: WireOptions = {}): Promise<WireAnswer> {
    try {
      return await this.attempt(method, path, options, this.agent);
    } catch (error) {
      // A server may close a kept connection between two requests, as every client knows; a new one tells the truth.
      const { reused, code } = error as NodeJS.ErrnoException & { reused?: boolean };
      if (reused && code === 'ECONNRESET') return this.attempt(method, path, options, new Agent());
      throw error;
    }
  }

  private attempt(
    method: string,
    path: string,
    { headers = {}, body, timeoutMs = 10_000 }: WireOptions,
    agent: Agent,
  ): Promise<WireAnswer> {
    const { hostname, port } = new URL(this.baseUrl);
    const started = performance.now();
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { agent, host: hostname, port, method, path, headers: { ...headers, ...length }, timeout: timeoutMs },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode!,
              headers: incoming.headers,
              text: Buffer.concat(chunks).toString(),
              milliseconds: performance.now() - started,
            }),
          );
        },
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`${method} ${path} had no answer within ${timeoutMs} ms.`)),
      );
      outgoing.on('error', (error) => reject(Object.assign(error, { reused: outgoing.reusedSocket })));
      outgoing.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
