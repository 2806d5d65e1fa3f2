import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, tieOut } from './billing-world.js';

describe('a month of billing', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  test('goes from consumption over the export to a reconciled, tied-out invoice', async () => {
    const world = await new BillingWorld(app).start();
    const vm = await world.linked();
    world.consumes(vm.license, [
      [100, 80],
      [50, 40],
    ]);
    const consumption = await world.syncConsumption();
    expect(consumption).toMatchObject({ state: 'succeeded', result: { changed: 1, failed: 0, skipped: 0 } });
    expect(await world.amounts(vm.customer)).toEqual(['150.00']);

    const seats = world.license(vm);
    world.export([world.line(vm.license, '145.25', { buy: '116.20' }), world.line(seats, '20.00')]);
    const sync = await world.sync();
    expect(sync).toMatchObject({
      state: 'succeeded',
      error_message: '',
      result: { outcome: 'applied', postings: 1, failed: 0 },
    });
    expect(await world.amounts(vm.customer)).toEqual(['150.00', '20.00']);

    const reconciled = await world.reconcile();
    expect(reconciled).toMatchObject({ state: 'succeeded', result: { outcome: 'applied', settled: true } });
    expect(reconciled.result.tie_out).toHaveLength(1);
    expect(tieOut(reconciled)).toEqual({ statement: 165.25, posted: 165.25, ties_out: true });
    expect(await world.amounts(vm.customer)).toEqual(['150.00', '20.00', '-4.75']);
    expect(await world.statement(vm)).toMatchObject({
      state: 4,
      state_display: 'Reconciled',
      sell_total: '165.2500000000',
      error_message: '',
    });
    expect(await world.record(vm)).toMatchObject({
      adjustment_amount: '-4.75',
      is_reconciled: true,
      final_sell: '145.2500000000',
    });
    expect(await world.invoices(vm.customer)).toEqual([
      expect.objectContaining({ price: '165.25', total: '165.25', state: 'pending', currency: 'EUR' }),
    ]);

    expect((await world.reconcile()).result).toMatchObject({ outcome: 'unchanged', postings: 0 });
  });
});
