import { consumptionLine } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS } from './billing-world.js';

const SYNCS = '/api/admin/arrow/billing-syncs';

/** Every operation of billing besides the runs themselves. */
describe('billing operations', () => {
  let app: TestApp;
  let w: BillingWorld;
  let vm: Awaited<ReturnType<BillingWorld['linked']>>;
  let unlinked: ReturnType<BillingWorld['license']>;

  beforeAll(async () => {
    app = await startApp();
    w = await new BillingWorld(app).start();
    vm = await w.linked();
    unlinked = w.license(vm);
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    const stranger = { ...unlinked, licenseId: 'XSP-STRANGER', customerName: '=Stranger' };
    w.export([
      w.line(vm.license, '145.25', { buy: '116.20' }),
      w.line(unlinked, '20.00', { buy: '15.00' }),
      w.line(stranger, '7.00'),
    ]);
    await w.sync();
    await w.reconcile();
  });
  afterAll(() => app.stop());

  const get = async (path: string) => (await app.api.get(path)).body;
  const post = (path: string, body: object = {}) => app.api.post(`${SYNCS}/${path}/`, body);

  test('statements are listed with every filter, counted and fetched by their link', async () => {
    const [sync] = await get(`${SYNCS}/`);
    expect(sync).toMatchObject({
      arrow_reference: vm.arrow.Reference,
      report_period: '2026-01',
      state: 4,
      arrow_state: 'validated',
      currency: 'EUR',
      items_count: 2,
    });
    expect((await app.api.get(sync.url)).body).toEqual(sync);
    const match = [
      `customer_mapping=${encodeURIComponent(sync.customer_mapping)}`,
      `customer_mapping_uuid=${vm.mapping}`,
      `settings_uuid=${w.settings}`,
      `statement_reference=${sync.statement_reference.slice(2, 9)}`,
      'report_period=2026-01',
      'report_period_from=2026-01&report_period_to=2026-01',
      'state=4',
      'arrow_state=VALIDATED',
    ];
    for (const filter of match) expect([filter, (await get(`${SYNCS}/?${filter}`)).length]).toEqual([filter, 1]);
    for (const filter of [
      'report_period=2026-02',
      'report_period=nonsense',
      'report_period_from=2026-02',
      'state=2',
      'state=-40000',
      'arrow_state=pending',
      'customer_mapping=nowhere',
    ]) {
      expect([filter, (await get(`${SYNCS}/?${filter}`)).length]).toEqual([filter, 0]);
    }
    expect((await app.api.head(`${SYNCS}/?state=4`)).headers.get('x-result-count')).toBe('1');
    expect((await app.api.get(`${SYNCS}/?settings_uuid=x`)).body).toEqual({ settings_uuid: ['Enter a valid UUID.'] });
    expect(await app.api.get(`${SYNCS}/${vm.mapping}/`)).toMatchObject({
      status: 404,
      body: { detail: 'No ArrowBillingSync matches the given query.' },
    });
    expect((await app.api.post(`${SYNCS}/`, {})).status).toBe(405);
  });

  test('lines are listed with every filter and say what charges them', async () => {
    const items = await get('/api/admin/arrow/billing-sync-items/');
    expect(items).toHaveLength(2);
    const item = items.find((one: { original_price: string }) => one.original_price === '145.2500000000');
    expect(item).toMatchObject({
      report_period: '2026-01',
      has_compensation: true,
      classification: 'IAAS',
      quantity: '1.0000000000',
    });
    expect((await app.api.get(item.url)).body).toEqual(item);
    const filters = [
      'has_compensation=true',
      `arrow_line_reference=${item.arrow_line_reference}`,
      `subscription_reference=${vm.license.vendorLicenseId}`,
    ];
    for (const filter of filters)
      expect([filter, (await get(`/api/admin/arrow/billing-sync-items/?${filter}`)).length]).toEqual([filter, 1]);
    for (const filter of [
      'report_period=2026-01',
      'vendor_name=micro',
      'classification=IAAS',
      `billing_sync_uuid=${item.billing_sync_uuid}`,
      `billing_sync=${item.billing_sync}`,
    ]) {
      expect([filter, (await get(`/api/admin/arrow/billing-sync-items/?${filter}`)).length]).toEqual([filter, 2]);
    }
    expect(
      (await app.api.head('/api/admin/arrow/billing-sync-items/?has_compensation=false')).headers.get('x-result-count'),
    ).toBe('1');
    expect((await app.api.post('/api/admin/arrow/billing-sync-items/', {})).status).toBe(405);
  });

  test('consumption records are listed with every filter', async () => {
    const path = '/api/admin/arrow/consumption-records/';
    const [record] = await get(path);
    expect(record).toMatchObject({
      resource_uuid: vm.resource,
      customer_uuid: vm.customer,
      project_uuid: vm.project,
      billing_period: '2026-01-01',
      consumed_sell: '150.0000000000',
      final_buy: '116.2000000000',
      is_finalized: true,
      raw_data: { line_count: 1, source: 'monthly' },
    });
    expect((await app.api.get(record.url)).body).toEqual(record);
    const match = [
      `resource=${record.resource}`,
      `resource_uuid=${vm.resource}`,
      `project_uuid=${vm.project}`,
      `customer_uuid=${vm.customer}`,
    ];
    match.push(
      `license_reference=${vm.license.licenseId}`,
      'billing_period=2026-01-01',
      'billing_period_from=2026-01-01&billing_period_to=2026-01-31',
      'is_finalized=true',
      'is_reconciled=true',
    );
    for (const filter of match) expect([filter, (await get(`${path}?${filter}`)).length]).toEqual([filter, 1]);
    for (const filter of ['is_finalized=false', 'billing_period=2026-02-01', `customer_uuid=${vm.project}`])
      expect([filter, (await get(`${path}?${filter}`)).length]).toEqual([filter, 0]);
    expect((await app.api.head(path)).headers.get('x-result-count')).toBe('1');
    expect((await app.api.post(path, {})).status).toBe(405);
  });

  test('lists come in the order asked for', async () => {
    const prices = async (o: string) =>
      (await get(`/api/admin/arrow/billing-sync-items/?o=${o}`)).map((item: { original_price: string }) =>
        Number(item.original_price),
      );
    expect([await prices('original_price'), await prices('-original_price')]).toEqual([
      [20, 145.25],
      [145.25, 20],
    ]);
    for (const [path, o] of [
      ['billing-syncs', '-report_period,sell_total'],
      ['consumption-records', 'consumed_sell,-last_sync_at'],
    ])
      expect((await app.api.get(`/api/admin/arrow/${path}/?o=${o}`)).status).toBe(200);
  });

  test('a customer mapping with bills is not deleted, and the answer says what to do instead', async () => {
    expect(await app.api.delete(`/api/admin/arrow/customer-mappings/${vm.mapping}/`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('Switch it off with is_active=false instead.') },
    });
  });

  test('status, statistics and pending records answer the same whatever the size', async () => {
    expect(await get(`${SYNCS}/consumption_status/`)).toEqual({
      global_sync_enabled: false,
      settings_sync_enabled: false,
      settings_uuid: w.settings,
      last_sync_run: '2026-02-01T06:00:00+00:00',
      pending_count: 0,
      synced_count: 1,
      failed_count: 0,
    });
    expect(await get(`${SYNCS}/consumption_statistics/`)).toEqual({
      total_records: 1,
      pending_records: 0,
      finalized_records: 1,
      reconciled_records: 1,
      currency: 'EUR',
      total_consumed_sell: '150.00',
      total_adjustments: '-4.75',
      period_breakdown: [
        { period: '2026-01', count: 1, consumed_sell: '150.00', finalized_count: 1, reconciled_count: 1 },
      ],
    });
    expect(await get(`${SYNCS}/pending_records/`)).toEqual([]);
    for (const path of ['consumption_status', 'consumption_statistics'])
      expect((await app.api.head(`${SYNCS}/${path}/`)).headers.get('x-result-count')).toBe('1');
    expect((await app.api.head(`${SYNCS}/pending_records/`)).headers.get('x-result-count')).toBe('0');
  });

  test('the summary of a customer counts what is its own', async () => {
    const summary = await get(`/api/admin/arrow/customer-mappings/${vm.mapping}/billing_summary/`);
    expect(summary).toMatchObject({
      customer_mapping_uuid: vm.mapping,
      waldur_customer_uuid: vm.customer,
      total_consumption_records: 1,
      total_consumed_sell: '150.00',
      total_final_sell: '145.25',
      reconciled_records: 1,
      total_billing_syncs: 1,
      total_billing_sell: '165.25',
      mappings_of_customer: 1,
      recent_consumption_records: [
        expect.objectContaining({ billing_period: '2026-01-01', final_sell: '145.25', is_reconciled: true }),
      ],
      recent_billing_syncs: [
        expect.objectContaining({ report_period: '2026-01', state: '4', sell_total: '165.25', items_count: 2 }),
      ],
    });
  });

  test('a customer with two mappings is counted once, and the summary says so', async () => {
    const second = await w.make.mapping({
      settings: w.settings,
      waldur_customer: vm.customer,
      arrow_reference: 'XSP-SECOND',
    });
    const [one, two] = [
      await get(`/api/admin/arrow/customer-mappings/${vm.mapping}/billing_summary/`),
      await get(`/api/admin/arrow/customer-mappings/${second.uuid}/billing_summary/`),
    ];
    expect([one.total_consumption_records, two.total_consumption_records]).toEqual([1, 0]);
    expect(two).toMatchObject({
      mappings_of_customer: 2,
      consumption_counted_by: 'license_owner',
      total_final_sell: null,
      total_billing_sell: null,
    });
    await app.api.delete(`/api/admin/arrow/customer-mappings/${second.uuid}/`);
  });

  test('a line is explained from the cells ArrowSphere sent to the entries on the invoice', async () => {
    const [sync] = await get(`${SYNCS}/`);
    const lines = await get(`${SYNCS}/${sync.uuid}/explain/`);
    const line = lines.find(({ normalised }: { normalised: { sell: string } }) => Number(normalised.sell) === 145.25);
    expect(line).toMatchObject({
      raw: expect.objectContaining({ 'Sell Total Price': '145.25', 'ARS Subscription ID': vm.license.licenseId }),
      normalised: { sell: '145.25', buy: '116.2', currency: 'EUR' },
      match: {
        status: 'billable',
        arrow_customer_reference: vm.arrow.Reference,
        customer_uuid: vm.customer,
        resource_uuid: vm.resource,
      },
      why: expect.stringContaining('145.25'),
    });
    expect(Number(line.posted)).toBe(145.25);
    expect(line.postings.map(({ kind, amount }: Record<string, unknown>) => [kind, Number(amount)])).toEqual([
      ['charge', 150],
      ['compensation', -4.75],
    ]);
    const csv = await app.api.get(`${SYNCS}/${sync.uuid}/explain/?format=csv`);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.body.trim().split('\r\n')).toHaveLength(3);
  });

  test('unlinked licence spend is listed, largest first, with the fix', async () => {
    const rows = await get(`${SYNCS}/unlinked_spend/?period=2026-01`);
    expect(rows).toEqual([
      expect.objectContaining({
        license_reference: unlinked.licenseId,
        amount: '20.00',
        charged: true,
        reason: 'not_linked',
      }),
      expect.objectContaining({
        license_reference: 'XSP-STRANGER',
        amount: '7.00',
        charged: false,
        reason: 'customer_unknown',
      }),
    ]);
    const csv = await app.api.get(`${SYNCS}/unlinked_spend/?period=2026-01&format=csv`);
    expect(csv.body).toContain(`XSP-STRANGER,'=Stranger,Microsoft,7.00,EUR,1,false`);
  });

  test('margins are shown per month and vendor', async () => {
    const rows = await get(`/api/admin/arrow/customer-mappings/${vm.mapping}/margin/?from=2026-01&to=2026-01`);
    expect(rows).toEqual([
      {
        period: '2026-01',
        vendor_name: 'Microsoft',
        currency: 'EUR',
        buy: '131.20',
        sell: '165.25',
        margin: '34.05',
        margin_percent: '20.61',
        lines: 2,
        lines_without_both_prices: 0,
      },
    ]);
    expect(
      await app.api.get(`/api/admin/arrow/customer-mappings/${vm.mapping}/margin/?from=2026-02&to=2026-01`),
    ).toMatchObject({ status: 400, body: { from: [expect.any(String)] } });
  });

  test('ArrowSphere is shown as it is', async () => {
    const period = '2026-01';
    expect(await post('fetch_consumption', { license_reference: vm.license.licenseId, period })).toMatchObject({
      status: 200,
      body: { row_count: 1, period },
    });
    expect(
      await post('fetch_billing_export', { period_from: period, period_to: period, classification: 'iaas' }),
    ).toMatchObject({
      status: 200,
      body: {
        row_count: 3,
        classification: 'iaas',
        data: expect.arrayContaining([expect.objectContaining({ 'Sell Total Price': '145.25' })]),
      },
    });
    expect(await post('fetch_license_info', { license_reference: vm.license.licenseId })).toMatchObject({
      status: 200,
      body: { data: { license_id: vm.license.licenseId } },
    });
    expect((await post('fetch_license_info', { license_reference: 'XSP-NONE' })).status).toBe(400);
  });

  test.each([
    ['fetch_consumption', { license_reference: 'X', period: '2024-1' }, 'period'],
    ['fetch_billing_export', { period_from: '2024-13', period_to: '2024-01' }, 'period_from'],
    ['fetch_billing_export', { period_from: '2024-02', period_to: '2024-01' }, 'period_from'],
    ['cleanup_consumption', { period_from: 'abc' }, 'period_from'],
    ['cleanup_consumption', { only_finalized: true, only_unfinalized: true }, 'non_field_errors'],
    ['sync_resources', { period_from: '2020-01', period_to: '2026-01' }, 'period_from'],
    ['trigger_sync', { year: 2026, month: 13 }, 'month'],
    ['trigger_sync', { year: 1999, month: 1 }, 'year'],
    ['trigger_consumption_sync', { month: 1 }, 'year'],
    ['sync_resource_historical_consumption', { resource_uuid: 'x' }, 'resource_uuid'],
  ])('D-45: %s refuses %p', async (action, body, field) => {
    const answer = await post(action, body);
    expect(answer).toMatchObject({ status: 400, body: { [field]: [expect.any(String)] } });
  });

  test.each([
    ['trigger_sync', { settings_uuid: '00000000-0000-4000-8000-000000000000' }, 404],
    ['trigger_sync', { resource_uuid: '00000000-0000-4000-8000-000000000000' }, 404],
    ['trigger_consumption_sync', { resource_uuid: '00000000-0000-4000-8000-000000000000' }, 404],
    ['reconcile', { settings_uuid: '00000000-0000-4000-8000-000000000000' }, 404],
    ['pause_sync', { settings_uuid: '00000000-0000-4000-8000-000000000000', pause_global: true }, 404],
    ['sync_resource_historical_consumption', { resource_uuid: '00000000-0000-4000-8000-000000000000' }, 404],
  ])(
    'D-41, D-43, D-44: %s refuses what it does not know, before anything is queued or changed: %p',
    async (action, body, status) => {
      const before = (await app.api.head('/api/admin/arrow/jobs/')).headers.get('x-result-count');
      const answer = await post(action, { year: 2026, month: 1, ...body });
      expect(answer).toMatchObject({ status, body: { error: expect.any(String), detail: answer.body.error } });
      expect((await app.api.head('/api/admin/arrow/jobs/')).headers.get('x-result-count')).toBe(before);
      expect(await get(`${SYNCS}/consumption_status/`)).toMatchObject({
        global_sync_enabled: false,
        settings_sync_enabled: false,
      });
    },
  );

  test('a resource without a licence is refused', async () => {
    const bare = (await w.make.resource({ project: vm.project })).uuid;
    expect(await post('trigger_sync', { year: 2026, month: 1, resource_uuid: bare })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('backend_id') },
    });
  });

  test('pausing stops what a person starts, too, says who did it, and resuming starts it again', async () => {
    expect((await post('pause_sync', { reason: 'prices under review' })).body).toEqual({ paused: [w.settings] });
    expect(await post('trigger_sync', { year: 2026, month: 1 })).toMatchObject({
      status: 409,
      body: { code: 'billing_paused', detail: expect.stringContaining('admin') },
    });
    expect((await post('trigger_consumption_sync', { year: 2026, month: 1 })).status).toBe(409);
    expect(await get(`/api/admin/arrow/billing-accounts/${w.settings}/`)).toMatchObject({
      billing_paused: true,
      paused_by: 'admin',
      pause_reason: 'prices under review',
    });
    expect((await post('resume_sync', { pause_global: true, settings_uuid: w.settings })).body).toEqual({
      resumed: ['global', w.settings],
    });
    expect(await get(`${SYNCS}/consumption_status/`)).toMatchObject({
      global_sync_enabled: true,
      settings_sync_enabled: true,
    });
    expect((await w.sync()).state).toBe('succeeded');
    expect((await post('pause_sync', { pause_global: true })).body).toEqual({ paused: ['global'] });
    expect((await post('trigger_consumption_sync', { year: 2026, month: 1 })).status).toBe(409);
    await post('resume_sync', { pause_global: true });
  });

  test('a dry run shows what would be posted and changes nothing', async () => {
    const other = await new BillingWorld(app).start();
    const dry = await other.linked();
    other.export([other.line(dry.license, '30.00')]);
    const run = await other.sync({ dry_run: true });
    expect(run).toMatchObject({
      state: 'succeeded',
      result: {
        outcome: 'planned',
        postings: 1,
        sample: [expect.objectContaining({ kind: 'charge' })],
      },
    });
    expect(await other.invoice(dry.customer)).toBeUndefined();
    expect(await other.statement(dry)).toBeUndefined();
  });

  test('a run for one resource charges its lines and leaves statements and their totals alone', async () => {
    const other = await new BillingWorld(app).start();
    const [one, two] = [await other.linked(), await other.linked()];
    other.export([other.line(one.license, '30.00'), other.line(two.license, '40.00')]);
    await other.sync({ resource_uuid: one.resource });
    expect([await other.charged(one.customer), await other.charged(two.customer)]).toEqual(['30.00', '0.00']);
    expect(await other.statement(one)).toMatchObject({ state: 1, sell_total: '0.0000000000' });
    await other.sync();
    expect([await other.charged(one.customer), await other.charged(two.customer)]).toEqual(['30.00', '40.00']);
    expect(await other.statement(one)).toMatchObject({ state: 2, sell_total: '30.0000000000' });
  });

  test('a run for one resource charges nothing of a statement that ArrowSphere rejected, seen before or not', async () => {
    const other = await new BillingWorld(app).start({}, [...LABELS, 'Statement State']);
    const one = await other.linked();
    other.export([other.line(one.license, '30.00', { values: { 'statement-state': 'Rejected' } })]);
    for (let run = 0; run < 2; run++) {
      await other.sync({ resource_uuid: one.resource });
      expect(await other.charged(one.customer)).toBe('0.00');
      expect(await other.statement(one)).toMatchObject({ state: 1, arrow_state: 'rejected' });
    }
  });

  test('texts are found in any script, capital or not', async () => {
    const other = await new BillingWorld(app).start();
    const one = await other.linked();
    const values = { 'statement-reference': 'ÄRVE-ЖУК', 'vendor-name': 'ÕLI Жук', 'vendor-subscription-id': 'ŠÜK-1' };
    other.export([other.line(one.license, '30.00', { values: { ...values, 'line-reference': 'РИДА-Ž' } })]);
    await other.sync();
    const count = async (list: string, filter: Record<string, string>) =>
      ((await get(`/api/admin/arrow/${list}/?${new URLSearchParams(filter).toString()}`)) as unknown[]).length;
    expect(await count('billing-syncs', { statement_reference: 'ärve-жук' })).toBe(1);
    expect(await count('billing-sync-items', { vendor_name: 'õli жук' })).toBe(1);
    expect(await count('billing-sync-items', { subscription_reference: 'šük' })).toBe(1);
    expect(await count('billing-sync-items', { arrow_line_reference: 'рида-ž' })).toBe(1);
    expect(await count('billing-sync-items', { arrow_line_reference: 'рид_-ž' })).toBe(0);
  });

  test('an issued invoice takes nothing any more: corrections go to the open month and name the old one', async () => {
    const other = await new BillingWorld(app).start();
    const late = await other.linked();
    const line = other.line(late.license, '100.00');
    other.export([line]);
    await other.reconcile();
    const invoice = await other.invoice(late.customer);
    expect((await app.api.post(`/api/invoices/${invoice.uuid}/issue/`)).body).toMatchObject({
      state: 'created',
      due_date: '2026-03-03',
    });
    line.values['sell-total-price'] = '90.00';
    await other.reconcile();
    expect(await other.amounts(late.customer)).toEqual(['100.00']);
    const february = await other.invoice(late.customer, '2026-02');
    expect(await other.amounts(late.customer, '2026-02')).toEqual(['-10.00']);
    expect(february.items).toEqual([
      expect.objectContaining({
        name: expect.stringContaining('credit for 2026-01'),
        project_uuid: late.project,
        resource_uuid: late.resource,
      }),
    ]);
    expect((await app.api.post(`/api/invoices/${february.uuid}/paid/`)).status).toBe(409);
    expect((await app.api.post(`/api/invoices/${invoice.uuid}/paid/`)).body).toMatchObject({ state: 'paid' });
    expect((await app.api.get(`/api/invoices/?state=paid&customer_uuid=${late.customer}`)).body).toHaveLength(1);
    const csv = await app.api.get(`/api/invoices/${february.uuid}/items/?format=csv`);
    expect(csv.body.split('\r\n')[1]).toContain('-10.00');
  });

  test('sync_resources makes resources for unlinked licences, and nothing else', async () => {
    const other = await new BillingWorld(app).start();
    const mapped = await other.mappedCustomer();
    const license = other.license(mapped);
    other.export([other.line(license, '10.00')]);
    await other.sync();
    const offering_uuid = (await other.make.offering()).uuid;
    const range = { period_from: '2026-01', period_to: '2026-01', settings_uuid: other.settings };
    expect((await post('sync_resources', range)).body).toMatchObject({
      synced: 0,
      created: 0,
      errors: [{ subscription_id: license.licenseId }],
    });
    expect(
      (await post('sync_resources', { ...range, offering_uuid, project_uuid: mapped.project })).body,
    ).toMatchObject({ synced: 1, created: 1, customers_created: 0, errors: [] });
    expect(
      (await post('sync_resources', { ...range, offering_uuid, project_uuid: mapped.project })).body,
    ).toMatchObject({ synced: 1, created: 0 });
  });
});

describe('consumption operations', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  test('months past are asked for in one call, previewed first, and counted honestly', async () => {
    const w = await new BillingWorld(app).start();
    const vm = await w.linked();
    w.consumes(vm.license, [[10, 8]], '2025-11');
    w.consumes(vm.license, [[20, 16]], '2025-12');
    const ask = { resource_uuid: vm.resource, period_from: '2025-10', period_to: '2025-12' };
    app.arrow.requests.length = 0;
    const preview = await app.api.post(`${SYNCS}/sync_resource_historical_consumption/`, { ...ask, dry_run: true });
    expect(preview.body).toMatchObject({ dry_run: true, periods_synced: 2, periods_no_data: 1, periods_skipped: 0 });
    expect(preview.body.preview_periods).toContainEqual({
      period: '2025-11',
      status: 'data',
      row_count: 1,
      consumed_sell: '10',
      consumed_buy: '8',
      has_existing: false,
      existing_consumed_sell: null,
      is_finalized: false,
      is_reconciled: false,
    });
    expect(app.arrow.requests.filter((request) => request.path.includes('consumption'))).toHaveLength(1);
    expect(await w.charged(vm.customer)).toBe('0.00');
    const done = await app.api.post(`${SYNCS}/sync_resource_historical_consumption/`, ask);
    expect(done.body).toMatchObject({
      dry_run: false,
      periods_synced: 2,
      periods_no_data: 1,
      errors: [],
      preview_periods: [],
    });
    expect([await w.amounts(vm.customer, '2025-11'), await w.amounts(vm.customer, '2025-12')]).toEqual([
      ['10.00'],
      ['20.00'],
    ]);
    const month = { period: w.month, sell: 5, buy: 4, currency: 'USD' };
    app.arrow.data.consumption[vm.license.licenseId]!.push(consumptionLine(month));
    await w.syncConsumption();
    const { body: summary } = await app.api.get(`/api/admin/arrow/customer-mappings/${vm.mapping}/billing_summary/`);
    expect(summary).toMatchObject({ currency: 'EUR', total_consumption_records: 3, total_consumed_sell: '30.00' });
    const { body: statistics } = await app.api.get(`${SYNCS}/consumption_statistics/`);
    expect(statistics).toMatchObject({ currency: 'EUR', total_records: 3, total_consumed_sell: '30.00' });
  });

  test('D-39: cleaning up credits what was charged and keeps every entry', async () => {
    const w = await new BillingWorld(app).start();
    const vm = await w.linked();
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    const rest = { resource_uuid: vm.resource };
    expect((await app.api.post(`${SYNCS}/cleanup_consumption/`, rest)).body).toEqual({
      dry_run: true,
      records_to_delete: 1,
      records_deleted: 0,
      compensation_items_affected: 0,
      invoice_items_affected: 1,
      refused: [],
    });
    expect(await w.charged(vm.customer)).toBe('150.00');
    expect((await app.api.post(`${SYNCS}/cleanup_consumption/`, { ...rest, dry_run: false })).body).toMatchObject({
      records_deleted: 1,
    });
    expect(await w.charged(vm.customer)).toBe('0.00');
    expect(await w.record(vm)).toBeUndefined();
    await w.syncConsumption();
    expect(await w.charged(vm.customer)).toBe('150.00');
  });
});
