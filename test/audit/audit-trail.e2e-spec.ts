import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

describe('The audit trail', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  it('smoke', async () => {
    const customer = await make.customer({ name: 'Põhjala Tehnika OÜ' });
    await app.api.patch(customer.url, { name: 'B' });
    await app.api.patch(customer.url, {});
    await app.api.patch(customer.url, { name: 'B' });
    console.log(await app.database.query('SELECT tableoid::regclass::text AS part, * FROM audit_event ORDER BY created'));
    console.log(await app.database.query('SELECT * FROM audit_change ORDER BY created'));
  });
});
