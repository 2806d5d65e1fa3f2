import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: { key: string; value: Record<string, unknown> }[];
  readonly status: { code?: number };
}

/** Takes spans as a collector of OpenTelemetry does, and keeps them. */
export class TraceCollector {
  readonly bodies: string[] = [];
  readonly headers: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<TraceCollector> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const collector = new TraceCollector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        collector.bodies.push(Buffer.concat(parts).toString());
        collector.headers.push(`${request.method} ${request.url} ${String(request.headers['x-collector-key'])}`);
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      });
    });
    return collector;
  }

  get resources(): { resource: { attributes: unknown[] }; scopeSpans: { spans: Span[] }[] }[] {
    return this.bodies.flatMap((body) => JSON.parse(body).resourceSpans);
  }

  get spans(): Span[] {
    return this.resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
