import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { type Controlled, controlReply } from './control.js';
import { emptyData } from './data.js';
import { bendReply, pagingTweaks } from './fault-bodies.js';
import { FaultPlan, type PlannedAction } from './faults.js';
import { ApiFailure, type ApiReply, encodeReply, failureReply, readBody, send } from './http.js';
import type { EmulatorData, EmulatorPartner } from './model.js';
import { route } from './router.js';

export interface EmulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Taken as it is, not copied; what is not given is empty, with one default partner. */
  data?: Partial<EmulatorData>;
  /** Waiting time of every answer. */
  latencyMs?: number;
}

/** A call as it came in. The API key is never kept. */
export interface RecordedRequest {
  readonly method: string;
  /** Below the base, without a leading slash and query, as sent (percent-encoding kept). */
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  /** Parsed JSON; the text where it is none; `undefined` without a body. */
  readonly body: unknown;
  /** Request headers without `apiKey`. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly at: Date;
  /** Reference of the partner that the key belongs to, `null` for an unknown key. */
  readonly partner: string | null;
  /** HTTP status sent; `null` while none was. */
  status: number | null;
  /** The client went away before the answer was complete. */
  aborted: boolean;
}

const BASE_PATH = '/index.php/api/';
const MAX_RECORDED = 100_000;

/** An ArrowSphere of one's own on a real socket, with its dialects, its quirks and, on request, its faults. */
export class ArrowEmulator implements Controlled {
  /** Live: what is changed here shows in the next answer. */
  data: EmulatorData;
  /** The last 100,000 calls at most. */
  readonly requests: RecordedRequest[] = [];
  readonly faults = new FaultPlan();
  latencyMs: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly stopping = new AbortController();
  private counters = { inFlight: 0, maxInFlight: 0, connections: 0 };
  private answers = 0;
  private readonly holds = new Set<{ which: (call: RecordedRequest) => boolean; over: Promise<void> }>();

  private constructor(
    private readonly host: string,
    options: EmulatorOptions,
  ) {
    this.data = { ...emptyData(), ...options.data };
    this.latencyMs = options.latencyMs ?? 0;
    this.server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => void this.serve(request, response));
    this.server.on('connection', (socket) => {
      this.counters.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(options: EmulatorOptions = {}): Promise<ArrowEmulator> {
    const host = options.host ?? '127.0.0.1';
    const emulator = new ArrowEmulator(host, options);
    await new Promise<void>((resolve, reject) => {
      emulator.server.once('error', reject);
      emulator.server.listen(options.port ?? 0, host, resolve);
    });
    return emulator;
  }

  /** `http://127.0.0.1:PORT/index.php/api/` */
  get url(): string {
    return `${this.origin}${BASE_PATH}`;
  }

  /** `http://127.0.0.1:PORT`, where `/__emulator/…` is. */
  get origin(): string {
    return `http://${this.host}:${(this.server.address() as AddressInfo).port}`;
  }

  /** The key of the default partner. */
  get apiKey(): string {
    const [partner] = this.data.partners;
    if (!partner) throw new Error('The emulator has no partner');
    return partner.apiKey;
  }

  /** API calls being answered now, hanging ones included. */
  get inFlight(): number {
    return this.counters.inFlight;
  }

  /** The most calls at once since the start or the last reset. */
  get maxInFlight(): number {
    return this.counters.maxInFlight;
  }

  /** TCP connections opened since the start or the last reset. */
  get connections(): number {
    return this.counters.connections;
  }

  /** Forgets recorded requests and counts; faults and data stay. */
  resetCounters(): void {
    this.requests.length = 0;
    this.counters = { inFlight: this.counters.inFlight, maxInFlight: this.counters.inFlight, connections: 0 };
  }

  /**
   * Calls of this kind are answered, with what there was when they came, only once the function that it gives has been
   * called: they are under way until then, however busy the machine.
   */
  hold(which: (call: RecordedRequest) => boolean = () => true): () => void {
    let release = (): void => undefined;
    const over = new Promise<void>((resolve) => (release = resolve));
    const held = { which, over };
    this.holds.add(held);
    return () => {
      this.holds.delete(held);
      release();
    };
  }

  /** Cuts all connections, hanging ones too, and frees the port. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const url = new URL(request.url ?? '/', 'http://emulator');
    if (url.pathname.startsWith('/__emulator/')) return this.control(request, response, url);
    this.counters.inFlight += 1;
    this.counters.maxInFlight = Math.max(this.counters.maxInFlight, this.counters.inFlight);
    response.on('close', () => (this.counters.inFlight -= 1));
    try {
      await this.answer(request, response, url);
    } catch (error) {
      if (response.destroyed || this.stopping.signal.aborted) return;
      if (error instanceof ApiFailure) {
        const { status, body } = failureReply(error, '', `emulated-${++this.answers}`);
        const headers = { 'content-type': 'application/json' };
        return send(response, status, headers, Buffer.from(JSON.stringify(body)));
      }
      send(response, 500, { 'content-type': 'text/plain' }, Buffer.from(`Emulator failure: ${String(error)}`));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const partner = this.partnerOf(request);
    const text = await readBody(request);
    const below = url.pathname.startsWith(BASE_PATH) ? url.pathname.slice(BASE_PATH.length) : null;
    const recorded = this.record(request, url, below ?? url.pathname, text, partner);
    response.on('close', () => (recorded.aborted = !response.writableFinished));
    const correlationId = `emulated-${String(++this.answers).padStart(6, '0')}`;
    const { method, path } = recorded;
    const page = askedPage(url.searchParams, recorded.body);
    const planned = this.faults.take({ method, path, page, partner: recorded.partner });
    await this.wait(this.latencyMs, response);
    const call = { partner, below, query: url.searchParams, text, correlationId };
    let reply = this.reply(method, call, planned);
    for (const { which, over } of this.holds) if (which(recorded)) await over;
    let interruption: Interruption = 'none';
    for (const step of planned) {
      const { action } = step;
      if (response.destroyed) return;
      if (action.kind === 'delay') await this.wait(action.ms, response);
      else if (action.kind === 'hang') return;
      else if (action.kind === 'reset-before-headers') return void request.socket.resetAndDestroy();
      else if (action.kind === 'reset-mid-body') interruption = 'reset';
      else if (action.kind === 'stall') interruption = 'stall';
      else reply = bendReply(reply, step, correlationId);
    }
    if (response.destroyed) return;
    recorded.status = reply.status;
    const { bytes, headers } = await encodeReply(reply, request.headers['accept-encoding']);
    const allHeaders = { ...headers, 'x-correlation-id': correlationId };
    if (interruption === 'none') return send(response, reply.status, allHeaders, bytes);
    response.writeHead(reply.status, { ...allHeaders, 'content-length': String(bytes.length) });
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
      if (interruption === 'reset') request.socket.resetAndDestroy();
    });
  }

  private partnerOf(request: IncomingMessage): EmulatorPartner | undefined {
    const key = request.headers.apikey;
    return this.data.partners.find(({ apiKey }) => apiKey === key);
  }

  private record(
    request: IncomingMessage,
    url: URL,
    path: string,
    text: string,
    partner: EmulatorPartner | undefined,
  ): RecordedRequest {
    const { apikey: _, ...headers } = request.headers;
    const query: Record<string, string | string[]> = {};
    for (const name of new Set(url.searchParams.keys())) {
      const values = url.searchParams.getAll(name);
      query[name] = values.length === 1 ? (values[0] as string) : values;
    }
    const recorded: RecordedRequest = {
      method: request.method ?? 'GET',
      path,
      query,
      body: text === '' ? undefined : (parseJson(text) ?? text),
      headers,
      at: new Date(),
      partner: partner?.reference ?? null,
      status: null,
      aborted: false,
    };
    this.requests.push(recorded);
    // An emulator left running for days must not grow for days.
    if (this.requests.length > MAX_RECORDED) this.requests.splice(0, MAX_RECORDED / 10);
    return recorded;
  }

  private reply(method: string, call: Call, planned: readonly PlannedAction[]): ApiReply {
    const { partner, below, query, text, correlationId } = call;
    if (below === null) return { status: 404, body: undefined, text: 'Not found', contentType: 'text/html' };
    try {
      if (!partner) throw new ApiFailure(401, 'Invalid API key', 'UNAUTHORIZED');
      const segments = below.replace(/\/$/, '').split('/').map(decode);
      const body = text === '' ? undefined : parseJson(text);
      if (text !== '' && body === undefined) throw new ApiFailure(400, 'Bad JSON in the body', 'INVALID_JSON');
      const paging = pagingTweaks(planned);
      return route({ method, path: below, segments, query, body, partner, data: this.data, paging });
    } catch (error) {
      if (error instanceof ApiFailure) return failureReply(error, below, correlationId);
      throw error;
    }
  }

  private async control(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const text = await readBody(request);
    const reply = controlReply(this, request.method ?? 'GET', url.pathname, text === '' ? undefined : parseJson(text));
    const { bytes, headers } = await encodeReply(reply, undefined);
    send(response, reply.status, headers, bytes);
  }

  /** Ends early when the client goes away or the emulator stops. */
  private async wait(milliseconds: number, response: ServerResponse): Promise<void> {
    // Neither of the two happens again to who was not listening: without this, one delay after another is sat out.
    if (milliseconds <= 0 || response.closed || response.destroyed || this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        response.off('close', done);
        this.stopping.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      response.on('close', done);
      this.stopping.signal.addEventListener('abort', done);
    });
  }
}

type Interruption = 'none' | 'reset' | 'stall';

interface Call {
  partner: EmulatorPartner | undefined;
  below: string | null;
  query: URLSearchParams;
  text: string;
  correlationId: string;
}

function askedPage(query: URLSearchParams, body: unknown): number {
  const inBody = typeof body === 'object' && body !== null ? (body as { page?: unknown }).page : undefined;
  return Number(query.get('page') ?? inBody ?? 1);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiFailure(400, 'The path cannot be decoded', 'INVALID_PATH');
  }
}
