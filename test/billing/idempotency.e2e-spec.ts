import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, tieOut } from './billing-world.js';

/** A month that is read a second time: what has changed in between, here or at ArrowSphere, is charged once and to the right one. */
describe('reading a month again', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);

  describe('with the same export', () => {
    test('closes by force what waits for validation, and a scheduled run leaves it closed', async () => {
      const w = await world({}, [...LABELS, 'Validation Date']);
      app.clock.set('2026-03-01T00:00:00Z');
      const vm = await w.linked();
      w.export([w.line(vm.license, '10.00')]);
      expect((await w.reconcile({ force: false })).result).toMatchObject({ settled: false });
      expect((await w.reconcile()).result).toMatchObject({ outcome: 'applied', settled: true });
      expect((await w.sync()).result).toMatchObject({ outcome: 'unchanged', settled: true });
      expect(await w.statement(vm)).toMatchObject({ state: 4 });
    });

    test('asks ArrowSphere for the columns of its export type at most once in a run', async () => {
      const w = await world();
      const vm = await w.linked();
      const line = w.line(vm.license, '10.00');
      w.export([line]);
      for (const amount of ['10.00', '11.00']) {
        line.values['sell-total-price'] = amount;
        const before = app.arrow.requests.length;
        await w.sync();
        const asked = app.arrow.requests.slice(before).filter(({ path }) => path.includes('exports/types/'));
        expect(asked.length).toBeLessThanOrEqual(1);
        expect(await w.charged(vm.customer)).toBe(amount);
      }
    });

    test('charges a licence whose owner ArrowSphere has come to know', async () => {
      const w = await world();
      const vm = await w.linked();
      const late = w.license(vm);
      app.arrow.data.licenses.pop();
      w.export([w.line(vm.license, '10.00'), w.line(late, '5.00')]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('10.00');
      app.arrow.data.licenses.push(late);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('15.00');
    });

    test('charges a licence whose customer, named by the export alone, has been mapped', async () => {
      const w = await world({}, [...LABELS, 'Customer Reference']);
      const vm = await w.linked();
      const unknown = { ...w.license(vm), licenseId: `XSP-OF-${w.partner}` };
      const values = { 'customer-reference': `XSP-NEW-${w.partner}` };
      w.export([w.line(vm.license, '10.00'), w.line(unknown, '5.00', { values })]);
      await w.sync();
      const customer = (await w.make.customer()).uuid;
      await w.make.mapping({
        settings: w.settings,
        waldur_customer: customer,
        arrow_reference: values['customer-reference'],
      });
      await w.sync();
      expect(await w.charged(customer)).toBe('5.00');
    });

    test('reverses what a run for one resource read meanwhile', async () => {
      const w = await world();
      const vm = await w.linked();
      const line = w.line(vm.license, '100.00');
      w.export([line]);
      await w.sync();
      line.values['sell-total-price'] = '120.00';
      await w.sync({ resource_uuid: vm.resource });
      expect(await w.charged(vm.customer)).toBe('120.00');
      line.values['sell-total-price'] = '100.00';
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('100.00');
    });
  });

  describe('with lines under other keys', () => {
    const keyed = (
      w: BillingWorld,
      license: Parameters<BillingWorld['line']>[0],
      lines: [key: string, sell: string][],
    ) => lines.map(([sequence, sell]) => w.line(license, sell, { sequence }));

    test('keeps lines of one key apart by currency, whichever amount is larger', async () => {
      const w = await world();
      const vm = await w.linked();
      const [euros, dollars] = [
        w.line(vm.license, '100.00', { sequence: 'SAME' }),
        w.line(vm.license, '50.00', { sequence: 'SAME', currency: 'USD' }),
      ];
      const more = w.line(vm.license, '10.00');
      w.export([euros, dollars, more]);
      await w.sync();
      dollars.values['sell-total-price'] = '150.00';
      expect((await w.sync()).result).toMatchObject({ tie_out: [{ ties_out: true }, { ties_out: true }] });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 110.00', '2026-01 USD pending 150.00']);
    });

    test('charges a line once that gets another key, at once and not only when the month is closed', async () => {
      const w = await world();
      const vm = await w.linked();
      const values: [string, string][] = ['1', '2', '3', '4', '5', '6'].map((key) => [key, `${key}0.00`]);
      w.export(keyed(w, vm.license, values));
      await w.sync();
      w.export(keyed(w, vm.license, [...values.slice(1), ['7', '12.00']]));
      expect(tieOut(await w.sync())).toEqual({ statement: 212, posted: 212, ties_out: true });
      expect(await w.charged(vm.customer)).toBe('212.00');
      w.export(keyed(w, vm.license, values));
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('210.00');
    });

    test('charges a line once that is moved to another licence under its key', async () => {
      const w = await world();
      const [one, two] = [await w.linked(), await w.linked()];
      const others = Array.from({ length: 5 }, () => w.line(one.license, '1.00'));
      w.export([...others, w.line(one.license, '10.00', { sequence: 'M1' })]);
      await w.sync();
      w.export([...others, w.line(two.license, '10.00', { sequence: 'M1', values: same(w, one) })]);
      await w.sync();
      expect([await w.charged(one.customer), await w.charged(two.customer)]).toEqual(['5.00', '10.00']);
    });

    test("takes off what is missing, although another customer's line has the same number", async () => {
      const w = await world();
      const [one, two] = [await w.linked(), await w.linked()];
      const [ones, twos] = [['1', '2', '3', '4', '5', '6'], ['6']].map((keys, i) =>
        keyed(
          w,
          [one, two][i]!.license,
          keys.map((key) => [key, '10.00']),
        ),
      ) as [ReturnType<typeof keyed>, ReturnType<typeof keyed>];
      w.export([...ones, ...twos]);
      await w.sync();
      w.export([...ones.slice(0, 5), ...twos]);
      expect(tieOut(await w.sync())).toEqual({ statement: 60, posted: 60, ties_out: true });
      expect([await w.charged(one.customer), await w.charged(two.customer)]).toEqual(['50.00', '10.00']);
    });

    test('writes nothing for lines that come in another order, priced or not', async () => {
      const w = await world();
      const vm = await w.linked();
      const lines = keyed(w, vm.license, [
        ['1', '10.00'],
        ['2', '20.00'],
        ['2', '5.00'],
        ['3', '1.00'],
      ]);
      w.export(lines);
      await w.sync();
      lines[3]!.values['sell-total-price'] = null;
      await w.sync();
      const versions = async () => {
        const { uuid } = await w.statement(vm);
        const { body } = await app.api.get(`/api/admin/arrow/billing-sync-items/?billing_sync_uuid=${uuid}`);
        return body.map((item: { uuid: string; modified?: string }) => `${item.uuid} ${item.modified}`).sort();
      };
      const before = await versions();
      w.export(lines.toReversed());
      expect((await w.sync()).result).toMatchObject({ outcome: 'applied', postings: 0 });
      expect(await versions()).toEqual(before);
    });
  });

  describe('when mappings, links and invoices have changed', () => {
    test('finishes what was charged under a mapping that was switched off since', async () => {
      const w = await world();
      const vm = await w.linked();
      const other = await w.linked();
      w.consumes(vm.license, [[150, 120]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '145.00'), w.line(other.license, '1000.00')]);
      await w.sync();
      await app.api.patch(`/api/admin/arrow/customer-mappings/${vm.mapping}/`, { is_active: false });
      expect((await w.reconcile()).result).toMatchObject({ settled: true, tie_out: [{ ties_out: true }] });
      expect(await w.charged(vm.customer)).toBe('145.00');
      expect([await w.statement(vm), await w.record(vm)]).toMatchObject([{ state: 4 }, { is_finalized: true }]);
    });

    test('charges consumption beside an invoice in another currency', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '1.00', { currency: 'USD' })]);
      await w.sync();
      await w.issue(vm.customer);
      const next = await w.linked(vm);
      w.consumes(next.license, [[10, 8]]);
      expect((await w.syncConsumption()).result).toMatchObject({ changed: 1, failed: 0 });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 10.00', '2026-01 USD created 1.00']);
    });

    test('charges lines in their currency although consumption of nothing was noted in another', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[0, 0]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '100.00', { currency: 'USD' })]);
      await w.reconcile();
      expect(await w.bills(vm.customer)).toEqual(['2026-01 USD pending 100.00']);
    });

    test('charges a month in two currencies on two invoices, whatever comes first', async () => {
      const w = await world();
      const vm = await w.linked();
      const euros = w.line(vm.license, '0.00');
      w.export([euros]);
      await w.sync();
      euros.values['sell-total-price'] = '10.00';
      w.export([euros, ...[1, 2].map(() => w.line(vm.license, '5.00', { currency: 'USD' }))]);
      expect((await w.sync()).result).toMatchObject({ failed: 0 });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 10.00', '2026-01 USD pending 10.00']);
    });

    test('says of months past which were charged, though nobody can be charged for others', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await w.mapping(vm, { is_active: false });
      w.consumes(vm.license, [[110, 80]]);
      w.consumes(vm.license, [[50, 40]], '2026-02');
      expect(await w.syncHistory(vm.resource, { period_to: '2026-02' })).toMatchObject({
        status: 200,
        body: { periods_synced: 1, errors: [{ period: '2026-02' }] },
      });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 110.00']);
    });

    test('charges months past to whom they were charged, and names the months that ArrowSphere fails for', async () => {
      const w = await world();
      const vm = await w.linked();
      const periods = ['2025-11', '2025-12'];
      for (const period of periods) w.consumes(vm.license, [[10, 8]], period);
      const ask = { resource_uuid: vm.resource, period_from: '2025-11', period_to: '2025-12' };
      const historical = '/api/admin/arrow/billing-syncs/sync_resource_historical_consumption/';
      for (const nth of [1, 2])
        app.arrow.faults.add({ path: /consumption\/monthly/, nth, action: { kind: 'status', status: 400 } });
      const { body } = await app.api.post(historical, ask);
      app.arrow.faults.clear();
      expect(body).toMatchObject({
        periods_synced: 1,
        errors: [{ period: expect.stringMatching(/^2025-1[12]$/), error: expect.stringContaining('ArrowSphere') }],
      });
      await app.api.post(historical, ask);
      expect(await w.charged(vm.customer)).toBe('20.00');

      // After the invoices were issued a mapping that is pointed elsewhere moves nothing.
      for (const month of periods) await w.issue(vm.customer, { month });
      const next = await w.mappedCustomer();
      await w.mapping(vm, { waldur_customer: next.customer });
      for (const period of periods) w.consumes(vm.license, [[7, 6]], period);
      expect((await app.api.post(historical, { ...ask, force: true })).body).toMatchObject({
        periods_synced: 2,
        errors: [],
      });
      expect(await w.charged(next.customer)).toBe('0.00');
    });
  });
});

/** What a line of that licence says apart from its key, for one that is to say the same. */
function same(w: BillingWorld, { license }: { license: Parameters<BillingWorld['line']>[0] }) {
  const { values } = w.line(license, '0');
  return Object.fromEntries(
    ['product-name', 'vendor-name', 'vendor-subscription-id'].map((column) => [column, values[column] ?? null]),
  );
}
