import { ArrowEmulator } from './arrow-emulator.js';
import { arrowCustomer, arrowLicense, DEFAULT_PARTNER } from './data.js';
import { client } from './spec-client.js';

describe('customers and whoami', () => {
  let emulator: ArrowEmulator;
  beforeEach(async () => {
    emulator = await ArrowEmulator.start();
  });
  afterEach(() => emulator.stop());

  it('says who the key belongs to', async () => {
    const { status, body } = await client(emulator).get('whoami');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 200, data: { reference: DEFAULT_PARTNER.reference } });
  });

  it('refuses a wrong key with 401 in the error shape', async () => {
    const { status, body } = await client(emulator, { apiKey: 'wrong' }).get('whoami');
    expect(status).toBe(401);
    expect(body).toEqual({
      status: 401,
      error: 'Invalid API key',
      errorCode: 'UNAUTHORIZED',
      correlationId: expect.any(String) as string,
    });
  });

  it('pages customers in snake_case with relative links that lack the prefix', async () => {
    emulator.data.customers = Array.from({ length: 5 }, (_, index) => arrowCustomer({ CompanyName: `Firm ${index}` }));
    const { body } = await client(emulator).get('customers?per_page=2&page=2');
    expect(body.data.customers.map((customer: { CompanyName: string }) => customer.CompanyName)).toEqual([
      'Firm 2',
      'Firm 3',
    ]);
    expect(body.pagination).toEqual({
      per_page: 2,
      current_page: 2,
      total_page: 3,
      total: 5,
      next: '/customers?per_page=2&page=3',
      previous: '/customers?per_page=2&page=1',
    });
  });

  it('gives one customer as an array of one', async () => {
    const customer = arrowCustomer({ CompanyName: 'Ämari Lennuk OÜ' });
    emulator.data.customers = [customer];
    const { body } = await client(emulator).get(`customers/${customer.Reference}`);
    expect(body.data.customers).toHaveLength(1);
    expect(body.data.customers[0]).toMatchObject({ Reference: customer.Reference, Details: [] });
    expect(body.data.customers[0]).not.toHaveProperty('partnerReference');
  });

  it('finds the licences of one customer without an envelope', async () => {
    const customer = arrowCustomer();
    const license = arrowLicense({ customer });
    emulator.data.licenses = [license, arrowLicense()];
    const { body } = await client(emulator).post('licenses/v2/find?per_page=100&page=1', {
      filters: { 'license.customer_ref': customer.Reference },
      sort: { 'license.id': 'asc' },
    });
    expect(Object.keys(body)).toEqual(['results', 'filters', 'pagination']);
    expect(body.results[0].license).toMatchObject({ partner_ref: license.licenseId, customer_ref: customer.Reference });
    expect(body.pagination).toEqual({ perPage: 100, currentPage: 1, totalPage: 1, total: 1 });
  });
});
