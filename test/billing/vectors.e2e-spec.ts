import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, tieOut } from './billing-world.js';

/** The worked examples V1 to V17: what must come out, on the real service. */
describe('billing arithmetic', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);

  describe('V1: two lines are charged at the price source of the account, with tax', () => {
    test.each([
      ['sell', '200.50', '48.12', '248.62'],
      ['buy', '160.40', '38.50', '198.90'],
    ])('%s', async (source, price, tax, total) => {
      const w = await world({ invoice_price_source: source });
      await w.rules({ tax_percent: 24 });
      const vm = await w.linked();
      w.export([w.line(vm.license, '120.00', { buy: '96.00' }), w.line(vm.license, '80.50', { buy: '64.40' })]);
      await w.sync();
      expect(await w.amounts(vm.customer)).toEqual([price]);
      expect(await w.statement(vm)).toMatchObject({
        sell_total: '200.5000000000',
        buy_total: '160.4000000000',
        state: 2,
      });
      expect(await w.invoices(vm.customer)).toEqual([expect.objectContaining({ price, tax, total })]);
    });
  });

  test.each(['1', '10', '0.5', '0', null])(
    'V2, D-2: a line of 100.00 with quantity %p costs 100.00',
    async (quantity) => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '100.00', { quantity })]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('100.00');
      await w.reconcile();
      expect(await w.amounts(vm.customer)).toEqual(['100.00']);
    },
  );

  describe('V3, D-3, D-14: reconciling a line of 100.00', () => {
    test.each([
      ['95.00', ['100.00', '-5.00']],
      ['112.30', ['100.00', '12.30']],
      ['100.00', ['100.00']],
      ['100.004', ['100.00']],
    ])('that is now %s', async (price, items) => {
      const w = await world();
      const vm = await w.linked();
      const line = w.line(vm.license, '100.00');
      w.export([line]);
      await w.sync();
      line.values['sell-total-price'] = price;
      await w.reconcile();
      expect(await w.amounts(vm.customer)).toEqual(items);
      expect(await w.statement(vm)).toMatchObject({ state: 4 });
    });

    test('that is missing from an otherwise full export is taken off the draft at once', async () => {
      const w = await world();
      const vm = await w.linked();
      const lines = Array.from({ length: 10 }, () => w.line(vm.license, '100.00'));
      w.export(lines);
      await w.sync();
      w.export(lines.slice(1));
      expect(tieOut(await w.sync())).toEqual({ statement: 900, posted: 900, ties_out: true });
      expect(await w.charged(vm.customer)).toBe('900.00');
      await w.reconcile();
      expect(await w.amounts(vm.customer)).toEqual(['900.00']);
    });

    test('when the export is empty changes nothing and says why', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '100.00')]);
      await w.sync();
      w.export([]);
      const run = await w.reconcile();
      expect(run).toMatchObject({
        state: 'failed',
        error_code: 'export_refused',
        error_message: expect.stringContaining('is empty'),
      });
      expect(await w.charged(vm.customer)).toBe('100.00');
      expect(await w.statement(vm)).toMatchObject({ state: 2, error_message: expect.stringContaining('is empty') });
    });

    test('beside a new line of 40.00 charges the new line', async () => {
      const w = await world();
      const vm = await w.linked();
      const line = w.line(vm.license, '100.00');
      w.export([line]);
      await w.reconcile();
      w.export([line, w.line(vm.license, '40.00')]);
      await w.reconcile();
      // The charge was closed and posted: what comes later is a compensation.
      expect(await w.amounts(vm.customer)).toEqual(['100.00', '40.00']);
    });
  });

  test.each([
    [['100.00', '95.00'], ['95.00']],
    [['100.00', '95.00', '100.00'], ['100.00']],
  ])(
    'V4, D-4: a price that drifts %p before validation ends as one item without compensation',
    async (prices, items) => {
      const w = await world();
      const vm = await w.linked();
      const line = w.line(vm.license, '0');
      w.export([line]);
      for (const price of prices) {
        line.values['sell-total-price'] = price;
        await w.sync();
      }
      await w.reconcile();
      expect(await w.amounts(vm.customer)).toEqual(items);
      expect((await w.statement(vm)).items[0]).not.toHaveProperty('compensation_item_uuid');
    },
  );

  describe('V5: consumption of 150.00 / 120.00, then final', () => {
    test.each([
      ['145.25', '116.20', '-4.75', '-3.80'],
      ['151.005', '120.80', '1.01', '0.80'],
      ['150.01', '120.01', '0.01', '0.01'],
      ['150.009', '120.004', '0.01', null],
      ['149.99', '119.99', '-0.01', '-0.01'],
      ['149.995', '119.995', null, null],
      ['150.00', '120.00', null, null],
    ])('%s / %s', async (sell, buy, sellCorrection, buyCorrection) => {
      for (const [source, first, correction] of [
        ['sell', '150.00', sellCorrection],
        ['buy', '120.00', buyCorrection],
      ] as const) {
        const w = await world({ invoice_price_source: source });
        const vm = await w.linked();
        w.consumes(vm.license, [
          [100, 80],
          [50, 40],
        ]);
        await w.syncConsumption();
        expect(await w.amounts(vm.customer)).toEqual([first]);
        w.export([w.line(vm.license, sell, { buy })]);
        await w.reconcile();
        expect(await w.amounts(vm.customer)).toEqual(correction ? [first, correction] : [first]);
        expect(await w.record(vm)).toMatchObject({ is_finalized: true, is_reconciled: true });
      }
    });
  });

  test('V6, D-9: with buy prices the evidence is about buy prices', async () => {
    const w = await world({ invoice_price_source: 'buy' });
    const vm = await w.linked();
    w.consumes(vm.license, [[100, 80]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '95.00', { buy: '70.00' })]);
    await w.reconcile();
    expect(await w.amounts(vm.customer)).toEqual(['80.00', '-10.00']);
    expect(await w.record(vm)).toMatchObject({ adjustment_amount: '-10.00', price_source: 'buy' });
    const compensation = (await w.invoice(vm.customer)).items.find(
      (item: { price: unknown }) => Number(item.price) === -10,
    );
    expect(compensation.details).toMatchObject({
      source: 'arrow_reconciliation',
      price_source: 'buy',
      original_period: '2026-01',
    });
  });

  test('V7, D-1: one spend seen as consumption and as export line is charged once', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '150.00')]);
    await w.sync();
    await w.syncConsumption();
    await w.reconcile();
    expect(await w.amounts(vm.customer)).toEqual(['150.00']);
  });

  test('V8, D-5: a month is not final because a first line is there', async () => {
    const w = await world();
    app.clock.set('2026-01-03T12:00:00Z');
    const vm = await w.linked();
    w.consumes(vm.license, [[40, 30]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '5.00')]);
    await w.reconcile({ force: false });
    expect(await w.charged(vm.customer)).toBe('40.00');
    expect(await w.record(vm)).toMatchObject({ is_finalized: false });
    w.consumes(vm.license, [[310, 250]]);
    await w.syncConsumption();
    expect(await w.charged(vm.customer)).toBe('310.00');
    app.clock.set('2026-02-10T12:00:00Z');
    w.export([w.line(vm.license, '310.00')]);
    await w.reconcile({ force: false, accept_shrinkage: true });
    expect(await w.amounts(vm.customer)).toEqual(['310.00']);
    expect(await w.record(vm)).toMatchObject({ is_finalized: true });
  });

  test('V9, D-3: an export without the price column refunds nobody and finalizes nothing', async () => {
    const w = await world(
      {},
      LABELS.filter((label) => label !== 'Sell Total Price'),
    );
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '150.00')]);
    const run = await w.reconcile();
    expect(run).toMatchObject({
      state: 'failed',
      error_message: expect.stringContaining('no column Sell Total Price or Customer Total Price'),
    });
    expect(await w.charged(vm.customer)).toBe('150.00');
    expect(await w.record(vm)).toMatchObject({ is_finalized: false });
  });

  test.each([
    [['100.00', '50.00', '25.00'], '175.00'],
    [['100.00', '50.00', '100.00'], '250.00'],
  ])('V10, D-22: lines %p under one key are all charged, and reported', async (prices, total) => {
    const w = await world();
    const vm = await w.linked();
    w.export(prices.map((price) => w.line(vm.license, price, { sequence: 'SAME' })));
    const run = await w.sync();
    expect(run.result.warnings).toContainEqual(expect.stringContaining('3 lines'));
    expect(await w.amounts(vm.customer)).toEqual([total]);
    expect((await w.statement(vm)).items_count).toBe(3);
    w.export(prices.toReversed().map((price) => w.line(vm.license, price, { sequence: 'SAME' })));
    expect((await w.sync()).result).toMatchObject({ postings: 0 });
  });

  test('V11, D-24: a statement that gets its real reference later is not charged again', async () => {
    const w = await world();
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00', { values: { 'statement-reference': null } });
    w.export([line]);
    await w.sync();
    expect(await w.statement(vm)).toMatchObject({ statement_reference: `SYNC-2026-01-${vm.arrow.Reference}` });
    line.values['statement-reference'] = 'STMT-77';
    await w.sync();
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('100.00');
    const { body } = await app.api.get(
      `/api/admin/arrow/billing-syncs/?customer_mapping_uuid=${vm.mapping}&statement_reference=STMT-77`,
    );
    expect(body[0]).toMatchObject({ state: 4, sell_total: '100.0000000000', items_count: 1 });
  });

  test('V12, D-21: of two customers with one name only the one whose licence it is pays', async () => {
    const w = await world();
    const [first, second] = [
      await w.linked(await w.mappedCustomer('Twin OÜ')),
      await w.linked(await w.mappedCustomer('Twin OÜ')),
    ];
    w.export([w.line(first.license, '100.00')]);
    await w.sync();
    expect([await w.charged(first.customer), await w.charged(second.customer)]).toEqual(['100.00', '0.00']);
  });

  test('V12, D-21: a licence that nobody knows is charged to nobody, and listed with its money', async () => {
    const w = await world();
    const vm = await w.linked(await w.mappedCustomer('Twin OÜ'));
    await w.mappedCustomer('Twin OÜ');
    const stranger = { ...vm.license, licenseId: 'XSP-UNKNOWN' };
    w.export([w.line(vm.license, '1.00'), w.line(stranger, '100.00')]);
    const run = await w.sync();
    expect(tieOut(run)).toEqual({ statement: 101, posted: 1, unmatched: 100, ties_out: true });
    expect(await w.charged(vm.customer)).toBe('1.00');
  });

  test('V13, D-33: a null subscription id is charged once in four runs', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00', { values: { 'vendor-subscription-id': null } })]);
    for (let run = 0; run < 4; run++) await w.sync({ accept_shrinkage: run % 2 === 0 });
    expect(await w.amounts(vm.customer)).toEqual(['100.00']);
  });

  test('V14, D-29: two rows of one licence with one description are both charged, however often', async () => {
    const w = await world();
    const vm = await w.linked();
    const description = 'x'.repeat(480);
    w.export(['60.00', '40.00'].map((price) => w.line(vm.license, price, { values: { 'product-name': description } })));
    await w.sync();
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('100.00');
    expect(await w.amounts(vm.customer)).toEqual(['100.00']);
  });

  test.each([
    [10, '0.001', 0.01, '0.01'],
    [1000, '0.0151', 15.1, '15.10'],
    [1, '-0.001', -0.001, '0.00'],
    [1, '1.005', 1.005, '1.01'],
    [3, '0.005', 0.015, '0.02'],
  ])('V15, D-16: %d lines of %s, %d together, are rounded once: %s', async (count, price, statement, total) => {
    const w = await world();
    const vm = await w.linked();
    w.export(Array.from({ length: count }, () => w.line(vm.license, price)));
    const run = await w.sync();
    expect(await w.charged(vm.customer)).toBe(total);
    expect(tieOut(run)).toMatchObject({ statement, ties_out: true });
    expect((await w.sync({ accept_shrinkage: true })).result).toMatchObject({ postings: 0 });
  });

  test('V16, D-17: decimals with a comma are read as declared, or refused', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '1.234,56')]);
    const run = await w.sync();
    expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete' });
    expect(await w.charged(vm.customer)).toBe('0.00');
    await w.rules({ number_locale: 'comma' });
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('1234.56');
  });

  test('V17: a line that costs nothing is kept and counted', async () => {
    const w = await world({ invoice_price_source: 'buy' });
    const vm = await w.linked();
    w.export([w.line(vm.license, '50.00', { buy: '0.00' })]);
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('0.00');
    expect(await w.statement(vm)).toMatchObject({ sell_total: '50.0000000000', items_count: 1 });
  });
});
