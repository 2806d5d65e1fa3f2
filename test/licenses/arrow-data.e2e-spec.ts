import { arrowLicense, consumptionLine, exportLine, exportType } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { until } from '../support/until.js';
import { path, type World, world } from './support/world.js';

const TYPE = 'E1-2-00000001';

describe('Live ArrowSphere data of a customer', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string };

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0', ARROW_CACHE_SECONDS: '0' });
    make = new Builders(app);
    settings = await make.settings({ export_type_reference: TYPE });
    app.clock.set('2026-05-31T23:30:00Z');
  });
  afterAll(() => app.stop());
  beforeEach(() => {
    app.arrow.data.exportTypes = [exportType({ reference: TYPE })];
    app.arrow.data.exportLines = [];
  });
  afterEach(() => app.arrow.faults.clear());

  const customer = () => world(app, make, { settings: settings.uuid });
  const fetchData = (own: World, query = '') => app.api.get(`${path}${own.mapping.uuid}/fetch_arrow_data/${query}`);
  const linked = async (own: World, lines: Parameters<typeof consumptionLine>[0][], name = 'Linked') => {
    const license = own.license();
    app.arrow.data.consumption[license.licenseId] = lines.map((line) => consumptionLine(line));
    const fields: object = { name, backend_id: license.licenseId };
    const resource = await make.resource({ project: own.project.uuid, offering: own.offering.uuid, ...fields });
    return { license, resource };
  };
  const exported = (...lines: ReturnType<typeof exportLine>[]) => (app.arrow.data.exportLines = lines);

  it('answers as documented: exact amounts of the running month, rounded once', async () => {
    const own = await customer();
    const first = await linked(own, [
      { period: '2026-05', sell: 0.005, buy: 0.1 },
      { period: '2026-05', sell: 94.25, buy: 81.5 },
      { period: '2026-04', sell: 1000 },
    ]);
    const second = await linked(own, [{ period: '2026-05', sell: 10.004, buy: 1.005 }], 'Second');
    await make.resource({ project: own.project.uuid, offering: own.offering.uuid });
    exported(
      exportLine({ license: first.license, sell: '94.25500', buy: '81.60000', quantity: '1.5' }),
      exportLine({ license: second.license, sell: '10.00400', buy: '1.00500', quantity: null }),
    );
    const { status, body } = await fetchData(own);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        customer_mapping_uuid: own.mapping.uuid,
        arrow_reference: own.customer.Reference,
        arrow_company_name: own.customer.CompanyName,
        waldur_customer_name: own.mapping.waldur_customer_name,
        period: '2026-05',
        billing_available: true,
        billing_lines: [
          {
            vendor_name: 'Microsoft',
            subscription_reference: first.license.vendorLicenseId,
            license_reference: first.license.licenseId,
            offer_sku: 'MS-AZR-0145P',
            classification: 'IAAS',
            quantity: '1.5000',
            sell_price: '94.26',
            buy_price: '81.60',
            currency: 'EUR',
          },
          expect.objectContaining({ quantity: null, sell_price: '10.00', buy_price: '1.01' }),
        ],
        billing_total_sell: '104.26',
        billing_total_buy: '82.61',
        consumption_lines: [
          {
            license_reference: first.license.licenseId,
            resource_name: 'Linked',
            resource_uuid: first.resource.uuid,
            period: '2026-05',
            sell_price: '94.26',
            buy_price: '81.60',
            currency: 'EUR',
          },
          {
            license_reference: second.license.licenseId,
            resource_name: 'Second',
            resource_uuid: second.resource.uuid,
            period: '2026-05',
            sell_price: '10.00',
            buy_price: '1.01',
            currency: 'EUR',
          },
        ],
        consumption_total_sell: '104.26',
        consumption_total_buy: '82.61',
        consumption_complete: true,
        total_customer_resources: 3,
        resources_with_backend_id: 2,
        matched_resources: 2,
        error: null,
      },
    });
  });

  it('looks at the month asked for, and refuses what is not one', async () => {
    const own = await customer();
    await linked(own, [{ period: '2026-02', sell: 7 }]);
    expect((await fetchData(own, '?period=2026-02')).body).toMatchObject({
      period: '2026-02',
      consumption_total_sell: '7.00',
    });
    for (const wrong of ['2026-13', '2026-1', 'x', '1999-12', '2026-05-01']) {
      expect(await fetchData(own, `?period=${wrong}`)).toMatchObject({
        status: 400,
        body: { period: ['Enter a month as YYYY-MM, from 2000-01 to 2100-12.'] },
      });
    }
  });

  it('tells an unknown total from none: null or "null" is an error on that line, no use at all is 0.00', async () => {
    const own = await customer();
    const nulls = [
      await linked(own, [{ period: '2026-05', sell: null, buy: 3 }], 'A null'),
      await linked(own, [{ period: '2026-05', sell: 'null', buy: 'null' }], 'B text'),
    ];
    const unused = await linked(own, [], 'C unused');
    const { body } = await fetchData(own);
    expect(body.consumption_lines).toEqual([
      expect.objectContaining({
        license_reference: nulls[0]!.license.licenseId,
        sell_price: null,
        buy_price: '3.00',
        error: 'ArrowSphere gives no sell total for 2026-05.',
      }),
      expect.objectContaining({
        sell_price: null,
        buy_price: null,
        error: 'ArrowSphere gives no sell and no buy total for 2026-05.',
      }),
      expect.objectContaining({ license_reference: unused.license.licenseId, sell_price: '0.00', buy_price: '0.00' }),
    ]);
    expect(body).toMatchObject({
      consumption_total_sell: '0.00',
      consumption_total_buy: '3.00',
      consumption_complete: false,
      matched_resources: 1,
    });
    expect(body.error).toContain('The consumption of 2 of 3 licences is not known and not in the totals.');
  });

  it.each([
    ['an error', { kind: 'status', status: 500 }],
    ['a cut connection', { kind: 'reset-mid-body' }],
    ['HTML', { kind: 'html' }],
    ['null for data', { kind: 'null-data' }],
  ] as const)('survives %s for one licence of three', async (_, action) => {
    const own = await customer();
    await linked(own, [{ period: '2026-05', sell: 1, buy: 1 }], 'A');
    const broken = await linked(own, [{ period: '2026-05', sell: 2, buy: 2 }], 'B');
    await linked(own, [{ period: '2026-05', sell: 4, buy: 4 }], 'C');
    app.arrow.faults.add({ path: new RegExp(`monthly/license/${broken.license.licenseId}$`), action });
    const { status, body } = await fetchData(own);
    expect(status).toBe(200);
    expect(body.consumption_lines[1]).toMatchObject({ sell_price: null, error: expect.stringMatching(/ArrowSphere/) });
    expect(body).toMatchObject({ consumption_total_sell: '5.00', matched_resources: 2, consumption_complete: false });
  });

  it('pads rows that are shorter than the headers instead of shifting them', async () => {
    const own = await customer();
    await linked(own, [{ period: '2026-05', sell: 2, buy: 2 }]);
    app.arrow.faults.add({ path: /monthly/, action: { kind: 'short-rows', by: 1 } });
    const { body } = await fetchData(own);
    expect(body.consumption_lines[0]).toMatchObject({
      sell_price: '2.00',
      buy_price: null,
      error: 'ArrowSphere gives no buy total for 2026-05.',
    });
  });

  it('asks and adds up once for a licence that a terminated resource still carries', async () => {
    const own = await customer();
    const { license, resource } = await linked(own, [{ period: '2026-05', sell: 10, buy: 8 }]);
    await app.api.patch(resource.url, { state: 'Terminated' });
    const again: object = { name: 'Anew', backend_id: license.licenseId.toLowerCase() };
    await make.resource({ project: own.project.uuid, offering: own.offering.uuid, ...again });
    app.arrow.resetCounters();
    const { body } = await fetchData(own);
    expect(body).toMatchObject({
      consumption_lines: [{ sell_price: '10.00' }, { sell_price: '10.00' }],
      consumption_total_sell: '10.00',
      consumption_total_buy: '8.00',
      resources_with_backend_id: 2,
      matched_resources: 2,
    });
    expect(app.arrow.requests.filter(({ path }) => path.startsWith('consumption/'))).toHaveLength(1);
    app.arrow.faults.add({ path: /consumption/, action: { kind: 'status', status: 500 } });
    expect((await fetchData(own)).body).toMatchObject({
      error: expect.stringContaining('The consumption of 1 of 1 licences is not known'),
      matched_resources: 0,
    });
  });

  it('does not add up amounts of different currencies', async () => {
    const own = await customer();
    await linked(own, [{ period: '2026-05', sell: 1, buy: 1, currency: 'EUR' }], 'A');
    await linked(own, [{ period: '2026-05', sell: 1, buy: 1, currency: 'SEK' }], 'B');
    const { body } = await fetchData(own);
    expect(body.consumption_lines.map((line: { currency: string }) => line.currency)).toEqual(['EUR', 'SEK']);
    expect(body).toMatchObject({ consumption_total_sell: null, consumption_total_buy: null });
  });

  it('says which it is when there is no export: not configured, none yet, or ArrowSphere failed', async () => {
    const own = await customer();
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: false,
      billing_lines: [],
      billing_total_sell: null,
      error: `ArrowSphere has no billing export of ${own.customer.Reference} for 2026-05 yet.`,
    });
    app.arrow.data.behaviour.emptyExport = 'error';
    expect((await fetchData(own)).body.error).toMatch(/has no billing export of .* yet\.$/);
    app.arrow.data.behaviour.emptyExport = 'empty';

    app.arrow.faults.add({ path: /exports/, action: { kind: 'status', status: 500 } });
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: false,
      error: expect.stringMatching(/^The billing export could not be read: ArrowSphere/),
    });
    app.arrow.faults.clear();

    const setTo = (reference: string) =>
      app.api.patch(`/api/admin/arrow/settings/${settings.uuid}/`, { export_type_reference: reference });
    await setTo('E1-gone');
    expect((await fetchData(own)).body.error).toMatch(/^The billing export could not be read: ArrowSphere/);
    await setTo('');
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: false,
      error: 'No billing export type is configured for this account. Choose one in the settings.',
    });
    await setTo(TYPE);
  });

  it.each([
    ['a page of HTML', { kind: 'html' }],
    ['null for data', { kind: 'null-data' }],
    ['the first page again', { kind: 'ignored-page' }],
    ['the first page again under another number', { kind: 'ignored-page', echo: 'asked' }],
    ['pages without end', { kind: 'endless-next' }],
    ['fewer lines than it counts', { kind: 'drop-rows' }],
    ['half an answer', { kind: 'reset-mid-body' }],
  ] as const)('shows no part of an export that comes as %s', async (_, action) => {
    const own = await customer();
    const license = own.license();
    exported(...Array.from({ length: 1100 }, () => exportLine({ license, sell: '1.00000' })));
    expect((await fetchData(own)).body).toMatchObject({ billing_total_sell: '1100.00', error: null });
    app.arrow.faults.add({ path: /exports\/sync/, action });
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: false,
      billing_lines: [],
      billing_total_sell: null,
      error: expect.stringMatching(/^The billing export could not be read: /),
    });
  });

  it('does not say that there is no export yet when it is a later page, or the licences, that ArrowSphere lacks', async () => {
    const own = await customer();
    const license = own.license();
    exported(...Array.from({ length: 1100 }, () => exportLine({ license, sell: '1.00000' })));
    for (const rule of [{ path: /exports\/sync/, page: 2 }, { path: /licenses/ }]) {
      app.arrow.faults.add({ ...rule, action: { kind: 'status', status: 404 } });
      expect((await fetchData(own)).body).toMatchObject({
        billing_available: false,
        error: expect.stringMatching(/^The billing export could not be read: ArrowSphere does not have /),
      });
      app.arrow.faults.clear();
    }
  });

  it('has the lines of a licence that comes on a later page only, and says so where all lines are others’', async () => {
    const own = await customer();
    const [mine, theirs] = [own.license(), (await customer()).license()];
    const ofOthers = Array.from({ length: 1000 }, () => ({
      ...exportLine({ license: theirs, sell: '1.00000' }),
      customerRef: own.customer.Reference,
    }));
    exported(...ofOthers, exportLine({ license: mine, sell: '2.00000' }));
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: true,
      billing_lines: [{ license_reference: mine.licenseId }],
    });
    exported(...ofOthers);
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: false,
      billing_lines: [],
      error: expect.stringMatching(/has no billing export of .* yet\.$/),
    });
  });

  const numbered = (own: World, count: number) => {
    const license = own.license();
    return Array.from({ length: count }, (_, n) => exportLine({ license, sell: `${n}.00000` }));
  };

  it('shows each line once where the export moves on by a row while it is paged', async () => {
    const own = await customer();
    exported(...numbered(own, 1100));
    app.arrow.faults.add({ path: /exports\/sync/, after: 1, action: { kind: 'shift-rows' } });
    const { body } = await fetchData(own);
    expect(body).toMatchObject({ billing_available: true, error: null });
    const prices = body.billing_lines.map((line: { sell_price: string }) => Number(line.sell_price));
    expect(prices.sort((a: number, b: number) => a - b)).toEqual(Array.from({ length: 1100 }, (_, n) => n));
  });

  it('shows two lines that say the same on both sides of a page border', async () => {
    const own = await customer();
    const lines = numbered(own, 1100);
    lines[1000] = lines[999]!;
    exported(...lines);
    const { body } = await fetchData(own);
    expect(body.billing_lines.filter((line: { sell_price: string }) => line.sell_price === '999.00')).toHaveLength(2);
  });

  it.each([
    ['code: 500', { code: 500, message: 'Out of order' }],
    ['success: false', { success: false, message: 'Out of order' }],
    ['an error', { error: 'Out of order' }],
  ])('takes an empty export whose envelope says %s for a failure, not for none', async (_, keys) => {
    const own = await customer();
    app.arrow.faults.add({ path: /exports\/sync/, action: { kind: 'body-says', keys, empty: true } });
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: false,
      error: expect.stringMatching(/^The billing export could not be read: ArrowSphere .*Out of order/),
    });
  });

  it('reads amounts as billing does', async () => {
    const own = await customer();
    const license = own.license();
    const texts = ['1,234', '1E-2', '0.12345678901', '12,5', 'n/a', '(5.00)'];
    exported(...texts.map((sell) => exportLine({ license, sell, buy: '1' })));
    const { body } = await fetchData(own);
    expect(body.billing_lines.map((line: { sell_price: string | null }) => line.sell_price)).toEqual([
      '1234.00',
      '0.01',
      '0.12',
      null,
      null,
      '-5.00',
    ]);
  });

  it('asks ArrowSphere for no resource that carries an id of another vendor', async () => {
    const own = await customer();
    const fields: object = { name: 'VM', backend_id: 'vm-17/disk' };
    await make.resource({ project: own.project.uuid, offering: own.offering.uuid, ...fields });
    app.arrow.resetCounters();
    const { body } = await fetchData(own);
    expect(body.consumption_lines).toMatchObject([
      { sell_price: null, error: 'vm-17/disk is not a licence reference of ArrowSphere.' },
    ]);
    expect(app.arrow.requests.filter((request) => request.path.startsWith('consumption'))).toEqual([]);
  });

  it('keeps the cells of short export lines in their columns', async () => {
    const own = await customer();
    const license = own.license();
    app.arrow.data.exportTypes = [
      exportType({ reference: TYPE, labels: ['Customer Total Price', 'ARS Subscription ID', 'Total Wholesale Price'] }),
    ];
    exported(exportLine({ license, sell: '5.00000', buy: '4.00000' }));
    app.arrow.faults.add({ path: /exports\/sync/, action: { kind: 'short-rows', by: 1 } });
    expect((await fetchData(own)).body.billing_lines).toEqual([
      expect.objectContaining({ license_reference: license.licenseId, sell_price: '5.00', buy_price: null }),
    ]);
  });

  it('asks for this customer’s lines, and shows nobody else’s even if ArrowSphere ignores that', async () => {
    const own = await customer();
    const other = await customer();
    const [mine, theirs] = [own.license(), other.license()];
    const unknown = arrowLicense({ customer: own.customer });
    const lines = [unknown, mine, theirs].map((license) => exportLine({ license, sell: '1.00000' }));
    exported(...lines);
    app.arrow.resetCounters();
    const honest = await fetchData(own);
    const asked = app.arrow.requests.find((request) => request.path === 'billing/erp/exports/sync')!;
    expect(asked.body).toMatchObject({ filters: { customerXspRefs: [own.customer.Reference] } });
    const licensesIn = (body: { billing_lines: { license_reference: string }[] }) =>
      body.billing_lines.map((line) => line.license_reference);
    // A licence that ended may be unknown to the search and is still billed.
    expect(licensesIn(honest.body)).toEqual([unknown.licenseId, mine.licenseId]);

    exported(...lines.map((line) => ({ ...line, customerRef: own.customer.Reference })));
    const ignoring = await fetchData(own);
    expect(licensesIn(ignoring.body)).toEqual([mine.licenseId]);
    expect(ignoring.body).toMatchObject({ billing_available: true, billing_total_sell: '1.00', error: null });
  });

  it('finds renamed columns by the export type, and says which are missing where it cannot', async () => {
    const own = await customer();
    const license = own.license();
    exported(exportLine({ license, sell: '12.34500' }));
    const columns = { ...app.arrow.data.exportTypes[0]!.columns };
    const renamed = { ...columns, 'sell-total-price': 'Müügisumma', 'customer-total-price': 'Kliendi summa' };
    app.arrow.data.exportTypes = [exportType({ reference: TYPE, columns: renamed })];
    expect((await fetchData(own)).body).toMatchObject({ billing_total_sell: '12.35', error: null });
    app.arrow.data.exportTypes = [exportType({ reference: TYPE, labels: ['ARS Subscription ID', 'Vendor Name'] })];
    expect((await fetchData(own)).body).toMatchObject({
      billing_available: true,
      billing_lines: [{ license_reference: license.licenseId, sell_price: null }],
      billing_total_sell: null,
      error:
        'The billing export has no column Sell Total Price or Customer Total Price, nor Buy Total Price or Total ' +
        'Wholesale Price. Choose another export type in the settings.',
    });
  });

  it('asks for many licences at once, but never more than the limit', async () => {
    const own = await customer();
    for (let i = 0; i < 40; i += 1) await linked(own, [{ period: '2026-05', sell: 1, buy: 1 }], `R${i}`);
    app.arrow.resetCounters();
    const release = app.arrow.hold(({ path }) => path.startsWith('consumption/'));
    const fetching = fetchData(own);
    await until(() => app.arrow.inFlight === 8);
    release();
    const { body } = await fetching;
    expect(body).toMatchObject({ matched_resources: 40, consumption_total_sell: '40.00' });
    expect(app.arrow.maxInFlight).toBe(8);
  });
});
