import { ArrowEmulator } from './arrow-emulator.js';
import { arrowCustomer, arrowLicense, NO_END } from './data.js';
import type { EmulatorCustomer, EmulatorLicense } from './model.js';
import { client } from './spec-client.js';

type Row = Record<string, unknown>;

describe('licences', () => {
  let emulator: ArrowEmulator;
  let first: EmulatorCustomer;
  let second: EmulatorCustomer;
  let licenses: EmulatorLicense[];

  beforeEach(async () => {
    first = arrowCustomer();
    second = arrowCustomer();
    licenses = [
      arrowLicense({ customer: first }),
      arrowLicense({ customer: second, category: 'SaaS', seats: 3, unitBuy: 2.38, unitSell: 2.8, sku: 'DEFENDER' }),
      arrowLicense({ customer: first, state: 'suspended', statusCode: 87, isEnabled: false }),
      arrowLicense({ customer: first, vendorCode: 'aws', vendorLicenseId: null }),
      arrowLicense({ customer: second }),
    ];
    emulator = await ArrowEmulator.start({ data: { customers: [first, second], licenses } });
  });
  afterEach(() => emulator.stop());

  const references = (rows: Row[]) => rows.map((row) => row.license_id);
  const expected = (...numbers: number[]) => numbers.map((number) => licenses[number]!.licenseId);

  it('spells a licence in mixed case, with zero prices for pay-as-you-go and an end 7000 years ahead', async () => {
    const { body } = await client(emulator).get(`licenses/${licenses[0]!.licenseId}`);
    expect(body.data.license).toMatchObject({
      license_id: licenses[0]!.licenseId,
      customer_ref: first.Reference,
      vendor_license_id: licenses[0]!.vendorLicenseId,
      friendlyName: null,
      statusCode: 86,
      state: 'active',
      periodicity: 'per Month',
      expiry_datetime: NO_END,
      price: { currency: 'EUR', unit: { buy: 0, sell: 0 }, total: { buy: 0, sell: 0 } },
      activeSeats: { number: null, lastUpdate: null },
      vendor_code: 'Microsoft',
    });
    expect(body.data.license.actions).toHaveProperty('addons catalog');
  });

  it('multiplies seat prices without float dust', async () => {
    const { body } = await client(emulator).get(`licenses/${licenses[1]!.licenseId}`);
    expect(body.data.license.price.total).toMatchObject({ buy: 7.14, sell: 8.4 });
  });

  it('lets a test set any key of either form', async () => {
    licenses[0]!.wire = { seats: 'seven', invented: true };
    licenses[0]!.findWire = { customer_ref: null };
    const detail = await client(emulator).get(`licenses/${licenses[0]!.licenseId}`);
    expect(detail.body.data.license).toMatchObject({ seats: 'seven', invented: true });
    const found = await client(emulator).post('licenses/v2/find', { filters: { 'license.id': licenses[0]!.id } });
    expect(found.body.results[0].license.customer_ref).toBeNull();
  });

  it('lists all licences by page in snake_case, without detail-only keys', async () => {
    const { body } = await client(emulator).get('licenses?per_page=2&page=3');
    expect(references(body.data.licenses)).toEqual(expected(4));
    expect(body.data.licenses[0]).not.toHaveProperty('vendor_code');
    expect(body.pagination).toMatchObject({ current_page: 3, total_page: 3, total: 5, next: null });
  });

  it('pages v2 by number when a page is sent', async () => {
    const { body } = await client(emulator).get('v2/licenses?per_page=4&page=1');
    expect(references(body.data.licenses)).toEqual(expected(0, 1, 2, 3));
    expect(body.pagination).toMatchObject({ current_page: 1, next: '/v2/licenses?per_page=4&page=2' });
    expect(body.data.licenses[0]).not.toHaveProperty('order');
  });

  it('walks v2 by cursor with a current page of 0 and a next even on the last page, until an empty page', async () => {
    const seen: unknown[] = [];
    let path = 'v2/licenses?per_page=3';
    let pages = 0;
    for (; path !== ''; pages += 1) {
      const { body } = await client(emulator).get(path);
      expect(body.pagination.current_page).toBe(0);
      seen.push(...references(body.data.licenses));
      path = (body.pagination.next as string | null)?.slice(1) ?? '';
    }
    expect(seen).toEqual(expected(0, 1, 2, 3, 4));
    expect(pages).toBe(3);
  });

  it('walks v2 backwards with search_before', async () => {
    const { body } = await client(emulator).get('v2/licenses?per_page=3');
    const onward = await client(emulator).get((body.pagination.next as string).slice(1));
    const back = await client(emulator).get((onward.body.pagination.previous as string).slice(1));
    expect(references(back.body.data.licenses)).toEqual(expected(0, 1, 2));
  });

  it('refuses a page beside a cursor, and a cursor that is none', async () => {
    expect((await client(emulator).get('v2/licenses?page=1&search_after=x')).status).toBe(400);
    expect((await client(emulator).get('v2/licenses?search_after=%21%21')).status).toBe(400);
  });

  it.each(['customers/REF/licenses', 'customers/v2/REF/licenses', 'v2/customers/REF/licenses'])(
    'lists one customer by %s, all at once, narrowed by state and sku',
    async (pattern) => {
      const path = pattern.replace('REF', first.Reference);
      const all = await client(emulator).get(`${path}?state=`);
      expect(references(all.body.data.licenses)).toEqual(expected(0, 2, 3));
      expect(all.body).not.toHaveProperty('pagination');
      const active = await client(emulator).get(`${path}?state=Active`);
      expect(references(active.body.data.licenses)).toEqual(expected(0, 3));
      const bySku = await client(emulator).get(`${path}?sku=NONE`);
      expect(bySku.body.data.licenses).toEqual([]);
      const unknown = await client(emulator).get(pattern.replace('REF', 'XSP999999'));
      expect(unknown.status).toBe(404);
    },
  );

  it('keeps order data in the older listing of a customer only', async () => {
    const older = await client(emulator).get(`customers/${first.Reference}/licenses`);
    const newer = await client(emulator).get(`customers/v2/${first.Reference}/licenses`);
    expect(older.body.data.licenses[0]).toHaveProperty('order_reference');
    expect(newer.body.data.licenses[0]).not.toHaveProperty('order_reference');
  });

  it('says 404 for a licence it does not have, in detail and history', async () => {
    for (const path of ['licenses/XSP0', 'licenses/XSP0/history', 'licenses/XSP0/predictions/daily']) {
      expect(await client(emulator).get(path)).toMatchObject({ status: 404, body: { errorCode: 'LICENSE_NOT_FOUND' } });
    }
    const { body } = await client(emulator).get(`licenses/${licenses[0]!.licenseId}/history`);
    expect(body.data.actions[0]).toMatchObject({ action: 'create', note: { before: null } });
  });

  describe('find', () => {
    const find = async (criteria: unknown, query = '') => {
      const { status, body } = await client(emulator).post(`licenses/v2/find${query}`, criteria);
      const found = (body.results as Array<{ license: Row }> | undefined)?.map(({ license }) => license.partner_ref);
      return { status, body, found };
    };

    it('answers without an envelope, totals in camelCase with a singular totalPage', async () => {
      const { body, found } = await find({ sort: { 'license.id': 'asc' } }, '?per_page=2&page=2');
      expect(Object.keys(body)).toEqual(['results', 'filters', 'pagination']);
      expect(body.pagination).toEqual({ perPage: 2, currentPage: 2, totalPage: 3, total: 5 });
      expect(found).toEqual(expected(2, 3));
    });

    it('spells a licence in snake_case with three exceptions and calls the reference partner_ref', async () => {
      const { body } = await find({ filters: { 'license.partner_ref': licenses[1]!.licenseId } });
      expect(body.results[0].license).toMatchObject({
        id: licenses[1]!.id,
        partner_ref: licenses[1]!.licenseId,
        customer_ref: second.Reference,
        reseller_ref: 'XSP100001',
        vendor_subscription_id: licenses[1]!.vendorLicenseId,
        isEnabled: true,
        lastUpdate: null,
        customerVendorReference: null,
        seat: 3,
        price: { sell_price: 2.8, total_sell_price: 8.4, currency: 'EUR' },
      });
      expect(body.results[0].license.subscription_id).not.toBe(licenses[1]!.licenseId);
    });

    it.each<[string, unknown, number[]]>([
      ['an exact value', { filters: { 'license.customer_ref': 'FIRST' } }, [0, 2, 3]],
      ['any of a list', { filters: { 'license.vendor_code': ['aws', 'google'] } }, [3]],
      ['a boolean', { filters: { 'license.isEnabled': false } }, [2]],
      ['two filters', { filters: { 'license.customer_ref': 'FIRST', 'license.isEnabled': true } }, [0, 3]],
      ['a range', { filters: { 'license.seat': { gt: 1, lte: 3 } } }, [1]],
      ['an exclusion', { exclusionFilters: { 'license.cloud_type': 'IaaS' } }, [1]],
      ['null', { filters: { 'license.vendor_subscription_id': null } }, [3]],
      ['a keyword over all fields', { keyword: 'defender' }, [1]],
      ['keywords of a field', { keywords: { 'license.sku': { values: ['fend'], operator: 'OR' } } }, [1]],
      ['a comparison', { compare: { 'license.seat': { field: 'license.term', operator: 'LTE' } } }, []],
      ['an empty list for an empty object', { filters: [] }, [0, 1, 2, 3, 4]],
    ])('filters by %s', async (_, criteria, numbers) => {
      const text = JSON.stringify(criteria).replace('FIRST', first.Reference);
      const { found } = await find({ ...(JSON.parse(text) as object), sort: { 'license.id': 'asc' } });
      expect(found).toEqual(expected(...numbers));
    });

    it('sorts by licence id both ways and walks by gt', async () => {
      expect((await find({ sort: { 'license.id': 'desc' } })).found).toEqual(expected(4, 3, 2, 1, 0));
      const walk = await find({ filters: { 'license.id': { gt: licenses[2]!.id } }, sort: { 'license.id': 'asc' } });
      expect(walk.found).toEqual(expected(3, 4));
    });

    it('counts facets with booleans as text', async () => {
      const { body } = await find({ filters: { 'license.customer_ref': first.Reference } });
      expect(body.filters).toContainEqual({
        name: 'license.isEnabled',
        values: [
          { value: 'true', count: 2 },
          { value: 'false', count: 1 },
        ],
      });
    });

    it('refuses pages that end beyond 10,000 results', async () => {
      expect(await find({}, '?per_page=100&page=100')).toMatchObject({ status: 200, found: [] });
      expect(await find({}, '?per_page=100&page=101')).toMatchObject({
        status: 400,
        body: { errorCode: 'WINDOW_TOO_LARGE' },
      });
    });

    it.each<[string, unknown]>([
      ['an unknown key', { filter: {} }],
      ['a field without its prefix', { filters: { customer_ref: 'XSP1' } }],
      ['an unknown range operator', { filters: { 'license.seat': { over: 1 } } }],
      ['a sort that is no direction', { sort: { 'license.id': 'up' } }],
      ['a body that is a list', [1]],
      ['a body that is no JSON', '{"filters": '],
    ])('refuses %s with 400', async (_, criteria) => {
      expect((await find(criteria)).status).toBe(400);
    });
  });

  it('refuses the wrong method with 405 and an unknown path with 404', async () => {
    expect(await client(emulator).get('licenses/v2/find')).toMatchObject({ status: 405 });
    expect(await client(emulator).get('no/such/path')).toMatchObject({ status: 404, body: { status: 404 } });
  });
});
