import type { ExportLine } from '../../emulator/model.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, type Linked, tieOut } from './billing-world.js';

const REFERENCE = [...LABELS, 'Customer Reference'];
const lineNaming = (reference: string) => ({ values: { 'customer-reference': reference } });

/** Situations in which the first design charged a wrong amount, each with the right one. Amounts are literal. */
describe('what a month costs when', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ ARROW_AUTO_RECONCILIATION: 'true' })));
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);

  test.each(['consumption', 'lines'] as const)(
    'the closed statement has no line of a licence that was charged by %s: nothing of it',
    async (first) => {
      const w = await world();
      const [vm, other] = [await w.linked(), await w.mappedCustomer()];
      const steady = await w.linked(vm);
      const rest = Array.from({ length: 9 }, () => w.line(steady.license, '5.00'));
      const last = w.line(steady.license, '5.00');
      if (first === 'consumption') {
        w.consumes(vm.license, [[100, 80]]);
        await w.syncConsumption();
        w.export([...rest, last]);
      } else {
        w.export([w.line(vm.license, '100.00'), ...rest, last]);
        await w.sync();
        w.export([...rest, last]);
      }
      const run = await w.reconcile({ accept_shrinkage: true });
      expect(await w.charged(vm.customer)).toBe('50.00');
      expect(tieOut(run)).toEqual({ statement: 50, posted: 50, ties_out: true });
      expect(await w.bills(other.customer)).toEqual([]);
    },
  );

  test('lines of a licence that consumed are excluded by their classification: nothing of it, and it is excluded once', async () => {
    const w = await world({ classification_filter: 'IAAS' });
    const vm = await w.linked();
    const other = await w.linked(vm);
    w.consumes(vm.license, [[100, 80]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '100.00', { values: { classification: 'SAAS' } }), w.line(other.license, '50.00')]);
    expect(tieOut(await w.sync())).toEqual({
      statement: 150,
      provisional: 100,
      posted: 150,
      excluded: 100,
      ties_out: true,
    });
    const run = await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('50.00');
    expect(tieOut(run)).toEqual({ statement: 150, posted: 50, excluded: 100, ties_out: true });
  });

  describe('a licence that consumed 100.00 gets its final 95.00 after', () => {
    test.each([
      ['its mapping was switched off', async (w: BillingWorld, vm: Linked) => w.mapping(vm, { is_active: false })],
      [
        'it was linked to the resource of another organisation',
        async (w: BillingWorld, vm: Linked) => {
          const other = await w.mappedCustomer();
          const resource = (await w.make.resource({ project: other.project })).uuid;
          await w.link(vm.resource, '');
          await w.link(resource, vm.license.licenseId);
        },
      ],
      ['it was unlinked', async (w: BillingWorld, vm: Linked) => w.link(vm.resource, '')],
    ])('%s: the same organisation pays 95.00', async (_, change) => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await change(w, vm);
      w.export([w.line(vm.license, '95.00')]);
      const run = await w.reconcile();
      expect(await w.charged(vm.customer)).toBe('95.00');
      expect(tieOut(run)).toEqual({ statement: 95, posted: 95, ties_out: true });
      const { items } = await w.invoice(vm.customer);
      expect(items[0]).toMatchObject({ project_uuid: vm.project, resource_uuid: vm.resource });
    });
  });

  test('a licence has moved to another customer, who has a new line 23 hours later: each pays its own line', async () => {
    const w = await world();
    app.clock.set('2026-01-15T00:00:00Z');
    const [a, b] = [await w.linked(), await w.mappedCustomer()];
    const first = w.line(a.license, '10.00');
    w.export([first]);
    await w.sync();
    w.move(a.license, b);
    app.clock.set('2026-01-15T23:00:00Z');
    w.export([first, w.line(a.license, '500.00')]);
    await w.sync();
    expect([await w.charged(a.customer), await w.charged(b.customer)]).toEqual(['10.00', '500.00']);
    app.clock.set('2026-02-20T00:00:00Z');
    await w.reconcile({ force: false });
    expect([await w.charged(a.customer), await w.charged(b.customer)]).toEqual(['10.00', '500.00']);
  });

  test('two months are first read after a licence moved, and the lines name their owners: they pay as named', async () => {
    const w = await world({}, REFERENCE);
    const [a, b] = [await w.linked(), await w.mappedCustomer()];
    w.move(a.license, b);
    w.month = '2025-12';
    w.export([w.line(a.license, '100.00', lineNaming(a.arrow.Reference))]);
    await w.reconcile();
    w.month = '2026-01';
    w.export([
      w.line(a.license, '40.00', lineNaming(a.arrow.Reference)),
      w.line(a.license, '60.00', lineNaming(b.arrow.Reference)),
    ]);
    await w.reconcile();
    expect(await w.bills(a.customer)).toEqual(['2025-12 EUR pending 100.00', '2026-01 EUR pending 40.00']);
    expect(await w.bills(b.customer)).toEqual(['2026-01 EUR pending 60.00']);
  });

  test('a credit in another currency stands in the way: nothing does, it is another invoice', async () => {
    const w = await world();
    const vm = await w.linked();
    const dollars = w.line(vm.license, '100.00', { currency: 'USD' });
    w.export([dollars]);
    await w.reconcile();
    await w.issue(vm.customer);
    dollars.values['sell-total-price'] = '99.00';
    await w.reconcile();
    w.month = '2026-02';
    app.clock.set('2026-02-10T00:00:00Z');
    w.export([w.line(vm.license, '5000.00')]);
    const run = await w.sync();
    expect(run).toMatchObject({ state: 'succeeded' });
    expect(await w.bills(vm.customer)).toEqual([
      '2026-01 USD created 100.00',
      '2026-02 EUR pending 5000.00',
      '2026-02 USD pending -1.00',
    ]);
  });

  test('one licence has lines in two currencies: two invoices, each with its own', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00'), w.line(vm.license, '50.00', { currency: 'USD' })]);
    const run = await w.sync();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 100.00', '2026-01 USD pending 50.00']);
    expect(tieOut(run)).toEqual({ statement: 100, posted: 100, ties_out: true });
    expect(tieOut(run, 'USD')).toEqual({ statement: 50, posted: 50, ties_out: true });
  });

  test('only final lines are charged and consumption comes in another currency: the lines', async () => {
    const w = await world();
    await w.rules({ charge_mode: 'final_only' });
    const vm = await w.linked();
    w.consumes(vm.license, [[30, 20]]);
    app.arrow.data.consumption[vm.license.licenseId]![0]!.currency = 'USD';
    await w.syncConsumption();
    expect(await w.bills(vm.customer)).toEqual([]);
    w.export([w.line(vm.license, '100.00')]);
    expect(await w.sync()).toMatchObject({ state: 'succeeded' });
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 100.00']);
    await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 100.00']);
  });

  test.each([
    ['the same amount', 100, '100.00'],
    ['another amount', 130, '130.00'],
  ])('a person reopens a closed month with %s, and it is reconciled again: the lines', async (_, again, between) => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[100, 80]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '95.00')]);
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('95.00');
    w.consumes(vm.license, [[again, 80]]);
    expect((await w.syncHistory(vm.resource, { force: true })).status).toBe(200);
    expect(await w.charged(vm.customer)).toBe(between);
    const run = await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('95.00');
    expect(tieOut(run)).toEqual({ statement: 95, posted: 95, ties_out: true });
    expect(await w.record(vm)).toMatchObject({ is_finalized: true });
  });

  test('money moves between customers, the run is paused on its way, and the first export comes again: as it was', async () => {
    const w = await world();
    const [a, b] = [await w.linked(), await w.linked()];
    const own = ({ license }: Linked) => Array.from({ length: 6_000 }, () => w.line(license, '2.00'));
    const extra = [w.line(a.license, '1100.00'), w.line(b.license, '1100.00')];
    const lines = [...own(a), ...own(b)];
    const publish = (ofA: string, ofB: string) => {
      extra[0]!.values['sell-total-price'] = ofA;
      extra[1]!.values['sell-total-price'] = ofB;
      w.export([...lines, ...extra]);
    };
    publish('1100.00', '1100.00');
    await w.sync();
    expect([await w.charged(a.customer), await w.charged(b.customer)]).toEqual(['13100.00', '13100.00']);
    publish('1090.00', '1110.00');
    const { body } = await app.api.post('/api/admin/arrow/billing-syncs/trigger_sync/', {
      year: 2026,
      month: 1,
      settings_uuid: w.settings,
    });
    for (;;) {
      const job = (await app.api.get(body.job_url)).body;
      if (job.step === 'posting' || !['queued', 'running'].includes(job.state)) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const paused = { settings_uuid: w.settings };
    await app.api.post('/api/admin/arrow/billing-syncs/pause_sync/', paused);
    await w.ended(body.job_url);
    await app.api.post('/api/admin/arrow/billing-syncs/resume_sync/', paused);
    publish('1100.00', '1100.00');
    const run = await w.sync();
    expect([await w.charged(a.customer), await w.charged(b.customer)]).toEqual(['13100.00', '13100.00']);
    expect(tieOut(run)).toEqual({ statement: 26200, posted: 26200, ties_out: true });
  }, 120_000);

  describe('the schedule runs, the month is reconciled, and afterwards', () => {
    const settled = async () => {
      const w = await world({ sync_enabled: true });
      await app.database.query('DELETE FROM job_schedule');
      app.clock.set('2026-02-12T00:00:00Z');
      const vm = await w.linked();
      return { w, vm };
    };

    test('ArrowSphere credits 20.00 of 100.00: 80.00', async () => {
      const { w, vm } = await settled();
      const line = w.line(vm.license, '100.00');
      w.export([line]);
      await w.schedules();
      expect(await w.charged(vm.customer)).toBe('100.00');
      await w.reconcile({ force: false });
      expect(await w.statement(vm)).toMatchObject({ state: 4 });
      w.export([line, w.line(vm.license, '-20.00')]);
      app.clock.set('2026-02-14T00:00:00Z');
      await w.schedules();
      expect(await w.charged(vm.customer)).toBe('80.00');
    });

    test('the customer of 60.00 is mapped: it pays them', async () => {
      const { w, vm } = await settled();
      const stranger = w.license(vm);
      const { arrow } = w.unmapped();
      stranger.customerRef = arrow.Reference;
      w.export([w.line(vm.license, '100.00'), w.line(stranger, '60.00')]);
      await w.schedules();
      await w.reconcile({ force: false });
      expect(await w.statement(vm)).toMatchObject({ state: 4 });
      const customer = (await w.make.customer()).uuid;
      await w.make.mapping({ settings: w.settings, waldur_customer: customer, arrow_reference: arrow.Reference });
      app.clock.set('2026-02-14T00:00:00Z');
      await w.schedules();
      expect([await w.charged(vm.customer), await w.charged(customer)]).toEqual(['100.00', '60.00']);
    });
  });

  describe('consumption is cleaned up', () => {
    test('under the older of two settings with another price source: only what is named, by the rule it was posted by', async () => {
      const w = await world({ invoice_price_source: 'sell' });
      const vm = await w.linked();
      const gone = await w.linked(vm);
      w.consumes(vm.license, [[80, 60]]);
      w.consumes(gone.license, [[20, 15]]);
      await w.syncConsumption();
      expect(await w.charged(vm.customer)).toBe('100.00');
      const type = app.arrow.data.exportTypes.find((one) => one.partnerReference === w.partner)!;
      await w.make.settings({
        api_key: w.apiKey,
        export_type_reference: type.reference,
        invoice_price_source: 'buy',
      });
      expect((await w.cleanUp({ resource_uuid: gone.resource })).body).toMatchObject({ records_deleted: 1 });
      expect(await w.charged(vm.customer)).toBe('80.00');
    });

    test('on a paused account: it is refused', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await app.api.post('/api/admin/arrow/billing-syncs/pause_sync/', { settings_uuid: w.settings });
      expect(await w.cleanUp({ resource_uuid: vm.resource })).toMatchObject({
        status: 409,
        body: { code: 'billing_paused' },
      });
      await app.api.post('/api/admin/arrow/billing-syncs/resume_sync/', { settings_uuid: w.settings });
      expect(await w.charged(vm.customer)).toBe('100.00');
    });

    test('for a closed month: it is left out and listed, unless it is forced', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '95.00')]);
      await w.reconcile();
      const { status, body } = await w.cleanUp({ resource_uuid: vm.resource });
      expect([status, body]).toEqual([
        200,
        expect.objectContaining({ records_deleted: 0, refused: [expect.objectContaining({ period: '2026-01' })] }),
      ]);
      expect(await w.charged(vm.customer)).toBe('95.00');
      expect((await w.cleanUp({ resource_uuid: vm.resource, force: true })).body).toMatchObject({
        records_deleted: 1,
        refused: [],
      });
      await w.reconcile();
      expect(await w.charged(vm.customer)).toBe('95.00');
    });
  });

  test('a run for one resource follows a line that got another key: the line once', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00', { sequence: 'K1' })]);
    await w.sync();
    w.export([w.line(vm.license, '100.00', { sequence: 'K2' })]);
    await w.sync({ resource_uuid: vm.resource });
    expect(await w.charged(vm.customer)).toBe('100.00');
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test('a line gets a key that another line has: both, once', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '30.00', { sequence: 'K1' }), w.line(vm.license, '15.00', { sequence: 'K2' })]);
    await w.sync();
    w.export([w.line(vm.license, '30.00', { sequence: 'K2' }), w.line(vm.license, '15.00', { sequence: 'K2' })]);
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('45.00');
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('45.00');
  });

  describe('rows shift while an export is paged', () => {
    const shifting = async (shifts: number) => {
      const w = await world();
      const vm = await w.linked();
      app.arrow.data.behaviour.maxExportPerPage = 1000;
      const lines = Array.from({ length: 1001 }, (_, i) => w.line(vm.license, i === 999 ? '50.00' : '1.00'));
      let asked = 0;
      const { data } = app.arrow;
      const others = data.exportLines as ExportLine[];
      /** Each call of a page but the first sees everything one row further down, as often as asked for. */
      Object.defineProperty(data, 'exportLines', {
        configurable: true,
        get: () => {
          const shift = Math.min(Math.floor(++asked / 2), shifts);
          const fresh = Array.from({ length: shift }, () => w.line(vm.license, '1.00'));
          return [...others, ...fresh, ...lines.slice(0, lines.length - shift)];
        },
      });
      try {
        return { w, vm, run: await w.sync() };
      } finally {
        Object.defineProperty(data, 'exportLines', { configurable: true, writable: true, value: others });
      }
    };

    test('once: it is read again, and every row counts once', async () => {
      const { w, vm, run } = await shifting(1);
      expect(run).toMatchObject({ state: 'succeeded', error_message: '' });
      expect(await w.charged(vm.customer)).toBe('1050.00');
    });

    test('every time: it is refused', async () => {
      const { w, vm, run } = await shifting(999);
      expect(run).toMatchObject({ state: 'failed' });
      expect(await w.charged(vm.customer)).toBe('0.00');
    });
  });

  test.each([
    ['0.12345678901', '1', '0.12'],
    ['0.5050000000000001', '1', '0.51'],
    ['1E-5', '1', '0.00'],
    ['1.5E1', '1', '15.00'],
    ['7.00', 'n/a', '7.00'],
    ['7.00', '12345678901.123456789012', '7.00'],
  ])('a line says %s with quantity %s: %s, and everybody else pays as well', async (sell, quantity, charged) => {
    const w = await world();
    const [odd, other] = [await w.linked(), await w.linked()];
    w.export([w.line(odd.license, sell, { quantity }), w.line(other.license, '20.00')]);
    const run = await w.sync();
    expect(run).toMatchObject({ state: 'succeeded' });
    expect([await w.charged(odd.customer), await w.charged(other.customer)]).toEqual([charged, '20.00']);
  });

  test('the export has really become empty, and a person accepts it: nothing', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    await w.sync();
    w.export([]);
    expect(await w.sync()).toMatchObject({ state: 'failed', error_code: 'export_refused' });
    expect(await w.charged(vm.customer)).toBe('100.00');
    expect(await w.sync({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
    expect(await w.charged(vm.customer)).toBe('0.00');
  });

  test('a statement was rejected: nothing, until ArrowSphere accepts it', async () => {
    const w = await world({}, [...LABELS, 'Statement State']);
    const vm = await w.linked();
    const state = (value: string) => ({ values: { 'statement-state': value } });
    w.export([w.line(vm.license, '100.00', state('Rejected'))]);
    app.clock.set('2026-02-20T00:00:00Z');
    const run = await w.reconcile();
    expect(await w.bills(vm.customer)).toEqual([]);
    expect(tieOut(run)).toEqual({ statement: 100, excluded: 100, ties_out: true });
    w.export([w.line(vm.license, '100.00', state('Validated'))]);
    await w.reconcile({ force: false });
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test.each(['0000-00-00', 'null', 'N/A', '-', ''])(
    'the validation date is %p: its statement stays open',
    async (date) => {
      const w = await world({}, [...LABELS, 'Validation Date']);
      app.clock.set('2026-03-01T00:00:00Z');
      const vm = await w.linked();
      w.consumes(vm.license, [[40, 30]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '10.00', { values: { 'validation-date': date } })]);
      await w.reconcile({ force: false });
      expect(await w.statement(vm)).toMatchObject({ arrow_state: 'pending', validated_at: null });
      expect(await w.charged(vm.customer)).toBe('40.00');
      w.export([w.line(vm.license, '10.00', { values: { 'validation-date': '2026-02-05' } })]);
      await w.reconcile({ force: false });
      expect(await w.charged(vm.customer)).toBe('10.00');
    },
  );

  test.each(['202512', '2025-12', '12/2025', '2026-02'])('a line is of the period %s: not this one', async (period) => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '10.00'), w.line(vm.license, '5.00', { values: { 'report-period': period } })]);
    const run = await w.sync();
    expect(await w.charged(vm.customer)).toBe('10.00');
    expect(tieOut(run)).toEqual({ statement: 15, posted: 10, unmatched: 5, ties_out: true });
    expect(await w.unlinked()).toEqual(['other_period 5.00']);
  });

  test.each(['202601', '2026-01', '01/2026', '2026-01-01'])(
    'a line writes this period as %s: it is charged',
    async (period) => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '10.00', { values: { 'report-period': period } })]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('10.00');
    },
  );

  test('the period of a line cannot be read: its customer stands, everybody else pays', async () => {
    const w = await world();
    const [odd, other] = [await w.linked(), await w.linked()];
    const line = w.line(odd.license, '10.00');
    w.export([line, w.line(other.license, '20.00')]);
    await w.sync();
    line.values['report-period'] = 'soon';
    line.values['sell-total-price'] = '11.00';
    w.export([line, w.line(other.license, '21.00')]);
    await w.sync();
    expect([await w.charged(odd.customer), await w.charged(other.customer)]).toEqual(['10.00', '21.00']);
  });

  test.each([
    [{ code: 401, message: 'No longer valid', data: { headers: ['Sequence'], values: [] } }, /API key/],
    [{ code: 500, message: 'Out of order', data: { headers: [], values: [] } }, /Out of order/],
    [{ success: false, message: 'Out of order', data: { headers: ['Sequence'], values: [] } }, /Out of order/],
    [{ status: 403, error: 'Not yours', data: { headers: ['Sequence'], values: [] } }, /API key/],
  ])('an answer of status 200 says that it is an error (%j): the run fails and says why', async (body, sentence) => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    await w.sync();
    app.arrow.faults.add({ path: /exports\/sync/, action: { kind: 'status', status: 200, body } });
    expect(await w.sync()).toMatchObject({
      state: 'failed',
      error_code: expect.stringMatching(/^arrow_/),
      error_message: expect.stringMatching(sentence),
    });
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test.each([
    { code: 500, message: 'Down', data: { customers: [] } },
    { success: false, message: 'Down', data: { customers: [] } },
  ])('the list of customers says in status 200 that it is an error (%j): it is not an empty list', async (body) => {
    const w = await world();
    app.arrow.faults.add({ path: /^customers/, action: { kind: 'status', status: 200, body } });
    const answer = await app.api.get(
      `/api/admin/arrow/customer-mappings/available_customers/?settings_uuid=${w.settings}`,
    );
    expect(answer.status).toBe(400);
  });

  test.each([0, 200])('an answer has the code %d: it is a success', async (code) => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    app.arrow.data.behaviour.billingCode = code;
    await w.sync();
    app.arrow.data.behaviour.billingCode = 200;
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test.each(['€', 'EURO', '978', 'null', 'XYZ'])(
    'a line is in %p: it is refused, the others are charged',
    async (currency) => {
      const w = await world();
      const [odd, other] = [await w.linked(), await w.linked()];
      w.export([
        w.line(odd.license, '10.00'),
        w.line(odd.license, '5.00', { currency }),
        w.line(other.license, '20.00'),
      ]);
      await w.sync();
      expect(await w.bills(other.customer)).toEqual(['2026-01 EUR pending 20.00']);
      expect(['2026-01 EUR pending 10.00']).toEqual(await w.bills(odd.customer));
      expect((await w.unlinked()).join()).toContain('currency_unknown');
    },
  );

  test('the currency of a line is empty: that of the account, whatever is asked for later', async () => {
    const w = await world();
    await w.rules({ default_currency: 'SEK' });
    const vm = await w.linked();
    w.export([w.line(vm.license, '10.00', { currency: '' }), w.line(vm.license, '5.00', { currency: null })]);
    await w.sync();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 SEK pending 15.00']);
  });

  test('D-36: one organisation cannot be posted: the job has failed, and the others are charged', async () => {
    const w = await world();
    const [bad, good] = [await w.linked(), await w.linked()];
    await app.database.query(`
      CREATE FUNCTION refuse_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.customer_uuid = '${bad.customer}' THEN RAISE EXCEPTION 'refused by the test'; END IF; RETURN NEW; END $$`);
    await app.database.query(
      'CREATE TRIGGER refuse_invoice BEFORE INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION refuse_invoice()',
    );
    try {
      w.export([w.line(bad.license, '10.00'), w.line(good.license, '20.00')]);
      const run = await w.sync();
      expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete', result: { failed: 1 } });
      expect([await w.charged(bad.customer), await w.charged(good.customer)]).toEqual(['0.00', '20.00']);
    } finally {
      await app.database.query('DROP TRIGGER refuse_invoice ON invoice');
      await app.database.query('DROP FUNCTION refuse_invoice');
    }
    expect(await w.sync()).toMatchObject({ state: 'succeeded' });
    expect(await w.charged(bad.customer)).toBe('10.00');
  });

  test.each([
    ['cannot be posted', '10', true],
    ['is of an amount that nobody can mean', '9999999999999', false],
  ])(
    'D-36: the consumption of one organisation %s: the job has failed, and the others are charged',
    async (_, sell, isRefused) => {
      const w = await world();
      const [bad, good] = [await w.linked(), await w.linked()];
      await app.database.query(`
      CREATE FUNCTION refuse_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF ${isRefused} AND NEW.customer_uuid = '${bad.customer}' THEN RAISE EXCEPTION 'refused by the test'; END IF;
        RETURN NEW;
      END $$`);
      await app.database.query(
        'CREATE TRIGGER refuse_invoice BEFORE INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION refuse_invoice()',
      );
      try {
        w.consumes(bad.license, [[sell, '8']]);
        w.consumes(good.license, [[20, 16]]);
        const run = await w.syncConsumption();
        expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete', result: { changed: 1, failed: 1 } });
        expect(run.result.reasons).toMatchObject([{ license_reference: bad.license.licenseId }]);
        expect([await w.charged(bad.customer), await w.charged(good.customer)]).toEqual(['0.00', '20.00']);
      } finally {
        await app.database.query('DROP TRIGGER refuse_invoice ON invoice');
        await app.database.query('DROP FUNCTION refuse_invoice');
      }
    },
  );

  test('D-36: one organisation stands at an older export, as it cannot be posted: its currency does not tie out', async () => {
    const w = await world();
    const [bad, good] = [await w.linked(), await w.linked()];
    w.export([w.line(bad.license, '10.00'), w.line(good.license, '20.00')]);
    await w.sync();
    await app.database.query(`
      CREATE FUNCTION refuse_posting() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF '${bad.customer}' = (SELECT customer_uuid FROM charge WHERE uuid = NEW.charge_uuid)
        THEN RAISE EXCEPTION 'refused by the test'; END IF;
        RETURN NEW;
      END $$`);
    await app.database.query(
      'CREATE TRIGGER refuse_posting BEFORE INSERT ON invoice_posting FOR EACH ROW EXECUTE FUNCTION refuse_posting()',
    );
    try {
      w.export([w.line(bad.license, '15.00'), w.line(good.license, '25.00')]);
      const run = await w.sync();
      expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete', result: { failed: 1 } });
      expect([await w.charged(bad.customer), await w.charged(good.customer)]).toEqual(['10.00', '25.00']);
      expect(tieOut(run)).toEqual({ statement: 40, posted: 35, ties_out: false });
    } finally {
      await app.database.query('DROP TRIGGER refuse_posting ON invoice_posting');
      await app.database.query('DROP FUNCTION refuse_posting');
    }
    expect(tieOut(await w.sync())).toEqual({ statement: 40, posted: 40, ties_out: true });
  });

  test('one organisation has kept 5.00 too much in its lines, and another 5.00 too little: their currency does not tie out', async () => {
    const w = await world();
    const [more, less] = [await w.linked(), await w.linked()];
    await app.database.query(`
      CREATE FUNCTION shift_line() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.sell := NEW.sell + CASE NEW.license_reference
          WHEN '${more.license.licenseId}' THEN 5 WHEN '${less.license.licenseId}' THEN -5 ELSE 0 END;
        RETURN NEW;
      END $$`);
    await app.database.query(
      'CREATE TRIGGER shift_line BEFORE INSERT ON billing_sync_item FOR EACH ROW EXECUTE FUNCTION shift_line()',
    );
    try {
      w.export([w.line(more.license, '100.00'), w.line(less.license, '100.00')]);
      const run = await w.sync();
      expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(tieOut(run)).toEqual({ statement: 200, posted: 200, ties_out: false });
      const { organisations } = run.result.tie_out[0];
      expect(organisations.map(({ difference }: { difference: string }) => Number(difference)).sort()).toEqual([-5, 5]);
    } finally {
      await app.database.query('DROP TRIGGER shift_line ON billing_sync_item');
      await app.database.query('DROP FUNCTION shift_line');
    }
    expect(tieOut(await w.sync())).toEqual({ statement: 200, posted: 200, ties_out: true });
  });

  test.each([
    ['JPY', ['1234.4', '1000.4'], '2235.00'],
    ['KWD', ['10.1234', '20.4321'], '30.556'],
    ['EUR', ['10.1234', '20.4321'], '30.56'],
    ['BHD', ['1.0004', '1.0004'], '2.001'],
  ])('lines in %s are %p: %s', async (currency, prices, charged) => {
    const w = await world();
    const vm = await w.linked();
    w.export(prices.map((price) => w.line(vm.license, price, { currency })));
    const run = await w.sync();
    expect(await w.charged(vm.customer, currency)).toBe(charged);
    expect(tieOut(run, currency)).toMatchObject({ ties_out: true });
  });
});
