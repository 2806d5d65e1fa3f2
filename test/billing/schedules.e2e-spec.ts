import { JobRunner } from '../../src/jobs/job-runner.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, type Linked } from './billing-world.js';

/**
 * Which months are read without anyone asking. The time is years ahead: rows that the database dates by its own clock are
 * older than anything read here, unless a test makes them newer.
 */
describe('billing schedules', () => {
  let app: TestApp;
  let w: BillingWorld;
  let vm: Linked;
  let stranger: string;
  let lines: ReturnType<BillingWorld['line']>[];

  beforeAll(async () => {
    app = await startApp({ ARROW_AUTO_RECONCILIATION: 'true' });
    w = await new BillingWorld(app).start({ sync_enabled: true });
    w.month = '2050-01';
    app.clock.set('2050-02-10T00:00:00Z');
    await w.rules({ open_months: 2 });
    vm = await w.linked();
    const unmapped = w.unmapped();
    stranger = unmapped.arrow.Reference;
    const license = w.license(vm);
    license.customerRef = stranger;
    lines = [w.line(vm.license, '100.00'), w.line(license, '60.00')];
    w.export(lines);
    await w.reconcile();
  });
  afterAll(() => app.stop());

  /** Months that the schedules begin at that time, with the kind of job. */
  const startedAt = async (time: string): Promise<string[]> => {
    app.clock.set(time);
    const before = new Set((await jobs()).map((job) => job.uuid));
    await app.app.get(JobRunner).tick();
    const started = (await jobs()).filter((job) => !before.has(job.uuid));
    for (const job of started) await w.ended(job.url);
    return started.map((job) => `${job.parameters.month} ${job.kind.replace('billing-', '')}`).sort();
  };
  type Job = { uuid: string; url: string; kind: string; parameters: { month: string } };
  const jobs = async (): Promise<Job[]> => (await app.api.get('/api/admin/arrow/jobs/?page_size=300')).body;
  const again = (started: readonly string[]) => started.filter((job) => job.startsWith('2050-01'));

  test('read a settled month daily, and close what came late', async () => {
    expect(await startedAt('2050-02-10T06:00:00Z')).toEqual(['2050-02 sync']);
    expect(await startedAt('2050-02-11T00:00:00Z')).toEqual(['2050-01 reconciliation', '2050-02 sync']);
    expect(again(await startedAt('2050-02-11T12:00:00Z'))).toEqual([]);
  });

  test('read it weekly when it was settled more than a month ago', async () => {
    expect(again(await startedAt('2050-04-01T00:00:00Z'))).toEqual(['2050-01 reconciliation']);
    expect(again(await startedAt('2050-04-03T00:00:00Z'))).toEqual([]);
    expect(again(await startedAt('2050-04-08T00:00:00Z'))).toEqual(['2050-01 reconciliation']);
  });

  test('never begin a month that nobody began, other than those of the window', async () => {
    const months = (await jobs()).map((job) => job.parameters.month);
    expect([...new Set(months)].sort()).toEqual(['2050-01', '2050-02', '2050-03', '2050-04']);
  });

  describe('as soon as something that touches the month changes', () => {
    const dated = (sql: string, time: string, parameter: string) =>
      app.database.query<unknown>(sql, [new Date(time), parameter]);

    test('read it again: a mapping of an Arrow customer that has lines in it, and nothing else', async () => {
      const elsewhere = await w.party();
      await dated(
        'UPDATE customer_mapping SET modified = $1 WHERE uuid = $2',
        '2050-04-08T03:00:00Z',
        elsewhere.mapping,
      );
      expect(again(await startedAt('2050-04-08T06:00:00Z'))).toEqual([]);
      const customer = (await w.make.customer()).uuid;
      const mapping = await w.make.mapping({
        settings: w.settings,
        waldur_customer: customer,
        arrow_reference: stranger,
      });
      await dated('UPDATE customer_mapping SET modified = $1 WHERE uuid = $2', '2050-04-08T07:00:00Z', mapping.uuid);
      expect(again(await startedAt('2050-04-08T12:00:00Z'))).toEqual(['2050-01 reconciliation']);
      expect(await w.charged(customer)).toBe('60.00');
      expect(again(await startedAt('2050-04-08T18:00:00Z'))).toEqual([]);
    });

    test('read it again: a link of a licence that has lines in it', async () => {
      await dated('UPDATE resource SET modified = $1 WHERE uuid = $2', '2050-04-08T20:00:00Z', vm.resource);
      expect(again(await startedAt('2050-04-09T00:00:00Z'))).toEqual(['2050-01 reconciliation']);
      expect(again(await startedAt('2050-04-09T06:00:00Z'))).toEqual([]);
    });

    test('read it again: a rule that holds for it, and none that holds later', async () => {
      app.clock.set('2050-04-09T07:00:00Z');
      await w.rules({ tax_percent: 24 });
      expect(again(await startedAt('2050-04-09T12:00:00Z'))).toEqual([]);
      app.clock.set('2050-04-09T13:00:00Z');
      await w.rules({ tax_percent: 22, valid_from: '2050-01' });
      expect(again(await startedAt('2050-04-09T18:00:00Z'))).toEqual(['2050-01 reconciliation']);
      expect(await w.charged(vm.customer)).toBe('100.00');
    });

    test('start nothing while the account is paused', async () => {
      app.clock.set('2050-04-09T19:00:00Z');
      await w.rules({ tax_percent: 20, valid_from: '2050-01' });
      const paused = { settings_uuid: w.settings };
      await app.api.post('/api/admin/arrow/billing-syncs/pause_sync/', paused);
      expect(await startedAt('2050-04-10T00:00:00Z')).toEqual([]);
      await app.api.post('/api/admin/arrow/billing-syncs/resume_sync/', paused);
      expect(again(await startedAt('2050-04-10T06:00:00Z'))).toEqual(['2050-01 reconciliation']);
    });
  });

  test('go on reading a month that a late line opened again after it had left the window', async () => {
    const late = await w.linked();
    w.export([...lines, w.line(late.license, '7.00')]);
    await app.database.query(`UPDATE billing_month SET settled_at = NULL WHERE month = '2050-01-01'`);
    expect(again(await startedAt('2050-04-17T06:00:00Z'))).toEqual(['2050-01 reconciliation']);
    expect(await w.charged(late.customer)).toBe('7.00');
  });
});
