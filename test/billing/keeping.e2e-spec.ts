import { InvalidEnvironmentError, readEnv } from '../../src/config/env.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, type Linked } from './billing-world.js';

const JOBS = '/api/admin/arrow/jobs/';

describe('What is not kept for ever', () => {
  let app: TestApp;
  let w: BillingWorld;
  let vm: Linked;

  beforeAll(async () => {
    app = await startApp({ EXPORTS_KEEP_MONTHS: '13', JOBS_KEEP_DAYS: '400' });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    w = await new BillingWorld(app).start();
    vm = await w.linked();
    w.export([w.line(vm.license, '10.25'), w.line(vm.license, '5.50')]);
    expect(await w.sync()).toMatchObject({ state: 'succeeded', result: { postings: 1 } });
  });

  const at = async (moment: string) => {
    app.clock.set(new Date(moment));
    await w.schedules();
  };
  const cleanups = async (kind: string) => (await app.api.get(`${JOBS}?kind=${kind}&o=-created`)).body;
  /** How many cells of each line are kept. */
  const raw = async () => {
    const [statement] = (await app.api.get(`/api/admin/arrow/billing-syncs/?customer_mapping_uuid=${vm.mapping}`)).body;
    const { body } = await app.api.get(`/api/admin/arrow/billing-syncs/${statement.uuid}/explain/`);
    return body.map((line: { raw: object }) => Object.keys(line.raw).length);
  };

  it('are the pages of an export, more than a year after the month was closed; what was billed ties out as before', async () => {
    expect(await w.reconcile()).toMatchObject({ state: 'succeeded', result: { tie_out: [{ ties_out: true }] } });
    await at('2027-02-20T00:00:00Z');
    expect(await cleanups('export-cleanup')).toEqual([]);
    expect(await raw()).toEqual([LABELS.length, LABELS.length]);

    await at('2027-03-02T00:00:00Z');
    expect(await cleanups('export-cleanup')).toMatchObject([
      { state: 'succeeded', requested_by: 'schedule', result: { months: 1, pages: 1 } },
    ]);
    expect(await raw()).toEqual([0, 0]);
    await at('2027-03-04T00:00:00Z');
    expect(await cleanups('export-cleanup')).toHaveLength(1);

    // Gone through again, the month is the same, and its pages are there again.
    expect(await w.reconcile()).toMatchObject({
      state: 'succeeded',
      result: { outcome: expect.any(String), postings: 0, tie_out: [{ ties_out: true, posted: '15.75' }] },
    });
    expect(await raw()).toEqual([LABELS.length, LABELS.length]);
  });

  it('are jobs of long ago, but for the newest of each kind and scope', async () => {
    const older = await w.sync();
    app.clock.set('2027-03-04T06:00:00Z');
    const newest = await w.sync();
    const { body: before } = await app.api.get(`${JOBS}?kind=billing-sync&scope=${newest.scope}`);
    expect(before).toHaveLength(3);
    await at('2027-03-07T00:00:00Z');
    expect((await app.api.get(`${JOBS}${older.uuid}/`)).status).toBe(200);
    await at('2027-03-09T00:00:00Z');
    const [cleanup] = await cleanups('job-cleanup');
    expect(cleanup).toMatchObject({ state: 'succeeded', result: { removed: expect.any(Number) } });
    expect(cleanup.result.removed).toBeGreaterThanOrEqual(2);
    expect((await app.api.get(`${JOBS}${older.uuid}/`)).status).toBe(404);
    const { body: left } = await app.api.get(`${JOBS}?kind=billing-sync&scope=${newest.scope}`);
    expect(left.map(({ uuid }: { uuid: string }) => uuid)).toEqual([newest.uuid]);
    await app.app.get(JobRunner).tick();
    expect(await cleanups('job-cleanup')).toHaveLength(1);
  });

  it('are not the pages of a month that is open', async () => {
    await at('2029-01-01T00:00:00Z');
    expect(await raw()).toEqual([LABELS.length, LABELS.length]);
  });
});

describe('EXPORTS_KEEP_MONTHS', () => {
  it.each(['1', '12'])('of %s is refused, as schedules compare closed months with what is kept', (text) => {
    expect(() => readEnv({ EXPORTS_KEEP_MONTHS: text })).toThrow(InvalidEnvironmentError);
    expect(readEnv({ EXPORTS_KEEP_MONTHS: '13' }).EXPORTS_KEEP_MONTHS).toBe(13);
  });
});
