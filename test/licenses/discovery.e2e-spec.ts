import { arrowCustomer, arrowLicense } from '../../emulator/data.js';
import { ArrowCallCancelledError } from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { DiscoverLicensesService } from '../../src/licenses/discover-licenses.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { path, type World, world } from './support/world.js';

describe('Discovering licences', () => {
  let app: TestApp;
  let make: Builders;
  let at: World;

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0', ARROW_CACHE_SECONDS: '0' });
    make = new Builders(app);
    const settings = await make.settings();
    at = await world(app, make, { settings: settings.uuid });
  });
  afterAll(() => app.stop());
  afterEach(() => app.arrow.faults.clear());

  const another = (given: Parameters<typeof world>[2] = {}) =>
    world(app, make, { settings: at.settings.uuid, ...given });
  const discover = (mapping: string, query = '') => app.api.get(`${path}${mapping}/discover_licenses/${query}`);
  const resource = (own: World, fields: object = {}) =>
    make.resource({ project: own.project.uuid, offering: own.offering.uuid, ...fields });

  it('answers as documented, with every licence once and every resource with the label of its state', async () => {
    const own = await another();
    const offering = await make.offering({ name: 'Microsoft Azure' });
    const license = own.license({ friendlyName: 'Production web shop' });
    const linked = own.license({ friendlyName: `XSP1|MS-AZR|${own.customer.Reference}|x` });
    const web = await resource(own, { name: 'Web shop (production)', offering: offering.uuid });
    const other = await resource(own, { name: 'Zzz', backend_id: linked.licenseId, state: 'Erred' });
    const { status, headers, body } = await discover(own.mapping.uuid);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        customer_mapping_uuid: own.mapping.uuid,
        arrow_reference: own.customer.Reference,
        waldur_customer_name: own.mapping.waldur_customer_name,
        arrow_licenses: [
          {
            license_reference: license.licenseId,
            vendor_name: 'MSCSP',
            offer_name: 'Microsoft Azure Plan',
            offer_sku: 'MS-AZR-0145P',
            friendly_name: 'Production web shop',
            suggested_name: 'Production web shop',
            vendor: 'Microsoft',
            vendor_subscription_id: license.vendorLicenseId,
            state: 'activation_ok',
            linked_resource_uuid: null,
            linked_resource_name: null,
          },
          expect.objectContaining({
            license_reference: linked.licenseId,
            friendly_name: '',
            suggested_name: 'Microsoft Azure Plan',
            linked_resource_uuid: other.uuid,
            linked_resource_name: 'Zzz',
          }),
        ],
        waldur_resources: [
          {
            uuid: web.uuid,
            name: 'Web shop (production)',
            backend_id: '',
            project_name: own.project.name,
            offering_name: 'Microsoft Azure',
            state: 'OK',
          },
          expect.objectContaining({ uuid: other.uuid, backend_id: linked.licenseId, state: 'Erred' }),
        ],
        suggestions: [
          {
            resource_uuid: web.uuid,
            resource_name: 'Web shop (production)',
            license_reference: license.licenseId,
            license_name: 'Production web shop',
            confidence: expect.any(Number),
            ambiguous: false,
            evidence: expect.arrayContaining([
              expect.objectContaining({ kind: 'friendly_name', arrow: 'Production web shop' }),
            ]),
          },
        ],
        error: null,
      },
    });
    expect(body.suggestions[0].confidence).toBeGreaterThan(0.8);
    expect(headers.get('age')).toBe('0');
  });

  it('asks for this customer only, of 20,000 licences in at most four requests', async () => {
    const own = await another();
    for (let i = 0; i < 20; i += 1) own.license();
    const others = Array.from({ length: 20_000 }, () => arrowLicense({ customerRef: 'XSP000001' }));
    const before = app.arrow.data.licenses;
    app.arrow.data.licenses = [...before, ...others];
    app.arrow.resetCounters();
    const { body } = await discover(own.mapping.uuid);
    app.arrow.data.licenses = before;
    expect(body.arrow_licenses).toHaveLength(20);
    expect(app.arrow.requests.length).toBeLessThanOrEqual(4);
  });

  it('reads the older listing where this ArrowSphere has no search', async () => {
    const own = await another();
    const license = own.license();
    for (const status of [404, 405]) {
      app.arrow.faults.clear();
      app.arrow.faults.add({ path: /find$/, action: { kind: 'status', status } });
      const { body } = await discover(own.mapping.uuid);
      expect(body.error).toBeNull();
      expect(body.arrow_licenses.map((row: { license_reference: string }) => row.license_reference)).toEqual([
        license.licenseId,
      ]);
    }
  });

  it('takes the exact reference alone, whatever other customers answer to', async () => {
    const exact = arrowCustomer({ Reference: 'XSP661245' });
    const confusing = arrowCustomer({
      Ref: 'XSP661245',
      InternalReference: 'XSP661245',
      CompanyName: exact.CompanyName,
    });
    app.arrow.data.customers.push(confusing, exact);
    const own = await another({ customer: exact });
    const license = own.license();
    app.arrow.data.licenses.push(arrowLicense({ customer: confusing }));
    const { body } = await discover(own.mapping.uuid);
    expect(body.arrow_licenses).toEqual([expect.objectContaining({ license_reference: license.licenseId })]);
  });

  it.each([
    ['its short code', 'R-77'],
    ['its number without XSP', '661277'],
    ['the reseller’s own reference in another case', 'OUR-77'],
  ])('finds the customer by %s where nobody has that reference', async (_, text) => {
    const customer = arrowCustomer({ Reference: 'XSP661277', Ref: 'R-77', InternalReference: 'our-77' });
    const before = app.arrow.data.customers;
    app.arrow.data.customers = [...before.filter(({ Reference }) => Reference !== 'XSP661277'), customer];
    // Otherwise the mapping would hold ArrowSphere's own reference from the beginning.
    app.arrow.faults.add({ path: /customers/, action: { kind: 'status', status: 500 } });
    const own = await another({ customer, arrow_reference: text });
    app.arrow.faults.clear();
    const license = own.license();
    const { body } = await discover(own.mapping.uuid);
    app.arrow.data.customers = before;
    app.arrow.data.licenses = app.arrow.data.licenses.filter((one) => one !== license);
    expect(body).toMatchObject({
      arrow_reference: 'XSP661277',
      arrow_licenses: [{ license_reference: license.licenseId }],
      error: null,
    });
  });

  it('never takes a name for a reference, and never chooses between two customers', async () => {
    const named = arrowCustomer({ CompanyName: 'Same Name Ltd' });
    app.arrow.data.customers.push(named, arrowCustomer({ Ref: 'twice' }), arrowCustomer({ Ref: 'twice' }));
    app.arrow.data.licenses.push(arrowLicense({ customer: named }));
    const byName = await another({ arrow_reference: 'Same Name Ltd' });
    expect((await discover(byName.mapping.uuid)).body).toMatchObject({
      arrow_licenses: [],
      error: 'ArrowSphere does not have the customer Same Name Ltd.',
    });
    const twice = await another({ arrow_reference: 'twice' });
    expect((await discover(twice.mapping.uuid)).body.error).toMatch(
      /^More than one ArrowSphere customer answers to twice/,
    );
  });

  it.each([
    ['cannot be reached', { kind: 'reset-before-headers' }],
    ['answers 500', { kind: 'status', status: 500 }],
    ['rejects the key', { kind: 'status', status: 401 }],
    ['answers 200 with a page of HTML', { kind: 'html' }],
    ['answers without data', { kind: 'null-data' }],
    ['answers half a JSON', { kind: 'truncated-json' }],
    ['leaves rows out', { kind: 'drop-rows' }],
    ['repeats the first page for ever', { kind: 'ignored-page' }],
    ['never ends', { kind: 'endless-next' }],
  ] as const)(
    'says in a sentence that ArrowSphere %s, gives no licences, and all of Waldur’s side',
    async (_, action) => {
      const own = await another();
      for (let i = 0; i < 120; i += 1) own.license();
      const given = await resource(own);
      app.arrow.faults.add({ path: /licenses/, action });
      const { status, body, headers } = await discover(own.mapping.uuid);
      expect(status).toBe(200);
      expect(body).toMatchObject({ arrow_licenses: [], suggestions: [], arrow_reference: own.customer.Reference });
      expect(body.waldur_resources).toEqual([expect.objectContaining({ uuid: given.uuid })]);
      expect(body.error).toMatch(/ArrowSphere.*\.$/);
      expect(headers.get('age')).toBeNull();
    },
  );

  it('gives both lists without suggestions where those take too long, and stops when nobody waits any more', async () => {
    const own = await another();
    own.license({ friendlyName: 'Web shop' });
    await resource(own, { name: 'Web shop' });
    const service = app.app.get(DiscoverLicensesService);
    const late = await service.discover(own.mapping.uuid, {}, { suggestWithinMs: 0 });
    expect(late).toMatchObject({ suggestions: [], error: 'No suggestions: they were not found within 0 s.' });
    expect([late.licenses.length, late.resources.length]).toEqual([1, 1]);
    expect((await service.discover(own.mapping.uuid, {})).suggestions).toHaveLength(1);
    await expect(service.discover(own.mapping.uuid, {}, { signal: AbortSignal.abort() })).rejects.toThrow(
      ArrowCallCancelledError,
    );
  });

  it('does not call ArrowSphere for an account that is not active', async () => {
    const own = await another();
    await app.api.patch(`/api/admin/arrow/settings/${at.settings.uuid}/`, { is_active: false });
    app.arrow.resetCounters();
    const { body } = await discover(own.mapping.uuid);
    expect(body.error).toBe(
      'The ArrowSphere account of this mapping is not active. Activate it in the settings first.',
    );
    expect(app.arrow.requests).toEqual([]);
    await app.api.patch(`/api/admin/arrow/settings/${at.settings.uuid}/`, { is_active: true });
  });

  it('does not know mappings that are not there, or what refresh=maybe means', async () => {
    expect(await discover('6b1f4a30-1111-4222-8333-abcdefabcdef')).toMatchObject({
      status: 404,
      body: { detail: 'No ArrowCustomerMapping matches the given query.' },
    });
    expect(await discover(at.mapping.uuid, '?refresh=maybe')).toMatchObject({
      status: 400,
      body: { refresh: ['Must be a valid boolean.'] },
    });
  });

  it('needs the same few statements for 3 resources as for 60', async () => {
    const counts: number[] = [];
    for (const size of [3, 60]) {
      const own = await another();
      for (let i = 0; i < size; i += 1) own.license();
      for (let i = 0; i < size; i += 1) await resource(own);
      counts.push((await app.statements(() => discover(own.mapping.uuid))).length);
    }
    expect(counts[1]).toBe(counts[0]);
  });
});
