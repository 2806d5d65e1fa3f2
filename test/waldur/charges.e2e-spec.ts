import { waldurOffering, waldurPlan } from '../../emulator/waldur/waldur-data.js';
import type { Check } from '../../src/cli/check.js';
import { Operations } from '../../src/cli/operations.js';
import type { PushedComparisonRow } from '../../src/waldur-charges/pushed-item.dto.js';
import { type InvalidEnvironmentError, readEnv } from '../../src/config/env.js';
import { LABELS, type Linked, type MappedCustomer } from '../billing/billing-world.js';
import { MetricsPage } from '../support/metrics-page.js';
import { ITEMS, PushWorld } from './push-world.js';
import { dashed, ended } from './support.js';

const HOUR = 3_600_000;

describe('Charges on invoices of Waldur', () => {
  let w: PushWorld;
  beforeAll(async () => {
    w = await PushWorld.begin();
  });
  afterAll(() => w?.beside.stop());
  beforeEach(async () => {
    await w.start();
  });
  afterEach(() => {
    // A name that comes once more was sent twice.
    expect(w.waldur.invoices.skipped).toEqual([]);
    w.waldur.faults.clear();
    w.waldur.invoices.refuse = () => undefined;
  });

  const billed = async (...amounts: (readonly [Linked, string])[]) => {
    w.export(amounts.map(([{ license }, amount]) => w.line(license, amount)));
    const job = await w.reconcile({ accept_shrinkage: true });
    expect([job.state, job.error_message]).toEqual(['succeeded', '']);
  };
  /** The doubt about what was sent ends. */
  const laterThanDoubt = () => w.app.clock.set(new Date(w.app.clock.now().getTime() + HOUR / 2).toISOString());

  it('are those of closed months, one item each, net, under names that end in the short id of a posting', async () => {
    const one = await w.linked();
    const two = await w.linked(one);
    w.export([w.line(one.license, '10.004'), w.line(two.license, '5')]);
    await w.sync();
    expect((await w.push()).result).toMatchObject({ planned: 0, sent: 0 });
    await w.reconcile();
    const job = await w.push();
    expect([job.state, job.result]).toEqual([
      'succeeded',
      expect.objectContaining({ planned: 2, sent: 2, refused: 0 }),
    ]);
    expect(w.atWaldur(one)).toEqual(['2026-01 10.00', '2026-01 5.00']);
    const items = await w.items(one);
    expect(items.map(({ name }) => name).sort()).toEqual(
      w.waldur.invoices.items
        .map(({ name }) => name)
        .sort()
        .slice(-2),
    );
    for (const { name } of items) {
      const [, id] = / 2026-01 arrow-([0-9a-f]{12})$/.exec(name as string)!;
      const [row] = await w.app.database.query(
        `SELECT count(*)::integer AS count FROM invoice_posting WHERE replace(uuid::text, '-', '') LIKE $1 || '%'`,
        [id],
      );
      expect(row.count).toBe(1);
    }
    expect(await w.compared(one)).toMatchObject([
      { month: '2026-01', currency: 'EUR', charged: '15.00', at_waldur: '15.00', difference: '0.00', missing: '0.00' },
    ]);
    expect((await w.push()).result).toMatchObject({ planned: 0, sent: 0 });
    expect(w.atWaldur(one)).toHaveLength(2);
  });

  it('are credited there once a rejected statement that is gone from the export is closed, and wait until then', async () => {
    await w.start({}, [...LABELS, 'Customer Reference', 'Statement State']);
    const one = await w.linked();
    const other = await w.linked(await w.mappedCustomer('Teine OÜ'));
    const on = ({ arrow }: MappedCustomer, reference: string, state: string) => ({
      values: { 'customer-reference': arrow.Reference, 'statement-reference': reference, 'statement-state': state },
    });
    w.export([w.line(one.license, '100', on(one, 'H1', 'Validated'))]);
    await w.reconcile({ force: false });
    await w.push();
    w.export([w.line(one.license, '100', on(one, 'H1', 'Rejected'))]);
    await w.reconcile();
    expect((await w.push()).result).toMatchObject({ planned: 0 });
    const waits = { charged: '0.00', at_waldur: '100.00', difference: '-100.00', waiting: '-100.00' };
    expect(await w.compared(one)).toMatchObject([waits]);
    w.export([w.line(other.license, '5', on(other, 'H2', 'Validated'))]);
    const run = await w.reconcile({ accept_shrinkage: true });
    expect(run.result.settled).toBe(true);
    expect((await w.push()).result).toMatchObject({ planned: 2, sent: 2 });
    expect([w.atWaldur(one), w.atWaldur(other)]).toEqual([['2026-01 100.00', '2026-02 -100.00'], ['2026-01 5.00']]);
    expect(await w.compared(one)).toMatchObject([{ charged: '0.00', at_waldur: '0.00', waiting: '0.00' }]);
  });

  it('wait until what a run has closed is posted', async () => {
    const one = await w.linked();
    const two = await w.linked(one);
    w.consumes(one.license, [[100, 80]]);
    await w.syncConsumption();
    w.export([w.line(one.license, '95'), w.line(two.license, '20')]);
    await w.sync();
    w.export([w.line(one.license, '95'), w.line(two.license, '25')]);
    await w.app.database.query(`
      CREATE FUNCTION refuse_posting() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'refused by the test'; END $$`);
    await w.app.database.query(
      'CREATE TRIGGER refuse_posting BEFORE INSERT ON invoice_posting FOR EACH ROW EXECUTE FUNCTION refuse_posting()',
    );
    try {
      expect(await w.reconcile()).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect((await w.push()).result).toMatchObject({ planned: 0, sent: 0 });
    } finally {
      await w.app.database.query('DROP TRIGGER refuse_posting ON invoice_posting');
      await w.app.database.query('DROP FUNCTION refuse_posting');
    }
    await w.reconcile();
    expect((await w.push()).result).toMatchObject({ planned: 2, sent: 2 });
    expect(w.atWaldur(one)).toEqual(['2026-01 25.00', '2026-01 95.00']);
  });

  it('go on the current month where they come later, and say which month they are for', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    await w.push();
    w.app.clock.set('2026-03-05T06:00:00Z');
    await billed([one, '12.50']);
    expect((await w.push()).result).toMatchObject({ planned: 1, sent: 1 });
    expect(w.atWaldur(one)).toEqual(['2026-01 10.00', '2026-03 2.50']);
    const [, later] = await w.items(one);
    expect(later).toMatchObject({ month: '2026-01', invoice_month: '2026-03', amount: '2.50', state: 'sent' });
    expect(later!.name).toContain(' 2026-01 arrow-');
    expect(await w.compared(one)).toMatchObject([{ month: '2026-01', charged: '12.50', at_waldur: '12.50' }]);
  });

  it('go on the current month where Waldur has closed the invoice of theirs', async () => {
    const one = await w.linked();
    await billed([one, '7']);
    w.waldur.invoices.all.push({
      uuid: 'c'.repeat(32),
      customer_uuid: one.customer.replaceAll('-', ''),
      year: 2026,
      month: 1,
      state: 'created',
      items: [],
    });
    expect((await w.push()).result).toMatchObject({ sent: 1, moved: 1, refused: 0 });
    expect(w.atWaldur(one)).toEqual(['2026-02 7.00']);
    expect(await w.items(one)).toMatchObject([{ invoice_month: '2026-02', state: 'sent' }]);
  });

  it('are tried where they are credits, and listed with what Waldur says where it refuses one', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    await w.push();
    await billed([one, '4']);
    w.waldur.invoices.refuse = ({ unit_price }) =>
      unit_price.startsWith('-') ? 'No credits here, please.' : undefined;
    expect((await w.push()).result).toMatchObject({ refused: 1, sent: 0 });
    expect(await w.items(one, '&state=refused')).toMatchObject([
      { amount: '-6.00', reason: 'refused_by_waldur', said: 'No credits here, please.' },
    ]);
    expect(await w.compared(one)).toMatchObject([{ charged: '4.00', at_waldur: '10.00', refused: '-6.00' }]);
    w.waldur.invoices.refuse = () => undefined;
    expect((await w.push()).result).toMatchObject({ sent: 0 });
    expect((await w.push({ retry_refused: true })).result).toMatchObject({ sent: 1, refused: 0 });
    expect(w.atWaldur(one)).toEqual(['2026-01 10.00', '2026-02 -6.00']);
  });

  it('are listed and not sent where they are of another currency', async () => {
    const one = await w.linked();
    w.export([w.line(one.license, '10', { currency: 'USD' }), w.line(one.license, '3')]);
    await w.reconcile();
    const { body: charges } = await w.app.api.get(`/api/invoices/?customer_uuid=${one.customer}`);
    expect(charges.map(({ currency }: { currency: string }) => currency).sort()).toEqual(['EUR', 'USD']);
    await w.push();
    expect(w.atWaldur(one)).toEqual(['2026-01 3.00']);
    expect(await w.items(one, '&reason=other_currency')).toMatchObject([
      { currency: 'USD', amount: '10.00', state: 'not_sent' },
    ]);
    expect(await w.compared(one)).toEqual(
      expect.arrayContaining([expect.objectContaining({ currency: 'USD', not_sent: '10.00', difference: '10.00' })]),
    );
  });

  it('of months before WALDUR_PUSH_FROM are not sent, also where they change later', async () => {
    const one = await w.linked();
    w.month = '2025-12';
    await billed([one, '10']);
    await w.push();
    await billed([one, '11']);
    await w.push();
    w.month = '2026-01';
    expect(await w.items(one)).toEqual([]);
    expect(w.atWaldur(one)).toEqual([]);
    expect(await w.compared(one, '&from=2025-12')).toMatchObject([
      { month: '2025-12', charged: '11.00', waiting: '0.00', not_sent: '11.00', difference: '11.00' },
    ]);
  });

  describe('of resources whose plan in Waldur has a price', () => {
    const plan = waldurPlan({ unit_price: '0.00', prices: { nodes: '10.0000000000' } });
    const offering = waldurOffering({ plans: [plan] });
    const free = waldurPlan({ unit_price: '0.0000000000', init_price: 0, prices: { nodes: '0.0000000000' } });
    const freeOffering = waldurOffering({ plans: [free] });
    let priced: Linked;

    it('are listed with the reason, and sent once the plan has none', async () => {
      w.waldur.data.offerings.push(offering, freeOffering);
      priced = await w.linkedWith({ offering, plan });
      const other = await w.linkedWith({ offering: freeOffering, plan: free }, priced);
      await billed([priced, '10'], [other, '4']);
      await w.push();
      expect(w.atWaldur(priced)).toEqual(['2026-01 4.00']);
      expect(await w.items(priced, '&state=not_sent')).toMatchObject([{ reason: 'plan_has_price', amount: '10.00' }]);
      plan['prices'] = {};
      await w.readMirror();
      await w.push();
      expect(w.atWaldur(priced)).toEqual(['2026-01 10.00', '2026-01 4.00']);
    });

    it('wait while its prices have not been read', async () => {
      const one = await w.linkedWith({ offering, plan });
      await w.app.database.query('UPDATE plan SET has_price = NULL WHERE uuid = $1', [plan.uuid]);
      await billed([one, '10']);
      await w.push();
      expect(await w.items(one)).toMatchObject([{ state: 'not_sent', reason: 'plan_price_unknown' }]);
      await w.readMirror();
      await w.push();
      expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
    });

    it('are not sent again where it has got one since they were sent and lost, or were deleted', async () => {
      const other = waldurPlan({ unit_price: '0.00' });
      const others = waldurOffering({ plans: [other] });
      w.waldur.data.offerings.push(others);
      const [lost, deleted] = [
        await w.linkedWith({ offering: others, plan: other }),
        await w.linkedWith({ offering: others, plan: other }),
      ];
      await billed([deleted, '5']);
      await w.push();
      await billed([lost, '10'], [deleted, '5']);
      w.waldur.faults.add({ path: 'import_usage', count: 1, action: { kind: 'status', status: 500 } });
      await w.push();
      w.waldur.invoices.of(deleted.customer, '2026-01')!.items.length = 0;
      expect(await w.items(lost)).toMatchObject([{ state: 'sending' }]);
      other['unit_price'] = '7.00';
      await w.readMirror();
      laterThanDoubt();
      expect(await w.push({ retry_missing: true })).toMatchObject({ state: 'succeeded', result: { lost: 1, sent: 0 } });
      for (const one of [lost, deleted]) {
        expect(w.atWaldur(one)).toEqual([]);
        expect(await w.items(one)).toMatchObject([{ state: 'not_sent', reason: 'plan_has_price' }]);
        expect(await w.compared(one)).toMatchObject([{ missing: '0.00', waiting: '0.00' }]);
      }
    });
  });

  describe('whose answer is lost', () => {
    const sent = async (mapped: MappedCustomer) => (await w.items(mapped)).map(({ state }) => state);

    it.each(['reset-before-headers', 'truncated-json', 'html', 'redirect'] as const)(
      'are found by reading, and never sent again (%s)',
      async (kind) => {
        const one = await w.linked();
        await billed([one, '10']);
        w.waldur.requests.length = 0;
        w.waldur.faults.add({
          path: 'import_usage',
          action: kind === 'redirect' ? { kind, location: 'https://other.example/' } : { kind },
        });
        expect(await w.push()).toMatchObject({ state: 'succeeded', result: { found: 1, sent: 0 } });
        expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
        expect(await sent(one)).toEqual(['sent']);
        expect(w.waldur.requests.filter(({ path }) => path === 'invoices/import_usage/')).toHaveLength(1);
      },
    );

    it('are found also where only the next run can read', async () => {
      const one = await w.linked();
      await billed([one, '10']);
      w.waldur.faults.add({ path: 'import_usage', action: { kind: 'reset-before-headers' } });
      w.waldur.faults.add({ path: '^invoice', method: 'GET', after: 2, action: { kind: 'status', status: 502 } });
      expect(await w.push()).toMatchObject({ state: 'failed', error_code: 'waldur_unavailable' });
      expect(await sent(one)).toEqual(['sending']);
      w.waldur.faults.clear();
      expect(await w.push()).toMatchObject({ state: 'succeeded', result: { found: 1, sent: 0 } });
      expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
    });

    it('are sent again only when enough time has passed for Waldur to be over with them', async () => {
      const one = await w.linked();
      await billed([one, '10']);
      w.waldur.faults.add({ path: 'import_usage', count: 1, action: { kind: 'status', status: 500 } });
      const job = await w.push();
      expect(job).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(job.result.not_at_waldur).toContainEqual({ reason: 'sending', currency: 'EUR', items: 1, amount: '10' });
      expect(await w.push()).toMatchObject({ state: 'failed', error_code: 'incomplete' });
      expect(w.atWaldur(one)).toEqual([]);
      laterThanDoubt();
      expect(await w.push()).toMatchObject({ state: 'succeeded', result: { lost: 1, sent: 1 } });
      expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
    });
  });

  it('are not put beside items of ours that are not known here, as after an older backup was restored', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    await w.push();
    const item = w.itemAtWaldur(one, '2026-01');
    item.name = 'Microsoft 365 2026-01 arrow-0123456789ab';
    const two = await w.linked(one);
    w.month = '2026-01';
    await billed([one, '10'], [two, '3']);
    const current = w.waldur.invoices;
    current.all.push({ ...current.of(one.customer, '2026-01')!, uuid: 'd'.repeat(32), month: 2, items: [{ ...item }] });
    const job = await w.push({ check: true });
    expect(job.result.unknown).toEqual([item.name]);
    expect(await w.items(one, '&state=not_sent')).toMatchObject([{ reason: 'unknown_items', amount: '3.00' }]);
    current.of(one.customer, '2026-02')!.items.length = 0;
    expect((await w.push()).result).toMatchObject({ sent: 1 });
  });

  it('are looked at afterwards: what somebody deletes or changes in Waldur shows', async () => {
    const one = await w.linked();
    const two = await w.linked(one);
    await billed([one, '10'], [two, '5']);
    await w.push();
    const { items } = w.waldur.invoices.of(one.customer, '2026-01')!;
    const ten = items.find(({ unit_price }) => unit_price.startsWith('10'))!;
    ten.unit_price = '8.0000000000';
    items.splice(items.indexOf(items.find(({ unit_price }) => unit_price.startsWith('5'))!), 1);
    expect(await w.compared(one, '&differs=true')).toEqual([]);
    await w.push({ check: true });
    expect(await w.compared(one, '&differs=true')).toMatchObject([
      { charged: '15.00', at_waldur: '8.00', difference: '7.00', missing: '7.00', waiting: '0.00' },
    ]);
    expect(await w.items(one, '&differs=true&o=name')).toHaveLength(2);
    expect((await w.items(one, '&differs=true')).map(({ seen_amount }) => seen_amount).sort()).toEqual(['8.00', null]);
    expect((await w.push()).result).toMatchObject({ sent: 0 });
    expect(items).toHaveLength(1);
    const csv = await w.app.api.get(`${ITEMS}comparison/?customer_uuid=${one.customer}&format=csv`);
    expect(String(csv.body)).toContain('2026-01,EUR,15.00,8.00,7.00,0.00,0.00,0.00,7.00');
    // Somebody wants what was deleted after all; what was changed has its name there.
    expect((await w.push({ retry_missing: true })).result).toMatchObject({ sent: 1, found: 0 });
    expect(w.atWaldur(one)).toEqual(['2026-01 5.00', '2026-01 8.00']);
    expect(await w.compared(one, '&differs=true')).toMatchObject([{ difference: '2.00', missing: '2.00' }]);
    items.splice(0);
    expect((await w.push({ retry_missing: true })).result).toMatchObject({ sent: 2 });
    expect(await w.compared(one, '&differs=true')).toEqual([]);
    expect((await w.push({ retry_missing: true })).result).toMatchObject({ sent: 0, found: 0 });
  });

  it('that were sent and not looked at since are not called missing, and are looked at by the next run', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    w.waldur.meanwhile = ({ method, query }) =>
      method === 'GET' && dashed(query.get('customer_uuid') ?? '') === one.customer && w.atWaldur(one).length
        ? { status: 500, body: {} }
        : undefined;
    expect((await w.push()).state).toBe('failed');
    w.waldur.meanwhile = () => undefined;
    expect(await w.items(one)).toMatchObject([{ state: 'sent', seen_at: null, seen_amount: null }]);
    expect(await w.compared(one)).toMatchObject([{ at_waldur: '0.00', waiting: '10.00', missing: '0.00' }]);
    const checks = (await new Operations(w.app.app).run('accounts', {})) as Check[];
    expect(checks.find(({ name }) => name === 'charges at Waldur')!.says).toContain('not_looked_at: 1 (10 EUR)');
    expect(await w.push()).toMatchObject({ state: 'succeeded', result: { sent: 0 } });
    expect(await w.compared(one)).toMatchObject([{ at_waldur: '10.00', waiting: '0.00', difference: '0.00' }]);
  });

  it('are looked at after they were sent, however old the month of their invoice is', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    w.app.clock.set('2027-06-05T06:00:00Z');
    w.waldur.meanwhile = ({ method, query }) =>
      method === 'GET' && dashed(query.get('customer_uuid') ?? '') === one.customer && w.atWaldur(one).length
        ? { status: 500, body: {} }
        : undefined;
    await w.push();
    w.waldur.meanwhile = () => undefined;
    expect(await w.items(one)).toMatchObject([{ state: 'sent', seen_at: null }]);
    expect((await w.push()).state).toBe('succeeded');
    expect(await w.items(one)).toMatchObject([{ state: 'sent', seen_amount: '10.00' }]);
  });

  it('wait where Waldur goes away in the middle, and go on when it is back', async () => {
    const one = await w.linked();
    const amounts: [Linked, string][] = [[one, '1']];
    for (let made = 2; made <= 6; made += 1) amounts.push([await w.linked(one), String(made)]);
    await billed(...amounts);
    w.waldur.faults.add({ path: '^invoice', after: 6, action: { kind: 'status', status: 503 } });
    const job = await w.push();
    expect(job.state).toBe('failed');
    // Whether invoices of others failed too says which of the two it is.
    expect(['incomplete', 'waldur_unavailable']).toContain(job.error_code);
    const before = w.atWaldur(one).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(6);
    w.waldur.faults.clear();
    await w.push();
    laterThanDoubt();
    expect((await w.push()).state).toBe('succeeded');
    expect(w.atWaldur(one)).toEqual(['1.00', '2.00', '3.00', '4.00', '5.00', '6.00'].map((each) => `2026-01 ${each}`));
  });

  it('of others do not wait for an invoice that Waldur cannot show', async () => {
    const [one, two, three] = [await w.linked(), await w.linked(), await w.linked()];
    await billed([one, '1'], [two, '2'], [three, '3']);
    w.waldur.meanwhile = ({ path, query }) =>
      path.startsWith('invoice') && dashed(query.get('customer_uuid') ?? '') === one.customer
        ? { status: 500, body: {} }
        : undefined;
    const job = await w.push();
    w.waldur.meanwhile = () => undefined;
    expect([job.state, job.error_code]).toEqual(['failed', 'incomplete']);
    expect(job.result.failed).toEqual([
      { customer_uuid: one.customer, month: '2026-01', why: expect.stringContaining('status 500') },
    ]);
    expect([one, two, three].map((each) => w.atWaldur(each))).toEqual([[], ['2026-01 2.00'], ['2026-01 3.00']]);
    expect((await w.push()).state).toBe('succeeded');
    expect(w.atWaldur(one)).toEqual(['2026-01 1.00']);
  });

  it('end the run with the reason where the token may not, and nothing is in doubt', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    w.waldur.faults.add({
      path: 'import_usage',
      action: { kind: 'status', status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });
    expect(await w.push()).toMatchObject({ state: 'failed', error_code: 'waldur_not_allowed' });
    expect(await w.items(one)).toMatchObject([{ state: 'intended' }]);
    w.waldur.faults.clear();
    await w.push();
    expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
  });

  it('end the run with the reason where Waldur is older than that request, and are sent once it is not', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    w.waldur.invoices.isOlderThanImport = true;
    expect(await w.push()).toMatchObject({
      ...{ state: 'failed', error_code: 'waldur_too_old' },
      error_message: 'This Waldur is too old to put charges on an invoice.',
    });
    expect(await w.items(one)).toMatchObject([{ state: 'intended' }]);
    w.waldur.invoices.isOlderThanImport = false;
    await w.push();
    expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
  });

  it('are not looked for by a run that was asked for something else', async () => {
    let goOn: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (goOn = resolve));
    w.waldur.meanwhile = () => isHeld;
    const { body } = await w.app.api.post(`${ITEMS}push/`, {});
    for (const wanted of [{ check: true }, { retry_refused: true }, { retry_missing: true }]) {
      const refused = await w.app.api.post(`${ITEMS}push/`, wanted);
      expect([refused.status, refused.body.code]).toEqual([409, 'other_run_under_way']);
    }
    expect((await w.app.api.post(`${ITEMS}push/`, {})).body.job_id).toBe(body.job_id);
    goOn();
    await ended(w.app, body.job_id);
    w.waldur.meanwhile = () => undefined;
  });

  it('are not called missing where the token does not show them any more', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    await w.push();
    const [staff] = w.waldur.data.users;
    staff!['is_staff'] = false;
    const job = await w.push({ check: true, retry_missing: true });
    staff!['is_staff'] = true;
    expect([job.state, job.error_code]).toEqual(['failed', 'waldur_not_allowed']);
    expect(await w.items(one)).toMatchObject([{ state: 'sent', seen_amount: '10.00' }]);
  });

  it('are sent and compared from the command line, and told of by doctor', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    const operations = new Operations(w.app.app);
    expect(await operations.run('charges push', { wait: true })).toMatchObject({ state: 'succeeded' });
    const ofOne = async () =>
      ((await operations.run('charges compare', { from: '2026-01' })) as PushedComparisonRow[]).filter(
        ({ customer_uuid }) => customer_uuid === one.customer,
      );
    expect(await ofOne()).toEqual([]);
    w.waldur.invoices.of(one.customer, '2026-01')!.items.length = 0;
    await operations.run('charges push', { check: true, wait: true });
    expect(await ofOne()).toMatchObject([{ charged: '10.00', at_waldur: '0.00', missing: '10.00' }]);
    const checks = (await operations.run('accounts', {})) as Check[];
    expect(checks.find(({ name }) => name === 'charges at Waldur')).toMatchObject({
      warns: true,
      says: expect.stringContaining('missing: '),
    });
  });

  it('cannot be sent twice or changed by anybody: the database refuses it', async () => {
    const one = await w.linked();
    await billed([one, '10']);
    await w.push();
    const statements = [
      `UPDATE pushed_item SET state = 'intended', sent_at = NULL WHERE state = 'sent'`,
      `UPDATE pushed_item SET amount = 1`,
      `DELETE FROM pushed_item`,
      `INSERT INTO pushed_item (charge_uuid, after_revision, revision, posting_uuid, customer_uuid, charge_month, invoice_month, name, currency, amount)
       SELECT charge_uuid, after_revision, revision + 1, gen_random_uuid(), customer_uuid, charge_month, invoice_month, name || 'x', currency, amount FROM pushed_item LIMIT 1`,
    ];
    for (const statement of statements) await expect(w.app.database.query(statement)).rejects.toThrow();
  });
});

describe('A service that is to push charges', () => {
  const faultsOf = (variables: Record<string, string>) => {
    try {
      readEnv({ WALDUR_PUSH_CHARGES: 'true', ...variables });
      return [];
    } catch (error) {
      return (error as InvalidEnvironmentError).faults;
    }
  };
  const beside = { WALDUR_URL: 'https://waldur.example', WALDUR_TOKEN: 'waldur-token-0123456789abcdef' };

  it('refuses to start when it is half configured, and says what is missing', () => {
    expect(faultsOf({})).toEqual([
      'WALDUR_PUSH_CHARGES needs WALDUR_URL, WALDUR_PUSH_FROM, WALDUR_CURRENCY: set it, or push no charges',
    ]);
    expect(faultsOf({ ...beside, WALDUR_CURRENCY: 'EUR' })).toEqual([
      'WALDUR_PUSH_CHARGES needs WALDUR_PUSH_FROM: set it, or push no charges',
    ]);
    expect(faultsOf({ ...beside, WALDUR_CURRENCY: 'euro', WALDUR_PUSH_FROM: '2026-13' })).toEqual([
      'WALDUR_PUSH_FROM must be a month such as 2026-09',
      'WALDUR_CURRENCY must be an ISO 4217 code such as EUR',
    ]);
    expect(faultsOf({ ...beside, WALDUR_CURRENCY: 'EUR', WALDUR_PUSH_FROM: '2026-09' })).toEqual([]);
  });
});

describe('A service that pushes no charges', () => {
  it('refuses a run with a sentence, and shows what it has', async () => {
    const w = await PushWorld.begin({ WALDUR_PUSH_CHARGES: 'false' });
    try {
      expect(await w.app.api.post(`${ITEMS}push/`, {})).toMatchObject({
        status: 400,
        body: { code: 'charges_not_pushed' },
      });
      expect((await w.app.api.get(ITEMS)).body).toEqual([]);
    } finally {
      await w.beside.stop();
    }
  });
});

describe('A service that may push charges of priced plans', () => {
  it('sends them, by its schedule too, and counts in the metrics what is not there', async () => {
    const w = await PushWorld.begin({ WALDUR_PUSH_PRICED_PLANS: 'true', METRICS_PORT: '0' });
    try {
      const plan = waldurPlan({ unit_price: '5.00' });
      const offering = waldurOffering({ plans: [plan] });
      w.waldur.data.offerings.push(offering);
      const one = await w.linkedWith({ offering, plan });
      w.export([w.line(one.license, '10'), w.line(one.license, '2', { currency: 'USD' })]);
      await w.reconcile();
      w.app.clock.set('2026-02-02T06:00:00Z');
      await w.schedules();
      expect(w.atWaldur(one)).toEqual(['2026-01 10.00']);
      const page = await MetricsPage.read(w.app);
      expect(page.value('waldur_arrow_charges_push_age_seconds')).toBeGreaterThanOrEqual(0);
      expect(page.value('waldur_arrow_charges_not_at_waldur', { reason: 'other_currency', currency: 'USD' })).toBe(2);
      expect(page.value('waldur_arrow_charges_not_at_waldur_items', { reason: 'other_currency' })).toBe(1);
    } finally {
      await w.beside.stop();
    }
  });
});
