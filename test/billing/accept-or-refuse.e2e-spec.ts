import { exportType } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, type Linked, type MappedCustomer, tieOut } from './billing-world.js';

/** Which exports are refused as a whole, whose charges are held, and what a person may accept. Amounts are literal. */
describe('an export', () => {
  let app: TestApp;
  // What is refused is refused at once.
  beforeAll(async () => void (app = await startApp({ ARROW_MAX_RETRIES: '0' })));
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);
  /** Ten lines of 10.00 of one customer and one of another: the month as it was last accepted. */
  const accepted = async (labels?: string[]) => {
    const w = await world({}, labels);
    const [vm, other] = [await w.linked(), await w.linked()];
    const lines = Array.from({ length: 10 }, () => w.line(vm.license, '10.00'));
    const last = w.line(other.license, '7.00');
    w.export([...lines, last]);
    await w.sync();
    return { w, vm, other, lines, last };
  };
  const both = async (w: BillingWorld, a: Linked, b: Linked) => [
    await w.charged(a.customer),
    await w.charged(b.customer),
  ];

  describe('is refused as a whole, and changes nothing,', () => {
    test.each([
      ['with rows missing', { kind: 'drop-rows', count: 1 }],
      ['with another total', { kind: 'wrong-totals', total: 12 }],
      ['whose pages do not end', { kind: 'endless-next' }],
      ['without the price column', { kind: 'rename-columns', names: { 'Sell Total Price': 'Something' } }],
      ['without the licence column', { kind: 'rename-columns', names: { 'ARS Subscription ID': 'Something' } }],
      ['that is cut', { kind: 'truncated-json' }],
      ['that says 401 in its body', { kind: 'body-status', status: 401 }],
      ['without data', { kind: 'no-data' }],
      ['with no data', { kind: 'null-data' }],
    ] as const)('%s', async (_, action) => {
      const { w, vm, other, lines } = await accepted();
      for (const line of lines) line.values['sell-total-price'] = '11.00';
      app.arrow.faults.add({ path: /exports\/sync/, action });
      expect(await w.sync()).toMatchObject({ state: 'failed' });
      expect(await both(w, vm, other)).toEqual(['100.00', '7.00']);
      expect(await w.statement(vm)).toMatchObject({ error_message: expect.stringMatching(/\S/) });
      app.arrow.faults.clear();
      expect(await w.sync()).toMatchObject({ state: 'succeeded' });
      expect(await both(w, vm, other)).toEqual(['110.00', '7.00']);
    });

    test('that shrinks beyond the share, measured from the largest that was accepted and not step by step', async () => {
      const { w, vm, lines, last } = await accepted();
      for (const [left, state, charged] of [
        [9, 'succeeded', '90.00'],
        [8, 'failed', '90.00'],
      ] as const) {
        await w.rules({ shrinkage_share: 0.15 });
        w.export([...lines.slice(0, left), last]);
        expect([left, (await w.sync()).state]).toEqual([left, state]);
        expect(await w.charged(vm.customer)).toBe(charged);
      }
      expect(await w.sync({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
      expect(await w.charged(vm.customer)).toBe('80.00');
      // From here on it is measured from what the person accepted.
      w.export([...lines.slice(0, 7), last]);
      expect(await w.sync()).toMatchObject({ state: 'succeeded' });
      expect(await w.charged(vm.customer)).toBe('70.00');
    });
  });

  test('whose rows are cut short charges and credits nobody, and the job says that it is incomplete', async () => {
    const { w, vm, other, lines } = await accepted();
    for (const line of lines) line.values['sell-total-price'] = '11.00';
    app.arrow.faults.add({ path: /exports\/sync/, action: { kind: 'short-rows', by: 12 } });
    for (const run of [await w.sync(), await w.sync(), await w.reconcile()])
      expect(run).toMatchObject({
        state: 'failed',
        error_code: 'incomplete',
        error_message: expect.stringMatching(/^2 organisations stand/),
      });
    expect(await both(w, vm, other)).toEqual(['100.00', '7.00']);
    app.arrow.faults.clear();
    expect(await w.sync()).toMatchObject({ state: 'succeeded' });
    expect(await both(w, vm, other)).toEqual(['110.00', '7.00']);
  });

  test('with fewer lines than before is followed within the share', async () => {
    const { w, vm, other, lines, last } = await accepted();
    w.export([...lines.slice(1), last]);
    expect(tieOut(await w.sync())).toEqual({ statement: 97, posted: 97, ties_out: true });
    expect(await both(w, vm, other)).toEqual(['90.00', '7.00']);
  });

  describe('with one customer that cannot be read', () => {
    test.each(['abc', '12.3.4', 'NaN', 'Infinity', '1,2,3', '--5'])(
      'as %p is no amount: it stands, everybody else is billed, and the job has failed',
      async (cell) => {
        const { w, vm, other, lines, last } = await accepted();
        lines[0]!.values['sell-total-price'] = cell;
        lines[1]!.values['sell-total-price'] = '99.00';
        last.values['sell-total-price'] = '8.00';
        const run = await w.sync();
        expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete' });
        expect(tieOut(run)).toMatchObject({ ties_out: false });
        expect(await both(w, vm, other)).toEqual(['100.00', '8.00']);
        await w.reconcile({ accept_shrinkage: true });
        expect(await both(w, vm, other)).toEqual(['100.00', '8.00']);
        lines[0]!.values['sell-total-price'] = '10.00';
        expect(await w.sync()).toMatchObject({ state: 'succeeded' });
        expect(await both(w, vm, other)).toEqual(['189.00', '8.00']);
      },
    );

    test('at first sight: nothing of it stands yet, so nothing of it is billed until it can be read', async () => {
      const w = await world();
      const [vm, other] = [await w.linked(), await w.linked()];
      const second = await w.linked(vm);
      const unreadable = w.line(vm.license, 'abc');
      w.export([unreadable, w.line(vm.license, '3.00'), w.line(second.license, '5.00'), w.line(other.license, '7.00')]);
      const run = await w.sync();
      expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(await both(w, vm, other)).toEqual(['0.00', '7.00']);
      expect(tieOut(run)).toMatchObject({ statement: 15, posted: 7, held: 8 });
      unreadable.values['sell-total-price'] = '1.00';
      expect(await w.sync()).toMatchObject({ state: 'succeeded' });
      expect(await both(w, vm, other)).toEqual(['9.00', '7.00']);
    });

    test('in a line of a licence that another Arrow customer of the organisation has, too: the charge of both stands', async () => {
      const { w, vm, lines, last } = await accepted([...LABELS, 'Customer Reference']);
      const { arrow } = w.unmapped();
      await w.make.mapping({ settings: w.settings, waldur_customer: vm.customer, arrow_reference: arrow.Reference });
      const theirs = w.line(vm.license, '5.00', { values: { 'customer-reference': arrow.Reference } });
      w.export([...lines, theirs, last]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('105.00');
      theirs.values['sell-total-price'] = 'abc';
      expect(await w.sync()).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(await w.charged(vm.customer)).toBe('105.00');
    });

    test('in a line of another licence of a customer that shares a charge: the charge of both stands, too', async () => {
      const { w, vm, lines, last } = await accepted([...LABELS, 'Customer Reference']);
      const { arrow } = w.unmapped();
      await w.make.mapping({ settings: w.settings, waldur_customer: vm.customer, arrow_reference: arrow.Reference });
      const named = { values: { 'customer-reference': arrow.Reference } };
      const shared = w.line(vm.license, '5.00', named);
      const own = w.line(w.license({ ...vm, arrow }), '20.00', named);
      w.export([...lines, shared, own, last]);
      await w.sync();
      expect(await w.charged(vm.customer)).toBe('125.00');
      own.values['sell-total-price'] = 'abc';
      shared.values['sell-total-price'] = '6.00';
      expect(await w.sync()).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(await w.charged(vm.customer)).toBe('125.00');
      own.values['sell-total-price'] = '21.00';
      expect(await w.sync()).toMatchObject({ state: 'succeeded' });
      expect(await w.charged(vm.customer)).toBe('127.00');
    });

    test('in a cell that is not charged: nothing is stopped', async () => {
      const { w, vm, other, lines } = await accepted();
      Object.assign(lines[0]!.values, { 'sell-total-price': '20.00', 'buy-total-price': 'abc', qty: 'some' });
      expect(await w.sync()).toMatchObject({ state: 'succeeded' });
      expect(await both(w, vm, other)).toEqual(['110.00', '7.00']);
    });

    test('as the charged cell is empty: the licence stands, its other licences do not', async () => {
      const { w, vm, other, lines, last } = await accepted();
      const second = await w.linked(vm);
      const steady = w.line(second.license, '20.00');
      w.export([...lines, last, steady]);
      await w.sync();
      lines[0]!.values['sell-total-price'] = null;
      lines[1]!.values['sell-total-price'] = '99.00';
      steady.values['sell-total-price'] = '21.00';
      last.values['sell-total-price'] = '8.00';
      const run = await w.sync();
      expect(run).toMatchObject({ state: 'succeeded' });
      expect(await both(w, vm, other)).toEqual(['121.00', '8.00']);
      expect(tieOut(run)).toMatchObject({ held: 79, ties_out: true });
    });
  });

  describe('without any line of one customer', () => {
    test('holds that customer, lists it, bills everybody else, and the job has failed', async () => {
      const { w, vm, other, lines } = await accepted();
      lines[0]!.values['sell-total-price'] = '11.00';
      w.export(lines);
      const run = await w.sync();
      expect(await both(w, vm, other)).toEqual(['101.00', '7.00']);
      expect(tieOut(run)).toEqual({ statement: 101, posted: 108, held: -7, ties_out: true });
      expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(JSON.stringify(run.result)).toContain(other.customer);
    });

    test('is credited when a person accepts it', async () => {
      const { w, vm, other, lines } = await accepted();
      w.export(lines);
      await w.sync();
      const run = await w.sync({ accept_shrinkage: true });
      expect(await both(w, vm, other)).toEqual(['100.00', '0.00']);
      expect(tieOut(run)).toEqual({ statement: 100, posted: 100, ties_out: true });
      // Nothing of it stands any more, so that nobody has to accept it again.
      expect(await w.reconcile()).toMatchObject({ state: 'succeeded', result: { held: [] } });
    });

    test('holds it, though another licence of it went to another customer before', async () => {
      const { w, vm, other, lines } = await accepted([...LABELS, 'Customer Reference']);
      const moved = w.license(other);
      const of = ({ arrow }: MappedCustomer) => ({ values: { 'customer-reference': arrow.Reference } });
      for (const [owner, rest] of [
        [other, [w.line(other.license, '7.00', of(other))]],
        [vm, [w.line(other.license, '7.00', of(other))]],
      ] as const) {
        w.export([...lines, w.line(moved, '3.00', of(owner)), ...rest]);
        await w.sync();
      }
      expect(await both(w, vm, other)).toEqual(['103.00', '7.00']);
      w.export([...lines, w.line(moved, '3.00', of(vm))]);
      expect(await w.sync()).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(await both(w, vm, other)).toEqual(['103.00', '7.00']);
    });

    test('holds it, though nobody knows whose the lines of its licence are now', async () => {
      const { w, vm, other, lines } = await accepted([...LABELS, 'Customer Reference']);
      const { data } = app.arrow;
      const license = w.license(other);
      const values = { 'customer-reference': other.arrow.Reference };
      w.export([...lines, w.line(license, '7.00', { values })]);
      await w.sync({ accept_shrinkage: true });
      data.licenses = data.licenses.filter((one) => one !== license);
      w.export([...lines, w.line(license, '7.00', { sequence: 'without a customer' })]);
      const run = await w.sync();
      expect(run).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(await both(w, vm, other)).toEqual(['100.00', '7.00']);
      expect(tieOut(run)).toEqual({ statement: 107, posted: 107, unmatched: 7, held: -7, ties_out: true });
    });

    test('leaves its consumption as it comes until the close, which holds it until a person accepts it', async () => {
      const { w, vm, lines, last } = await accepted();
      const consuming = await w.linked();
      const charged = async (run: { state: string }) => [run.state, await w.charged(consuming.customer)];
      w.consumes(consuming.license, [[20, 20]]);
      await w.syncConsumption();
      w.export([...lines, last, w.line(consuming.license, '19.00')]);
      await w.sync();
      w.export([...lines, last]);
      expect(await charged(await w.sync())).toEqual(['succeeded', '20.00']);
      w.consumes(consuming.license, [[30, 30]]);
      await w.syncConsumption();
      expect(await charged(await w.sync())).toEqual(['succeeded', '30.00']);
      for (let run = 0; run < 2; run++) expect(await charged(await w.reconcile())).toEqual(['failed', '30.00']);
      expect(await charged(await w.reconcile({ accept_shrinkage: true }))).toEqual(['succeeded', '0.00']);
      expect(await charged(await w.reconcile())).toEqual(['succeeded', '0.00']);
      expect(await w.charged(vm.customer)).toBe('100.00');
    });

    test('is followed when its licence is under another customer now', async () => {
      const { w, vm, other, lines } = await accepted([...LABELS, 'Customer Reference']);
      const values = { 'customer-reference': vm.arrow.Reference };
      w.export([...lines, w.line(other.license, '7.00', { values })]);
      const run = await w.sync();
      expect(await both(w, vm, other)).toEqual(['107.00', '0.00']);
      expect(tieOut(run)).toEqual({ statement: 107, posted: 107, ties_out: true });
    });
  });

  test('that is really empty is refused, at first and later, until a person accepts it', async () => {
    const { w, vm, other } = await accepted();
    w.export([]);
    for (let run = 0; run < 2; run++) expect(await w.sync()).toMatchObject({ state: 'failed' });
    expect(await w.reconcile()).toMatchObject({ state: 'failed' });
    expect(await both(w, vm, other)).toEqual(['100.00', '7.00']);
    expect(await w.reconcile({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
    expect(await both(w, vm, other)).toEqual(['0.00', '0.00']);
  });

  test('is not asked for, and no consumption, by a key of another partner that was saved while ArrowSphere was away', async () => {
    const theirs = await world();
    const stranger = await theirs.linked();
    const { w, vm, other } = await accepted();
    theirs.export(Array.from({ length: 30 }, () => theirs.line(stranger.license, '50.00')));
    const settings = `/api/admin/arrow/settings/${w.settings}/`;
    const { export_type_reference: reference } = (await app.api.get(settings)).body;
    app.arrow.data.exportTypes.push(exportType({ labels: LABELS, partnerReference: theirs.partner, reference }));
    app.arrow.faults.add({ path: /^whoami/, action: { kind: 'status', status: 503 } });
    expect((await app.api.patch(settings, { api_key: theirs.apiKey })).body.verified).toBe(false);
    app.arrow.faults.clear();
    const says = `belongs to Reseller ${Number(theirs.partner.slice(4))} (${theirs.partner})`;

    const refused = { state: 'failed', error_message: expect.stringContaining(says) };
    for (const run of [await w.sync(), await w.reconcile(), await w.sync({ dry_run: true }), await w.syncConsumption()])
      expect(run).toMatchObject(refused);
    expect(await w.statement(vm)).toMatchObject({ error_message: expect.stringContaining(says) });
    for (const { status, body } of [
      await w.syncHistory(vm.resource),
      await app.api.post('/api/admin/arrow/billing-syncs/sync_resources/', { settings_uuid: w.settings }),
    ])
      expect([status, body.code, body.error]).toEqual([400, 'key_of_another_partner', expect.stringContaining(says)]);
    expect(await both(w, vm, other)).toEqual(['100.00', '7.00']);
    expect(await w.charged(stranger.customer)).toBe('0.00');

    await app.api.patch(settings, { api_key: w.apiKey });
    expect(await w.sync()).toMatchObject({ state: 'succeeded' });
  });
});
