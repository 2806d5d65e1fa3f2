import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, tieOut } from './billing-world.js';

/** Runs: what "unchanged" means, one resource, dry runs, rules by month, cleanup, schedules. Amounts are literal. */
describe('a run', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ ARROW_AUTO_RECONCILIATION: 'true' })));
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);
  const billed = async (price = '100.00') => {
    const w = await world();
    const vm = await w.linked();
    const line = w.line(vm.license, price);
    w.export([line]);
    await w.sync();
    return { w, vm, line };
  };

  describe('over the same export', () => {
    test('is unchanged, and posts nothing', async () => {
      const { w } = await billed();
      expect((await w.sync()).result).toMatchObject({ outcome: 'unchanged', postings: 0 });
    });

    test.each([
      [
        'a rule has changed',
        '80.00',
        async (w: BillingWorld) =>
          void (await app.api.patch(`/api/admin/arrow/settings/${w.settings}/`, { invoice_price_source: 'buy' })),
      ],
      ['consumption has come', '70.00', async (w: BillingWorld) => void (await w.syncConsumption())],
    ])('is not unchanged when %s', async (_, price, change) => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '100.00', { buy: '80.00' })]);
      await w.sync();
      w.consumes(vm.license, [[70, 60]]);
      await change(w);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe(price);
    });
  });

  test('for one resource applies all of this to its licence alone', async () => {
    const { w, vm, line } = await billed();
    const other = await w.linked();
    const theirs = w.line(other.license, '7.00');
    line.values['sell-total-price'] = '90.00';
    w.export([line, w.line(vm.license, '4.00'), theirs]);
    await w.sync({ resource_uuid: vm.resource });
    expect([await w.charged(vm.customer), await w.charged(other.customer)]).toEqual(['94.00', '0.00']);
    const run = await w.sync();
    expect([await w.charged(vm.customer), await w.charged(other.customer)]).toEqual(['94.00', '7.00']);
    expect(tieOut(run)).toEqual({ statement: 101, posted: 101, ties_out: true });
  });

  test('for one resource takes a licence to 0 whose lines went to another of its organisation', async () => {
    const { w, vm } = await billed();
    const second = await w.linked(vm);
    w.export([w.line(second.license, '100.00')]);
    await w.sync({ resource_uuid: vm.resource });
    expect(await w.charged(vm.customer)).toBe('0.00');
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test.each(['trigger_sync', 'reconcile'])('dry, of %s, shows the postings and changes nothing', async (action) => {
    const { w, vm, line } = await billed();
    line.values['sell-total-price'] = '90.00';
    const before = JSON.stringify([await w.invoice(vm.customer), await w.statement(vm)]);
    const force = action === 'reconcile' ? { force: true } : {};
    const run = await w.job(action, { dry_run: true, ...force });
    expect(run.result).toMatchObject({ outcome: 'planned', postings: 1 });
    expect(run.result.sample.map(({ amount }: { amount: unknown }) => Number(amount))).toEqual([-10]);
    expect(JSON.stringify([await w.invoice(vm.customer), await w.statement(vm)])).toBe(before);
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('90.00');
  });

  describe('goes by the rules of its month', () => {
    const price = (w: BillingWorld, source: string) =>
      app.api.patch(`/api/admin/arrow/settings/${w.settings}/`, { invoice_price_source: source });

    test('a price source that is changed holds from the oldest month that is neither closed nor issued', async () => {
      const w = await world();
      const vm = await w.linked();
      const months = ['2025-11', '2025-12', '2026-01'];
      for (const month of months) {
        w.month = month;
        w.export([w.line(vm.license, '100.00', { buy: '80.00' })]);
        await w.sync();
        if (month === '2025-11') await w.reconcile();
      }
      await price(w, 'buy');
      for (const month of months) {
        w.month = month;
        await w.sync();
      }
      expect(await w.bills(vm.customer)).toEqual([
        '2025-11 EUR pending 100.00',
        '2025-12 EUR pending 80.00',
        '2026-01 EUR pending 80.00',
      ]);
    });

    test('a price source that is changed holds for consumption that was read before, and its record says so', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await price(w, 'buy');
      w.export([w.line(vm.license, '95.00', { buy: '70.00' })]);
      await w.reconcile();
      expect(await w.charged(vm.customer)).toBe('70.00');
      expect(await w.record(vm)).toMatchObject({ price_source: 'buy', adjustment_amount: '-10.00' });
    });

    test('a price source that is changed is no shrinkage, whatever the margin; fewer lines still are', async () => {
      const w = await world();
      const vm = await w.linked();
      const lines = Array.from({ length: 4 }, () => w.line(vm.license, '100.00', { buy: '60.00' }));
      w.export(lines);
      await w.sync();
      await price(w, 'buy');
      w.export(lines.slice(1));
      expect(await w.sync()).toMatchObject({ state: 'failed' });
      w.export(lines);
      expect(await w.sync()).toMatchObject({ state: 'succeeded' });
      expect(await w.charged(vm.customer)).toBe('240.00');
      for (const line of lines) line.values['buy-total-price'] = '40.00';
      expect(await w.sync()).toMatchObject({ state: 'failed' });
      expect(await w.charged(vm.customer)).toBe('240.00');
    });

    test('a rule that is valid from a month leaves the months before it', async () => {
      const w = await world();
      const vm = await w.linked();
      await w.rules({ charge_mode: 'final_only', valid_from: '2026-01' });
      w.consumes(vm.license, [[70, 60]], '2025-12');
      w.consumes(vm.license, [[90, 60]], '2026-01');
      for (const month of ['2025-12', '2026-01']) {
        w.month = month;
        await w.syncConsumption();
      }
      expect(await w.bills(vm.customer)).toEqual(['2025-12 EUR pending 70.00']);
    });

    test.each(['2026-13', '2026', 'soon'])('a rule valid from %p is refused', async (valid_from) => {
      const w = await world();
      expect(
        await app.api.patch(`/api/admin/arrow/billing-accounts/${w.settings}/`, { tax_percent: 1, valid_from }),
      ).toMatchObject({ status: 400, body: { valid_from: [expect.any(String)] } });
    });
  });

  describe('of a cleanup', () => {
    const consumed = async () => {
      const w = await world();
      const vm = await w.linked();
      const second = await w.linked(vm);
      w.consumes(vm.license, [[100, 80]]);
      w.consumes(second.license, [[20, 15]]);
      await w.syncConsumption();
      return { w, vm, second };
    };

    test('reverses only the charges that it names, until new consumption', async () => {
      const { w, vm } = await consumed();
      expect((await w.cleanUp({ resource_uuid: vm.resource, dry_run: true })).body).toMatchObject({
        records_to_delete: 1,
        records_deleted: 0,
      });
      expect(await w.charged(vm.customer)).toBe('120.00');
      expect(await w.cleanUp({ resource_uuid: vm.resource })).toMatchObject({
        status: 200,
        body: { records_deleted: 1 },
      });
      expect(await w.charged(vm.customer)).toBe('20.00');
      await w.syncConsumption();
      expect(await w.charged(vm.customer)).toBe('120.00');
    });

    test('leaves lines waiting until the close', async () => {
      const { w, vm } = await consumed();
      w.export([w.line(vm.license, '95.00')]);
      await w.sync();
      await w.cleanUp({ resource_uuid: vm.resource });
      expect(await w.charged(vm.customer)).toBe('20.00');
      const run = await w.sync();
      expect(await w.charged(vm.customer)).toBe('20.00');
      expect(tieOut(run)).toEqual({ statement: 95, provisional: -75, posted: 20, ties_out: true });
      await w.reconcile();
      expect(await w.charged(vm.customer)).toBe('95.00');
    });

    test('reverses what was posted as consumption, though the account went over to final_only since; lines come with the next run', async () => {
      const { w, vm, second } = await consumed();
      w.export([w.line(vm.license, '95.00'), w.line(second.license, '19.00')]);
      await w.sync();
      await w.rules({ charge_mode: 'final_only' });
      await w.cleanUp({ resource_uuid: vm.resource });
      expect(await w.charged(vm.customer)).toBe('20.00');
      const run = await w.sync();
      expect(tieOut(run)).toEqual({ statement: 114, posted: 114, ties_out: true });
      await w.cleanUp({ resource_uuid: second.resource });
      expect(await w.charged(vm.customer)).toBe('114.00');
    });

    test('credits issued money at once', async () => {
      const { w, vm } = await consumed();
      await w.issue(vm.customer);
      await w.cleanUp({ resource_uuid: vm.resource });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 120.00', '2026-02 EUR pending -100.00']);
    });

    test('takes the rounding along', async () => {
      const w = await world();
      const vm = await w.linked();
      const second = await w.linked(vm);
      w.consumes(vm.license, [['10.004', '1']]);
      w.consumes(second.license, [['10.004', '1']]);
      await w.syncConsumption();
      expect(await w.charged(vm.customer)).toBe('20.01');
      await w.cleanUp({ resource_uuid: second.resource });
      expect(await w.charged(vm.customer)).toBe('10.00');
    });
  });

  test('is started by the schedule again as soon as a mapping that touches a reconciled month changes', async () => {
    const w = await world({ sync_enabled: true });
    await app.database.query('DELETE FROM job_schedule');
    app.clock.set('2026-02-12T00:00:00Z');
    const vm = await w.linked();
    const stranger = w.license(vm);
    const { arrow } = w.unmapped();
    stranger.customerRef = arrow.Reference;
    w.export([w.line(vm.license, '10.00'), w.line(stranger, '60.00')]);
    await w.schedules();
    // Two weeks on: a reconciled month is looked at daily; four months on it would be weekly.
    app.clock.set('2026-06-20T00:00:00Z');
    await w.schedules();
    const customer = (await w.make.customer()).uuid;
    await w.make.mapping({ settings: w.settings, waldur_customer: customer, arrow_reference: arrow.Reference });
    app.clock.set('2026-06-21T00:00:00Z');
    await w.schedules();
    expect(await w.charged(customer)).toBe('60.00');
  });

  test('shows which organisations a month is made of', async () => {
    const { w, vm, line } = await billed();
    const other = await w.linked();
    w.export([line, w.line(other.license, '7.00'), w.line({ ...vm.license, licenseId: `XSP-X-${w.partner}` }, '3.00')]);
    const run = await w.sync();
    const organisations = (run.result.tie_out[0].organisations ?? []) as Record<string, unknown>[];
    const posted = organisations.map((one) => [one.customer_uuid ?? null, Number(one.posted), Number(one.unmatched)]);
    expect(posted.sort((a, b) => Number(b[1]) - Number(a[1]))).toEqual([
      [vm.customer, 100, 0],
      [other.customer, 7, 0],
      [null, 0, 3],
    ]);
  });

  test('asked for by many at once, with consumption and lines, ends as if they came one after the other', async () => {
    const { w, vm, line } = await billed();
    w.consumes(vm.license, [[50, 40]]);
    line.values['sell-total-price'] = '95.00';
    await Promise.allSettled([w.sync(), w.syncConsumption(), w.reconcile(), w.sync(), w.syncHistory(vm.resource)]);
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('95.00');
  });
});
