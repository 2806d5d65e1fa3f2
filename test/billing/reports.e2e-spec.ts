import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, LABELS, type Linked, tieOut } from './billing-world.js';

const SYNCS = '/api/admin/arrow/billing-syncs';

/** What people ask of billing beside the invoices: explanations, unlinked spend, margins, summaries. */
describe('billing reports', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = () => new BillingWorld(app).start();
  const get = async (path: string) => (await app.api.get(path)).body;

  /** All lines of the organisation's statement, in pages of 3. */
  const explained = async (w: BillingWorld, vm: Linked) => {
    const { uuid } = await w.statement(vm);
    const lines = [];
    for (let page = 1; ; page++) {
      const { body, headers } = await app.api.get(`${SYNCS}/${uuid}/explain/?page_size=3&page=${page}`);
      lines.push(...body);
      if (lines.length >= Number(headers.get('x-result-count'))) return lines;
    }
  };
  const cents = (lines: readonly { posted: string }[]) =>
    lines.reduce((total, { posted }) => total + Math.round(Number(posted) * 100), 0);
  const sumOf = (postings: readonly { amount: string }[]) =>
    postings.reduce((total, { amount }) => total + Math.round(Number(amount) * 100), 0);

  describe('a statement explained', () => {
    test('goes from the cells that ArrowSphere sent to the postings of the charge', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[150, 120]]);
      await w.syncConsumption();
      w.export([w.line(vm.license, '145.25', { buy: '116.20' })]);
      await w.reconcile();
      const [line] = await explained(w, vm);
      const charge = line.postings[0].idempotency_key.split('/')[0];
      const { uuid: invoice_uuid } = await w.invoice(vm.customer);
      expect(line).toMatchObject({
        raw: { 'Sell Total Price': '145.25', 'ARS Subscription ID': vm.license.licenseId },
        normalised: { sell: '145.25', buy: '116.2', currency: 'EUR', priced: true },
        match: {
          status: 'billable',
          reason: '',
          presence: 'present',
          arrow_customer_reference: vm.arrow.Reference,
          customer_uuid: vm.customer,
          project_uuid: vm.project,
          resource_uuid: vm.resource,
        },
        charge_key: `${vm.license.licenseId}/${vm.customer}/EUR`,
        posted: '145.25',
        postings: [
          { idempotency_key: `${charge}/1`, kind: 'charge', amount: '150.00', target: '150', invoice_uuid },
          { idempotency_key: `${charge}/2`, kind: 'compensation', amount: '-4.75', target: '145.25', invoice_uuid },
        ],
        why: `The licence ${vm.license.licenseId} is charged by its line in the export; 145.25 EUR are charged for it in 2 postings.`,
      });
      expect(line.postings[0].invoice_month).toBe('2026-01');
    });

    test.each([
      ['halves of a cent', ['3.335', '3.335', '3.334', '0.001', '-0.006']],
      ['credits', ['10.004', '-4.003', '-6.001']],
      ['many small ones', Array.from({ length: 11 }, () => '0.004')],
      ['one without an amount', ['5.555', '0', '1.111']],
    ])('gives each line its rounded part and the last one the rest: %s', async (_what, amounts) => {
      const w = await world();
      const vm = await w.linked();
      w.export(amounts.map((amount) => w.line(vm.license, amount)));
      await w.sync();
      const lines = await explained(w, vm);
      expect(lines).toHaveLength(amounts.length);
      expect(cents(lines)).toBe(sumOf(lines[0].postings));
      const rest = lines.filter(({ normalised, posted }) => Number(posted) !== rounded(normalised.sell));
      expect(rest.length).toBeLessThanOrEqual(1);
    });

    test('adds up where consumption is charged, where lines are gone, and over two statements of one licence', async () => {
      const w = await world();
      const vm = await w.linked();
      w.consumes(vm.license, [[30, 20]]);
      await w.syncConsumption();
      const lines = ['5.00', '6.00'].map((amount) => w.line(vm.license, amount));
      w.export(lines);
      await w.sync();
      const provisional = await explained(w, vm);
      expect([cents(provisional), provisional[0].why]).toEqual([
        3000,
        expect.stringContaining('charged by its consumption until all its statements are closed'),
      ]);
      w.export([...lines.slice(1), w.line(vm.license, '7.00', { values: { 'statement-reference': 'ST-SECOND' } })]);
      await w.reconcile();
      const all = [];
      for (const { uuid } of await get(`${SYNCS}/?customer_mapping_uuid=${vm.mapping}`))
        all.push(...(await get(`${SYNCS}/${uuid}/explain/?page_size=100`)));
      expect(cents(all)).toBe(sumOf(all[0].postings));
      const gone = all.find((line) => line.match.presence === 'missing');
      expect([gone.posted, gone.why]).toEqual([
        '0.00',
        expect.stringContaining('The latest accepted export does not have the line any more'),
      ]);
    });

    test('says what waits for the close of an issued invoice', async () => {
      const w = await world();
      const vm = await w.linked();
      const line = w.line(vm.license, '100.00');
      w.export([line]);
      await w.sync();
      await app.api.post(`/api/invoices/${(await w.invoice(vm.customer)).uuid}/issue/`);
      line.values['sell-total-price'] = '90.00';
      await w.sync();
      const [explanation] = await explained(w, vm);
      expect([explanation.posted, explanation.why]).toEqual([
        '100.00',
        expect.stringContaining(
          'A difference of -10.00 EUR waits. The invoice is issued and its charge is not closed yet',
        ),
      ]);
    });

    test.each<[string, 'statement-state' | 'report-period', string, string]>([
      ['excluded', 'statement-state', 'Rejected', 'statement_rejected'],
      ['unmatched', 'report-period', '2025-12', 'other_period'],
    ])(
      'adds up where all lines of an issued charge became %s: what stands is shown, and what waits',
      async (_what, column, value, reason) => {
        const w = await new BillingWorld(app).start({}, [...LABELS, 'Statement State']);
        const vm = await w.linked();
        const lines = ['60.004', '40.004'].map((amount) => w.line(vm.license, amount));
        w.export(lines);
        await w.sync();
        await w.issue(vm.customer);
        for (const line of lines) line.values[column] = value;
        expect(tieOut(await w.sync())).toMatchObject({ posted: 100.01, pending: -100.01, ties_out: true });
        const changed = await explained(w, vm);
        expect(cents(changed)).toBe(sumOf(changed[0].postings));
        expect(changed.map(({ posted }) => posted).sort()).toEqual(['0.00', '100.01']);
        expect(changed[1]).toMatchObject({
          charge_key: `${vm.license.licenseId}/${vm.customer}/EUR`,
          match: { reason, customer_uuid: null },
          why: expect.stringMatching(
            / 100\.01 EUR are charged for it in 1 posting\. A difference of -100\.01 EUR waits\./,
          ),
        });
      },
    );

    test('is a CSV with a line each, in the order of the pages', async () => {
      const w = await world();
      const vm = await w.linked();
      w.export(['1.00', '2.00', '3.00', '4.00'].map((amount) => w.line(vm.license, amount)));
      await w.sync();
      const { uuid } = await w.statement(vm);
      const { body, headers } = await app.api.get(`${SYNCS}/${uuid}/explain/?format=csv`);
      expect(headers.get('content-type')).toContain('text/csv');
      const [header, ...rows] = body.trim().split('\r\n');
      expect(header).toBe(
        'uuid,arrow_line_reference,occurrence,license_reference,sell,buy,currency,status,customer_uuid,resource_uuid,posted,postings,why',
      );
      const lines = await explained(w, vm);
      expect(rows.map((row: string) => row.split(',').slice(0, 1).concat(row.split(',')[10]!))).toEqual(
        lines.map(({ uuid, posted }) => [uuid, posted]),
      );
    });

    test('that is not there is refused', async () => {
      const answer = await app.api.get(`${SYNCS}/00000000-0000-4000-8000-000000000000/explain/`);
      expect(answer).toMatchObject({
        status: 404,
        body: { detail: 'No ArrowBillingSync matches the given query.' },
      });
    });
  });

  describe('unlinked spend', () => {
    test('is sorted by money over pages, and says the fix and the period', async () => {
      const w = await world();
      const vm = await w.linked();
      const loose = Array.from({ length: 5 }, () => w.license(vm));
      const stranger = { ...loose[0]!, licenseId: 'XSP-NOBODY', customerName: '=Nobody' };
      w.export([
        w.line(vm.license, '500.00'),
        ...loose.map((license, i) => w.line(license, `${i + 1}.00`)),
        w.line(stranger, '-7.00'),
      ]);
      await w.sync();
      const path = `${SYNCS}/unlinked_spend/?settings_uuid=${w.settings}`;
      const first = await app.api.get(`${path}&page_size=4`);
      const second = await app.api.get(`${path}&page_size=4&page=2`);
      expect(first.headers.get('x-result-count')).toBe('6');
      const rows = [...first.body, ...second.body];
      expect(rows.map((row) => row.amount)).toEqual(['-7.00', '5.00', '4.00', '3.00', '2.00', '1.00']);
      expect(rows[0]).toMatchObject({ charged: false, customer_uuid: null, reason: 'customer_unknown', lines: 1 });
      expect(rows[1]).toMatchObject({ charged: true, customer_uuid: vm.customer, reason: 'not_linked' });
      for (const { fix, period } of rows) expect([fix.length > 10, period]).toEqual([true, '2026-01']);
      expect((await app.api.get(`${path}&format=csv`)).body).toContain(
        `XSP-NOBODY,'=Nobody,Microsoft,-7.00,EUR,1,false,,customer_unknown`,
      );
    });

    test('is of the newest month with lines unless a month is asked for, and leaves out what was linked since', async () => {
      const w = await world();
      const vm = await w.linked();
      const loose = w.license(vm);
      w.export([w.line(loose, '1.00')]);
      await w.sync();
      w.month = '2025-12';
      w.export([w.line(loose, '2.00')]);
      await w.sync();
      app.clock.set('2026-05-05T00:00:00Z');
      const path = `${SYNCS}/unlinked_spend/?settings_uuid=${w.settings}`;
      const seen = async (filter = '') =>
        (await get(path + filter)).map(({ period, amount }: Record<string, string>) => [period, amount]);
      expect(await seen()).toEqual([['2026-01', '1.00']]);
      expect(await seen('&period=2025-12')).toEqual([['2025-12', '2.00']]);
      expect(await seen('&period=2026-03')).toEqual([]);
      await w.make.resource({ project: vm.project, backend_id: loose.licenseId, name: 'Linked since' });
      expect(await seen()).toEqual([]);
    });

    test('of an account that was never billed is empty, and of unknown settings refused', async () => {
      const w = await world();
      expect(await get(`${SYNCS}/unlinked_spend/?settings_uuid=${w.settings}`)).toEqual([]);
      const answer = await app.api.get(`${SYNCS}/unlinked_spend/?settings_uuid=00000000-0000-4000-8000-000000000000`);
      expect(answer.status).toBe(404);
    });
  });

  test('a query name that none of them knows is refused, and those that are known are named', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '10.00')]);
    await w.sync();
    const { uuid } = await w.statement(vm);
    const paths = {
      [`${SYNCS}/unlinked_spend/`]: /period, settings_uuid/,
      [`${SYNCS}/${uuid}/explain/`]: /format/,
      [`/api/admin/arrow/customer-mappings/${vm.mapping}/margin/`]: /from, page, page_size, to/,
    };
    for (const [path, known] of Object.entries(paths))
      expect(await app.api.get(`${path}?year=2026`)).toMatchObject({
        status: 400,
        body: { year: [expect.stringMatching(known)] },
      });
  });

  test('margins are per month, vendor and currency, in its digits, of lines that have both prices', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([
      w.line(vm.license, '145.25', { buy: '116.20' }),
      w.line(w.license(vm), '20.00', { buy: '15.00' }),
      w.line(w.license(vm), '9.00', { buy: null }),
      w.line(w.license(vm), '1000', { buy: '900', currency: 'JPY' }),
    ]);
    await w.sync();
    const path = `/api/admin/arrow/customer-mappings/${vm.mapping}/margin/?from=2026-01&to=2026-01`;
    expect(await get(path)).toEqual([
      {
        period: '2026-01',
        vendor_name: 'Microsoft',
        currency: 'EUR',
        buy: '131.20',
        sell: '165.25',
        margin: '34.05',
        margin_percent: '20.61',
        lines: 3,
        lines_without_both_prices: 1,
      },
      expect.objectContaining({ currency: 'JPY', buy: '900', sell: '1000', margin: '100', margin_percent: '10.00' }),
    ]);
    expect((await app.api.get(`${path}&format=csv`)).body).toContain('2026-01,Microsoft,JPY,900,1000,100,10.00,1,0');
  });

  test('consumption that waits is shown in the digits of its currency', async () => {
    const w = await world();
    const vm = await w.linked();
    await w.rules({ default_currency: 'KWD' });
    w.consumes(vm.license, [['10.1234', '8']]);
    for (const line of app.arrow.data.consumption[vm.license.licenseId]!) line.currency = 'KWD';
    await w.syncConsumption();
    expect(await w.charged(vm.customer, 'KWD')).toBe('10.123');
    expect(await get(`${SYNCS}/pending_records/?settings_uuid=${w.settings}`)).toMatchObject([
      { consumed_sell: '10.123' },
    ]);
  });

  test('a summary takes what is final from the close of the charge, and counts a record once over two mappings', async () => {
    const w = await world();
    const vm = await w.linked();
    const mapping = {
      settings: w.settings,
      waldur_customer: vm.customer,
      arrow_reference: `${vm.arrow.Reference}9`,
    };
    const second = await w.make.mapping(mapping);
    w.consumes(vm.license, [[150, 120]]);
    await w.syncConsumption();
    w.export([w.line(vm.license, '145.25')]);
    await w.sync();
    const summary = (uuid: string) => get(`/api/admin/arrow/customer-mappings/${uuid}/billing_summary/`);
    expect(await summary(vm.mapping)).toMatchObject({
      currency: 'EUR',
      total_consumption_records: 1,
      total_consumed_sell: '150.00',
      total_final_sell: null,
      pending_records: 1,
      recent_consumption_records: [{ final_sell: null, is_finalized: false }],
    });
    await w.reconcile();
    expect(await summary(vm.mapping)).toMatchObject({
      total_final_sell: '145.25',
      finalized_records: 1,
      pending_records: 0,
      total_billing_syncs: 1,
      total_billing_sell: '145.25',
      recent_consumption_records: [{ final_sell: '145.25', is_finalized: true, billing_period: '2026-01-01' }],
      recent_billing_syncs: [{ report_period: '2026-01', state: '4', sell_total: '145.25', items_count: 1 }],
      mappings_of_customer: 2,
      consumption_counted_by: 'license_owner',
    });
    expect(await summary(second.uuid)).toMatchObject({ total_consumption_records: 0, total_billing_syncs: 0 });
  });
});

/** To cents, halves away from zero; amounts here have at most three decimals. */
function rounded(amount: string): number {
  const thousandths = Math.round(Number(amount) * 1000);
  return (Math.sign(thousandths) * Math.floor((Math.abs(thousandths) + 5) / 10)) / 100;
}
