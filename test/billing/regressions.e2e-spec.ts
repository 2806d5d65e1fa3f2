import { CustomersService } from '../../src/directory/customers.service.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { startApp, type TestApp } from '../support/app.js';
import { until } from '../support/until.js';
import { BillingWorld, LABELS, tieOut } from './billing-world.js';

const SYNCS = '/api/admin/arrow/billing-syncs';

/** Each test is named after the defect of the existing implementation that it keeps out. Those of the arithmetic are among the vectors. */
describe('defects that must not come back', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (settings?: object, labels?: string[]) => new BillingWorld(app).start(settings, labels);
  const entries = (customer: string): Promise<{ kind: string; amount: string; month: string }[]> =>
    app.database.query(
      `SELECT kind, posting.amount::numeric(22,2)::text AS amount, to_char(invoice.month, 'YYYY-MM') AS month FROM invoice_posting posting
       JOIN invoice ON invoice.uuid = invoice_uuid WHERE customer_uuid = $1 ORDER BY posting.created, revision`,
      [customer],
    );

  describe('D-7: the estimate of the running month', () => {
    const predict = (w: BillingWorld, license: { licenseId: string }, month: string) => {
      const consumed = { sell: 33, buy: 22, list: 40 };
      w.app.arrow.data.predictions[license.licenseId] = {
        currency: 'EUR',
        reportPeriod: month,
        billingStartDate: `${month}-01`,
        values: [{ consumed, estimatedMin: 0, estimatedMax: 0 }],
      };
    };

    test('stands in while ArrowSphere has nothing, marked as such, and gives way to what was consumed', async () => {
      const w = await world();
      app.clock.set('2026-01-15T00:00:00Z');
      const vm = await w.linked();
      predict(w, vm.license, '2026-01');
      await w.syncConsumption();
      expect(await w.record(vm)).toMatchObject({
        consumed_sell: '33.0000000000',
        is_estimate: true,
        raw_data: { source: 'estimate' },
      });
      w.consumes(vm.license, [[12, 10]]);
      await w.syncConsumption();
      expect(await w.record(vm)).toMatchObject({ consumed_sell: '12.0000000000', is_estimate: false });
      w.consumes(vm.license, []);
      expect((await w.syncConsumption()).result).toMatchObject({ skipped: 1, reasons: [{ reason: 'better_known' }] });
      expect(await w.charged(vm.customer)).toBe('12.00');
    });

    test('is never charged to a month past', async () => {
      const w = await world();
      const vm = await w.linked();
      predict(w, vm.license, '2026-02');
      expect((await w.syncConsumption()).result).toMatchObject({ no_data: 1, changed: 0 });
      expect(await w.charged(vm.customer)).toBe('0.00');
    });
  });

  test('D-8: months past are charged at the price source of the account', async () => {
    const w = await world({ invoice_price_source: 'buy' });
    const vm = await w.linked();
    w.consumes(vm.license, [[100, 80]], '2025-12');
    await app.api.post(`${SYNCS}/sync_resource_historical_consumption/`, {
      resource_uuid: vm.resource,
      period_from: '2025-12',
      period_to: '2025-12',
    });
    expect(await w.amounts(vm.customer, '2025-12')).toEqual(['80.00']);
  });

  test('D-10: consumption and lines that shrink to zero are applied; an empty answer changes nothing', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[50, 40]]);
    await w.syncConsumption();
    w.consumes(vm.license, [[0, 0]]);
    expect((await w.syncConsumption()).result).toMatchObject({ changed: 1, no_data: 0 });
    expect(await w.charged(vm.customer)).toBe('0.00');
    w.consumes(vm.license, [[20, 10]]);
    await w.syncConsumption();
    w.consumes(vm.license, []);
    expect((await w.syncConsumption()).result).toMatchObject({ changed: 0, no_data: 1 });
    w.consumes(vm.license, [['null', null]]);
    expect((await w.syncConsumption()).result).toMatchObject({ changed: 0, no_data: 1 });
    expect(await w.charged(vm.customer)).toBe('20.00');

    const seats = await w.linked();
    const [line, other] = [w.line(seats.license, '5.00'), w.line(seats.license, '1000.00')];
    w.export([line, other]);
    await w.sync();
    line.values['sell-total-price'] = '0.00';
    await w.sync();
    expect(await w.charged(seats.customer)).toBe('1000.00');
  });

  test('D-11: syncing a final month by force reverses its closing first, and it can be closed again', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '145.00')]);
    await w.reconcile();
    w.consumes(vm.license, [[160, 130]]);
    const ask = { resource_uuid: vm.resource, period_from: '2026-01', period_to: '2026-01' };
    expect((await app.api.post(`${SYNCS}/sync_resource_historical_consumption/`, ask)).body).toMatchObject({
      periods_skipped: 1,
      periods_synced: 0,
    });
    expect(await w.charged(vm.customer)).toBe('145.00');
    await app.api.post(`${SYNCS}/sync_resource_historical_consumption/`, { ...ask, force: true });
    expect(await w.charged(vm.customer)).toBe('160.00');
    expect(await w.record(vm)).toMatchObject({ is_finalized: false, final_sell: null });
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('145.00');
  });

  test('D-12, D-13: forcing posts what differs, any number of times, and late corrections are posted as well', async () => {
    const w = await world();
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00');
    w.export([line]);
    await w.sync();
    for (const price of ['90.00', '90.00', '120.00', '80.00', '80.00']) {
      line.values['sell-total-price'] = price;
      expect(await w.reconcile({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
      expect(await w.charged(vm.customer)).toBe(price);
    }
    expect((await entries(vm.customer)).map((entry) => entry.amount)).toEqual(['100.00', '-10.00', '30.00', '-40.00']);
  });

  test('D-15: a second currency is another invoice, and is never added up', async () => {
    const w = await world();
    const vm = await w.linked();
    const dollars = w.line(vm.license, '50.00', { currency: 'USD' });
    w.export([w.line(vm.license, '100.00'), w.line(vm.license, '10.00'), dollars]);
    const run = await w.sync();
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 110.00', '2026-01 USD pending 50.00']);
    expect([tieOut(run), tieOut(run, 'USD')]).toEqual([
      { statement: 110, posted: 110, ties_out: true },
      { statement: 50, posted: 50, ties_out: true },
    ]);
    expect(await w.unlinked()).toEqual([]);
  });

  test('D-15: a line whose currency changes moves to the other invoice, at once', async () => {
    const w = await world();
    const vm = await w.linked();
    const lines = [w.line(vm.license, '100.00'), w.line(vm.license, '10.00')];
    w.export(lines);
    await w.sync();
    lines[1]!.values['country-marketplace-currency'] = 'USD';
    const run = await w.sync({ accept_shrinkage: true });
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 100.00', '2026-01 USD pending 10.00']);
    expect([tieOut(run), tieOut(run, 'USD')]).toEqual([
      { statement: 100, posted: 100, ties_out: true },
      { statement: 10, posted: 10, ties_out: true },
    ]);
    await w.reconcile({ accept_shrinkage: true });
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR pending 100.00', '2026-01 USD pending 10.00']);
  });

  test('D-15: a statement is in the currency of its lines, of whatever amount they were in another', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    await w.sync();
    w.export([w.line(vm.license, '100.00', { currency: 'USD' })]);
    await w.sync({ accept_shrinkage: true });
    const { uuid } = await w.invoice(vm.customer, w.month, 'USD');
    expect(await w.statement(vm)).toMatchObject({ currency: 'USD', invoice_uuid: uuid });
  });

  test('D-20: a licence that the export spells otherwise is the same: it is charged once and where it is linked', async () => {
    const w = await world({}, [...LABELS, 'Customer Reference']);
    const vm = await w.linked();
    w.consumes(vm.license, [[100, 80]]);
    await w.syncConsumption();
    const values = {
      'customer-reference': vm.arrow.Reference,
      'ars-subscription-id': `${vm.license.licenseId.toLowerCase()}\u200b`,
    };
    w.export([w.line(vm.license, '95.00', { values })]);
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('100.00');
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('95.00');
    expect(await w.unlinked()).toEqual([]);
  });

  test('D-20: one key holds licence and resource together: linking is enough for consumption and for lines', async () => {
    const w = await world();
    const mapped = await w.mappedCustomer();
    const license = w.license(mapped);
    const resource = (await w.make.resource({ project: mapped.project })).uuid;
    await app.api.post(`/api/marketplace-provider-resources/${resource}/set_backend_id/`, {
      backend_id: license.licenseId,
    });
    w.consumes(license, [[10, 8]]);
    expect((await w.syncConsumption()).result).toMatchObject({ changed: 1 });
    w.export([w.line(license, '11.00', { values: { 'vendor-subscription-id': 'another-key' } })]);
    await w.reconcile();
    const [item] = (await w.invoice(mapped.customer)).items;
    expect(item).toMatchObject({ resource_uuid: resource, project_uuid: mapped.project });
    expect(await w.charged(mapped.customer)).toBe('11.00');
  });

  test('D-22: the same line key under two customers, and as a number, stays with each of them', async () => {
    const w = await world();
    const [one, two] = [await w.linked(), await w.linked()];
    const lines = [w.line(one.license, '10.00', { sequence: '0' }), w.line(two.license, '20.00', { sequence: '0' })];
    w.export(lines);
    await w.sync();
    w.export(lines.toReversed());
    await w.reconcile();
    expect([await w.charged(one.customer), await w.charged(two.customer)]).toEqual(['10.00', '20.00']);
  });

  test('D-23: a statement is final when ArrowSphere has validated all of it, not when the month is over', async () => {
    const w = await world({}, [...LABELS, 'Validation Date']);
    app.clock.set('2026-03-01T00:00:00Z');
    const vm = await w.linked();
    const lines = [
      w.line(vm.license, '10.00', { values: { 'validation-date': '2026-02-03' } }),
      w.line(vm.license, '20.00'),
    ];
    w.export(lines);
    await w.reconcile({ force: false });
    expect(await w.statement(vm)).toMatchObject({ state: 2, arrow_state: 'pending', validated_at: null });
    lines[1]!.values['validation-date'] = '2026-02-05';
    await w.reconcile({ force: false });
    expect(await w.statement(vm)).toMatchObject({
      state: 4,
      arrow_state: 'validated',
      validated_at: '2026-03-01T00:00:00+00:00',
    });
  });

  test('D-24: several statements of one customer are kept apart, in whatever order their lines come', async () => {
    const w = await world();
    const vm = await w.linked();
    const lines = ['H1', 'H2', 'H1', ''].map((statement, i) =>
      w.line(vm.license, `${i + 1}0.00`, { values: { 'statement-reference': statement || null } }),
    );
    w.export(lines);
    await w.sync();
    w.export(lines.toReversed());
    await w.sync();
    const { body } = await app.api.get(`${SYNCS}/?customer_mapping_uuid=${vm.mapping}`);
    expect(
      body
        .map((sync: { statement_reference: string; sell_total: string }) => [sync.statement_reference, sync.sell_total])
        .sort(),
    ).toEqual([
      ['H1', '40.0000000000'],
      ['H2', '20.0000000000'],
      [`SYNC-2026-01-${vm.arrow.Reference}`, '40.0000000000'],
    ]);
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test('D-25: new settings and new mappings of the same partner do not charge anything again', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    await w.sync();
    const type = app.arrow.data.exportTypes.find((one) => one.partnerReference === w.partner)!;
    w.settings = (await w.make.settings({ api_key: w.apiKey, export_type_reference: type.reference })).uuid;
    await w.make.mapping({ settings: w.settings, waldur_customer: vm.customer, arrow_reference: vm.arrow.Reference });
    const run = await w.sync();
    expect(run.result).toMatchObject({ postings: 0, tie_out: [{ ties_out: true }] });
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('100.00');
  });

  test('D-26, D-27: importing resources makes no organisation, project, mapping or invoice of ArrowSphere data', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([
      w.line(vm.license, '10.00'),
      w.line({ ...vm.license, licenseId: 'XSP-NEW' }, '5.00', { customerName: 'Rogue OÜ' }),
    ]);
    await w.sync();
    const counts = () =>
      Promise.all(
        ['customers', 'projects', 'admin/arrow/customer-mappings', 'invoices'].map(async (path) =>
          (await app.api.head(`/api/${path}/`)).headers.get('x-result-count'),
        ),
      );
    const before = await counts();
    const { body } = await app.api.post(`${SYNCS}/sync_resources/`, {
      settings_uuid: w.settings,
      period_from: '2026-01',
      period_to: '2026-01',
      force_import: true,
    });
    expect(body).toMatchObject({
      synced: 1,
      created: 0,
      customers_created: 0,
      errors: [{ subscription_id: 'XSP-NEW' }],
    });
    expect(await counts()).toEqual(before);
  });

  test("D-28: a licence that is linked to somebody else's resource is charged to nobody and reported", async () => {
    const w = await world();
    const [owner, other] = [await w.mappedCustomer(), await w.mappedCustomer()];
    const license = w.license(owner);
    const fields: object = { backend_id: license.licenseId, name: 'Named by its user' };
    const resource = (await w.make.resource({ project: other.project, ...fields })).uuid;
    w.export([w.line(license, '10.00')]);
    await w.sync();
    expect([await w.charged(owner.customer), await w.charged(other.customer)]).toEqual(['0.00', '0.00']);
    const { body } = await app.api.get(`${SYNCS}/unlinked_spend/?period=2026-01&settings_uuid=${w.settings}`);
    expect(body).toEqual([
      expect.objectContaining({
        license_reference: license.licenseId,
        reason: 'resource_of_another_customer',
        amount: '10.00',
      }),
    ]);
    expect((await app.api.get(`/api/marketplace-resources/${resource}/`)).body.name).toBe('Named by its user');
  });

  test.each([
    ['before the close a draft follows the mapping', false, ['0.00', '90.00']],
    ['after the close a correction goes to whom it corrects', true, ['90.00', '0.00']],
  ])('D-31: a mapping changes hands: %s', async (_, isClosed, charged) => {
    const w = await world();
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00');
    w.export([line]);
    await (isClosed ? w.reconcile() : w.sync());
    const stranger = await w.make.customer();
    await w.link(vm.resource, '');
    await w.mapping(vm, { waldur_customer: stranger.uuid });
    line.values['sell-total-price'] = '90.00';
    await w.reconcile();
    expect([await w.charged(vm.customer), await w.charged(stranger.uuid)]).toEqual(charged);
  });

  test('D-34: the same thing asked for ten times at once is one run', async () => {
    const w = await world();
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00');
    w.export([line]);
    await w.sync();
    line.values['sell-total-price'] = '95.00';
    await Promise.all(Array.from({ length: 10 }, () => w.reconcile()));
    await Promise.all([w.reconcile(), w.sync(), w.job('trigger_reconciliation', { force: true })]);
    expect((await entries(vm.customer)).map((entry) => entry.amount)).toEqual(['100.00', '-5.00']);
  });

  test('D-35: consumption that arrives after the month became final meanwhile is left alone', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '145.00')]);
    w.consumes(vm.license, [[170, 130]]);
    const release = app.arrow.hold(({ path }) => path.includes('consumption/monthly'));
    const slow = w.syncConsumption();
    await until(() => app.arrow.inFlight > 0);
    await w.reconcile();
    release();
    expect((await slow).result).toMatchObject({ changed: 0, skipped: 1, reasons: [{ reason: 'finalized' }] });
    expect(await w.charged(vm.customer)).toBe('145.00');
  });

  test('D-37: the database takes no posting on an issued invoice, and no change of one that is there', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '10.00')]);
    await w.sync();
    const { uuid } = await w.issue(vm.customer);
    const again = `INSERT INTO invoice_posting
      SELECT (jsonb_populate_record(NULL::invoice_posting, to_jsonb(posting) || jsonb_build_object('uuid', gen_random_uuid(), 'revision', revision + 1))).*
      FROM invoice_posting posting WHERE invoice_uuid = $1`;
    await expect(app.database.query(again, [uuid])).rejects.toThrow(/open|issued|draft|pending/);
    for (const change of [
      'UPDATE invoice_posting SET amount = 0',
      'DELETE FROM invoice_posting',
      `UPDATE invoice SET state = 'pending' WHERE uuid = '${uuid}'`,
    ]) {
      await expect(app.database.query(change)).rejects.toThrow();
    }
    expect(await w.bills(vm.customer)).toEqual(['2026-01 EUR created 10.00']);
  });

  test('D-38: no invoice is made where nothing is charged', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '0.00')]);
    await w.reconcile();
    expect(await w.invoice(vm.customer)).toBeUndefined();
  });

  test('D-42: long work is a job: the request is answered at once, and the job can be stopped', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '10.00')]);
    const release = app.arrow.hold(({ path }) => path.includes('exports/sync'));
    const asked = { year: 2026, month: 1, settings_uuid: w.settings };
    const { body } = await app.api.post(`${SYNCS}/trigger_sync/`, asked);
    expect((await app.api.post(`${SYNCS}/trigger_sync/`, { ...asked, dry_run: false })).body.job_id).toBe(body.job_id);
    expect(await app.api.post(`${SYNCS}/trigger_sync/`, { ...asked, accept_shrinkage: true })).toMatchObject({
      status: 409,
      body: { code: 'other_run_under_way', error: expect.stringContaining(body.job_id) },
    });
    expect(body).toMatchObject({
      message: 'Sync task scheduled',
      job_id: expect.any(String),
      job_url: expect.stringContaining('/api/admin/arrow/jobs/'),
    });
    expect((await app.api.post(`/api/admin/arrow/jobs/${body.job_id}/cancel/`)).status).toBe(200);
    expect(await w.ended(body.job_url)).toMatchObject({ state: 'cancelled', cancel_requested: true });
    release();
    expect((await app.api.post(`/api/admin/arrow/jobs/${body.job_id}/cancel/`)).status).toBe(200);
    expect(await w.charged(vm.customer)).toBe('0.00');
  });

  test('D-43: a run that ArrowSphere fails says so on the job and on the statement, and changes nothing', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '10.00')]);
    await w.sync();
    app.arrow.data.exportTypes = app.arrow.data.exportTypes.filter((type) => type.partnerReference !== w.partner);
    expect(await w.sync()).toMatchObject({
      state: 'failed',
      error_code: expect.stringContaining('arrow_'),
      error_message: expect.stringContaining('ArrowSphere'),
    });
    expect(await w.statement(vm)).toMatchObject({ error_message: expect.stringContaining('ArrowSphere'), state: 2 });
    expect(await w.charged(vm.customer)).toBe('10.00');
  });

  test('D-52, D-53, D-54: schedules work on the months that are open, on the calendar and at the interval that are set', async () => {
    const w = await world({ sync_enabled: true });
    await w.rules({ open_months: 2, time_zone: 'Pacific/Auckland' });
    const started = async () => {
      await app.app.get(JobRunner).tick();
      const { body } = await app.api.get(`/api/admin/arrow/jobs/?kind=billing-sync&page_size=100`);
      const mine = body.filter(
        (job: { requested_by: string; parameters: { settings_uuid: string } }) =>
          job.requested_by === 'schedule' && job.parameters.settings_uuid === w.settings,
      );
      await Promise.all(mine.map((job: { url: string }) => w.ended(job.url)));
      return mine.map((job: { parameters: { month: string } }) => job.parameters.month).sort();
    };
    // Earlier tests lived later.
    await app.database.query('DELETE FROM job_schedule');
    // In Auckland it is February already.
    app.clock.set('2026-01-31T12:00:00Z');
    expect(await started()).toEqual(['2026-01', '2026-02']);
    app.clock.set('2026-01-31T17:59:00Z');
    expect(await started()).toHaveLength(2);
    app.clock.set('2026-01-31T18:01:00Z');
    expect(await started()).toHaveLength(4);
    await app.api.post(`${SYNCS}/pause_sync/`, { settings_uuid: w.settings });
    app.clock.set('2026-02-01T18:01:00Z');
    expect(await started()).toHaveLength(4);
  });

  test('D-56: what is not to be billed is kept and totalled', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([
      w.line(vm.license, '10.00'),
      w.line(vm.license, '20.00', { values: { classification: 'SAAS' } }),
      w.line(vm.license, '5.00', { values: { classification: 'iaas' } }),
    ]);
    expect(tieOut(await w.sync())).toEqual({ statement: 35, posted: 15, excluded: 20, ties_out: true });
  });

  test('D-57, D-58: a licence that was exchanged midway, and one whose resource has ended, belong to the month', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[10, 8]]);
    await w.syncConsumption();
    const next = w.license(vm);
    await app.api.post(`/api/marketplace-provider-resources/${vm.resource}/set_backend_id/`, {
      backend_id: next.licenseId,
    });
    w.consumes(vm.license, [[15, 12]]);
    w.consumes(next, [[7, 6]]);
    expect((await w.syncConsumption()).result).toMatchObject({ changed: 2 });
    expect(await w.amounts(vm.customer)).toEqual(['15.00', '7.00']);
    await app.api.patch(`/api/marketplace-resources/${vm.resource}/`, { state: 'Terminated' });
    w.consumes(next, [[9, 8]]);
    await w.syncConsumption();
    expect(await w.amounts(vm.customer)).toEqual(['15.00', '9.00']);
  });

  test('D-62: what a customer may see has no buy prices in it', async () => {
    const w = await world();
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 119.37]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '145.00', { buy: '113.91' })]);
    await w.reconcile();
    expect(JSON.stringify(await w.invoice(vm.customer))).not.toMatch(/119\.37|113\.91|buy/);
    expect(await app.app.get(CustomersService).get(vm.customer)).toBeDefined();
  });

  test('final_only: consumption is for information and charges nothing', async () => {
    const w = await world();
    await w.rules({ charge_mode: 'final_only' });
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    expect(await w.record(vm)).toMatchObject({ consumed_sell: '150.0000000000' });
    expect(await w.charged(vm.customer)).toBe('0.00');
    w.export([w.line(vm.license, '100.00'), w.line(vm.license, '45.00')]);
    await w.reconcile();
    expect(await w.amounts(vm.customer)).toEqual(['145.00']);
    expect(await w.record(vm)).toMatchObject({ final_sell: '145.0000000000', is_reconciled: true });
  });
});
