import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportLine } from '../../emulator/model.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, startAnother, startApp, type TestApp } from '../support/app.js';
import { expireLeases } from '../support/expire-leases.js';
import { ServiceProcess } from '../support/service-process.js';
import { BillingWorld, type Linked, money } from './billing-world.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const { CRASH_KILLS, CRASH_FREEZES } = process.env;
const KILLS = Number(CRASH_KILLS ?? 3);
const FREEZES = Number(CRASH_FREEZES ?? 1);
/** The embedded database shares its process with everything else and takes its time. */
const ORGANISATIONS = TEST_DATABASE === 'pglite' ? 30 : 60;
const LICENSES = 2;
const LINES = 20;
const SYNCS = '/api/admin/arrow/billing-syncs';
/** Whether a frozen process holds what nobody gets past before it wakes: its lease, or a lock. */
const IS_HELD = `
  SELECT 1
  WHERE EXISTS (SELECT FROM job_run WHERE uuid = $1 AND state = 'running' AND attempts = 1)
    AND NOT EXISTS (SELECT FROM (SELECT FROM job_run WHERE uuid = $1 FOR UPDATE SKIP LOCKED) AS free)
  UNION ALL
  SELECT 1
  FROM pg_stat_activity AS waiting, unnest(pg_blocking_pids(waiting.pid)) AS blocker
  JOIN pg_stat_activity AS frozen ON frozen.pid = blocker
  WHERE waiting.datname = current_database() AND frozen.state = 'idle in transaction'`;

describe('a process that ends or freezes in the middle of posting', () => {
  let app: TestApp;
  let w: BillingWorld;
  let mappedCustomers: Linked[];
  let lines: ExportLine[];
  let round = 1;

  beforeAll(async () => {
    app = await startApp();
    w = await new BillingWorld(app).start();
    mappedCustomers = [];
    lines = [];
    for (let i = 0; i < ORGANISATIONS; i++) {
      const mapped = await w.linked();
      mappedCustomers.push(mapped);
      for (const { license } of [mapped, await w.linked(mapped)])
        for (let line = 0; line < LINES; line++) lines.push(w.line(license, '0'));
    }
    publish();
  }, 240_000);
  afterAll(() => app.stop());
  afterEach(async () => {
    for (const service of started.splice(0)) await service.exit('SIGKILL');
  });
  const started: ServiceProcess[] = [];
  const start = (variables: Record<string, string>): ServiceProcess => {
    const service = ServiceProcess.start(variables);
    started.push(service);
    return service;
  };

  /** All prices change: each organisation now pays 40 times so many euros, and 0.60 for the fractions. */
  function publish(): void {
    for (const line of lines) line.values['sell-total-price'] = `${round}.015`;
    w.export(lines);
  }

  async function trigger(api: ApiClient): Promise<string> {
    const asked = { year: 2026, month: 1, settings_uuid: w.settings, accept_shrinkage: true };
    const { status, body } = await api.post(`${SYNCS}/trigger_sync/`, asked);
    expect([status, body]).toEqual([202, expect.objectContaining({ job_id: expect.any(String) })]);
    return `/api/admin/arrow/jobs/${body.job_id}/`;
  }

  type Job = Awaited<ReturnType<ApiClient['get']>>['body'];
  async function until(api: ApiClient, path: string, done: (job: Job) => boolean | Promise<boolean>): Promise<Job> {
    for (;;) {
      const { body } = await api.get(path);
      if (await done(body)) return body;
      await sleep(10);
    }
  }
  const isOver = ({ state }: Job) => !['queued', 'running'].includes(state);
  const isPosting = (job: Job) => job.step === 'posting' || isOver(job);

  async function prices(api: ApiClient): Promise<string[]> {
    const { body } = await api.get('/api/invoices/?page_size=100');
    return body.map((invoice: { price: unknown }) => money(invoice.price));
  }
  const expected = () => Array.from({ length: ORGANISATIONS }, () => `${LICENSES * LINES * round}.60`);

  /** One entry per licence and round, none twice, and a further run finds nothing to do. */
  async function expectBooks(api: ApiClient): Promise<void> {
    expect(await prices(api)).toEqual(expected());
    const job = await until(api, await trigger(api), isOver);
    expect(job).toMatchObject({ state: 'succeeded', result: { postings: 0, tie_out: [{ ties_out: true }] } });
    expect(await prices(api)).toEqual(expected());
  }

  const isHeld = async (path: string) =>
    (await app.database.query<unknown[]>(IS_HELD, [path.split('/').at(-2)])).length > 0;

  async function countPostings(): Promise<number> {
    const [row] = await app.database.query<{ count: number }[]>('SELECT count(*)::int AS count FROM invoice_posting');
    return row!.count;
  }

  test('killed at random moments: whoever goes on ends with the same books', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-crash-'));
    const variables: Record<string, string> = { ...app.variables };
    if (app.kind === 'pglite') {
      // One process at a time may use an embedded database: the killed one works on a copy.
      await app.database.query('CHECKPOINT');
      cpSync(join(app.variables.DATA_DIR!, 'pglite'), join(folder, 'pglite'), { recursive: true });
      variables.DATA_DIR = folder;
    }
    try {
      for (let kill = 0; kill < KILLS; kill++, round++) {
        publish();
        let service = start(variables);
        let api = await service.api(STAFF_TOKEN);
        const path = await trigger(api);
        await until(api, path, isPosting);
        await sleep(Math.random() * 150);
        await service.exit('SIGKILL');
        // Of an embedded database the next process knows that.
        if (app.kind === 'postgres') await expireLeases(app.database);
        service = start(variables);
        api = await service.api(STAFF_TOKEN);
        expect(await until(api, path, isOver)).toMatchObject({ state: 'succeeded', result: { failed: 0 } });
        await expectBooks(api);
        await service.exit('SIGKILL');
      }
      if (app.kind === 'postgres') expect(await countPostings()).toBe((round - 1) * ORGANISATIONS * LICENSES);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 600_000);

  test('frozen for longer than its lease at random moments: another takes over, and it changes nothing when it wakes', async () => {
    // Of an embedded database there is no other process.
    if (app.kind === 'pglite') return;
    for (let freeze = 0; freeze < FREEZES; freeze++, round++) {
      publish();
      const before = await countPostings();
      const service = start({ ...app.variables, LOG_LEVEL: 'warn' });
      const api = await service.api(STAFF_TOKEN);
      const path = await trigger(api);
      await until(api, path, isPosting);
      await sleep(Math.random() * 150);
      service.child.kill('SIGSTOP');
      try {
        await expireLeases(app.database);
        await until(app.api, path, async (job) => isOver(job) || (await isHeld(path)));
      } finally {
        service.child.kill('SIGCONT');
      }
      const ended = await until(app.api, path, isOver);
      expect(ended).toMatchObject({ state: 'succeeded', result: { failed: 0 } });
      // It is awake again, and has done what it does with the run that it lost, once it works on another.
      await expectBooks(api);
      expect(await app.api.get(path)).toMatchObject({ body: { state: 'succeeded', finished_at: ended.finished_at } });
      expect(await countPostings()).toBe(before + ORGANISATIONS * LICENSES);
      await service.exit('SIGTERM');
      expect(await prices(app.api)).toEqual(expected());
      expect(await app.api.get(path)).toMatchObject({ body: { state: 'succeeded', finished_at: ended.finished_at } });
    }
  }, 600_000);
});

describe('two instances of the service on one PostgreSQL', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  test('never post twice, whoever is asked for what', async () => {
    // An embedded database has one process by its nature.
    if (app.kind === 'pglite') return;
    const w = await new BillingWorld(app).start();
    const mappedCustomers = [await w.linked(), await w.linked(), await w.linked()];
    const lines = Array.from({ length: 300 }, (_, i) => w.line(mappedCustomers[i % 3]!.license, `${i}.015`));
    w.export(lines);
    const second = await startAnother(app);
    try {
      const apis = [app.api, second.api];
      const ask = async (api: ApiClient, action: string) => {
        const given = { year: 2026, month: 1, settings_uuid: w.settings, accept_shrinkage: true };
        const force = action === 'reconcile' ? { force: true } : {};
        const { status, body } = await api.post(`${SYNCS}/${action}/`, { ...given, ...force });
        expect([202, 409]).toContain(status);
        if (status === 202) await w.ended(body.job_url.replace(/^https?:\/\/[^/]+/, app.url));
      };
      const everybody = () =>
        Promise.all(['trigger_sync', 'reconcile'].flatMap((act) => apis.map((api) => ask(api, act))));
      await everybody();
      for (const line of lines) line.values['sell-total-price'] = '1.00';
      await everybody();
      await ask(apis[1]!, 'reconcile');
      expect(await Promise.all(mappedCustomers.map(({ customer }) => w.charged(customer)))).toEqual([
        '100.00',
        '100.00',
        '100.00',
      ]);
      for (const { customer } of mappedCustomers) {
        const items = await w.amounts(customer);
        expect(items.length).toBeLessThanOrEqual(2);
      }
    } finally {
      await second.stop();
    }
  }, 120_000);
});
