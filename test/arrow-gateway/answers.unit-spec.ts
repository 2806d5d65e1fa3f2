import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { sampleData } from '../../emulator/sample-data.js';
import type { ArrowAccount } from '../../src/arrow-gateway/arrow-gateway.js';
import { ArrowCredentialsRejectedError, ArrowNotFoundError } from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { accountOf, gatewayUnderTest, type GatewayUnderTest } from './support/gateway.js';

describe('A healthy ArrowSphere', () => {
  let emulator: ArrowEmulator;
  let under: GatewayUnderTest;
  let account: ArrowAccount;

  beforeAll(async () => {
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
