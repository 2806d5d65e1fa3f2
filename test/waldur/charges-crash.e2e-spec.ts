import { setTimeout as sleep } from 'node:timers/promises';
import { JobRunner } from '../../src/jobs/job-runner.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN } from '../support/app.js';
import { expireLeases } from '../support/expire-leases.js';
import { ServiceProcess } from '../support/service-process.js';
import type { Linked } from '../billing/billing-world.js';
import { money } from '../billing/billing-world.js';
import { ITEMS, PushWorld } from './push-world.js';

const KILLS = Number(process.env.CRASH_KILLS ?? 4);
const ITEMS_OF_MONTH = 50;
const ORGANISATIONS = 5;

describe('Two instances that put charges on invoices of Waldur and are killed meanwhile', () => {
  let w: PushWorld;
  const started: ServiceProcess[] = [];

  beforeAll(async () => {
    w = await PushWorld.begin();
  });
  afterAll(() => w?.beside.stop());
  afterEach(async () => {
    for (const service of started.splice(0)) await service.exit('SIGKILL');
  });

  const start = async () => {
    const service = ServiceProcess.start({ ...w.app.variables, LOG_LEVEL: 'info' });
    started.push(service);
    return { service, api: await service.api(STAFF_TOKEN) };
  };
  const push = async (api: ApiClient) => {
    const { status, body } = await api.post(`${ITEMS}push/`, {});
    expect([status, body]).toEqual([202, expect.objectContaining({ job_id: expect.any(String) })]);
    return `/api/admin/arrow/jobs/${body.job_id}/`;
  };
  const isEnd = ({ state }: { state: string }) => !['queued', 'running'].includes(state);
  const over = async (api: ApiClient, job: string) => {
    for (;;) {
      const { body } = await api.get(job);
      if (isEnd(body)) return body;
      await sleep(20);
    }
  };
  /** The doubt about everything that was sent so far ends: as if it had been sent long ago. */
  const endDoubt = () =>
    w.app.database.query(`UPDATE pushed_item SET tried_at = tried_at - interval '1 hour' WHERE state = 'sending'`);

  it('leave every item there exactly once', async () => {
    // Of an embedded database there is no other process.
    if (w.app.kind === 'pglite') return;
    const amounts: [Linked, string][] = [];
    for (let made = 0; made < ORGANISATIONS; made += 1) {
      const mapped = await w.linked();
      amounts.push([mapped, '1']);
      for (let more = 1; more < ITEMS_OF_MONTH / ORGANISATIONS; more += 1)
        amounts.push([w.resourceOf(mapped), String(more + 1)]);
    }
    await w.readMirror();
    w.export(amounts.map(([{ license }, amount]) => w.line(license, amount)));
    expect((await w.reconcile()).state).toBe('succeeded');
    // From here on the two do all the work.
    await w.app.app.get(JobRunner).onModuleDestroy();
    const { invoices } = w.waldur;
    w.waldur.latencyMs = 10;
    invoices.importMs = 40;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = invoices.items.length;
      const [one, two] = await Promise.all([start(), start()]);
      const [job] = await Promise.all([push(one.api), push(two.api)]);
      // It is over without any more where all that is left is in doubt.
      const isOver = async () => isEnd((await one.api.get(job)).body);
      while (invoices.items.length === before && !(await isOver())) await sleep(5);
      await sleep(Math.random() * 150);
      await Promise.all(started.splice(0).map((service) => service.exit('SIGKILL')));
      await expireLeases(w.app.database);
    }
    const [one, two] = await Promise.all([start(), start()]);
    for (let runs = 0; ; runs += 1) {
      const job = await over(two.api, await push(runs % 2 ? one.api : two.api));
      if (job.state === 'succeeded') break;
      expect(job.error_code).toBe('incomplete');
      await endDoubt();
    }
    const names = invoices.items.map(({ name }) => name);
    expect(invoices.skipped).toEqual([]);
    expect(names).toHaveLength(ITEMS_OF_MONTH);
    expect(new Set(names).size).toBe(ITEMS_OF_MONTH);
    const prices = invoices.items.map(({ unit_price }) => Number(money(unit_price)));
    expect(prices.sort((a, b) => a - b)).toEqual(amounts.map(([, amount]) => Number(amount)).sort((a, b) => a - b));
    const { body } = await w.app.api.get(`${ITEMS}comparison/?differs=true`);
    expect(body).toEqual([]);
    expect((await over(one.api, await push(one.api))).result).toMatchObject({ sent: 0, found: 0 });
  }, 600_000);
});
