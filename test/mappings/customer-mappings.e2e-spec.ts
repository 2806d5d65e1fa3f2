import { arrowCustomer } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/customer-mappings/';

describe('Customer mappings', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app.stop());

  it('are created with UUIDs and answered with UUIDs, and found under their own link', async () => {
    const settings = await make.settings();
    const customer = await make.customer({ name: 'Põhjala Tehnika OÜ' });
    const created = await app.api.post(path, {
      settings: settings.uuid,
      arrow_reference: ' XSP661245 ',
      waldur_customer: customer.uuid.replaceAll('-', ''),
    });
    expect(created).toMatchObject({
      status: 201,
      body: {
        settings: settings.uuid,
        arrow_reference: 'XSP661245',
        arrow_company_name: '',
        waldur_customer: customer.uuid,
        waldur_customer_name: 'Põhjala Tehnika OÜ',
        is_active: true,
      },
    });
    expect(created.headers.get('location')).toBe(created.body.url);
    const found = await app.api.get(created.body.url);
    expect(found.body).toEqual({ ...created.body, settings: settings.url, waldur_customer: customer.url });
  });

  it('take over a name that no database column takes as it is', async () => {
    app.arrow.data.customers.push(arrowCustomer({ Reference: 'XSP700', CompanyName: 'Kivi\u0000rand \ud800' }));
    const settings = (await app.api.get('/api/admin/arrow/settings/')).body[0];
    const { uuid } = await make.mapping({ settings: settings.uuid, arrow_reference: 'XSP700' });
    const synced = await app.api.post(`${path}sync_from_arrow/`, {});
    expect(synced).toMatchObject({ status: 200, body: { updated: 1 } });
    expect((await app.api.get(`${path}${uuid}/`)).body.arrow_company_name).toBe('Kivirand \ufffd');
  });
});
