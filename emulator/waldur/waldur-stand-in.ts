import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { FaultPlan } from '../faults.js';
import { encodeReply, send } from '../http.js';
import { StandInInvoices } from './invoices.js';
import { emptyWaldur, type Row, type WaldurAccount, type WaldurData } from './waldur-data.js';
import { narrowed, ORDER_RULES, work, write } from './waldur-orders.js';

export interface StandInOptions {
  /** Default 0: any free port. */
  port?: number;
  host?: string;
  data?: Partial<WaldurData>;
  /** Waiting time of every answer. */
  latencyMs?: number;
}

/** A call as it came in, without its token. */
export interface StandInRequest {
  readonly method: string;
  /** Below `/api/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** User name of the token; `null`: nobody's. */
  readonly user: string | null;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** A web page, instead of `body`. */
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

const LISTS = {
  customers: 'customers',
  projects: 'projects',
  'marketplace-provider-offerings': 'offerings',
  'marketplace-provider-resources': 'resources',
  'marketplace-orders': 'orders',
  'arrow-settings': 'arrowSettings',
  'arrow-customer-mappings': 'customerMappings',
  'arrow-vendor-offering-mappings': 'vendorMappings',
} as const;

const NOT_FOUND: Reply = { status: 404, body: { detail: 'Not found.' } };
const INVALID_PAGE: Reply = { status: 404, body: { detail: 'Invalid page.' } };
const WEB_PAGE = '<!DOCTYPE html><html><head><title>Waldur</title></head><body></body></html>';
/** An address that Waldur does not have. */
const NO_ADDRESS: Reply = {
  status: 404,
  body: undefined,
  text: '<!doctype html>\n<title>Not Found</title>\n<h1>Not Found</h1>',
};
const LARGEST_PAGE = 300;

/**
 * A small Waldur on a real socket: the lists that this service reads, one object of each, what it changes, and whose token
 * it is; with Waldur's paging, filters, order, choice of fields and permissions, and, on request, its faults.
 */
export class WaldurStandIn {
  /** Live: what is changed here shows in the next answer. */
  data: WaldurData;
  readonly requests: StandInRequest[] = [];
  readonly faults = new FaultPlan();
  readonly invoices = new StandInInvoices(() => this.data);
  latencyMs: number;
  /** By how much its clock is ahead of ours. */
  clockAheadMs = 0;
  /** Called before a request is carried out: what happens in Waldur meanwhile. What it answers is answered instead. */
  meanwhile: (request: StandInRequest) => Reply | void | Promise<Reply | void> = () => undefined;
  /** Called when a request has been carried out, before it is answered. */
  afterwards: (request: StandInRequest) => void = () => undefined;
  /** Changes that were asked for and have happened, such as `set_backend_id UUID XSP1`. */
  readonly applied: string[] = [];
  /** As in October 2024: resources are narrowed by the day of their change, and a time is refused. */
  takesDaysOnly = false;
  readonly orderRules = { ...ORDER_RULES };
  /** Of its first staff user. */
  readonly token = 'waldur-staff-token-0123456789abcdef012345';
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly host: string,
    { data, latencyMs = 0 }: StandInOptions,
  ) {
    this.data = { ...emptyWaldur(), ...data };
    this.latencyMs = latencyMs;
    if (!this.data.users.length) this.data.users.push(staffUser(this.token));
    this.server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => void this.serve(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(options: StandInOptions = {}): Promise<WaldurStandIn> {
    const standIn = new WaldurStandIn(options.host ?? '127.0.0.1', options);
    await standIn.listen(options.port ?? 0);
    return standIn;
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts all connections and frees the port. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Listens again, after `stop`. */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, this.host, resolve);
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const url = new URL(request.url ?? '/', this.url);
    const account = this.accountOf(request);
    const { method = 'GET' } = request;
    const asked = {
      method,
      path: url.pathname.replace(/^\/api\//, ''),
      query: url.searchParams,
      user: account?.username ?? null,
    };
    const body = method === 'POST' ? await textOf(request).catch(() => '') : '';
    this.requests.push(asked);
    const instead = (await this.meanwhile(asked)) ?? undefined;
    const page = Number(url.searchParams.get('page') ?? 1);
    const planned = this.faults.take({ method, path: asked.path, page, partner: asked.user });
    if (this.latencyMs) await pause(this.latencyMs, response);
    // A status of failure is of a transaction that was rolled back; other faults come after the deed.
    const isUndone = method !== 'GET' && planned.some(({ action }) => action.kind === 'status');
    const invoices = !isUndone && account?.['is_active'] ? this.invoices.reply(method, url, account, body) : undefined;
    let reply: Reply = instead ?? (await invoices) ?? this.reply(url, account, request, body);
    let { text } = reply;
    this.afterwards(asked);
    for (const { action } of planned) {
      if (action.kind === 'hang') return;
      if (action.kind === 'reset-before-headers') return void request.socket.resetAndDestroy();
      if (action.kind === 'delay') await pause(action.ms, response);
      else if (action.kind === 'status') {
        text = undefined;
        reply = { status: action.status, body: action.body ?? { detail: `Emulated failure ${action.status}` } };
        if (typeof action.retryAfter === 'number')
          reply = { ...reply, headers: { 'retry-after': String(action.retryAfter) } };
      } else if (action.kind === 'html') text = WEB_PAGE;
      else if (action.kind === 'truncated-json') text = JSON.stringify(reply.body).slice(0, -2);
      else if (action.kind === 'drop-rows') reply = { ...reply, body: (reply.body as Row[]).slice(action.count ?? 1) };
      else if (action.kind === 'redirect') reply = { status: 302, body: '', headers: { location: action.location } };
      else throw new Error(`The stand-in has no fault ${action.kind}`);
    }
    if (response.destroyed) return;
    const contentType = text === undefined ? 'application/json' : 'text/html';
    const { bytes, headers } = await encodeReply({ ...reply, text, contentType }, request.headers['accept-encoding']);
    const date = new Date(Date.now() + this.clockAheadMs).toUTCString();
    send(response, reply.status, { ...headers, date }, bytes);
  }

  private accountOf({ headers }: IncomingMessage): WaldurAccount | undefined {
    const [, scheme, token] = /^(Token|Bearer) (\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (!token) return undefined;
    const isPersonal = token.startsWith('w_');
    // Each kind of token is taken under its own scheme only.
    if (isPersonal !== (scheme!.toLowerCase() === 'bearer')) return undefined;
    return this.data.users.find(({ tokens }) => tokens.includes(token));
  }

  private reply(url: URL, account: WaldurAccount | undefined, request: IncomingMessage, body: string): Reply {
    const [, api, list = '', uuid] = url.pathname.replace('/admin/arrow/', '/arrow-').split('/');
    if (api !== 'api' || !url.pathname.endsWith('/')) return { status: 404, body: undefined };
    if (!account) return refusal(401, 'Invalid token.');
    if (!account['is_active']) return refusal(401, 'User inactive or deleted.');
    if (list === 'users' && uuid === 'me') return this.me(url, account, request);
    if (request.method === 'POST') return this.write(url, account, body);
    if (list === 'marketplace-plans' && uuid) return this.plan(url, account, uuid);
    if (!(list in LISTS)) return NO_ADDRESS;
    const kind = LISTS[list as keyof typeof LISTS];
    const rows = account['is_staff'] || account['is_support'] ? this.data[kind] : [];
    if (!uuid) return this.list(url, rows);
    const row = rows.find((each) => each.uuid === uuid.replaceAll('-', ''));
    if (row && kind === 'orders') work(this.data, row);
    return row ? { status: 200, body: answered(row, url) } : NOT_FOUND;
  }

  /** By itself it names its offering. */
  private plan(url: URL, account: WaldurAccount, uuid: string): Reply {
    const offerings = account['is_staff'] || account['is_support'] ? this.data.offerings : [];
    for (const { uuid: of, plans } of offerings) {
      const plan = (plans as Row[]).find((each) => each.uuid === uuid.replaceAll('-', ''));
      const offering = `${this.url}/api/marketplace-provider-offerings/${of}/`;
      if (plan) return { status: 200, body: answered({ ...plan, offering }, url) };
    }
    return NOT_FOUND;
  }

  private write(url: URL, account: WaldurAccount, body: string): Reply {
    if (!account['is_staff']) return refusal(403, 'You do not have permission to perform this action.');
    const { data, orderRules: rules } = this;
    const applied = (what: string) => void this.applied.push(what);
    const parts = url.pathname.split('/').filter(Boolean).slice(1);
    return (
      write({ data, rules, parts, body: JSON.parse(body || '{}') as Record<string, unknown>, applied }) ?? NO_ADDRESS
    );
  }

  private me(url: URL, account: WaldurAccount, { headers }: IncomingMessage): Reply {
    const other = headers['x-impersonated-user-uuid'];
    if (typeof other !== 'string' || !account['is_staff']) return meAnswer(account, url);
    const impersonated = this.data.users.find(({ uuid }) => uuid === other);
    // Nobody: staff goes on as itself.
    if (!impersonated) return meAnswer(account, url);
    if (!impersonated.tokens.length)
      return refusal(403, 'Unable to impersonate user which does not have an active session.');
    return { ...meAnswer(impersonated, url), headers: { 'x-impersonator-uuid': account.uuid } };
  }

  private list(url: URL, all: readonly Row[]): Reply {
    const { searchParams: query } = url;
    const modified = query.get('modified');
    const isRefused = this.takesDaysOnly && url.pathname.endsWith('-resources/') && (modified?.length ?? 0) > 10;
    if (isRefused) return { status: 400, body: { modified: ['Enter a valid date.'] } };
    if (modified !== null && Number.isNaN(Date.parse(modified)))
      return { status: 400, body: { modified: ['Enter a valid date/time.'] } };
    const since = modified === null ? -Infinity : Date.parse(modified);
    const withRemoved = query.get('include_terminated') === 'true';
    const rows = narrowed(all, query).filter(
      (row) => Date.parse(row.modified) >= since && (withRemoved || !row['is_removed']),
    );
    const order = query.get('o') ?? 'name';
    const by = order.replace('-', '');
    rows.sort((a, b) => (String(a[by]) < String(b[by]) ? -1 : 1) * (order.startsWith('-') ? -1 : 1));
    const size = Math.min(LARGEST_PAGE, Number(query.get('page_size')) || 10);
    const pages = Math.max(1, Math.ceil(rows.length / size));
    const page = query.get('page') === 'last' ? pages : Number(query.get('page') ?? 1);
    if (!Number.isInteger(page) || page < 1 || page > pages) return INVALID_PAGE;
    const body = rows.slice((page - 1) * size, page * size).map((row) => answered(row, url));
    const headers = { 'x-result-count': String(rows.length), link: links(url, page, pages) };
    return { status: 200, body, headers };
  }
}

function staffUser(token: string): WaldurAccount {
  const at = '2025-01-01T00:00:00+00:00';
  const flags = { is_staff: true, is_support: false, is_active: true };
  return {
    uuid: 'f'.repeat(32),
    name: 'waldur-admin',
    username: 'waldur-admin',
    ...flags,
    email: '',
    first_name: '',
    last_name: '',
    tokens: [token],
    created: at,
    modified: at,
  };
}

/** The flags are shown to staff and support alone, also of oneself. */
function meAnswer({ tokens: _, created, is_staff, is_support, is_active, ...account }: WaldurAccount, url: URL): Reply {
  const flags = is_staff || is_support ? { is_staff, is_support, is_active } : {};
  return { status: 200, body: chosen({ ...account, ...flags, created, date_joined: created }, url.searchParams) };
}

const refusal = (status: number, detail: string): Reply => ({
  status,
  body: { detail },
  headers: status === 401 ? { 'www-authenticate': 'Token' } : undefined,
});

/** The fields that `field` asks for; all where it does not. `modified` is answered by resources only, as Waldur does. */
function chosen(row: Row, query: URLSearchParams): Record<string, unknown> {
  const fields = query.getAll('field');
  return Object.fromEntries(Object.entries(row).filter(([name]) => !fields.length || fields.includes(name)));
}

/** Lists of the Arrow plugin answer all fields, whatever is asked for. */
function answered({ name, ...row }: Row, url: URL): Record<string, unknown> {
  return url.pathname.startsWith('/api/admin/arrow/') ? row : chosen({ name, ...row }, url.searchParams);
}

function links(url: URL, page: number, pages: number): string {
  const to = (number: number) => {
    const link = new URL(url);
    link.searchParams.set('page', String(number));
    return link.href;
  };
  const places = { first: 1, prev: page > 1 && page - 1, next: page < pages && page + 1, last: pages };
  return Object.entries(places)
    .flatMap(([rel, number]) => (number ? [`<${to(number)}>; rel="${rel}"`] : []))
    .join(', ');
}

/** Ends early when the client goes away. */
function pause(milliseconds: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    response.on('close', done);
  });
}
