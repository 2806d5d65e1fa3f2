import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArrowGateway } from '../../src/arrow-gateway/arrow-gateway.js';
import { createApp } from '../../src/configure-app.js';
import { readEnv } from '../../src/config/env.js';
import { JobIncompleteError } from '../../src/jobs/job.errors.js';
import { JobHandlers, type JobHandler } from '../../src/jobs/job-handlers.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import { listen } from '../../src/listen.js';
import { MetricsServer } from '../../src/metrics-server.js';
import { BillingWorld, LABELS } from '../billing/billing-world.js';
import { startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { createDatabase } from '../support/databases.js';
import { MetricsPage, metricsUrl } from '../support/metrics-page.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const TOKEN = 'metrics-token-0123456789';
const POOL_SIZE = 4;

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    METRICS_PORT: '0',
    METRICS_TOKEN: TOKEN,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    ARROW_MAX_RETRIES: '1',
    ARROW_MAX_CONCURRENCY: '2',
  });
});
beforeEach(() => void app.arrow.faults.clear());
afterAll(() => app.stop());

const read = () => MetricsPage.read(app, { Authorization: `Bearer ${TOKEN}` });

/** With figures that are not those of the last look. */
async function readAnew(): Promise<MetricsPage> {
  app.clock.set(new Date(app.clock.now().getTime() + 60_000));
  return read();
}

/** Reads until the page says so. */
async function readUntil(is: (page: MetricsPage) => boolean): Promise<MetricsPage> {
  for (;;) {
    const page = await readAnew();
    if (is(page)) return page;
    await sleep(20);
  }
}

describe('The metrics', () => {
  it('are for those who have the token', async () => {
    const url = metricsUrl(app);
    const status = async (headers: Record<string, string>, method = 'GET', path = '') =>
      (await fetch(url + path, { method, headers })).status;
    const right = { Authorization: `Bearer ${TOKEN}` };
    expect(await status({})).toBe(401);
    expect(await status({ Authorization: `Bearer ${TOKEN}x` })).toBe(401);
    expect(await status({ Authorization: `Token ${STAFF_TOKEN}` })).toBe(401);
    expect(await status(right)).toBe(200);
    expect(await status(right, 'HEAD')).toBe(200);
    expect(await status(right, 'POST')).toBe(405);
    expect(await status(right, 'GET', '/else')).toBe(404);
    const { headers } = await fetch(url, { headers: right });
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('are not below the address of the API', async () => {
    expect((await app.api.get('/metrics')).status).toBe(404);
  });

  it('are told apart by application, two of which may run in one process', async () => {
    const other = await startApp({ METRICS_PORT: '0' });
    await other.api.get('/api/projects/');
    const [here, there] = [await read(), await MetricsPage.read(other)];
    await other.stop();
    const labels = { route: '/api/projects', method: 'GET' };
    const count = 'waldur_arrow_http_request_duration_seconds_count';
    expect([here.value(count, labels), there.value(count, labels)]).toEqual([undefined, 1]);
    await expect(fetch(`http://127.0.0.1:${app.app.get(MetricsServer).port}/`)).resolves.toBeDefined();
  });

  it('are each named in docs/metrics.md, and no others are', async () => {
    const rows = readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| (`[a-z]\w+`.*?) \|/gm);
    const documented = [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    const beside = await startApp({
      METRICS_PORT: '0',
      WALDUR_URL: 'http://127.0.0.1:9',
      WALDUR_TOKEN: 'of-nobody',
      WALDUR_PUSH_CHARGES: 'true',
      WALDUR_PUSH_FROM: '2026-01',
      WALDUR_CURRENCY: 'EUR',
    });
    const { names } = await MetricsPage.read(beside);
    await beside.stop();
    expect(documented.sort()).toEqual([...new Set([...(await read()).names, ...names])].sort());
  });

  it('are nowhere, and count no request, without METRICS_PORT', async () => {
    const off = await startApp();
    expect(off.app.get(MetricsServer).port).toBeUndefined();
    await off.stop();
  });

  it('end the start with a sentence where something else listens at their port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const database = await createDatabase(TEST_DATABASE);
    const env = readEnv({
      STAFF_TOKEN,
      PORT: '0',
      METRICS_PORT: String(port),
      LOG_LEVEL: 'fatal',
      ...database.variables,
    });
    const second = await createApp(env);
    await expect(listen(second, env)).rejects.toThrow(
      `Another process listens on 127.0.0.1:${port} already: stop it, or set METRICS_PORT.`,
    );
    await second.close();
    await database.drop();
    taken.close();
  });
});

describe('Requests are counted', () => {
  const COUNT = 'waldur_arrow_http_request_duration_seconds_count';

  it('by the pattern of their route, their method and the class of their status', async () => {
    await app.api.get('/api/customers/?page_size=1');
    await app.api.get(`/api/customers/${randomUUID()}/`);
    await app.api.as(undefined).get('/api/customers/');
    await app.api.post('/api/customers/', { name: 'Anybody' });
    const page = await read();
    expect(page.value(COUNT, { route: '/api/customers', method: 'GET', status: '2xx' })).toBe(1);
    expect(page.value(COUNT, { route: '/api/customers', method: 'GET', status: '4xx' })).toBe(1);
    expect(page.value(COUNT, { route: '/api/customers', method: 'POST', status: '2xx' })).toBe(1);
    expect(page.value(COUNT, { route: '/api/customers/:uuid', status: '4xx' })).toBe(1);
  });

  it('as one, whatever path is made up', async () => {
    for (const path of ['/wp-login.php', `/api/${randomUUID()}/`]) await app.api.get(path);
    const unknown = { hostname: '127.0.0.1', port: new URL(app.url).port, method: 'PURGE', path: '/x', agent: false };
    const asked = request(unknown).end();
    const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    answer.resume();
    await once(answer, 'end');
    const page = await readUntil((each) => each.value(COUNT, { route: 'none', method: 'PURGE' }) === 1);
    expect(page.value(COUNT, { route: 'none', method: 'GET', status: '4xx' })).toBeGreaterThanOrEqual(2);
    expect(page.text).not.toContain('wp-login');
  });
});

describe('Calls to ArrowSphere', () => {
  const COUNT = 'waldur_arrow_gateway_call_duration_seconds_count';
  const account = () => ({ apiUrl: app.arrow.url, apiKey: app.arrow.apiKey });
  const whoAmI = (signal?: AbortSignal) => app.app.get(ArrowGateway).whoAmI(account(), { refresh: true, signal });
  const endpoint = 'GET whoami';

  it('are counted by endpoint and outcome, with attempts and retries', async () => {
    await whoAmI();
    app.arrow.faults.add({ action: { kind: 'status', status: 403 }, count: 1 });
    await expect(whoAmI()).rejects.toThrow('does not allow');
    app.arrow.faults.add({ action: { kind: 'status', status: 503 }, count: 1 });
    await whoAmI();
    const page = await read();
    expect(page.value(COUNT, { endpoint, outcome: 'ok' })).toBe(2);
    expect(page.value(COUNT, { endpoint, outcome: 'arrow_not_allowed' })).toBe(1);
    expect(page.value('waldur_arrow_gateway_attempts_total', { endpoint })).toBe(4);
    expect(page.value('waldur_arrow_gateway_retries_total', { endpoint })).toBe(1);
  });

  it('that are under way, and that wait, are counted', async () => {
    app.arrow.faults.add({ action: { kind: 'hang' } });
    const stop = new AbortController();
    const calls = [1, 2, 3].map(() => whoAmI(stop.signal).catch(() => undefined));
    const page = await readUntil((each) => each.value('waldur_arrow_gateway_waiting_calls') === 1);
    expect(page.value('waldur_arrow_gateway_running_calls')).toBe(2);
    stop.abort();
    await Promise.all(calls);
    expect((await read()).value('waldur_arrow_gateway_running_calls')).toBe(0);
  });

  it('are answered from the cache, by one under way, or asked', async () => {
    const list = () => app.app.get(ArrowGateway).listCustomers(account());
    await Promise.all([list(), list()]);
    await list();
    const page = await read();
    const results = ['hit', 'shared', 'miss'].map((result) =>
      page.value('waldur_arrow_gateway_cache_requests_total', { result }),
    );
    expect(results).toEqual([1, 1, 1]);
  });

  it('are fewer at once after a 429', async () => {
    expect((await read()).value('waldur_arrow_gateway_allowed_calls')).toBe(2);
    app.arrow.faults.add({ action: { kind: 'status', status: 429, retryAfter: 0 }, count: 1 });
    await whoAmI();
    expect((await read()).value('waldur_arrow_gateway_allowed_calls')).toBe(1);
  });

  it('that fail in a row open the breaker', async () => {
    expect((await read()).value('waldur_arrow_gateway_breaker_state')).toBe(0);
    app.arrow.faults.add({ action: { kind: 'status', status: 503 } });
    while ((await read()).value('waldur_arrow_gateway_breaker_state') === 0) await whoAmI().catch(() => undefined);
    app.clock.set(app.clock.now());
    await expect(whoAmI()).rejects.toThrow('next try at');
    const page = await read();
    expect(page.value('waldur_arrow_gateway_breaker_state')).toBe(2);
    expect(page.value(COUNT, { endpoint, outcome: 'arrow_unavailable' })).toBeGreaterThanOrEqual(5);
    app.clock.set(new Date(app.clock.now().getTime() + 31_000));
    expect((await read()).value('waldur_arrow_gateway_breaker_state')).toBe(1);
    app.arrow.faults.clear();
    await whoAmI();
    expect((await read()).value('waldur_arrow_gateway_breaker_state')).toBe(0);
  });
});

describe('Jobs', () => {
  const COUNT = 'waldur_arrow_job_duration_seconds_count';
  let kinds = 0;
  const enqueue = (kind: string) =>
    app.app.get(JobsService).enqueue({ kind, scope: 'here', parameters: {}, requestedBy: 'test' });
  const given = (handler: JobHandler) => {
    const kind = `measured-${++kinds}`;
    app.app.get(JobHandlers).register(kind, handler);
    return enqueue(kind);
  };

  it('are counted by kind and how they ended', async () => {
    const { kind: good } = await given(() => Promise.resolve({}));
    const { kind: bad } = await given(() => Promise.reject(new Error('broken')));
    const { kind: half } = await given(() => Promise.reject(new JobIncompleteError('1 of 2', {})));
    const started = new AbortController();
    const { kind: stopped, uuid } = await given(async ({ progress }) => {
      started.abort();
      for (;;) await progress(randomUUID(), 0, 1);
    });
    if (!started.signal.aborted) await once(started.signal, 'abort');
    await app.app.get(JobsService).cancel(uuid);
    await readUntil((page) => page.value(COUNT, { kind: good, end: 'succeeded' }) === 1);
    await readUntil((page) => page.value(COUNT, { kind: bad, end: 'failed' }) === 1);
    await readUntil((page) => page.value(COUNT, { kind: half, end: 'incomplete' }) === 1);
    await readUntil((page) => page.value(COUNT, { kind: stopped, end: 'cancelled' }) === 1);
  });

  it('that run and that wait are counted, and how long they wait is known', async () => {
    const gate = new AbortController();
    await given(async () => {
      await once(gate.signal, 'abort');
      return {};
    });
    const waiting = await enqueue('of-another-version');
    const page = await readUntil((each) => each.value('waldur_arrow_jobs', { state: 'running' }) === 1);
    expect(page.value('waldur_arrow_jobs', { state: 'queued' })).toBe(1);
    app.clock.set(new Date(waiting.created.getTime() + 3_600_000));
    expect((await read()).value('waldur_arrow_jobs_oldest_queued_seconds')).toBe(3600);
    gate.abort();
    await app.app.get(JobsService).cancel(waiting.uuid);
    const after = await readUntil((each) => each.value('waldur_arrow_jobs', { state: 'running' }) === 0);
    expect(after.value('waldur_arrow_jobs', { state: 'queued' })).toBe(0);
    expect(after.value('waldur_arrow_jobs_oldest_queued_seconds')).toBe(0);
  });
});

describe('The database', () => {
  it('whose connections are all taken is seen by who waits, on a page that comes all the same', async () => {
    const size = TEST_DATABASE === 'pglite' ? 1 : POOL_SIZE;
    const holders = Array.from({ length: size }, () => app.database.createQueryRunner());
    for (const holder of holders) await holder.connect();
    const asking = app.api.get('/api/customers/');
    try {
      const page = await readUntil((each) => (each.value('waldur_arrow_database_waiting') ?? 0) > 0);
      expect(page.value('waldur_arrow_database_connections')).toBe(size);
      expect(page.value('waldur_arrow_database_idle_connections')).toBe(0);
      expect(page.value('waldur_arrow_figures_up', { source: 'jobs' })).toBe(0);
      expect(page.value('waldur_arrow_jobs')).toBeUndefined();
      expect(page.value('waldur_arrow_jobs_oldest_queued_seconds')).toBeUndefined();
    } finally {
      for (const holder of holders) await holder.release();
    }
    expect((await asking).status).toBe(200);
    const after = await readUntil((each) => each.value('waldur_arrow_figures_up', { source: 'jobs' }) === 1);
    expect(after.value('waldur_arrow_figures_up', { source: 'billing' })).toBe(1);
    await readUntil((each) => each.value('waldur_arrow_database_waiting') === 0);
  });
});

describe('An account', () => {
  const of = (w: BillingWorld) => ({ settings: w.settings });
  const eur = (w: BillingWorld) => ({ settings: w.settings, currency: 'EUR' });

  it('says how long ago it was synced, and whether schedules do so', async () => {
    const w = await new BillingWorld(app).start();
    const { license } = await w.linked();
    w.export([w.line(license, '100')]);
    await w.sync();
    const page = await readAnew();
    const age = page.value('waldur_arrow_billing_sync_age_seconds', of(w))!;
    expect(age).toBeGreaterThanOrEqual(60);
    expect(page.value('waldur_arrow_billing_scheduled', of(w))).toBe(0);
    await app.api.patch(`/api/admin/arrow/settings/${w.settings}/`, { sync_enabled: true });
    app.clock.set(new Date(app.clock.now().getTime() + 3_600_000));
    const later = await read();
    expect(later.value('waldur_arrow_billing_sync_age_seconds', of(w))).toBe(age + 3600);
    expect(later.value('waldur_arrow_billing_export_age_seconds', of(w))).toBe(age + 3600);
    expect(later.value('waldur_arrow_billing_scheduled', of(w))).toBe(1);
    await w.sync();
    const synced = await readAnew();
    expect(synced.value('waldur_arrow_billing_sync_age_seconds', of(w))).toBe(60);
    expect(synced.value('waldur_arrow_billing_export_age_seconds', of(w))).toBe(60);
    await app.api.patch(`/api/admin/arrow/settings/${w.settings}/`, { sync_enabled: false });
  });

  it('whose lines reach nobody, or whose invoices cannot take a difference, says how much money that is', async () => {
    const w = await new BillingWorld(app).start();
    const vm = await w.linked();
    const unknown = w.license({ arrow: w.unmapped().arrow } as Parameters<BillingWorld['license']>[0]);
    w.export([w.line(vm.license, '100'), w.line(unknown, '12.34')]);
    await w.sync();
    const unmatched = await readAnew();
    expect(unmatched.value('waldur_arrow_billing_unmatched', eur(w))).toBe(12.34);
    expect(unmatched.value('waldur_arrow_billing_pending', eur(w))).toBe(0);
    await w.issue(vm.customer);
    w.export([w.line(vm.license, '90'), w.line(unknown, '12.34')]);
    await w.sync();
    const pending = await readAnew();
    expect(pending.value('waldur_arrow_billing_unmatched', eur(w))).toBe(12.34);
    expect(pending.value('waldur_arrow_billing_pending', eur(w))).toBe(-10);
    expect(pending.value('waldur_arrow_billing_tie_out_difference', eur(w))).toBe(0);
    expect(pending.value('waldur_arrow_billing_months_not_tied_out', eur(w))).toBe(0);
  });

  it('whose ledger was written wrongly does not tie out', async () => {
    const w = await new BillingWorld(app).start();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100')]);
    await app.database.query(
      `CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.amount = NEW.amount + 1; RETURN NEW; END'`,
    );
    await app.database.query(
      'CREATE TRIGGER more BEFORE INSERT ON invoice_posting FOR EACH ROW EXECUTE FUNCTION more()',
    );
    await w.sync();
    await app.database.query('DROP FUNCTION more CASCADE');
    const page = await readAnew();
    expect(page.value('waldur_arrow_billing_tie_out_difference', eur(w))).not.toBe(0);
    expect(page.value('waldur_arrow_billing_months_not_tied_out', eur(w))).toBe(1);
  });

  it('tells nobody its key, nor whose money it is', async () => {
    const w = await new BillingWorld(app).start({}, [...LABELS]);
    const vm = await w.linked(await w.mappedCustomer('Saladuslik Klient OÜ'));
    w.export([w.line(vm.license, '100')]);
    await w.sync();
    const { text } = await readAnew();
    const customers: { name: string }[] = await app.database.query('SELECT name FROM customer');
    const secrets = [
      TOKEN,
      STAFF_TOKEN,
      app.arrow.apiKey,
      ...app.arrow.data.partners.flatMap(({ apiKey, reference, companyName }) => [apiKey, reference, companyName]),
      ...app.arrow.data.customers.flatMap(({ Reference, CompanyName }) => [Reference, CompanyName]),
      ...customers.map(({ name }) => name),
      vm.license.licenseId,
      vm.customer,
      String(app.variables.SECRET_KEY),
    ];
    expect(secrets.length).toBeGreaterThan(10);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });
});
