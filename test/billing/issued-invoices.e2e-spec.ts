import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, money, tieOut } from './billing-world.js';

/** What an issued invoice keeps, where corrections go, how tax, numbers, dates and rounding come about. */
describe('an issued invoice', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);
  const sent = async (price = '100.00', labels?: string[]) => {
    const w = await world({}, labels);
    const vm = await w.linked();
    const line = w.line(vm.license, price);
    w.export([line]);
    await w.sync();
    await w.issue(vm.customer);
    const now = (sell: string) => (line.values['sell-total-price'] = sell);
    return { w, vm, line, now };
  };

  test('waits for the close: until then the difference is pending, and may go away again', async () => {
    const { w, vm, now } = await sent();
    now('90.00');
    expect(tieOut(await w.sync())).toEqual({ statement: 90, posted: 100, pending: -10, ties_out: true });
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00']);
    now('100.00');
    expect(tieOut(await w.sync())).toEqual({ statement: 100, posted: 100, ties_out: true });
    now('110.00');
    expect(tieOut(await w.sync())).toEqual({ statement: 110, posted: 100, pending: 10, ties_out: true });
    expect(tieOut(await w.reconcile())).toEqual({ statement: 110, posted: 110, ties_out: true });
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00', '2026-02 EUR pending 10.00']);
  });

  test('a reconciliation that may not close yet leaves the difference pending', async () => {
    const { w, vm, now } = await sent('100.00', [...LABELS, 'Validation Date']);
    now('90.00');
    expect(tieOut(await w.reconcile({ force: false }))).toEqual({
      statement: 90,
      posted: 100,
      pending: -10,
      ties_out: true,
    });
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00']);
  });

  test('a line that is gone is pending, and credited at the close', async () => {
    const w = await world();
    const vm = await w.linked();
    const lines = Array.from({ length: 10 }, () => w.line(vm.license, '10.00'));
    w.export(lines);
    await w.sync();
    await w.issue(vm.customer);
    w.export(lines.slice(1));
    expect(tieOut(await w.sync())).toEqual({ statement: 90, posted: 100, pending: -10, ties_out: true });
    await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00', '2026-02 EUR pending -10.00']);
  });

  test('consumption that grows after it is pending until the lines are closed', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[100, 80]]);
    await w.syncConsumption();
    await w.issue(vm.customer);
    w.consumes(vm.license, [[130, 100]]);
    await w.syncConsumption();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00']);
    w.export([w.line(vm.license, '125.00')]);
    expect(tieOut(await w.sync())).toEqual({
      statement: 125,
      provisional: 5,
      posted: 100,
      pending: 30,
      ties_out: true,
    });
    await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00', '2026-02 EUR pending 25.00']);
  });

  test('a licence that comes after it is pending like any other difference', async () => {
    const { w, vm, line } = await sent();
    const second = await w.linked(vm);
    w.export([line, w.line(second.license, '7.00')]);
    expect(tieOut(await w.sync())).toEqual({ statement: 107, posted: 100, pending: 7, ties_out: true });
    await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00', '2026-02 EUR pending 7.00']);
  });

  test('corrections go to the current month; where that is issued, to the first later one that is not', async () => {
    const { w, vm, now } = await sent();
    await w.reconcile();
    app.clock.set('2026-03-10T00:00:00Z');
    now('90.00');
    await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 100.00', '2026-03 EUR pending -10.00']);
    await w.issue(vm.customer, { month: '2026-03' });
    now('85.00');
    await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual([
      '2026-01 EUR created 100.00',
      '2026-03 EUR created -10.00',
      '2026-04 EUR pending -5.00',
    ]);
  });

  test('a correction names the month and the invoice that it corrects, and keeps project and resource', async () => {
    const { w, vm, now } = await sent();
    const { uuid } = await w.invoice(vm.customer);
    await w.link(vm.resource, '');
    now('90.00');
    await w.reconcile();
    const [item] = (await w.invoice(vm.customer, '2026-02')).items;
    expect(item).toMatchObject({
      project_uuid: vm.project,
      resource_uuid: vm.resource,
      details: { original_period: '2026-01' },
    });
    expect(JSON.stringify(item)).toContain(uuid);
  });

  test('what was never invoiced goes on the draft of its own month, however late', async () => {
    const w = await world();
    const vm = await w.linked();
    w.month = '2025-10';
    w.export([w.line(vm.license, '10.00')]);
    app.clock.set('2026-02-20T00:00:00Z');
    await w.reconcile({ force: false });
    expect(await w.bills(vm.customer)).toEqual(['2025-10 EUR pending 10.00']);
  });

  test('keeps names, tax and total when the organisation, its rules and its prices change', async () => {
    const w = await world();
    await w.rules({ tax_percent: 22 });
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00');
    w.export([line]);
    await w.reconcile();
    await w.issue(vm.customer);
    const before = await w.invoice(vm.customer);
    await app.api.patch(`/api/customers/${vm.customer}/`, { name: 'Renamed OÜ' });
    await w.rules({ tax_percent: 24 });
    line.values['sell-total-price'] = '90.00';
    await w.reconcile();
    expect(await w.invoice(vm.customer)).toEqual(before);
    expect(before.customer_name).not.toBe('Renamed OÜ');
    expect(await w.invoice(vm.customer, '2026-02')).toMatchObject({ customer_name: 'Renamed OÜ' });
  });

  describe('tax', () => {
    test('of a correction is at the rate of what it corrects: −2.20 at 22 %, beside 24 %', async () => {
      const w = await world();
      await w.rules({ tax_percent: 22 });
      const vm = await w.linked();
      const line = w.line(vm.license, '100.00');
      w.export([line]);
      await w.reconcile();
      await w.issue(vm.customer);
      await w.rules({ tax_percent: 24 });
      line.values['sell-total-price'] = '90.00';
      await w.reconcile();
      expect((await w.invoices(vm.customer)).map(({ month, price, tax, total }) => [month, price, tax, total])).toEqual(
        [
          ['2026-01', '100.00', '22.00', '122.00'],
          ['2026-02', '-10.00', '-2.20', '-12.20'],
        ],
      );
      w.month = '2026-02';
      w.export([w.line(vm.license, '50.00')]);
      await w.sync();
      // 50.00 at 24 % and −10.00 at 22 %.
      expect((await w.invoices(vm.customer))[1]).toMatchObject({ price: '40.00', tax: '9.80', total: '49.80' });
    });

    test('of a correction of what came after issue is at the rate that came with that', async () => {
      const w = await world();
      await w.rules({ tax_percent: 22 });
      const vm = await w.linked();
      const first = w.line(vm.license, '100.00');
      const late = w.line((await w.linked(vm)).license, '50.00');
      w.export([first]);
      await w.reconcile();
      await w.issue(vm.customer);
      w.export([first, late]);
      await w.reconcile();
      await w.issue(vm.customer, { month: '2026-02' });
      await w.rules({ tax_percent: 24, valid_from: '2026-01' });
      late.values['sell-total-price'] = '40.00';
      await w.reconcile();
      expect((await w.invoices(vm.customer)).map(({ month, price, tax }) => [month, price, tax])).toEqual([
        ['2026-01', '100.00', '22.00'],
        ['2026-02', '50.00', '11.00'],
        ['2026-03', '-10.00', '-2.20'],
      ]);
    });

    test('of what was taken off the draft before issue is at the rate of its month, not at the one of then', async () => {
      const w = await world();
      await w.rules({ tax_percent: 20, shrinkage_share: 0.9 });
      const vm = await w.linked();
      const gone = w.line(vm.license, '100.00');
      const stays = w.line((await w.linked(vm)).license, '1000.00');
      w.export([gone, stays]);
      await w.sync();
      await w.rules({ tax_percent: 24 });
      w.export([stays]);
      await w.sync();
      await w.issue(vm.customer);
      w.export([gone, stays]);
      await w.reconcile();
      expect((await w.invoices(vm.customer)).map(({ month, price, tax }) => [month, price, tax])).toEqual([
        ['2026-01', '1000.00', '240.00'],
        ['2026-02', '100.00', '24.00'],
      ]);
    });

    test('of what rounding takes when an issued invoice is corrected is at the rate of that invoice', async () => {
      const w = await world();
      await w.rules({ tax_percent: 22 });
      const vm = await w.linked();
      const lines = [w.line(vm.license, '10.00'), w.line((await w.linked(vm)).license, '20.00')];
      w.export(lines);
      await w.sync();
      await w.issue(vm.customer);
      await w.rules({ tax_percent: 24, valid_from: '2026-01' });
      lines[0]!.values['sell-total-price'] = '10.024';
      lines[1]!.values['sell-total-price'] = '20.004';
      await w.reconcile();
      // 10.02 + 20.00 + 0.01 of rounding: 0.03 × 22 % = 0.0066.
      expect((await w.invoices(vm.customer))[1]).toMatchObject({ price: '0.03', tax: '0.01', total: '0.04' });
    });

    test('of a draft follows a rule without a month, and not one that is valid from a later month', async () => {
      const w = await world();
      await w.rules({ tax_percent: 22 });
      const vm = await w.linked();
      w.export([w.line(vm.license, '100.00')]);
      await w.sync();
      await w.rules({ tax_percent: 23, valid_from: '2026-02' });
      await w.sync();
      expect((await w.invoices(vm.customer))[0]).toMatchObject({ price: '100.00', tax: '22.00' });
      w.month = '2026-02';
      w.export([w.line(vm.license, '100.00')]);
      await w.sync();
      expect((await w.invoices(vm.customer))[1]).toMatchObject({ price: '100.00', tax: '23.00' });
    });

    test('is rounded once per rate', async () => {
      const w = await world();
      await w.rules({ tax_percent: 24 });
      const vm = await w.linked();
      w.export(await Promise.all(Array.from({ length: 7 }, async () => w.line((await w.linked(vm)).license, '0.10'))));
      await w.sync();
      // 0.70 × 24 % = 0.168; seven times 0.024 would be 0.14.
      expect((await w.invoices(vm.customer))[0]).toMatchObject({ price: '0.70', tax: '0.17', total: '0.87' });
    });
  });

  test('numbers are given at issue, without gaps, per account', async () => {
    const [w, other] = [await world(), await world()];
    const mappedCustomers = [];
    for (let i = 0; i < 5; i++) mappedCustomers.push(await w.linked());
    const lines = mappedCustomers.map(({ license }, i) => w.line(license, `${i + 1}0.00`));
    const theirs = await other.linked();
    other.export([other.line(theirs.license, '1.00')]);
    await other.sync();
    for (let run = 0; run < 11; run++) {
      lines[0]!.values['sell-total-price'] = `${run + 100}.00`;
      w.export(lines);
      await w.sync();
    }
    const numberOf = async (world: BillingWorld, customer: string) => (await world.invoice(customer))?.number ?? null;
    for (const { customer } of mappedCustomers) expect(await numberOf(w, customer)).toBeNull();
    const given: unknown[] = [];
    for (const { customer } of [mappedCustomers[3]!, mappedCustomers[0]!, mappedCustomers[4]!])
      given.push((await w.issue(customer)).number);
    given.push((await other.issue(theirs.customer)).number);
    for (const { customer } of [mappedCustomers[1]!, mappedCustomers[2]!]) given.push((await w.issue(customer)).number);
    const digits = given.map((number) => Number(/\d+$/.exec(String(number))?.[0]));
    const [first] = digits as [number];
    expect([digits[0], digits[1], digits[2], digits[4], digits[5]]).toEqual(
      [0, 1, 2, 3, 4].map((step) => first + step),
    );
    expect(digits[3]).toBe(first);
  });

  test('invoices that are issued at the same time get numbers without gaps', async () => {
    const w = await world();
    const mappedCustomers = [];
    for (let i = 0; i < 6; i++) mappedCustomers.push(await w.linked());
    w.export(mappedCustomers.map(({ license }) => w.line(license, '1.00')));
    await w.sync();
    const issued = await Promise.all(mappedCustomers.map(({ customer }) => w.issue(customer)));
    const digits = issued.map(({ number }) => Number(/\d+$/.exec(String(number))?.[0])).sort((a, b) => a - b);
    expect(digits).toEqual(digits.map((_, i) => digits[0]! + i));
  });

  test.each([
    ['2025-12-31T23:30:00Z', '2026-01-01'],
    ['2026-01-01T21:59:00Z', '2026-01-01'],
    ['2026-01-01T22:01:00Z', '2026-01-02'],
  ])('is dated in the time zone of the account: at %s in Tallinn it is %s', async (at, date) => {
    const w = await world();
    await w.rules({ time_zone: 'Europe/Tallinn' });
    const vm = await w.linked();
    w.month = '2025-12';
    w.export([w.line(vm.license, '10.00')]);
    await w.sync();
    app.clock.set(at);
    expect(await w.issue(vm.customer)).toMatchObject({ invoice_date: date, state: 'created' });
  });

  test.each(['tomorrow', '2026-02-30', '2026-01-31', '2026-2-1', '20260301'])(
    'a due date of %p is refused and nothing is issued',
    async (due_date) => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '10.00')]);
      await w.sync();
      const { uuid } = await w.invoice(vm.customer);
      expect(await app.api.post(`/api/invoices/${uuid}/issue/`, { due_date })).toMatchObject({
        status: 400,
        body: { due_date: [expect.any(String)] },
      });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 10.00']);
      expect(await w.issue(vm.customer, { due_date: '2026-02-01' })).toMatchObject({ due_date: '2026-02-01' });
    },
  );

  test('is issued once: asked for again it stays as it was', async () => {
    const { w, vm } = await sent();
    const before = await w.invoice(vm.customer);
    app.clock.set('2026-02-03T06:00:00Z');
    await app.api.post(`/api/invoices/${before.uuid}/issue/`, { due_date: '2026-05-01' });
    expect(await w.invoice(vm.customer)).toEqual(before);
    expect((await app.api.post(`/api/invoices/${before.uuid}/paid/`)).body).toMatchObject({
      state: 'paid',
      number: before.number,
    });
  });

  describe('rounding', () => {
    test('is a posting of its own: licences of 10.004 and 10.004 are 20.01', async () => {
      const w = await world();
      const vm = await w.linked();
      const second = await w.linked(vm);
      w.export([w.line(vm.license, '10.004'), w.line(second.license, '10.004')]);
      const run = await w.sync();
      expect(await w.charged(vm.customer)).toBe('20.01');
      expect(await w.amounts(vm.customer)).toEqual(['10.00', '10.00', '0.01']);
      expect(tieOut(run)).toEqual({ statement: 20.008, posted: 20.01, carried: -0.002, ties_out: true });
      w.export([w.line(vm.license, '10.004'), w.line(second.license, '10.001')]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('20.01');
      w.export([w.line(vm.license, '10.004'), w.line(second.license, '10.000')]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('20.00');
    });

    test('of an issued invoice waits until nothing else of it is pending', async () => {
      const w = await world();
      const vm = await w.linked();
      const second = await w.linked(vm);
      const lines = [w.line(vm.license, '10.004'), w.line(second.license, '10.004')];
      w.export(lines);
      await w.sync();
      await w.issue(vm.customer);
      lines[1]!.values['sell-total-price'] = '9.00';
      const run = await w.sync();
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 20.01']);
      expect(tieOut(run)).toMatchObject({ statement: 19.004, posted: 20.01, pending: -1.01, ties_out: true });
      await w.reconcile();
      expect(await w.charged(vm.customer)).toBe('19.00');
    });
  });

  describe('items', () => {
    test('are one per licence, and what replaces consumption is one of its own', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '50.00'), w.line(vm.license, '45.00')]);
      await w.reconcile();
      expect(await w.amounts(vm.customer)).toEqual(['100.00', '-5.00']);
      const { items } = await w.statement(vm);
      const invoice = await w.invoice(vm.customer);
      const uuidOf = (price: number) =>
        invoice.items.find((one: { price: unknown }) => Number(one.price) === price).uuid;
      expect(items).toHaveLength(2);
      for (const item of items) {
        expect(item).toMatchObject({ invoice_item_uuid: uuidOf(100), compensation_item_uuid: uuidOf(-5) });
      }
    });

    test('span their lines from the first day to the last', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export([
        w.line(vm.license, '10.00', { values: { 'bill-from': '2026-01-05', 'bill-to': '2026-01-09' } }),
        w.line(vm.license, '10.00', { values: { 'bill-from': '2026-01-12', 'bill-to': '2026-01-20' } }),
      ]);
      await w.sync();
      expect((await w.invoice(vm.customer)).items).toEqual([
        expect.objectContaining({ start: '2026-01-05T00:00:00+00:00', end: '2026-01-20T23:59:59.999999+00:00' }),
      ]);
    });

    test('keep the UUIDs of their lines, and their first price, in whatever order these come', async () => {
      const w = await world();
      const vm = await w.linked();
      const lines = ['10.00', '20.00', '30.00'].map((price, i) => w.line(vm.license, price, { sequence: `K${i % 2}` }));
      w.export(lines);
      await w.sync();
      const seen = async () => {
        const { uuid } = await w.statement(vm);
        const { body } = await app.api.get(
          `/api/admin/arrow/billing-sync-items/?billing_sync_uuid=${uuid}&page_size=50`,
        );
        return body
          .map(
            (item: { uuid: string; original_price: unknown }) => `${item.uuid} ${money(Number(item.original_price))}`,
          )
          .sort();
      };
      const before = await seen();
      w.export(lines.toReversed());
      await w.sync();
      expect(await seen()).toEqual(before);
      lines[1]!.values['sell-total-price'] = '25.00';
      await w.sync();
      expect(await seen()).toEqual(before);
      expect(await w.charged(vm.customer)).toBe('65.00');
    });

    test('are explained line by line, and the column adds up to what is posted', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export(['3.335', '3.335', '3.334', '0.001'].map((price) => w.line(vm.license, price)));
      await w.sync();
      const { uuid } = await w.statement(vm);
      const { body } = await app.api.get(`/api/admin/arrow/billing-syncs/${uuid}/explain/`);
      const cents = body.map(({ posted }: { posted: unknown }) => Math.round(Number(posted) * 100));
      expect(cents.reduce((sum: number, cent: number) => sum + cent, 0)).toBe(1001);
      expect(await w.charged(vm.customer)).toBe('10.01');
    });
  });
});
