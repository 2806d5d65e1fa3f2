import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waldurResource } from '../../emulator/waldur/waldur-data.js';
import { ArrowGateway } from '../../src/arrow-gateway/arrow-gateway.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import { BillingWorld } from '../billing/billing-world.js';
import { startApp, type TestApp } from '../support/app.js';
import { createDatabase, root, type TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { MetricsPage } from '../support/metrics-page.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { PushWorld } from '../waldur/push-world.js';
import { LicensesBeside } from '../waldur/licenses-world.js';
import type { Beside } from '../waldur/support.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** More than is asked for at once otherwise. */
const POOL_SIZE = 20;
const AT_ONCE = 24;
const WAITING = 2;
const FAILED_ATTEMPTS = 3;

type Moved = (now: number, before: number) => boolean;
const rises: Moved = (now, before) => now > before;
const falls: Moved = (now, before) => now < before;
const changes: Moved = (now, before) => now !== before;
const over =
  (least: number): Moved =>
  (now) =>
    now > least;

interface Fault {
  readonly title: string;
  /** Which metrics it moves, and how. */
  readonly moves: Readonly<Record<string, Moved>>;
  /** Those of them that are not as before once it is over: what was counted or posted stays so. */
  readonly stays?: readonly string[];
  /** Those of them that others move too, for a moment: it begins when they are 0. */
  readonly quiet?: readonly string[];
  /** Brings it about; answers what ends it, as often as it is asked to. */
  happen(): Promise<() => unknown>;
}

let current: TestApp;
let world: BillingWorld;
let beside: Beside;
let linking: LicensesBeside;
let pushing: PushWorld;
const app = () => current;
const account = () => ({ apiUrl: app().arrow.url, apiKey: app().arrow.apiKey });
const whoAmI = (signal?: AbortSignal) =>
  app()
    .app.get(ArrowGateway)
    .whoAmI(account(), { refresh: true, signal })
    .catch(() => undefined);
const later = (seconds: number) => app().clock.set(new Date(app().clock.now().getTime() + seconds * 1000));
const elsewhere = { 'X-Forwarded-For': '203.0.113.9' };

/** With figures that are not those of the last look. */
const lookAtApp = () => {
  later(11);
  return MetricsPage.read(app());
};
let look: () => Promise<MetricsPage> = lookAtApp;

/** The sum over all labels; of histograms how much was observed. */
const valueOf = (page: MetricsPage, name: string) => page.value(name) ?? page.value(`${name}_count`) ?? 0;

/** Looks until all metrics have moved. */
async function moved(moves: Fault['moves'], before: MetricsPage, again?: () => unknown): Promise<MetricsPage> {
  for (;;) {
    const now = await look();
    const still = Object.entries(moves).filter(([name, is]) => !is(valueOf(now, name), valueOf(before, name)));
    if (!still.length) return now;
    await again?.();
    await sleep(20);
  }
}

const VARIABLES = {
  METRICS_PORT: '0',
  DATABASE_POOL_SIZE: String(POOL_SIZE),
  REQUESTS_AT_ONCE: String(AT_ONCE),
  REQUESTS_WAITING: String(WAITING),
  FAILED_ATTEMPTS_PER_ADDRESS: String(FAILED_ATTEMPTS),
  TRUSTED_PROXIES: '127.0.0.1',
  ARROW_MAX_RETRIES: '1',
  ARROW_MAX_CONCURRENCY: '2',
};

/** Someone else has every connection, and more ask than are let in. */
const databaseIsTaken: Fault = {
  title: 'a database whose connections are all taken, while more is asked than can be served',
  moves: {
    // The embedded database has one, whatever happens.
    waldur_arrow_database_connections: TEST_DATABASE === 'pglite' ? (now) => now === 1 : rises,
    waldur_arrow_database_idle_connections: falls,
    waldur_arrow_database_waiting: rises,
    waldur_arrow_figures_up: falls,
    waldur_arrow_requests_running: rises,
    waldur_arrow_requests_waiting: rises,
    waldur_arrow_requests_shed_total: rises,
    waldur_arrow_http_request_duration_seconds: rises,
  },
  stays: [
    'waldur_arrow_database_connections',
    'waldur_arrow_database_idle_connections',
    'waldur_arrow_requests_shed_total',
    'waldur_arrow_http_request_duration_seconds',
  ],
  async happen() {
    const size = app().kind === 'pglite' ? 1 : POOL_SIZE;
    const holders = Array.from({ length: size }, () => app().database.createQueryRunner());
    for (const holder of holders) await holder.connect();
    const asked = Array.from({ length: AT_ONCE + WAITING + 1 }, () => app().api.get('/api/customers/'));
    const refused = await Promise.race(asked);
    expect(refused.status).toBe(503);
    return async () => {
      for (const holder of holders) await holder.release();
      await Promise.all(asked);
    };
  },
};

const guessedTokens: Fault = {
  title: 'somebody who guesses tokens',
  moves: { waldur_arrow_requests_limited_total: rises },
  stays: ['waldur_arrow_requests_limited_total'],
  async happen() {
    for (let n = 0; n <= FAILED_ATTEMPTS; n++) await app().api.as(`guess-${n}`).get('/api/customers/', elsewhere);
    return () => undefined;
  },
};

const arrowHangs: Fault = {
  title: 'an ArrowSphere that does not answer',
  moves: { waldur_arrow_gateway_running_calls: rises, waldur_arrow_gateway_waiting_calls: rises },
  async happen() {
    app().arrow.faults.add({ action: { kind: 'hang' } });
    const stop = new AbortController();
    const calls = [1, 2, 3].map(() => whoAmI(stop.signal));
    await Promise.resolve();
    return async () => {
      stop.abort();
      await Promise.all(calls);
    };
  },
};

const arrowAsksForPatience: Fault = {
  title: 'an ArrowSphere that says 429',
  moves: {
    waldur_arrow_gateway_allowed_calls: falls,
    waldur_arrow_gateway_retries_total: rises,
    waldur_arrow_gateway_attempts_total: rises,
  },
  stays: ['waldur_arrow_gateway_retries_total', 'waldur_arrow_gateway_attempts_total'],
  async happen() {
    app().arrow.faults.add({ action: { kind: 'status', status: 429, retryAfter: 0 }, count: 1 });
    await whoAmI();
    return whoAmI;
  },
};

const arrowIsDown: Fault = {
  title: 'an ArrowSphere that is down',
  moves: {
    waldur_arrow_gateway_breaker_state: rises,
    waldur_arrow_gateway_call_duration_seconds: rises,
    waldur_arrow_gateway_cache_requests_total: rises,
  },
  stays: ['waldur_arrow_gateway_call_duration_seconds', 'waldur_arrow_gateway_cache_requests_total'],
  async happen() {
    app().arrow.faults.add({ action: { kind: 'status', status: 503 } });
    const list = () => app().app.get(ArrowGateway).listCustomers(account());
    await expect(list()).rejects.toThrow();
    for (let n = 0; n < 10; n++) await whoAmI();
    return async () => {
      app().arrow.faults.clear();
      later(60);
      await whoAmI();
    };
  },
};

const waldurIsDown: Fault = {
  title: 'a Waldur that is down',
  moves: {
    waldur_arrow_waldur_call_duration_seconds: rises,
    waldur_arrow_waldur_attempts_total: rises,
    waldur_arrow_waldur_retries_total: rises,
    waldur_arrow_mirror_failed: rises,
    waldur_arrow_mirror_age_seconds: over(4 * 3600),
  },
  stays: [
    'waldur_arrow_waldur_call_duration_seconds',
    'waldur_arrow_waldur_attempts_total',
    'waldur_arrow_waldur_retries_total',
  ],
  async happen() {
    beside.waldur.faults.add({ action: { kind: 'status', status: 503 } });
    later(3600);
    expect(await beside.sync()).toMatchObject({ state: 'failed' });
    return async () => {
      beside.waldur.faults.clear();
      later(3600);
      expect(await beside.sync()).toMatchObject({ state: 'succeeded' });
    };
  },
};

const licenceOfTwo: Fault = {
  title: 'a licence that two resources of Waldur have',
  moves: { waldur_arrow_mirror_conflicts: rises },
  async happen() {
    const { data } = beside.waldur;
    const second = waldurResource(data.projects[0]!, data.offerings[0]!, { backend_id: 'XSP-of-one' });
    data.resources.push(second);
    await beside.sync({ whole: true });
    return async () => {
      data.resources.splice(data.resources.indexOf(second), 1);
      await beside.sync({ whole: true });
    };
  },
};

const waldurCannotBeWritten: Fault = {
  title: 'a Waldur that can be read and takes no change',
  moves: { waldur_arrow_license_writes_unfinished: rises, waldur_arrow_license_writes_oldest_seconds: over(3_600) },
  async happen() {
    beside.waldur.meanwhile = ({ method }) => (method === 'POST' ? { status: 500, body: {} } : undefined);
    const resource = await linking.resource();
    const license = linking.license();
    expect((await linking.link(resource, license)).body.code).toBe('waldur_write_unfinished');
    const { uuid } = await linking.entry(license);
    later(2 * 3_600);
    return async () => {
      beside.waldur.meanwhile = () => undefined;
      expect(await linking.resume(uuid)).toMatchObject({ state: 'recorded' });
    };
  },
};

const jobOfNobody: Fault = {
  title: 'a job that no process knows',
  moves: { waldur_arrow_jobs: rises, waldur_arrow_jobs_oldest_queued_seconds: over(3600) },
  async happen() {
    const jobs = app().app.get(JobsService);
    const { uuid } = await jobs.enqueue({ kind: 'of-later', scope: 'here', parameters: {}, requestedBy: 'test' });
    later(2 * 3600);
    return () => jobs.cancel(uuid);
  },
};

const exportFails: Fault = {
  title: 'an export that is overdue, as ArrowSphere fails',
  moves: {
    waldur_arrow_job_duration_seconds: rises,
    waldur_arrow_billing_sync_age_seconds: over(26 * 3600),
    waldur_arrow_billing_export_age_seconds: over(26 * 3600),
  },
  stays: ['waldur_arrow_job_duration_seconds'],
  async happen() {
    app().arrow.faults.add({ action: { kind: 'status', status: 400 } });
    later(26 * 3600);
    expect(await world.sync()).toMatchObject({ state: 'failed' });
    return async () => {
      app().arrow.faults.clear();
      expect(await world.sync()).toMatchObject({ state: 'succeeded' });
    };
  },
};

const schedulesArePaused: Fault = {
  title: 'an account whose billing somebody pauses',
  moves: { waldur_arrow_billing_scheduled: falls },
  async happen() {
    const post = (action: string) =>
      app().api.post(`/api/admin/arrow/billing-syncs/${action}/`, { settings_uuid: world.settings });
    expect((await post('pause_sync')).status).toBe(200);
    return () => post('resume_sync');
  },
};

const moneyOfNobody: Fault = {
  title: 'money of a customer that nobody knows, and a credit after the invoice was issued',
  moves: { waldur_arrow_billing_unmatched: rises, waldur_arrow_billing_pending: falls },
  async happen() {
    const { license, customer } = await world.linked();
    const stranger = world.license({ arrow: world.unmapped().arrow } as Parameters<BillingWorld['license']>[0]);
    world.export([world.line(license, '100'), world.line(stranger, '12.34')]);
    await world.sync();
    await world.issue(customer);
    world.export([world.line(license, '90'), world.line(stranger, '12.34')]);
    await world.sync();
    return async () => {
      world.export([world.line(license, '100')]);
      expect(await world.sync({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
    };
  },
};

const ledgerWrittenWrongly: Fault = {
  title: 'a ledger that somebody writes wrongly',
  moves: { waldur_arrow_billing_tie_out_difference: rises, waldur_arrow_billing_months_not_tied_out: rises },
  stays: ['waldur_arrow_billing_tie_out_difference', 'waldur_arrow_billing_months_not_tied_out'],
  async happen() {
    const { license } = await world.linked();
    world.export([world.line(license, '100')]);
    await app().database.query(
      `CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.amount = NEW.amount + 1; RETURN NEW; END'`,
    );
    await app().database.query(
      'CREATE TRIGGER more BEFORE INSERT ON invoice_posting FOR EACH ROW EXECUTE FUNCTION more()',
    );
    await world.sync({ accept_shrinkage: true });
    return () => app().database.query('DROP FUNCTION more CASCADE');
  },
};

/** Of the service in a process of its own: what a worker of tests has done before would show in these. */
let service: ServiceProcess;
let troubles: string;
let started: number;

/** Begins a trouble of that process, or some more of it; answers what ends it. */
async function begin(name: string): Promise<() => Promise<unknown>> {
  const ask = async (method: string) => {
    const answer = await fetch(`${troubles}/${name}`, { method });
    if (!answer.ok) throw new Error(await answer.text());
  };
  await ask('POST');
  return () => ask('DELETE');
}

const busyLoop: Fault = {
  title: 'work that does not let others have their turn',
  moves: Object.fromEntries([
    ...['', '_min', '_max', '_mean', '_p50', '_p90', '_p99'].map(
      (which) => [`nodejs_eventloop_lag${which}_seconds`, over(0.03)] as const,
    ),
    ['nodejs_eventloop_lag_stddev_seconds', changes],
    ['process_cpu_user_seconds_total', rises],
    ['process_cpu_seconds_total', rises],
  ]),
  stays: [
    'nodejs_eventloop_lag_stddev_seconds',
    'process_cpu_user_seconds_total',
    'process_cpu_seconds_total',
    // These go by themselves, as far as this machine lets them.
    'nodejs_eventloop_lag_seconds',
    ...['min', 'max', 'mean', 'p50', 'p90', 'p99'].map((which) => `nodejs_eventloop_lag_${which}_seconds`),
  ],
  happen: () => begin('busy-loop'),
};

const MEMORY = [
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_total_bytes',
];
const memoryIsKept: Fault = {
  title: 'memory that is kept',
  moves: Object.fromEntries(MEMORY.map((name) => [name, rises])),
  stays: MEMORY,
  happen: () => begin('memory-that-is-kept'),
};

const garbage: Fault = {
  title: 'garbage',
  moves: { nodejs_gc_duration_seconds: rises, nodejs_heap_space_size_available_bytes: changes },
  stays: ['nodejs_gc_duration_seconds', 'nodejs_heap_space_size_available_bytes'],
  happen: () => begin('garbage'),
};

const connectionsAreKept: Fault = {
  title: 'clients that stay connected',
  moves: Object.fromEntries(
    [
      'process_open_fds',
      'nodejs_active_handles',
      'nodejs_active_handles_total',
      'nodejs_active_resources',
      'nodejs_active_resources_total',
    ].map((name) => [name, rises]),
  ),
  async happen() {
    const { baseUrl } = await service.api();
    const sockets: Socket[] = [];
    for (let n = 0; n < 30; n++) {
      const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
      await once(socket, 'connect');
      sockets.push(socket);
    }
    return () => sockets.forEach((socket) => socket.destroy());
  },
};

const fileDoesNotCome: Fault = {
  title: 'a file that the disk does not give',
  moves: {
    nodejs_active_requests: rises,
    nodejs_active_requests_total: rises,
    process_cpu_system_seconds_total: rises,
  },
  stays: ['process_cpu_system_seconds_total'],
  quiet: ['nodejs_active_requests', 'nodejs_active_requests_total'],
  happen: () => begin('file-that-does-not-come'),
};

const ALONE = [
  databaseIsTaken,
  guessedTokens,
  arrowHangs,
  arrowAsksForPatience,
  arrowIsDown,
  jobOfNobody,
  exportFails,
  schedulesArePaused,
  moneyOfNobody,
  ledgerWrittenWrongly,
];
const OF_THE_PROCESS = [busyLoop, memoryIsKept, garbage, connectionsAreKept, fileDoesNotCome];
const BESIDE = [waldurIsDown, licenceOfTwo, waldurCannotBeWritten];

const waldurRefusesCharges: Fault = {
  title: 'that Waldur refuses what is to be put on its invoices',
  moves: { waldur_arrow_charges_not_at_waldur: rises, waldur_arrow_charges_not_at_waldur_items: rises },
  happen: async () => {
    pushing.waldur.invoices.refuse = () => 'Not today.';
    await pushing.push();
    return async () => {
      pushing.waldur.invoices.refuse = () => undefined;
      await pushing.push({ retry_refused: true });
    };
  },
};
const invoicesCannotBeRead: Fault = {
  title: "that Waldur's invoices cannot be read",
  moves: { waldur_arrow_charges_push_age_seconds: over(3_600) },
  happen: async () => {
    later(3_600);
    const fault = pushing.waldur.faults.add({ path: '^invoice', action: { kind: 'status', status: 500 } });
    expect((await pushing.push({ check: true })).state).toBe('failed');
    return async () => {
      pushing.waldur.faults.remove(fault);
      app().clock.set(new Date());
      await pushing.push({ check: true });
    };
  },
};
const PUSHING_CHARGES = [waldurRefusesCharges, invoicesCannotBeRead];

/** What is the same for as long as the process lives; at least and at most what it has to say. */
const LASTING: Readonly<Record<string, () => readonly [number, number]>> = {
  nodejs_version_info: () => [1, 1],
  process_start_time_seconds: () => [Math.floor(started / 1000), Date.now() / 1000],
  process_max_fds: () => {
    const limits = readFileSync(`/proc/${service.child.pid}/limits`, 'utf8');
    const most = Number(/^Max open files +(\d+)/m.exec(limits)![1]);
    return [most, most];
  },
};

it('Every metric has a fault that moves it', () => {
  const page = readFileSync('docs/metrics.md', 'utf8');
  const rows = page.matchAll(/^\| (`[a-z]\w+`.*?) \|/gm);
  const documented = [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  const known = [...ALONE, ...OF_THE_PROCESS, ...BESIDE, ...PUSHING_CHARGES].flatMap(({ moves }) => Object.keys(moves));
  expect([...known, ...Object.keys(LASTING)].sort()).toEqual(documented.sort());
});

/** The metrics as they were before, with it, and when it is over. */
async function tryOut(fault: Fault): Promise<void> {
  const { moves, stays = [], quiet = [] } = fault;
  let before = await look();
  while (quiet.some((name) => valueOf(before, name))) before = await look();
  const end = await fault.happen();
  const during = await moved(moves, before);
  await end();
  const back = Object.keys(moves).filter((name) => !stays.includes(name));
  const isBack = back.map((name) => [name, valueOf(during, name) > valueOf(before, name) ? falls : rises] as const);
  await moved(Object.fromEntries(isBack), during, end);
}

describe('A metric shows', () => {
  beforeAll(async () => {
    current = await startApp(VARIABLES);
    world = await new BillingWorld(current).start({ sync_enabled: true });
    const { license } = await world.linked();
    world.export([world.line(license, '100')]);
    expect(await world.sync()).toMatchObject({ state: 'succeeded' });
    await whoAmI();
  });
  afterAll(() => current?.stop());
  afterEach(() => void current.arrow.faults.clear());

  it.each(ALONE)('$title', tryOut);
});

describe('A metric of the process shows', () => {
  const processes = new ServiceProcesses();
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(TEST_DATABASE);
    const port = await freePort();
    const trouble = `--import=${join(root, 'test/metrics/trouble.mjs')}`;
    started = Date.now();
    service = processes.start({ ...database.variables, METRICS_PORT: String(port), NODE_OPTIONS: trouble });
    [, troubles] = (await service.says(/Troubles on (\S+)/)) as unknown as [string, string];
    await service.api();
    look = () => MetricsPage.at(`http://127.0.0.1:${port}/metrics`);
  });
  afterAll(async () => {
    look = lookAtApp;
    await processes.end();
    await database?.drop();
  });

  it.each(OF_THE_PROCESS)('$title', tryOut);

  it.each(Object.keys(LASTING))('what lasts as long as the process: %s', async (name) => {
    const page = await look();
    const [least, most] = LASTING[name]!();
    expect(page.value(name)).toBeGreaterThanOrEqual(least);
    expect(page.value(name)).toBeLessThanOrEqual(most);
    expect(page.value('nodejs_version_info', { version: process.version })).toBe(1);
  });
});

describe('A metric of a service beside a Waldur shows', () => {
  beforeAll(async () => {
    linking = await LicensesBeside.start(VARIABLES);
    beside = linking.beside;
    current = beside.app;
    current.clock.set(current.clock.now());
    await linking.resource({ backend_id: 'XSP-of-one' });
    await beside.sync();
  });
  afterAll(() => beside?.stop());
  afterEach(() => void beside.waldur.faults.clear());

  it.each(BESIDE)('$title', tryOut);
});

describe('A metric of a service that pushes charges to a Waldur shows', () => {
  beforeAll(async () => {
    pushing = await PushWorld.begin(VARIABLES);
    current = pushing.app;
    // The ends of jobs have the time of the database.
    current.clock.set(new Date());
    await pushing.push();
    const { license } = await pushing.linked();
    pushing.export([pushing.line(license, '100')]);
    await pushing.sync();
    expect(await pushing.reconcile()).toMatchObject({ state: 'succeeded' });
  });
  afterAll(() => pushing?.beside.stop());

  it.each(PUSHING_CHARGES)('$title', tryOut);
});
