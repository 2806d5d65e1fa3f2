import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS } from './billing-world.js';

/** A month that is read a second time: what has changed in between, here or at ArrowSphere, is charged once and to the right one. */
describe('reading a month again', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);

  describe('with the same export', () => {
    test('settles by force what waits for validation, and a scheduled run leaves it settled', async () => {
      const w = await world({}, [...LABELS, 'Validation Date']);
      app.clock.set('2026-03-01T00:00:00Z');
      const vm = await w.linked();
      w.export([w.line(vm.license, '10.00')]);
      expect((await w.reconcile({ force: false })).result).toMatchObject({ settled: false });
      expect((await w.reconcile()).result).toMatchObject({ outcome: 'applied', settled: true });
      expect((await w.sync()).result).toMatchObject({ outcome: 'unchanged', settled: true });
      expect(await w.statement(vm)).toMatchObject({ state: 4 });
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

    test('takes back what a run for one resource read meanwhile', async () => {
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
});
