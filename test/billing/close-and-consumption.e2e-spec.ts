import { startApp, type TestApp } from '../support/app.js';
import { until } from '../support/until.js';
import { BillingWorld, LABELS, tieOut } from './billing-world.js';

const VALIDATION = [...LABELS, 'Validation Date'];
const STATE = [...LABELS, 'Statement State'];

/** When a statement is closed, what stands until then, and what the close does. Amounts are literal. */
describe('the close', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);
  /** A licence that consumed 100.00 and whose lines say 30.00 and 20.00, on statements of their own. */
  const waiting = async (labels: string[], ...values: Record<string, string | null>[]) => {
    const w = await world({}, labels);
    app.clock.set('2026-03-01T00:00:00Z');
    const vm = await w.linked();
    w.consumes(vm.license, [[100, 80]]);
    await w.syncConsumption();
    const lines = [
      w.line(vm.license, '30.00', { values: { 'statement-reference': 'H1', ...values[0] } }),
      w.line(vm.license, '20.00', { values: { 'statement-reference': 'H2', ...values[1] } }),
    ];
    w.export(lines);
    return { w, vm, lines };
  };
  const charged = ({ w, vm }: { w: BillingWorld; vm: { customer: string } }) => w.charged(vm.customer);

  describe('of a statement', () => {
    test.each([
      ['2026-02-01T06:00:00Z', false, '100.00'],
      ['2026-02-05T12:00:00Z', false, '100.00'],
      ['2026-02-12T12:00:00Z', false, '50.00'],
      ['2026-02-01T06:00:00Z', true, '50.00'],
    ])(
      'whose export says nothing comes with the days of grace, or by force: at %s, forced %p',
      async (at, force, price) => {
        const it = await waiting(LABELS);
        await it.w.rules({ grace_days: 7 });
        app.clock.set(at);
        await it.w.reconcile({ force });
        expect(await charged(it)).toBe(price);
      },
    );

    test('never comes in a running month, forced or not', async () => {
      const it = await waiting(LABELS);
      app.clock.set('2026-01-31T12:00:00Z');
      await it.w.reconcile({ force: false });
      expect(await charged(it)).toBe('100.00');
      const answer = await app.api.post('/api/admin/arrow/billing-syncs/reconcile/', {
        year: 2026,
        month: 1,
        settings_uuid: it.w.settings,
        force: true,
      });
      if (answer.status === 202) expect(await it.w.ended(answer.body.job_url)).toMatchObject({ state: 'failed' });
      else expect(answer.status).toBe(400);
      expect(await charged(it)).toBe('100.00');
    });

    test('is on the calendar of the account: in Auckland the month is over already', async () => {
      const it = await waiting(LABELS);
      await it.w.rules({ time_zone: 'Pacific/Auckland' });
      app.clock.set('2026-01-31T12:00:00Z');
      expect(await it.w.reconcile()).toMatchObject({ state: 'succeeded' });
      expect(await charged(it)).toBe('50.00');
    });

    test.each(['Open', 'Need validation', 'In dispute'])(
      'that ArrowSphere calls %s waits for it, and not for the calendar',
      async (state) => {
        const it = await waiting(STATE, { 'statement-state': 'Validated' }, { 'statement-state': state });
        await it.w.reconcile({ force: false });
        expect(await charged(it)).toBe('100.00');
        await it.w.reconcile();
        expect(await charged(it)).toBe('50.00');
      },
    );

    test('is only done by a reconciliation: a sync notes what is validated', async () => {
      const it = await waiting(STATE, { 'statement-state': 'Validated' }, { 'statement-state': 'Validated' });
      await it.w.sync();
      expect(await charged(it)).toBe('100.00');
      expect(await it.w.statement(it.vm)).toMatchObject({ arrow_state: 'validated' });
      await it.w.reconcile({ force: false });
      expect(await charged(it)).toBe('50.00');
    });

    test('lasts: what ArrowSphere changes afterwards is followed', async () => {
      const it = await waiting(LABELS);
      await it.w.reconcile();
      it.lines[0]!.values['sell-total-price'] = '45.00';
      await it.w.sync();
      expect(await charged(it)).toBe('65.00');
    });

    test('ends when ArrowSphere rejects it; accepted again it is open until it is closed anew', async () => {
      const it = await waiting(STATE, { 'statement-state': 'Validated' }, { 'statement-state': 'Validated' });
      await it.w.reconcile({ force: false });
      expect(await charged(it)).toBe('50.00');
      it.lines[1]!.values['statement-state'] = 'Rejected';
      expect(tieOut(await it.w.sync())).toMatchObject({ excluded: 20, ties_out: true });
      it.lines[1]!.values['statement-state'] = 'Validated';
      await it.w.sync();
      expect(await charged(it)).toBe('100.00');
      await it.w.reconcile({ force: false });
      expect(await charged(it)).toBe('50.00');
    });

    test.each([
      ['days of grace', '2026-02-12T12:00:00Z', false],
      ['force', '2026-02-02T12:00:00Z', true],
    ])(
      'that was rejected and is not in the export any more comes with the %s; what comes on it again is open',
      async (_what, at, force) => {
        const w = await world({}, STATE);
        app.clock.set('2026-02-02T06:00:00Z');
        const [vm, other] = [await w.linked(), await w.linked()];
        const on = (reference: string, state: string) => ({
          values: { 'statement-reference': reference, 'statement-state': state },
        });
        const others = w.line(other.license, '7.00', on('H9', 'Validated'));
        w.consumes(vm.license, [[100, 80]]);
        await w.syncConsumption();
        w.export([w.line(vm.license, '95.00', on('H1', 'Validated')), others]);
        await w.reconcile({ force: false });
        w.export([w.line(vm.license, '95.00', on('H1', 'Rejected')), others]);
        await w.reconcile();
        expect(await charged({ w, vm })).toBe('100.00');
        w.export([others]);
        app.clock.set(at);
        const run = await w.reconcile({ force, accept_shrinkage: true });
        expect(tieOut(run)).toEqual({ statement: 7, posted: 7, ties_out: true });
        expect([run.result.settled, await charged({ w, vm })]).toEqual([true, '0.00']);
        expect(await w.statement(vm)).toMatchObject({ state: 4, arrow_state: 'rejected', validated_at: null });
        w.export([w.line(vm.license, '90.00', on('H1', 'Validated')), others]);
        await w.sync();
        expect(await charged({ w, vm })).toBe('100.00');
        expect(await w.statement(vm)).toMatchObject({ state: 3, arrow_state: 'validated', reconciled_at: null });
        await w.reconcile({ force: false });
        expect(await charged({ w, vm })).toBe('90.00');
      },
    );

    test('that was rejected is not done by force', async () => {
      const w = await world({}, STATE);
      const [vm, other] = [await w.linked(), await w.linked()];
      const state = (value: string) => ({ values: { 'statement-state': value } });
      w.export([w.line(vm.license, '100.00', state('Rejected')), w.line(other.license, '7.00', state('Validated'))]);
      const run = await w.reconcile();
      expect([await charged({ w, vm }), await w.charged(other.customer)]).toEqual(['0.00', '7.00']);
      expect(await w.statement(vm)).toMatchObject({ arrow_state: 'rejected' });
      expect(tieOut(run)).toEqual({ statement: 107, posted: 7, excluded: 100, ties_out: true });
    });
  });

  describe('of a charge', () => {
    test('waits for every statement that its licence’s lines stand on', async () => {
      const it = await waiting(VALIDATION, { 'validation-date': '2026-02-03' });
      expect(tieOut(await it.w.reconcile({ force: false }))).toEqual({
        statement: 50,
        provisional: 50,
        posted: 100,
        ties_out: true,
      });
      it.lines[1]!.values['validation-date'] = '2026-02-05';
      await it.w.reconcile({ force: false });
      expect(await charged(it)).toBe('50.00');
    });

    test('ends with a new statement of its licence that is open: it is the consumption again until that one is closed, too', async () => {
      const it = await waiting(STATE, { 'statement-state': 'Validated' }, { 'statement-state': 'Open' });
      const { w, vm, lines } = it;
      const [first, second] = lines as [(typeof lines)[0], (typeof lines)[0]];
      w.export([first]);
      await w.reconcile({ force: false });
      expect(await charged(it)).toBe('30.00');
      await w.issue(vm.customer);
      w.export(lines);
      expect(tieOut(await w.sync())).toEqual({
        statement: 50,
        provisional: 50,
        posted: 30,
        pending: 70,
        ties_out: true,
      });
      second.values['statement-state'] = 'Validated';
      await w.reconcile({ force: false });
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 30.00', '2026-03 EUR pending 20.00']);
    });

    test('does not wait for statements of other licences', async () => {
      const it = await waiting(VALIDATION, { 'validation-date': '2026-02-03' }, { 'validation-date': '2026-02-03' });
      const { w, vm, lines } = it;
      const other = await w.linked(vm);
      w.consumes(other.license, [[70, 50]]);
      await w.syncConsumption();
      w.export([...lines, w.line(other.license, '1.00', { values: { 'statement-reference': 'H3' } })]);
      await w.reconcile({ force: false });
      expect(await charged(it)).toBe('120.00');
    });

    test('without lines comes with the statements of its Arrow customer', async () => {
      const w = await world({}, VALIDATION);
      app.clock.set('2026-03-01T00:00:00Z');
      const vm = await w.linked();
      const other = await w.linked(vm);
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      const line = w.line(other.license, '7.00');
      w.export([line]);
      await w.reconcile({ force: false });
      expect(await charged({ w, vm })).toBe('107.00');
      line.values['validation-date'] = '2026-03-01';
      await w.reconcile({ force: false });
      expect(await charged({ w, vm })).toBe('7.00');
    });

    test('without lines and statements comes by the calendar, after an export that was accepted', async () => {
      const w = await world();
      const [vm, other] = [await w.linked(), await w.linked()];
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      w.export([w.line(other.license, '7.00')]);
      await w.reconcile({ force: false });
      expect(await charged({ w, vm })).toBe('100.00');
      app.clock.set('2026-03-01T00:00:00Z');
      await w.reconcile({ force: false });
      expect([await charged({ w, vm }), await w.charged(other.customer)]).toEqual(['0.00', '7.00']);
    });
  });

  describe('and consumption', () => {
    test('lines wait whatever their currency: 100.00 EUR, then 95.00 USD', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '95.00', { currency: 'USD' })]);
      const run = await w.sync();
      expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 100.00']);
      expect(tieOut(run, 'USD')).toEqual({ statement: 95, provisional: -95, ties_out: true });
      expect(tieOut(run)).toEqual({ provisional: 100, posted: 100, ties_out: true });
      await w.reconcile();
      expect(await w.bills(vm.customer)).toEqual(['2026-01 USD pending 95.00']);
    });

    test('lines wait whoever they name: the first bill-to party has the consumption, each its lines at the close', async () => {
      const w = await world({}, [...LABELS, 'Customer Reference']);
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      w.consumes(a.license, [[100, 80]]);
      await w.syncConsumption();
      const of = ({ arrow }: typeof b) => ({ values: { 'customer-reference': arrow.Reference } });
      w.export([w.line(a.license, '40.00', of(a)), w.line(a.license, '60.00', of(b))]);
      await w.sync();
      expect([await w.charged(a.customer), await w.charged(b.customer)]).toEqual(['100.00', '0.00']);
      await w.reconcile();
      expect([await w.charged(a.customer), await w.charged(b.customer)]).toEqual(['40.00', '60.00']);
    });

    test('that comes after lines takes their place until the close', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '95.00')]);
      await w.sync();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      expect(await charged({ w, vm })).toBe('100.00');
      await w.reconcile();
      expect(await charged({ w, vm })).toBe('95.00');
    });

    test('that comes after the close changes nothing, forced or not', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export([w.line(vm.license, '95.00')]);
      await w.reconcile();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await w.sync();
      await w.reconcile();
      expect(await charged({ w, vm })).toBe('95.00');
    });

    test('an older answer that arrives later does not overwrite a newer one', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      let first: object | undefined;
      const release = app.arrow.hold((call) => call.path.includes('consumption/monthly') && call === (first ??= call));
      const slow = w.syncConsumption();
      await until(() => first !== undefined);
      app.clock.set('2026-02-01T06:00:01Z');
      w.consumes(vm.license, [[120, 90]]);
      expect((await w.syncHistory(vm.resource)).status).toBe(200);
      expect(await charged({ w, vm })).toBe('120.00');
      release();
      await slow;
      expect(await charged({ w, vm })).toBe('120.00');
    });

    test('a record shows what its organisation’s charge was at the close', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '95.005', { buy: '70.00' })]);
      await w.sync();
      expect(await w.record(vm)).toMatchObject({ is_finalized: false, final_sell: null });
      await w.reconcile();
      const record = await w.record(vm);
      expect(record).toMatchObject({ is_finalized: true, is_reconciled: true });
      expect([record.final_sell, record.final_buy, record.adjustment_amount].map(Number)).toEqual([95.005, 70, -4.99]);
    });
  });

  describe('a month is not done', () => {
    test('while a licence stands at nothing, as one of its amounts is missing, though its statement is closed', async () => {
      const w = await world();
      const vm = await w.linked();
      const late = await w.linked(vm);
      w.export([w.line(vm.license, '100.00'), w.line(late.license, '50.00'), w.line(late.license, null)]);
      const run = await w.reconcile();
      expect(tieOut(run)).toEqual({ statement: 150, posted: 100, held: 50, ties_out: true });
      expect(run.result.settled).toBe(false);
      w.export([w.line(vm.license, '100.00'), w.line(late.license, '50.00'), w.line(late.license, '7.00')]);
      expect((await w.reconcile()).result.settled).toBe(true);
      expect(await w.charged(vm.customer)).toBe('157.00');
    });

    test('while a credit of an issued invoice waits, though every statement is closed', async () => {
      const w = await world({}, VALIDATION);
      const [vm, other] = [await w.linked(), await w.linked()];
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await w.issue(vm.customer);
      w.consumes(vm.license, [[0, 0]]);
      await w.syncConsumption();
      w.export([w.line(other.license, '5.00', { values: { 'validation-date': '2026-02-01' } })]);
      const run = await w.reconcile({ force: false });
      expect(tieOut(run)).toEqual({ statement: 5, posted: 105, pending: -100, ties_out: true });
      expect(run.result.settled).toBe(false);
    });
  });

  test('the parts of the tie-out are those of the example in the design', async () => {
    const w = await world({ classification_filter: 'IAAS' });
    const [a, b, c] = [await w.linked(), await w.linked(), await w.linked()];
    const y = await w.linked(a);
    const ofB = w.line(b.license, '100.00');
    const ofC = w.line(c.license, '40.00');
    w.export([ofB, ofC]);
    await w.sync();
    await w.issue(b.customer);
    w.consumes(y.license, [[30, 25]]);
    await w.syncConsumption();
    ofB.values['sell-total-price'] = '90.003';
    const stranger = { ...a.license, licenseId: `XSP-NOBODY-${w.partner}` };
    w.export([
      w.line(a.license, '10.004'),
      w.line(y.license, '5.00'),
      ofB,
      w.line(stranger, '7.00'),
      w.line(a.license, '3.00', { values: { classification: 'SAAS' } }),
    ]);
    const run = await w.sync();
    expect(tieOut(run)).toEqual({
      statement: 115.007,
      provisional: 25,
      posted: 180,
      pending: -10,
      unmatched: 7,
      excluded: 3,
      held: -40,
      carried: 0.007,
      ties_out: true,
    });
    expect(await w.bills(a.customer)).toEqual(['2026-01 EUR pending 40.00']);
    expect(await w.bills(b.customer)).toEqual(['2026-01 EUR created 100.00']);
    expect(await w.bills(c.customer)).toEqual(['2026-01 EUR pending 40.00']);
  });
});
