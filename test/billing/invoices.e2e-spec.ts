import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld } from './billing-world.js';

const NO_SUCH = '00000000-0000-4000-8000-000000000000';

/** Invoices as the API shows them; what stands on them and where corrections go is told by other files. */
describe('invoices', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const get = async (path: string) => (await app.api.get(path)).body;
  const issue = (uuid: string, body: object = {}) => app.api.post(`/api/invoices/${uuid}/issue/`, body);

  /** An organisation with a draft in January of these amounts, one licence each. */
  const drafted = async (...amounts: string[]) => {
    const w = await new BillingWorld(app).start();
    const vm = await w.linked();
    const licenses = [vm.license, ...amounts.slice(1).map(() => w.license(vm))];
    w.export(amounts.map((amount, i) => w.line(licenses[i]!, amount)));
    await w.sync();
    return { w, vm, licenses, invoice: await w.invoice(vm.customer) };
  };

  test("a draft leaves out what Waldur's clients cannot read as null, and its items are numbers", async () => {
    const { invoice, vm } = await drafted('10.10', '5.00');
    expect(invoice).toMatchObject({ state: 'pending', invoice_date: null, price: '15.10', item_count: 2 });
    for (const key of ['number', 'due_date']) expect([key, key in invoice]).toEqual([key, false]);
    const items = [...invoice.items].sort((a, b) => b.price - a.price);
    expect(items[0]).toMatchObject({ price: 10.1, unit_price: '10.10', resource_uuid: vm.resource });
    expect([items[1].price, 'resource_uuid' in items[1], items[1].project_uuid]).toEqual([5, false, null]);
  });

  test('an issued one has number, dates, tax per rate, and the names of its day', async () => {
    const w = await new BillingWorld(app).start();
    await w.rules({ tax_percent: '24' });
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    await w.sync();
    const draft = await w.invoice(vm.customer);
    expect(draft.taxes).toEqual([{ tax_percent: '24.00', price: '100.00', tax: '24.00' }]);
    const { status, body } = await issue(draft.uuid);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'created',
      number: 1,
      invoice_date: '2026-02-01',
      due_date: '2026-03-03',
      tax_percent: '24.00',
      taxes: [{ tax_percent: '24.00', price: '100.00', tax: '24.00' }],
      price: '100.00',
      tax: '24.00',
      total: '124.00',
      customer_details: { name: draft.customer_name },
    });
    await app.api.patch(`/api/customers/${vm.customer}/`, { name: 'Renamed OÜ' });
    expect(await get(`/api/invoices/${draft.uuid}/`)).toEqual(body);
  });

  test('lists take every filter, with the states of Waldur and other words for them', async () => {
    const { invoice, vm } = await drafted('1.00');
    const other = await drafted('2.00');
    await issue(invoice.uuid);
    const of = async (filter: string) =>
      (await get(`/api/invoices/?customer_uuid=${vm.customer}&${filter}`)).map((one: { uuid: string }) => one.uuid);
    for (const filter of [
      'state=created',
      'state=issued',
      'state=open&state=created',
      'currency=EUR',
      'currency=eur',
      'year=2026&month=1',
      `customer=${encodeURIComponent(invoice.customer)}`,
      'o=-year,created',
    ])
      expect([filter, await of(filter)]).toEqual([filter, [invoice.uuid]]);
    for (const filter of [
      'state=pending',
      'state=open',
      'state=pending_finalization',
      'state=paid',
      'state=canceled',
      'state=cancelled',
      'currency=USD',
      'month=2',
      `customer=${encodeURIComponent(other.invoice.customer)}`,
    ])
      expect([filter, await of(filter)]).toEqual([filter, []]);
    expect(await app.api.get('/api/invoices/?state=lost')).toMatchObject({
      status: 400,
      body: { state: [expect.any(String)] },
    });
    const counted = await app.api.head(`/api/invoices/?customer_uuid=${vm.customer}&state=issued`);
    expect(counted.headers.get('x-result-count')).toBe('1');
  });

  test('items come in pages by name, and all of them as CSV in the same order', async () => {
    const { invoice } = await drafted(...Array.from({ length: 12 }, (_, i) => `${i + 1}.50`));
    const first = await app.api.get(`/api/invoices/${invoice.uuid}/items/`);
    const second = await app.api.get(`/api/invoices/${invoice.uuid}/items/?page=2`);
    expect([first.headers.get('x-result-count'), first.body.length, second.body.length]).toEqual(['12', 10, 2]);
    const items = [...first.body, ...second.body];
    expect(items).toEqual(invoice.items);
    expect(items.map((item) => item.name)).toEqual(items.map((item) => item.name).sort());
    expect((await app.api.get(`/api/invoices/${invoice.uuid}/items/?page=3`)).status).toBe(404);
    const csv = await app.api.get(`/api/invoices/${invoice.uuid}/items/?format=csv`);
    expect(csv.headers.get('content-disposition')).toContain(`invoice-${invoice.uuid}.csv`);
    const [header, ...rows] = csv.body.trim().split('\r\n');
    expect(header).toBe(
      'uuid,name,price,start,end,resource_uuid,project_uuid,source,license_reference,original_period',
    );
    expect(rows.map((row: string) => row.split(',')[0])).toEqual(items.map((item) => item.uuid));
    await issue(invoice.uuid);
    const { headers } = await app.api.get(`/api/invoices/${invoice.uuid}/items/?format=csv`);
    expect(headers.get('content-disposition')).toContain('invoice-1.csv');
    expect((await app.api.get(`/api/invoices/${NO_SUCH}/items/?format=csv`)).status).toBe(404);
  });

  test('an item says where it comes from, never what was paid for it', async () => {
    const w = await new BillingWorld(app).start();
    const vm = await w.linked();
    const seats = w.license(vm);
    w.consumes(vm.license, [[100, 77.77]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '95.004', { buy: '66.66' }), w.line(seats, '1.004', { buy: '0.55' })]);
    await w.reconcile();
    const invoice = await w.invoice(vm.customer);
    const seen = invoice.items.map(
      ({ price, details }: { price: number; details: { source: string; license_reference?: string } }) => [
        price,
        details.source,
        details.license_reference,
      ],
    );
    expect(seen.sort((a: [number], b: [number]) => b[0] - a[0])).toEqual([
      [100, 'arrow_consumption', vm.license.licenseId],
      [1, 'arrow', seats.licenseId],
      [0.01, 'arrow_rounding', undefined],
      [-5, 'arrow_reconciliation', vm.license.licenseId],
    ]);
    for (const { details } of invoice.items)
      expect(details).toMatchObject({ original_period: '2026-01', price_source: 'sell', postings: 1 });
    expect(JSON.stringify(invoice)).not.toMatch(/77\.77|66\.66|0\.55/);
  });

  test('a correction names the invoice that it corrects', async () => {
    const { w, vm, licenses, invoice } = await drafted('100.00');
    await issue(invoice.uuid);
    w.export([w.line(licenses[0]!, '90.00')]);
    await w.reconcile();
    const { items } = await w.invoice(vm.customer, '2026-02');
    expect(items).toEqual([
      expect.objectContaining({
        price: -10,
        project_uuid: vm.project,
        resource_uuid: vm.resource,
        details: expect.objectContaining({
          source: 'arrow_reconciliation',
          original_period: '2026-01',
          corrects_invoice_uuid: invoice.uuid,
        }),
      }),
    ]);
  });

  test.each([
    ['JPY', ['1234.4', '1000.4'], '2235', '24.00', '536', '2771'],
    ['KWD', ['10.1234', '20.4321'], '30.556', '24.00', '7.333', '37.889'],
    ['EUR', ['0.10', '0.10', '0.10', '0.10', '0.10', '0.10', '0.10'], '0.70', '24.00', '0.17', '0.87'],
  ])('amounts in %s have its digits, and tax is rounded once', async (currency, amounts, price, rate, tax, total) => {
    const w = await new BillingWorld(app).start();
    await w.rules({ tax_percent: rate });
    const vm = await w.linked();
    w.export(amounts.map((amount) => w.line(w.license(vm), amount, { currency })));
    await w.sync();
    const draft = await w.invoice(vm.customer);
    const amountsOfIt = { currency, price, tax, total, taxes: [{ tax_percent: rate, price, tax }] };
    expect(draft).toMatchObject(amountsOfIt);
    expect((await issue(draft.uuid)).body).toMatchObject(amountsOfIt);
  });

  test('with two rates each is rounded by itself, and the rate of the invoice is that of the larger amount', async () => {
    const w = await new BillingWorld(app).start();
    await w.rules({ tax_percent: '22' });
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00');
    w.export([line]);
    await w.reconcile();
    await issue((await w.invoice(vm.customer)).uuid);
    await w.rules({ tax_percent: '24' });
    line.values['sell-total-price'] = '90.00';
    await w.reconcile();
    w.month = '2026-02';
    w.export([w.line(vm.license, '50.00')]);
    await w.sync();
    expect(await w.invoice(vm.customer)).toMatchObject({
      price: '40.00',
      tax_percent: '24.00',
      taxes: [
        { tax_percent: '22.00', price: '-10.00', tax: '-2.20' },
        { tax_percent: '24.00', price: '50.00', tax: '12.00' },
      ],
      tax: '9.80',
      total: '49.80',
    });
  });

  test('is issued once, then paid once, and never the other way round', async () => {
    const { invoice } = await drafted('10.00');
    expect(await app.api.post(`/api/invoices/${invoice.uuid}/paid/`)).toMatchObject({
      status: 409,
      body: { code: 'invoice_state_conflict' },
    });
    const issued = (await issue(invoice.uuid)).body;
    expect(await issue(invoice.uuid, { due_date: '2030-01-01' })).toMatchObject({ status: 200, body: issued });
    const paid = (await app.api.post(`/api/invoices/${invoice.uuid}/paid/`)).body;
    expect(paid).toEqual({ ...issued, state: 'paid' });
    expect((await app.api.post(`/api/invoices/${invoice.uuid}/paid/`)).body).toEqual(paid);
    expect((await issue(invoice.uuid)).status).toBe(409);
    expect((await issue(NO_SUCH)).status).toBe(404);
  });

  test('a refused due date takes no number', async () => {
    const { invoice } = await drafted('10.00');
    for (const due_date of ['tomorrow', '2026-02-30', '2026-01-31', '0000-00-00', null, 20260301])
      expect([due_date, (await issue(invoice.uuid, { due_date })).status]).toEqual([due_date, 400]);
    expect(await issue(invoice.uuid, { due_date: '2026-02-01' })).toMatchObject({
      status: 200,
      body: { number: 1, due_date: '2026-02-01' },
    });
  });

  test('invoices that are issued while months are posted stay as they were issued, and numbers have no gaps', async () => {
    const w = await new BillingWorld(app).start();
    const mappedCustomers = await Promise.all(Array.from({ length: 6 }, () => w.linked()));
    const lines = mappedCustomers.map(({ license }, i) => w.line(license, `${i + 1}0.00`));
    w.export(lines);
    await w.sync();
    const drafts = await Promise.all(mappedCustomers.map(({ customer }) => w.invoice(customer)));
    for (const line of lines) line.values['sell-total-price'] = '77.00';
    const [, ...issued] = await Promise.all([w.sync(), ...drafts.map(({ uuid }) => issue(uuid))]);
    expect(issued.map(({ body }) => body.number as number).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const { body } of issued) {
      const sum = (await get(`/api/invoices/${body.uuid}/items/`)).reduce(
        (total: number, item: { price: number }) => total + item.price,
        0,
      );
      expect([body.uuid, sum.toFixed(2)]).toEqual([body.uuid, body.price]);
      expect(await get(`/api/invoices/${body.uuid}/`)).toEqual(body);
    }
  });
});
