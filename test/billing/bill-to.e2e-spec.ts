import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, type Linked, type MappedCustomer, tieOut } from './billing-world.js';

/** What makes a line name that customer: the full reference, or its digits in the other column. */
function named({ arrow }: Pick<MappedCustomer, 'arrow'>, digits = false): { values: Record<string, string> } {
  const [column, value] = digits
    ? ['end-user-company-id', arrow.Reference.replace('XSP', '')]
    : ['customer-reference', arrow.Reference];
  return { values: { [column]: value } };
}

/** The line says who owns its licence, then the history of owners, then the owner of today; and what holds once money is posted. */
describe('whose line it is', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (labels?: string[]) => new BillingWorld(app).start({}, labels);
  const both = async (w: BillingWorld, a: MappedCustomer, b: MappedCustomer) => [
    await w.charged(a.customer),
    await w.charged(b.customer),
  ];

  describe('by the line', () => {
    test.each([
      ['the full reference', 'Customer Reference', false],
      ['its digits', 'End User Company ID', true],
    ])('%s goes before the owner of today', async (_, column, digits) => {
      const w = await world([...LABELS, column]);
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      w.export([w.line(a.license, '10.00', named(b, digits)), w.line(a.license, '5.00', named(a, digits))]);
      const run = await w.sync();
      expect(await both(w, a, b)).toEqual(['5.00', '10.00']);
      expect(tieOut(run)).toEqual({ statement: 15, posted: 15, ties_out: true });
    });

    test('a reference that resolves to no customer is no evidence: the owner pays', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const a = await w.linked();
      w.export([w.line(a.license, '10.00', { values: { 'customer-reference': 'XSP000000' } })]);
      await w.sync();
      expect(await w.charged(a.customer)).toBe('10.00');
    });

    test('lines without a licence are nobody’s, even when they name a customer', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const a = await w.linked();
      const line = w.line(a.license, '10.00', named(a));
      line.values['ars-subscription-id'] = null;
      w.export([line, w.line(a.license, '5.00', named(a))]);
      const run = await w.sync();
      expect(await w.charged(a.customer)).toBe('5.00');
      expect(tieOut(run)).toEqual({ statement: 15, posted: 5, unmatched: 10, ties_out: true });
      expect(await w.unlinked()).toEqual(['no_license 10.00']);
    });
  });

  describe('by the history', () => {
    test('a move in the middle of a month splits it by when each line was first seen', async () => {
      const w = await world();
      app.clock.set('2026-01-10T00:00:00Z');
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      const lines = [w.line(a.license, '10.00', { sequence: 'L1' })];
      w.export(lines);
      await w.sync();
      w.move(a.license, b);
      app.clock.set('2026-01-10T00:10:00Z');
      lines.push(w.line(a.license, '20.00', { sequence: 'L2' }));
      w.export(lines);
      await w.sync();
      w.move(a.license, a);
      app.clock.set('2026-01-20T00:00:00Z');
      lines.push(w.line(a.license, '40.00', { sequence: 'L3' }));
      w.export(lines.toReversed());
      await w.sync();
      expect(await both(w, a, b)).toEqual(['50.00', '20.00']);
    });

    test('a move splits lines of one key, too, by when each was first seen, whatever they come to', async () => {
      const w = await world();
      app.clock.set('2026-01-10T00:00:00Z');
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      const seen: string[][] = [];
      for (const prices of [
        ['10.00', '2.00'],
        ['10.00', '2.00', '500.00'],
        ['510.00', '2.00', '10.00'],
        ['11.00', '520.00', '2.00'],
        ['700.00', '2.00', '11.00', '520.00'],
        ['700.00', '11.00', '520.00'],
        ['2.00', '700.00', '11.00', '520.00'],
      ]) {
        w.export(prices.map((price) => w.line(a.license, price, { sequence: 'the same' })));
        await w.sync({ accept_shrinkage: true });
        seen.push(await both(w, a, b));
        if (seen.length === 1) w.move(a.license, b);
        app.clock.set(`2026-01-${10 + seen.length}T00:00:00Z`);
      }
      expect(seen).toEqual([
        ['12.00', '0.00'],
        ['12.00', '500.00'],
        ['12.00', '510.00'],
        ['13.00', '520.00'],
        ['13.00', '1220.00'],
        ['11.00', '1220.00'],
        ['13.00', '1220.00'],
      ]);
    });

    test('a service that ended before the move is the former owner’s, though its line comes after it', async () => {
      const w = await world();
      app.clock.set('2026-01-10T00:00:00Z');
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      w.export([w.line(a.license, '10.00')]);
      await w.sync();
      w.move(a.license, b);
      app.clock.set('2026-01-25T00:00:00Z');
      w.export([
        w.line(a.license, '10.00', { sequence: 'S1', values: { 'bill-from': '2026-01-10', 'bill-to': '2026-01-20' } }),
        w.line(a.license, '7.00', { sequence: 'S2', values: { 'bill-from': '2026-01-21', 'bill-to': '2026-01-31' } }),
      ]);
      await w.sync();
      app.clock.set('2026-02-20T00:00:00Z');
      await w.reconcile();
      // Both were first seen after ArrowSphere's answer that named B; only the end of the first service is before it.
      expect(await both(w, a, b)).toEqual(['10.00', '7.00']);
    });

    test('begins as soon as lines of a licence name two customers, whatever their keys', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      app.clock.set('2026-01-05T00:00:00Z');
      const lines = [
        w.line(a.license, '10.00', { sequence: 'K1', ...named(a) }),
        w.line(a.license, '20.00', { sequence: 'K2', ...named(b) }),
      ];
      w.export(lines);
      await w.sync();
      w.move(a.license, b);
      app.clock.set('2026-01-10T00:00:00Z');
      const ended = { 'bill-from': '2026-01-01', 'bill-to': '2026-01-07' };
      w.export([...lines, w.line(a.license, '5.00', { sequence: 'K3', values: ended })]);
      await w.sync();
      expect(await both(w, a, b)).toEqual(['15.00', '20.00']);
    });

    test('a day of service ends on the calendar of the account, also before its clocks change within the month', async () => {
      const w = await world();
      await w.rules({ time_zone: 'Pacific/Auckland' });
      w.month = '2026-04';
      app.clock.set('2026-04-01T00:00:00Z');
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      const [first, second] = [w.line(a.license, '1.00'), w.line(a.license, '2.00')];
      w.export([first]);
      await w.sync();
      w.move(a.license, b);
      // The 3rd of April is over at 11:00 UTC there; clocks are put back on the 5th.
      app.clock.set('2026-04-03T11:30:00Z');
      w.export([first, second]);
      await w.sync();
      app.clock.set('2026-04-20T00:00:00Z');
      const ended = { sequence: 'ended', values: { 'bill-from': '2026-04-01', 'bill-to': '2026-04-03' } };
      w.export([first, second, w.line(a.license, '100.00', ended)]);
      await w.sync();
      expect(await both(w, a, b)).toEqual(['101.00', '2.00']);
    });

    test.each([
      ['Pacific/Auckland', '2026-01-31T20:00:00Z', ['17.00', '0.00']],
      ['America/Los_Angeles', '2026-02-01T04:00:00Z', ['10.00', '7.00']],
      ['UTC', '2026-01-31T20:00:00Z', ['10.00', '7.00']],
    ])(
      'a month ends on the calendar of the account: in %s a line of January goes, moved at %s, to %j',
      async (time_zone, moved, expected) => {
        const w = await world();
        await w.rules({ time_zone });
        app.clock.set('2026-01-10T00:00:00Z');
        const [a, b] = [await w.linked(), await w.mappedCustomer()];
        const line = w.line(a.license, '10.00', { sequence: 'S1' });
        w.export([line]);
        await w.sync();
        w.move(a.license, b);
        app.clock.set(moved);
        w.export([line, w.line(a.license, '3.00', { sequence: 'seen at once' })]);
        await w.sync();
        app.clock.set('2026-02-05T00:00:00Z');
        w.export([line, ...['3.00', '4.00'].map((price) => w.line(a.license, price, { sequence: `of ${price}` }))]);
        await w.sync();
        expect(await both(w, a, b)).toEqual(expected);
      },
    );

    test('a month before the first entry has no history: the owner of today, if nobody else was ever seen', async () => {
      const w = await world();
      const a = await w.linked();
      w.month = '2025-11';
      w.export([w.line(a.license, '10.00')]);
      await w.sync();
      expect(await w.charged(a.customer)).toBe('10.00');
    });

    test('a month before the first entry that was billed already keeps its bill-to party when the licence moves on', async () => {
      const w = await world();
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      w.export([w.line(a.license, '100.00')]);
      await w.reconcile();
      await w.issue(a.customer);
      w.move(a.license, b);
      app.clock.set('2026-02-03T06:00:00Z');
      w.month = '2026-02';
      w.export([w.line(a.license, '5.00', { sequence: 'of February' })]);
      await w.sync();
      w.month = '2026-01';
      const run = await w.reconcile();
      expect(await w.bills(a.customer)).toEqual(['2026-01 EUR created 100.00']);
      expect(tieOut(run)).toEqual({ statement: 100, posted: 100, ties_out: true });
    });

    test('a month before the first entry of a licence that had two owners is nobody’s: owner_conflict', async () => {
      const w = await world();
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      const steady = await w.linked(a);
      w.export([w.line(a.license, '10.00'), w.line(steady.license, '1.00')]);
      await w.sync();
      w.move(a.license, b);
      app.clock.set('2026-02-03T00:00:00Z');
      await w.sync();
      w.month = '2025-11';
      w.export([w.line(a.license, '20.00'), w.line(steady.license, '2.00')]);
      const run = await w.sync();
      expect(await w.unlinked('2025-11')).toEqual(['owner_conflict 20.00']);
      expect(tieOut(run)).toEqual({ statement: 22, posted: 2, unmatched: 20, ties_out: true });
    });

    test('a licence whose lines name another customer than its owner of today: lines that name nobody are owner_conflict', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      w.month = '2025-11';
      w.export([w.line(a.license, '10.00', named(b)), w.line(a.license, '5.00')]);
      const run = await w.sync();
      expect(await both(w, a, b)).toEqual(['0.00', '10.00']);
      expect(tieOut(run)).toEqual({ statement: 15, posted: 10, unmatched: 5, ties_out: true });
      expect(await w.unlinked('2025-11')).toEqual(['owner_conflict 5.00']);
    });
  });

  describe('by the mapping', () => {
    test('two organisations for one Arrow customer, under two settings: never both of them', async () => {
      const w = await world();
      const a = await w.mappedCustomer();
      const license = w.license(a);
      const type = app.arrow.data.exportTypes.find((one) => one.partnerReference === w.partner)!;
      const second = await w.make.settings({
        api_key: w.apiKey,
        export_type_reference: type.reference,
      });
      const other = (await w.make.customer()).uuid;
      await w.make.mapping({ settings: second.uuid, waldur_customer: other, arrow_reference: a.arrow.Reference });
      w.export([w.line(license, '10.00')]);
      const first = w.settings;
      for (const settings of [first, second.uuid, first]) {
        w.settings = settings;
        expect(tieOut(await w.sync())).toMatchObject({ statement: 10, ties_out: true });
        expect(Number(await w.charged(a.customer)) + Number(await w.charged(other))).toBeLessThanOrEqual(10);
      }
    });

    test('none: customer_not_mapped, and it pays as soon as it is mapped, with the same export', async () => {
      const w = await world();
      const a = await w.linked();
      const stranger = w.license(a);
      const { arrow } = w.unmapped();
      stranger.customerRef = arrow.Reference;
      w.export([w.line(a.license, '1.00'), w.line(stranger, '60.00')]);
      await w.reconcile();
      expect(await w.unlinked()).toEqual(['customer_not_mapped 60.00']);
      const customer = (await w.make.customer()).uuid;
      await w.make.mapping({ settings: w.settings, waldur_customer: customer, arrow_reference: arrow.Reference });
      await w.sync();
      expect(await w.bills(customer)).toEqual(['2026-01 EUR pending 60.00']);
    });

    test('a draft follows a mapping that is pointed elsewhere before the close', async () => {
      const w = await world();
      const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
      w.export([w.line(a.license, '100.00')]);
      await w.sync();
      await w.link(a.resource, '');
      await w.mapping(a, { waldur_customer: b });
      const run = await w.sync();
      expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['0.00', '100.00']);
      expect(tieOut(run)).toEqual({ statement: 100, posted: 100, ties_out: true });
    });

    test.each([
      ['after the close', async (w: BillingWorld) => void (await w.reconcile())],
      ['after the invoice was issued', async (w: BillingWorld, a: Linked) => void (await w.issue(a.customer))],
    ])('a mapping that is pointed elsewhere %s moves nothing', async (_, first) => {
      const w = await world();
      const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
      const line = w.line(a.license, '100.00');
      w.export([line]);
      await w.sync();
      await first(w, a);
      await w.link(a.resource, '');
      await w.mapping(a, { waldur_customer: b });
      await w.sync();
      await w.reconcile();
      expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['100.00', '0.00']);
      line.values['sell-total-price'] = '90.00';
      await w.reconcile();
      expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['90.00', '0.00']);
    });

    test.each([
      ['lines', '0.00'],
      ['consumption', '100.00'],
    ])(
      'what a draft of %s had left before the close does not come back to it afterwards: unmatched lines stay so',
      async (basis, provisional) => {
        const w = await world();
        const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
        if (basis === 'consumption') {
          w.consumes(a.license, [[100, 80]]);
          await w.syncConsumption();
        }
        w.export([w.line(a.license, '95.00')]);
        await w.sync();
        // The resource stays where it is, and contradicts the mapping.
        await w.mapping(a, { waldur_customer: b });
        await w.sync();
        expect([await w.charged(a.customer), await w.charged(b)]).toEqual([provisional, '0.00']);
        for (const run of [w.reconcile, w.reconcile, w.sync]) {
          expect(tieOut(await run())).toEqual({ statement: 95, unmatched: 95, ties_out: true });
          expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['0.00', '0.00']);
        }
        await w.link(a.resource, '');
        await w.sync();
        expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['0.00', '95.00']);
      },
    );

    test('what a draft had left when its invoice was issued does not come back to it', async () => {
      const w = await world();
      const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
      const { arrow } = w.unmapped();
      await w.make.mapping({ settings: w.settings, waldur_customer: a.customer, arrow_reference: arrow.Reference });
      const lines = [w.line(a.license, '100.00'), w.line(w.license({ ...a, arrow }), '7.00')];
      w.export(lines);
      await w.sync();
      await w.link(a.resource, '');
      await w.mapping(a, { waldur_customer: b });
      await w.sync();
      await w.issue(a.customer);
      for (const run of [w.sync, w.reconcile]) {
        w.export(lines.toReversed());
        await run();
        expect(await w.bills(a.customer)).toEqual(['2026-01 EUR created 7.00']);
        expect(await w.bills(b)).toEqual(['2026-01 EUR pending 100.00']);
      }
    });

    test('a licence whose closed month is reopened stays with whom it was closed for', async () => {
      const w = await world();
      const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
      w.export([w.line(a.license, '95.00')]);
      await w.reconcile();
      await w.mapping(a, { waldur_customer: b });
      w.consumes(a.license, [[100, 80]]);
      await w.syncHistory(a.resource, { force: true });
      const charged = async () => [await w.charged(a.customer), await w.charged(b)];
      expect(await charged()).toEqual(['100.00', '0.00']);
      await w.reconcile();
      expect(await charged()).toEqual(['95.00', '0.00']);
      expect(await w.unlinked()).toEqual([]);
    });

    test.each([
      ['read with force', (w: BillingWorld, a: Linked) => w.syncHistory(a.resource, { force: true })],
      ['reversed with force', (w: BillingWorld, a: Linked) => w.cleanUp({ resource_uuid: a.resource, force: true })],
    ])('a licence of an open month whose consumption is %s follows its mapping', async (_, act) => {
      const w = await world();
      const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
      w.consumes(a.license, [[100, 80]]);
      await w.syncConsumption();
      await act(w, a);
      await w.link(a.resource, '');
      await w.mapping(a, { waldur_customer: b });
      w.export([w.line(a.license, '95.00')]);
      await w.reconcile();
      expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['0.00', '95.00']);
    });

    test('consumption that comes again after a cleanup is its first bill-to party’s until the close, wherever the mapping points', async () => {
      const w = await world();
      const [a, b] = [await w.linked(), (await w.make.customer()).uuid];
      w.consumes(a.license, [[100, 80]]);
      await w.syncConsumption();
      await w.cleanUp({ resource_uuid: a.resource });
      await w.link(a.resource, '');
      await w.mapping(a, { waldur_customer: b });
      await w.syncConsumption();
      w.export([w.line(a.license, '95.00')]);
      await w.sync();
      expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['100.00', '0.00']);
      await w.reconcile();
      expect([await w.charged(a.customer), await w.charged(b)]).toEqual(['0.00', '95.00']);
    });

    test('a licence that went to another Arrow customer of its organisation, whose mapping is switched off: it gets the final', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const a = await w.linked();
      const { arrow } = w.unmapped();
      const given = { settings: w.settings, waldur_customer: a.customer, arrow_reference: arrow.Reference };
      const second = { ...a, mapping: (await w.make.mapping(given)).uuid, arrow };
      const sync = (owner: MappedCustomer, price: string) => {
        w.export([w.line(a.license, price, { sequence: 'L1', ...named(owner) })]);
        return w.sync();
      };
      await sync(a, '100.00');
      await sync(second, '100.00');
      await w.mapping(second, { is_active: false });
      expect(tieOut(await sync(second, '95.00'))).toEqual({ statement: 95, posted: 95, ties_out: true });
      await w.reconcile();
      expect(await w.charged(a.customer)).toBe('95.00');
    });

    test.each([
      ['closed', 'switched off', async () => {}],
      ['closed', 'pointed elsewhere', async () => {}],
      ['issued', 'switched off', async (w: BillingWorld, a: Linked) => void (await w.issue(a.customer))],
      ['issued', 'pointed elsewhere', async (w: BillingWorld, a: Linked) => void (await w.issue(a.customer))],
    ])(
      'a %s charge with lines of two Arrow customers, the mapping of the second is %s: it stands',
      async (_, how, fix) => {
        const w = await world([...LABELS, 'Customer Reference']);
        const [a, b] = [await w.linked(), await w.mappedCustomer()];
        const { arrow } = w.unmapped();
        const given = { settings: w.settings, waldur_customer: a.customer, arrow_reference: arrow.Reference };
        const second = { ...a, mapping: (await w.make.mapping(given)).uuid, arrow };
        const lines = [w.line(a.license, '10.00', named(a)), w.line(a.license, '20.00', named(second))];
        w.export(lines);
        await w.reconcile();
        await fix(w, a);
        await w.mapping(second, how === 'switched off' ? { is_active: false } : { waldur_customer: b.customer });
        expect(tieOut(await w.reconcile())).toEqual({ statement: 30, posted: 30, ties_out: true });
        expect(await both(w, a, b)).toEqual(['30.00', '0.00']);
        lines[1]!.values['sell-total-price'] = '15.00';
        expect(tieOut(await w.reconcile())).toEqual({ statement: 25, posted: 25, ties_out: true });
        expect(await both(w, a, b)).toEqual(['25.00', '0.00']);
      },
    );

    test('a mapping that is switched off before its first statement: who is charged sees what for', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[100, 80]]);
      await w.syncConsumption();
      await w.mapping(vm, { is_active: false });
      w.export([w.line(vm.license, '95.00')]);
      await w.reconcile();
      expect(await w.charged(vm.customer)).toBe('95.00');
      const statements = '/api/admin/arrow/billing-syncs/';
      const { body } = await app.api.get(`${statements}?settings_uuid=${w.settings}&report_period=${w.month}`);
      expect(body).toMatchObject([{ customer_mapping_uuid: vm.mapping, sell_total: '95.0000000000' }]);
      const explained = await app.api.get(`${statements}${body[0].uuid}/explain/`);
      expect(explained.body).toMatchObject([{ posted: '95.00' }]);
    });

    test('a mapping that is switched off leaves the lines that name another customer of its licence to that one', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const [a, b] = [await w.linked(), await w.mappedCustomer()];
      w.export([w.line(a.license, '10.00', named(a))]);
      await w.sync();
      await w.mapping(a, { is_active: false });
      w.export([w.line(a.license, '10.00', named(a)), w.line(a.license, '5.00', named(b))]);
      const run = await w.sync();
      expect(await both(w, a, b)).toEqual(['10.00', '5.00']);
      expect(tieOut(run)).toEqual({ statement: 15, posted: 15, ties_out: true });
    });

    test('a mapping that is switched off, and ArrowSphere has forgotten customer and licence: the closed month stays', async () => {
      const w = await world([...LABELS, 'Customer Reference']);
      const [a, b] = [await w.linked(), await w.linked()];
      w.export([w.line(a.license, '100.00', named(a)), w.line(b.license, '7.00', named(b))]);
      await w.reconcile();
      await w.issue(a.customer);
      await w.mapping(a, { is_active: false });
      const { data } = app.arrow;
      data.customers = data.customers.filter(({ Reference }) => Reference !== a.arrow.Reference);
      data.licenses = data.licenses.filter(({ licenseId }) => licenseId !== a.license.licenseId);
      const run = await w.reconcile();
      expect(await w.bills(a.customer)).toEqual(['2026-01 EUR created 100.00']);
      expect(tieOut(run)).toEqual({ statement: 107, posted: 107, ties_out: true });
    });

    test('a mapping that is switched off: whoever was charged gets the final, a new licence is nobody’s', async () => {
      const w = await world();
      const a = await w.linked();
      const fresh = w.license(a);
      const line = w.line(a.license, '100.00');
      w.export([line]);
      await w.sync();
      await w.mapping(a, { is_active: false });
      line.values['sell-total-price'] = '95.00';
      w.export([line, w.line(fresh, '7.00')]);
      const run = await w.reconcile();
      expect(await w.charged(a.customer)).toBe('95.00');
      expect(tieOut(run)).toEqual({ statement: 102, posted: 95, unmatched: 7, ties_out: true });
      await w.mapping(a, { is_active: true });
      await w.sync();
      expect(await w.charged(a.customer)).toBe('102.00');
    });
  });

  describe('project and resource', () => {
    const item = async (w: BillingWorld, customer: string) => {
      const invoice = await w.invoice(customer);
      return invoice.items.find((one: { price: unknown }) => Number(one.price) !== 0);
    };

    test('follow the link within the organisation while the charge is on a draft and not closed', async () => {
      const w = await world();
      const a = await w.linked();
      w.export([w.line(a.license, '100.00')]);
      await w.sync();
      const project = (await w.make.project({ customer: a.customer })).uuid;
      const resource = (await w.make.resource({ project })).uuid;
      await w.link(a.resource, '');
      await w.link(resource, a.license.licenseId);
      await w.sync();
      expect(await w.charged(a.customer)).toBe('100.00');
      expect(await item(w, a.customer)).toMatchObject({ project_uuid: project, resource_uuid: resource });
      await w.reconcile();
      await w.link(resource, '');
      await w.link(a.resource, a.license.licenseId);
      await w.reconcile();
      expect(await item(w, a.customer)).toMatchObject({ project_uuid: project, resource_uuid: resource });
      expect(await w.charged(a.customer)).toBe('100.00');
    });

    test('follow a link in other letter case: consumption and lines are charged to its project, by all runs', async () => {
      const w = await world();
      const a = await w.linked();
      const spelled = a.license.licenseId.toLowerCase();
      await w.link(a.resource, spelled);
      w.consumes(a.license, [[100, 80]]);
      expect((await w.syncConsumption()).result).toMatchObject({ changed: 1, skipped: 0 });
      expect((await w.syncHistory(a.resource)).body).toMatchObject({ periods_synced: 1 });
      w.export([w.line(a.license, '95.00')]);
      await w.sync({ resource_uuid: a.resource });
      await w.syncConsumption({ resource_uuid: a.resource });
      expect(await w.charged(a.customer)).toBe('100.00');
      await w.reconcile();
      expect(await item(w, a.customer)).toMatchObject({ project_uuid: a.project, resource_uuid: a.resource });
      expect([await w.charged(a.customer), await w.unlinked()]).toEqual(['95.00', []]);
      const { body } = await app.api.get(`/api/marketplace-resources/${a.resource}/`);
      expect(body.backend_id).toBe(spelled);
    });

    test('a licence that one live resource has is not given to another in other letter case', async () => {
      const w = await world();
      const a = await w.linked();
      const spelled = a.license.licenseId.toLowerCase();
      const other = (await w.make.resource({ project: a.project })).uuid;
      const path = `/api/marketplace-provider-resources/${other}/set_backend_id/`;
      expect(await app.api.post(path, { backend_id: spelled })).toMatchObject({
        status: 400,
        body: {
          backend_id: [expect.stringContaining(`is already linked to the resource "VM ${a.license.licenseId}"`)],
        },
      });
      await w.link(a.resource, spelled);
      expect(await app.api.post(path, { backend_id: a.license.licenseId })).toMatchObject({ status: 400 });
    });

    test('of two resources that have one licence in two spellings, as from before, ArrowSphere’s counts', async () => {
      const w = await world();
      const a = await w.linked();
      const older = (await w.make.resource({ project: (await w.mappedCustomer()).project })).uuid;
      await app.database.query(`UPDATE resource SET backend_id = $1, created = '2020-01-01' WHERE uuid = $2`, [
        a.license.licenseId.toLowerCase(),
        older,
      ]);
      w.export([w.line(a.license, '95.00')]);
      await w.sync();
      expect(await item(w, a.customer)).toMatchObject({ project_uuid: a.project, resource_uuid: a.resource });
    });

    test('stay when the licence is unlinked', async () => {
      const w = await world();
      const a = await w.linked();
      w.export([w.line(a.license, '100.00')]);
      await w.sync();
      await w.link(a.resource, '');
      await w.sync();
      expect(await w.charged(a.customer)).toBe('100.00');
      expect(await item(w, a.customer)).toMatchObject({ project_uuid: a.project, resource_uuid: a.resource });
    });

    test('are none for a licence that is linked to nothing: the organisation is charged', async () => {
      const w = await world();
      const a = await w.mappedCustomer();
      w.export([w.line(w.license(a), '100.00')]);
      await w.sync();
      expect(await w.charged(a.customer)).toBe('100.00');
      const { project_uuid = null, resource_uuid = null } = await item(w, a.customer);
      expect({ project_uuid, resource_uuid }).toEqual({ project_uuid: null, resource_uuid: null });
    });

    test('come with a link that is made later, on the draft', async () => {
      const w = await world();
      const a = await w.mappedCustomer();
      const license = w.license(a);
      w.export([w.line(license, '100.00')]);
      await w.sync();
      const resource = (await w.make.resource({ project: a.project })).uuid;
      await w.link(resource, license.licenseId);
      await w.sync();
      expect(await item(w, a.customer)).toMatchObject({ project_uuid: a.project, resource_uuid: resource });
      expect(await w.charged(a.customer)).toBe('100.00');
    });
  });

  test('an organisation with two Arrow customers has one invoice', async () => {
    const w = await world();
    const a = await w.linked();
    const { arrow } = w.unmapped();
    await w.make.mapping({ settings: w.settings, waldur_customer: a.customer, arrow_reference: arrow.Reference });
    const second = w.license(a);
    second.customerRef = arrow.Reference;
    w.export([w.line(a.license, '10.00'), w.line(second, '20.00')]);
    await w.sync();
    expect(await w.bills(a.customer)).toEqual(['2026-01 EUR pending 30.00']);
  });

  test('two partners bill one organisation: two invoices, with numbers of their own', async () => {
    const [one, two] = [await world(), await world()];
    const a = await one.linked();
    const arrow = two.unmapped().arrow;
    await two.make.mapping({ settings: two.settings, waldur_customer: a.customer, arrow_reference: arrow.Reference });
    const theirs = two.license({ ...a, arrow });
    one.export([one.line(a.license, '10.00')]);
    two.export([two.line(theirs, '20.00')]);
    await one.sync();
    await two.sync();
    expect((await one.bills(a.customer)).sort()).toEqual(['2026-01 EUR pending 10.00', '2026-01 EUR pending 20.00']);
  });
});
