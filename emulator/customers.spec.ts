import { ArrowEmulator } from './arrow-emulator.js';
import { arrowCustomer, DEFAULT_PARTNER } from './data.js';
import { client } from './spec-client.js';

describe('whoami and customers', () => {
  let emulator: ArrowEmulator;
  beforeEach(async () => {
    emulator = await ArrowEmulator.start();
  });
  afterEach(() => emulator.stop());

  const fill = (count: number) => {
    emulator.data.customers = Array.from({ length: count }, (_, n) => arrowCustomer({ CompanyName: `Firm ${n}` }));
  };

  it('says who the key belongs to', async () => {
    const { status, body } = await client(emulator).get('whoami');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 200,
      data: { reference: DEFAULT_PARTNER.reference, companyName: DEFAULT_PARTNER.companyName, headcount: null },
    });
  });

  it.each([['wrong'], [null]])('refuses the key %s with 401 in the error shape', async (apiKey) => {
    const { status, body } = await client(emulator, { apiKey }).get('whoami');
    expect(status).toBe(401);
    expect(body).toEqual({
      status: 401,
      error: 'Invalid API key',
      errorCode: 'UNAUTHORIZED',
      correlationId: expect.stringMatching(/^emulated-\d+$/),
    });
  });

  it('knows several partners, several keys of one, and shows each only its own customers', async () => {
    const [first] = emulator.data.partners;
    emulator.data.partners.push(
      { ...first!, apiKey: 'second key of the first' },
      { apiKey: 'other', reference: 'XSP100002', companyName: 'Other Reseller BV' },
    );
    emulator.data.customers = [arrowCustomer({ CompanyName: 'Mine' })];
    emulator.data.customers.push(arrowCustomer({ CompanyName: 'Theirs', partnerReference: 'XSP100002' }));
    const names = async (apiKey: string) => {
      const { body } = await client(emulator, { apiKey }).get('customers');
      return body.data.customers.map((customer: { CompanyName: string }) => customer.CompanyName);
    };
    expect(await names(emulator.apiKey)).toEqual(['Mine']);
    expect(await names('second key of the first')).toEqual(['Mine']);
    expect(await names('other')).toEqual(['Theirs']);
  });

  it('pages customers in snake_case with relative links that lack the prefix', async () => {
    fill(5);
    const { body } = await client(emulator).get('customers?per_page=2&page=2');
    const names = body.data.customers.map((customer: { CompanyName: string }) => customer.CompanyName);
    expect(names).toEqual(['Firm 2', 'Firm 3']);
    expect(body.pagination).toEqual({
      per_page: 2,
      current_page: 2,
      total_page: 3,
      total: 5,
      next: '/customers?per_page=2&page=3',
      previous: '/customers?per_page=2&page=1',
    });
  });

  it('ends with a next of null, and gives empty pages beyond the end', async () => {
    fill(5);
    const last = await client(emulator).get('customers?per_page=2&page=3');
    expect(last.body.pagination).toMatchObject({ next: null, current_page: 3 });
    const beyond = await client(emulator).get('customers?per_page=2&page=4');
    expect(beyond.body).toMatchObject({ data: { customers: [] }, pagination: { next: null, current_page: 4 } });
  });

  it('gives 15 unless asked otherwise, cuts a larger per_page to 100 and echoes the cut one', async () => {
    fill(120);
    const usual = await client(emulator).get('customers');
    expect(usual.body.data.customers).toHaveLength(15);
    expect(usual.body.pagination).toMatchObject({ per_page: 15, total_page: 8 });
    const large = await client(emulator).get('customers?per_page=1000');
    expect(large.body.data.customers).toHaveLength(100);
    expect(large.body.pagination).toMatchObject({ per_page: 100, total_page: 2 });
  });

  it.each(['0', '-1', 'x', '1.5'])('refuses page %s with 400', async (page) => {
    const { status, body } = await client(emulator).get(`customers?page=${page}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ status: 400, errorCode: 'INVALID_PARAMETER' });
  });

  it('gives one customer as an array of one, PascalCase, without our own keys', async () => {
    const customer = arrowCustomer({ CompanyName: 'Ämari Lennuk OÜ' });
    emulator.data.customers = [customer];
    const { body } = await client(emulator).get(`customers/${customer.Reference}`);
    expect(body.data.customers).toHaveLength(1);
    const { partnerReference: _, ...onTheWire } = customer;
    expect(body.data.customers[0]).toEqual(onTheWire);
    expect(body.data.customers[0]).toMatchObject({ Details: [], DeletedAt: null, CompanyName: 'Ämari Lennuk OÜ' });
  });

  it('sends what a test put there: numbers, nulls and removed customers', async () => {
    const odd = { Ref: 4711, EmailContact: null, DeletedAt: '2026-01-01T00:00:00.000Z', Details: { TenantID: 't' } };
    emulator.data.customers = [arrowCustomer(odd)];
    const { body } = await client(emulator).get('customers');
    expect(body.data.customers[0]).toMatchObject(odd);
  });

  it('says 404 with error and messages for a customer it does not have, also for another partner’s', async () => {
    const theirs = arrowCustomer({ partnerReference: 'XSP100002' });
    emulator.data.customers = [theirs];
    for (const reference of ['XSP999999', theirs.Reference, '..%2Fwhoami', 'a%20b']) {
      const { status, body } = await client(emulator).get(`customers/${reference}`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ status: 404, error: expect.any(String), messages: expect.any(String) });
      expect(body).toMatchObject({ errorCode: 'CUSTOMER_NOT_FOUND', correlationId: expect.any(String) });
    }
  });

  it('shows changed data in the next answer', async () => {
    fill(1);
    emulator.data.customers[0]!.CompanyName = 'Renamed OÜ';
    const { body } = await client(emulator).get('customers');
    expect(body.data.customers[0].CompanyName).toBe('Renamed OÜ');
  });
});
