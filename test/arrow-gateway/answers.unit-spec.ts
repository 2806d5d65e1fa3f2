import { Logger } from '@nestjs/common';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer, arrowLicense, consumptionLine, exportLine, exportType } from '../../emulator/data.js';
import { manyExportLines, manyLicenses } from '../../emulator/large-data.js';
import { sampleData } from '../../emulator/sample-data.js';
import type { ArrowAccount, ArrowLicense, Fetched } from '../../src/arrow-gateway/arrow-gateway.js';
import {
  ArrowCredentialsRejectedError,
  ArrowMalformedAnswerError,
  ArrowNotFoundError,
  ArrowReferenceNotUsableError,
  ArrowRefusedError,
} from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { until } from '../support/until.js';
import { accountOf, gatewayUnderTest, type GatewayUnderTest } from './support/gateway.js';

describe('A healthy ArrowSphere', () => {
  let emulator: ArrowEmulator;
  let under: GatewayUnderTest;
  let account: ArrowAccount;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    emulator = await ArrowEmulator.start({ data: sampleData(new Date('2026-11-23T12:00:00Z')) });
    under = gatewayUnderTest();
    account = accountOf(emulator);
  });

  afterAll(async () => {
    under.close();
    await emulator.stop();
  });

  it('says whose key it is', async () => {
    const [partner] = emulator.data.partners;
    await expect(under.gateway.whoAmI(account)).resolves.toMatchObject({ reference: partner?.reference });
  });

  it('does not know another key', async () => {
    await expect(under.gateway.whoAmI({ ...account, apiKey: 'not-the-key' })).rejects.toThrow(
      ArrowCredentialsRejectedError,
    );
  });

  it('takes the base URL with and without its last slash as the same account', async () => {
    await under.gateway.whoAmI({ ...account, apiUrl: account.apiUrl.replace(/\/$/, '') });
    expect(under.metrics.snapshot().accounts.map((state) => state.host)).toHaveLength(2);
  });

  it('lists all customers but the removed ones', async () => {
    const { data } = await under.gateway.listCustomers(account);
    const expected = emulator.data.customers.filter(({ DeletedAt }) => !DeletedAt).map(({ Reference }) => Reference);
    expect(data.map(({ reference }) => reference).sort()).toEqual(expected.sort());
  });

  it('has one customer by its reference, and says so where it has not', async () => {
    const [customer] = (await under.gateway.listCustomers(account)).data;
    await expect(under.gateway.getCustomer(account, customer?.reference ?? '')).resolves.toEqual(customer);
    await expect(under.gateway.getCustomer(account, 'XSP0')).rejects.toThrow(ArrowNotFoundError);
  });

  it('lists the licences of a customer, and finds them by their references', async () => {
    const [customer] = (await under.gateway.listCustomers(account)).data;
    const { data } = await under.gateway.listLicenses(account, customer?.reference ?? '');
    expect(data.length).toBeGreaterThan(1);
    const references = data.map(({ licenseReference }) => licenseReference);
    await expect(under.gateway.findLicenses(account, [...references, 'XSP0', ' '])).resolves.toEqual(data);
    await expect(under.gateway.findLicenses(account, [])).resolves.toEqual([]);
  });

  it('has the export types, and the columns of each', async () => {
    for (const { reference, name } of await under.gateway.listExportTypes(account)) {
      const definition = await under.gateway.getExportType(account, reference);
      expect(definition).toMatchObject({ reference, name });
      expect(Object.keys(definition.columns).length).toBeGreaterThan(0);
    }
  });
});

describe('What ArrowSphere says', () => {
  let emulator: ArrowEmulator;
  let account: ArrowAccount;
  let under: GatewayUnderTest;
  const requests = (): string[] => emulator.requests.map(({ method, path }) => `${method} ${path}`);

  beforeEach(async () => {
    emulator = await ArrowEmulator.start();
    account = accountOf(emulator);
    under = gatewayUnderTest();
  });

  afterEach(async () => {
    under.close();
    await emulator.stop();
  });

  it('of customers may be null, numbers, camelCase or empty arrays', async () => {
    emulator.data.customers = [
      arrowCustomer({
        Reference: 'XSP1',
        Ref: 900777,
        EmailContact: null,
        Contact: { Email: 'contact@example.org' },
        Details: { DomainName: 'a.example' },
      }),
      arrowCustomer({ Reference: 'XSP2', Ref: null, Contact: [], Details: [], City: null }),
      arrowCustomer({
        Reference: undefined as unknown as string,
        reference: 'XSP3',
        CompanyName: undefined as unknown as string,
        companyName: 'Camel',
      }),
      arrowCustomer({ Reference: 'XSP4', DeletedAt: '2026-01-01T00:00:00Z' }),
    ];
    const { data } = await under.gateway.listCustomers(account);
    expect(data.map(({ reference }) => reference)).toEqual(['XSP1', 'XSP2', 'XSP3']);
    expect(data[0]).toMatchObject({ ref: '900777', email: 'contact@example.org', domainName: 'a.example' });
    expect(data[1]).toMatchObject({ ref: '', city: '', domainName: '' });
    expect(data[2]).toMatchObject({ companyName: 'Camel' });
    await expect(under.gateway.getCustomer(account, 'XSP4')).resolves.toMatchObject({ isDeleted: true });
  });

  const foundLicenses = (...licenses: object[]) => {
    const pagination = { perPage: 100, currentPage: 1, totalPage: 1, total: licenses.length };
    const body = { results: licenses.map((license) => ({ license })), pagination };
    emulator.faults.add({ path: /find/, action: { kind: 'status', status: 200, body } });
  };

  it('beside the references of customers and licences may be of any kind: one odd field does not hide all of them', async () => {
    const odd = [false, true, [], {}, ['x'], [{ Email: 'x' }], 7, null];
    const fields = ['CompanyName', 'Ref', 'BillingId', 'EmailContact', 'City', 'Contact', 'Details', 'TaxNumber'];
    emulator.data.customers = odd.map((one, at) =>
      Object.assign(arrowCustomer({ Reference: `XSP${at}` }), Object.fromEntries(fields.map((field) => [field, one]))),
    );
    const { data } = await under.gateway.listCustomers(account);
    expect(data).toHaveLength(odd.length);
    expect(data.map(({ ref }) => ref)).toEqual(['', '', '', '', '', '', '7', '']);
    for (const [at, one] of odd.entries()) {
      const license = { ...{ partner_ref: `L${at}`, customer_ref: 'XSP1', id: `${at + 1}` }, friendly_name: one };
      const others = { seat: one, price: one, offer: one, vendor_name: one, status_label: one, category: one };
      foundLicenses({ ...license, ...others });
      await expect(under.gateway.findLicenses(account, [`L${at}`])).resolves.toMatchObject([
        { licenseReference: `L${at}`, quantity: one === 7 ? '7' : null, currency: null },
      ]);
      emulator.faults.clear();
    }
  });

  it('may begin with a byte order mark', async () => {
    const html = `\ufeff${JSON.stringify({ status: 200, data: { reference: 'XSP1', companyName: 'Marked' } })}`;
    emulator.faults.add({ action: { kind: 'status', status: 200, html } });
    await expect(under.gateway.whoAmI(account)).resolves.toMatchObject({ companyName: 'Marked' });
  });

  it('of the number of a licence may be text or nothing', async () => {
    const row = (id: unknown) => ({ partner_ref: 'L1', customer_ref: 'XSP1', id, offer: String(id) });
    for (const ids of [
      ['9', 10],
      ['10', '9'],
      [10, null],
    ]) {
      foundLicenses(...ids.map(row));
      await expect(under.gateway.findLicenses(account, ['L1'])).resolves.toMatchObject([{ offerName: '10' }]);
      emulator.faults.clear();
    }
  });

  it('of the end of a customer is none where it says so in any way', async () => {
    emulator.data.customers = [false, null, '', '  ', undefined, true, 1, '2026-01-01T00:00:00Z'].map((end, at) =>
      arrowCustomer({ Reference: `XSP${at}`, DeletedAt: end as string }),
    );
    const { data } = await under.gateway.listCustomers(account);
    expect(data.map(({ reference }) => reference)).toEqual(['XSP0', 'XSP1', 'XSP2', 'XSP3', 'XSP4']);
    emulator.data.customers = [arrowCustomer({ DeletedAt: ['?'] as unknown as string })];
    await expect(under.gateway.listCustomers(account, { refresh: true })).rejects.toThrow(ArrowMalformedAnswerError);
  });

  it('of a customer without a reference, or of another customer than asked for, is malformed', async () => {
    emulator.data.customers = [arrowCustomer({ Reference: '  ' })];
    await expect(under.gateway.listCustomers(account)).rejects.toThrow('data.customers.0 has no Reference');
    emulator.faults.add({
      action: { kind: 'status', status: 200, body: { status: 200, data: { customers: [{ Reference: 'XSP9' }] } } },
    });
    await expect(under.gateway.getCustomer(account, 'XSP1')).rejects.toThrow('it is about another customer');
    emulator.faults.clear();
    emulator.faults.add({ action: { kind: 'status', status: 200, body: { status: 200, data: { customers: [] } } } });
    await expect(under.gateway.getCustomer(account, 'XSP1')).rejects.toThrow(ArrowNotFoundError);
  });

  it.each([
    [{ status: 200, data: [] }, 'data is not of the expected shape (object expected)'],
    [{ status: 200, data: { customers: {} } }, 'data.customers is not of the expected shape (array expected)'],
    [
      { status: 200, data: { customers: [{ Reference: {} }] } },
      'data.customers.0.Reference is not of the expected shape',
    ],
    [{ status: 200, data: { customers: [] }, pagination: { total: -1 } }, 'pagination is not of the expected shape'],
    [{ status: 200, data: { customers: [] }, pagination: 'none' }, 'pagination is not of the expected shape'],
    [[], 'it has no data'],
    ['text', 'it has no data'],
  ])('as %j is malformed', async (body, why) => {
    under.close();
    under = gatewayUnderTest({ maxRetries: 0 });
    emulator.faults.add({ action: { kind: 'status', status: 200, body } });
    const listing = under.gateway.listCustomers(account);
    await expect(listing).rejects.toThrow(ArrowMalformedAnswerError);
    await expect(listing).rejects.toThrow(why);
  });

  it('in an error is passed on in short, without the key it may repeat', async () => {
    const body = {
      status: 400,
      messages: ['Bad', `key ${account.apiKey}\n`, 'x'.repeat(500)],
      errorCode: 'E1',
      correlationId: 'c-1',
    };
    emulator.faults.add({ action: { kind: 'status', status: 400, body } });
    const error = await under.gateway.whoAmI(account).catch((thrown: unknown) => thrown as ArrowRefusedError);
    expect(error).toBeInstanceOf(ArrowRefusedError);
    expect(error).toMatchObject({ details: { errorCode: 'E1', correlationId: 'c-1', httpStatus: 400 } });
    expect((error as ArrowRefusedError).message).toMatch(
      /^ArrowSphere refused to say whose API key this is: Bad key … x{100}/,
    );
    expect((error as ArrowRefusedError).details.arrowMessage).toHaveLength(300);
  });

  it('of licences is asked of the search by customer, and of no other customers', async () => {
    const [one, two] = [arrowCustomer(), arrowCustomer()];
    emulator.data.licenses = [
      arrowLicense({ customer: one }),
      arrowLicense({ customer: two }),
      arrowLicense({ customer: one }),
    ];
    const { data } = await under.gateway.listLicenses(account, ` ${one.Reference} `);
    expect(data).toHaveLength(2);
    expect(emulator.requests[0]?.body).toEqual({
      filters: { 'license.customer_ref': [one.Reference] },
      sort: { 'license.id': 'asc' },
    });
    emulator.faults.add({ path: 'find', action: { kind: 'status', status: 200, body: foundFor('XSP-other') } });
    await expect(under.gateway.listLicenses(account, one.Reference, { refresh: true })).rejects.toThrow(
      'licences of other customers',
    );
    await expect(under.gateway.findLicenses(account, ['XSP1'])).rejects.toThrow('licences that were not asked for');
  });

  it.each([[404], [405]])(
    'of licences comes from the older listings where the search is not there (%d), once for all customers',
    async (status) => {
      const customers = [arrowCustomer(), arrowCustomer()];
      const [one, two] = customers as [(typeof customers)[0], (typeof customers)[0]];
      emulator.data.licenses = manyLicenses(250, customers);
      const searched = [
        await under.gateway.listLicenses(account, one.Reference),
        await under.gateway.findLicenses(account, ['XSP8000002', 'XSP8000001']),
      ];
      emulator.faults.add({ path: '^licenses/v2/find$', action: { kind: 'status', status } });
      emulator.resetCounters();
      under.gateway.forget(account);
      const listed = [
        await under.gateway.listLicenses(account, one.Reference),
        await under.gateway.findLicenses(account, ['XSP8000002', 'XSP8000001']),
      ];
      expect((await under.gateway.listLicenses(account, two.Reference)).data).toHaveLength(125);
      expect(references(listed)).toEqual(references(searched));
      expect(requests().filter((request) => request === 'GET v2/licenses')).toHaveLength(3);
      emulator.faults.add({ path: '^v2/licenses$', action: { kind: 'status', status } });
      under.gateway.forget(account);
      expect((await under.gateway.listLicenses(account, two.Reference)).data).toHaveLength(125);
      expect(requests().filter((request) => request === 'GET licenses')).toHaveLength(3);
    },
  );

  it.each([
    [1_000, 250],
    [300, 300],
    [300, 301],
    [100, 99],
  ])(
    'of licences is walked on by number where the search refuses deep pages (window %d, %d licences)',
    async (findWindow, count) => {
      const customer = arrowCustomer();
      emulator.data.behaviour.findWindow = findWindow;
      emulator.data.behaviour.maxPerPage = findWindow / 100;
      emulator.data.licenses = manyLicenses(count, [customer]);
      const { data } = await under.gateway.listLicenses(account, customer.Reference);
      expect(data).toHaveLength(count);
      expect(new Set(data.map(({ licenseReference }) => licenseReference)).size).toBe(count);
    },
  );

  it('of 12,000 licences of one customer is complete', async () => {
    const customer = arrowCustomer();
    emulator.data.licenses = manyLicenses(12_000, [customer]);
    expect((await under.gateway.listLicenses(account, customer.Reference)).data).toHaveLength(12_000);
  });

  it('of many licences is asked in few calls', async () => {
    const customer = arrowCustomer();
    emulator.data.licenses = manyLicenses(250, [customer]);
    const wanted = emulator.data.licenses.map(({ licenseId }) => licenseId);
    expect(await under.gateway.findLicenses(account, [...wanted, ...wanted])).toHaveLength(250);
    expect(requests()).toHaveLength(3);
  });

  it.each([['a/b'], ['a b'], ['Õ漢'], ['a?b=c#d'], ['%2e%2e'], ['x'.repeat(300)]])(
    'of the licence %j is asked of that licence',
    async (reference) => {
      emulator.data.licenses = [arrowLicense({ licenseId: reference })];
      await expect(under.gateway.getLicense(account, reference)).resolves.toMatchObject({
        licenseReference: reference,
      });
      await expect(
        under.gateway.getMonthlyConsumption(account, reference, '2026-05', '2026-05'),
      ).resolves.toMatchObject({ licenseReference: reference });
      expect(emulator.requests.map(({ path }) => path)).toEqual([
        `licenses/${encodeURIComponent(reference)}`,
        `consumption/monthly/license/${encodeURIComponent(reference)}`,
      ]);
    },
  );

  it.each([[''], ['.'], ['..'], ['a\u0000'], ['x'.repeat(600)]])('is not asked of %j', async (reference) => {
    const calls = [
      () => under.gateway.getLicense(account, reference),
      () => under.gateway.getCustomer(account, reference),
      () => under.gateway.listLicenses(account, reference),
      () => under.gateway.getMonthlyConsumption(account, reference, '2026-05', '2026-05'),
      () => under.gateway.getConsumptionEstimate(account, reference),
      () => under.gateway.getExportType(account, reference),
      () => under.gateway.listVendors(account, reference),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(ArrowReferenceNotUsableError);
    expect(emulator.requests).toEqual([]);
  });

  it('of consumption is exact, and unknown where it says so', async () => {
    const license = arrowLicense();
    emulator.data.licenses = [license];
    emulator.data.consumption = {
      [license.licenseId]: [
        consumptionLine({ period: '2026-04', sell: 0.1, buy: '0.1' }),
        consumptionLine({ period: '2026-04', sell: 0.2, buy: '0.2' }),
        consumptionLine({ period: '2026-05', sell: 'null', buy: null }),
      ],
    };
    for (const headers of ['v2', 'older'] as const) {
      emulator.data.behaviour.consumptionHeaders = headers;
      const { months } = await under.gateway.getMonthlyConsumption(account, license.licenseId, '2026-04', '2026-06');
      expect(months).toEqual([
        { period: '2026-04', sellTotal: '0.3', buyTotal: '0.3', currency: 'EUR', lineCount: 2 },
        { period: '2026-05', sellTotal: null, buyTotal: null, currency: 'EUR', lineCount: 1 },
      ]);
    }
    await expect(under.gateway.getConsumptionEstimate(account, license.licenseId)).rejects.toThrow(ArrowNotFoundError);
  });

  it('of export types may be a map, a list or nothing', async () => {
    emulator.data.exportTypes = [
      exportType({ reference: 'E1', name: 'One' }),
      exportType({ reference: 'E2', name: 'Two' }),
    ];
    const types = [
      { reference: 'E1', name: 'One' },
      { reference: 'E2', name: 'Two' },
    ];
    expect(await under.gateway.listExportTypes(account)).toEqual(types);
    emulator.data.behaviour.exportTypesAs = 'list';
    expect(await under.gateway.listExportTypes(account)).toEqual(types);
    emulator.data.exportTypes = [];
    expect(await under.gateway.listExportTypes(account)).toEqual([]);
  });

  it.each([['body'], ['query']] as const)(
    'in an export is read by pages, be the page taken from the %s',
    async (exportPageFrom) => {
      const customer = arrowCustomer();
      emulator.data.licenses = manyLicenses(3, [customer]);
      emulator.data.exportTypes = [
        exportType({ reference: 'E1', labels: ['Sequence', 'ARS Subscription ID', 'Customer Total Price'] }),
      ];
      emulator.data.exportLines = Array.from({ length: 25 }, (_, n) =>
        exportLine({ license: emulator.data.licenses[n % 3], sell: `${n}.50000` }),
      );
      emulator.data.behaviour.maxExportPerPage = 10;
      emulator.data.behaviour.exportPageFrom = exportPageFrom;
      const query = {
        exportTypeReference: 'E1',
        periodFrom: '2026-05',
        periodTo: '2026-05',
        customerReferences: [customer.Reference],
      };
      const prices = [];
      for await (const { headers, rows } of under.gateway.exportPages(account, query)) {
        expect(headers).toEqual(['Sequence', 'ARS Subscription ID', 'Customer Total Price']);
        for (const [, , price] of rows) prices.push(price);
      }
      expect(prices).toEqual(Array.from({ length: 25 }, (_, n) => `${n}.50000`));
      expect(emulator.requests[1]?.body).toEqual({
        exportTypeReference: 'E1',
        page: 2,
        outputFormat: { date: 'DD-MM-YYYY' },
        filters: { reportPeriod: { from: '2026-05', to: '2026-05' }, customerXspRefs: [customer.Reference] },
      });
    },
  );

  it('in an export without lines is a page without lines, or that there is none', async () => {
    emulator.data.exportTypes = [exportType({ reference: 'E1' })];
    const query = { exportTypeReference: 'E1', periodFrom: '2026-05', periodTo: '2026-05' };
    const pages = [];
    for await (const page of under.gateway.exportPages(account, query)) pages.push(page.rows.length);
    expect(pages).toEqual([0]);
    emulator.data.behaviour.emptyExport = 'error';
    await expect(under.gateway.exportPages(account, query)[Symbol.asyncIterator]().next()).rejects.toThrow(
      'ArrowSphere does not have a billing export of 2026-05 to 2026-05.',
    );
  });

  it('in an export is asked no further when the reader stops', async () => {
    emulator.data.licenses = manyLicenses(1, [arrowCustomer()]);
    emulator.data.exportTypes = [exportType({ reference: 'E1' })];
    emulator.data.exportLines = manyExportLines(50_000, emulator.data.licenses);
    for await (const page of under.gateway.exportPages(account, {
      exportTypeReference: 'E1',
      periodFrom: '2026-05',
      periodTo: '2026-05',
    })) {
      if (page.page === 3) break;
    }
    await until(() => emulator.inFlight === 0);
    expect(emulator.requests.length).toBeLessThanOrEqual(4);
  });

  it('of vendors is sorted, each once', async () => {
    const program = (reference: string, name: string) => ({ reference, name, associatedSubscriptionProgram: 'X' });
    emulator.data.programs = { IAAS: [program('2', 'Microsoft'), program('1', 'Amazon'), program('3', 'Microsoft')] };
    expect(await under.gateway.listVendors(account, 'iaas')).toEqual(['Amazon', 'Microsoft']);
  });
});

function references(results: ReadonlyArray<ArrowLicense[] | Fetched<ArrowLicense[]>>): string[][] {
  return results.map((result) =>
    (Array.isArray(result) ? result : result.data).map(({ licenseReference }) => licenseReference).sort(),
  );
}

function foundFor(customerReference: string): unknown {
  const license = { id: 1, partner_ref: 'XSP-foreign', customer_ref: customerReference };
  return { results: [{ license }], filters: [], pagination: { perPage: 100, currentPage: 1, total: 1, totalPage: 1 } };
}
