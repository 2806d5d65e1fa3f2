import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';
import { MetricsRegistry } from './common/metrics-registry.js';
import { Env } from './config/env.js';
import { ListenError } from './listen.js';

const LONGEST_REQUEST_MS = 10_000;
const MOST_CONNECTIONS = 20;

/**
 * Answers `GET /metrics` at METRICS_HOST and METRICS_PORT, apart from the API: what may read it is decided by the network,
 * and by METRICS_TOKEN where there is one.
 */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MetricsServer.name);
  private server?: Server;

  constructor(
    private readonly env: Env,
    private readonly registry: MetricsRegistry,
  ) {}

  /** The port it listens on; `undefined` where metrics are off. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** Throws {@link ListenError}. */
  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_HOST: HOST, METRICS_PORT: PORT } = this.env;
    if (PORT === undefined) return;
    collectDefaultMetrics({ register: this.registry });
    this.server = createServer({ requestTimeout: LONGEST_REQUEST_MS, headersTimeout: LONGEST_REQUEST_MS });
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.on('request', (request, response) => void this.answer(request, response));
    try {
      await once(this.server.listen(PORT, HOST), 'listening');
    } catch (error) {
      throw new ListenError({ HOST, PORT }, error as NodeJS.ErrnoException, 'METRICS_');
    }
  }

  beforeApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer({ headers, method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { METRICS_TOKEN: token } = this.env;
    const end = (status: number, text: string, more: Record<string, string> = {}) =>
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...more }).end(text);
    if (token && !isSame(headers.authorization ?? '', `Bearer ${token}`))
      return void end(401, 'METRICS_TOKEN is asked for.\n', { 'WWW-Authenticate': 'Bearer' });
    if (url?.split('?')[0] !== '/metrics') return void end(404, 'There is /metrics only.\n');
    if (method !== 'GET' && method !== 'HEAD') return void end(405, 'Metrics are read only.\n', { Allow: 'GET, HEAD' });
    try {
      end(200, await this.registry.metrics(), { 'Content-Type': this.registry.contentType });
    } catch (error) {
      this.logger.error('The metrics cannot be read', (error as Error).stack);
      end(500, 'The metrics cannot be read: the log says why.\n');
    }
  }
}

/** Takes as long for a wrong text as for another one. */
function isSame(one: string, other: string): boolean {
  const hashOf = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hashOf(one), hashOf(other));
}
