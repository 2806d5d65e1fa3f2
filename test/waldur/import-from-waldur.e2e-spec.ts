import { arrowCustomer } from '../../emulator/data.js';
import {
  waldurArrowSettings,
  waldurCustomer,
  waldurCustomerMapping,
  waldurOffering,
  waldurPlan,
  waldurVendorMapping,
} from '../../emulator/waldur/waldur-data.js';
import { type Beside, startBeside, dashed } from './support.js';

const IMPORT = '/api/admin/arrow/settings/import_from_waldur/';

describe('What the Arrow plugin of a Waldur has', () => {
  let beside: Beside;
  let partner: { readonly apiKey: string; readonly reference: string };
  const customer = waldurCustomer();
  const unread = waldurCustomer({ name: 'Made since' });
  const plan = waldurPlan();
  const offering = waldurOffering({ plans: [plan] });
  let settings: ReturnType<typeof waldurArrowSettings>;
  let mapping: ReturnType<typeof waldurCustomerMapping>;
  let vendor: ReturnType<typeof waldurVendorMapping>;

  beforeAll(async () => {
    beside = await startBeside();
    const { app, waldur } = beside;
    partner = { apiKey: app.arrow.apiKey, reference: app.arrow.data.partners[0]!.reference };
    settings = waldurArrowSettings({
      api_url: app.arrow.url,
      partner_reference: partner.reference,
      partner_name: 'Reseller',
      invoice_price_source: 'buy',
      sync_enabled: true,
    });
    const other = waldurArrowSettings({ is_active: false, partner_reference: 'XSP1' });
    mapping = waldurCustomerMapping(settings, customer, { is_active: false });
    vendor = waldurVendorMapping(settings, offering, { plan_uuid: plan.uuid });
    const { data } = waldur;
    data.customers.push(customer);
    data.offerings.push(offering);
    await beside.sync();
    data.arrowSettings.push(settings, other);
    data.customerMappings.push(
      mapping,
      waldurCustomerMapping(settings, unread, { arrow_reference: 'XSP2' }),
      waldurCustomerMapping(other, customer, { arrow_reference: 'XSP3' }),
    );
    data.vendorMappings.push(vendor, waldurVendorMapping(settings, waldurOffering(), { arrow_vendor_name: 'Adobe' }));
  });
  afterAll(() => beside?.stop());

  const run = (body: object) => beside.app.api.post(IMPORT, { api_key: partner.apiKey, ...body });
  const outcomes = (rows: { name: string; outcome: string }[]) =>
    Object.fromEntries(rows.map(({ name, outcome }) => [name, outcome]));
  const stored = async () => (await beside.app.api.get('/api/admin/arrow/settings/')).body as { uuid: string }[];

  it('is shown first, and nothing of it is kept', async () => {
    beside.waldur.requests.length = 0;
    const { status, body } = await run({});
    expect([status, body.dry_run, body.settings_created]).toEqual([200, true, true]);
    expect(outcomes(body.customer_mappings)).toEqual({ XSP661245: 'created', XSP2: 'refused' });
    expect(outcomes(body.vendor_offering_mappings)).toEqual({ Microsoft: 'created', Adobe: 'refused' });
    expect(body.warnings).toEqual([expect.stringContaining('are on for this account')]);
    expect(await stored()).toEqual([]);
    const asked = beside.waldur.requests.flatMap(({ query }) => query.getAll('field'));
    expect(asked).toContain('api_url');
    expect(asked).not.toContain('api_key');
  });

  it('is taken over with its UUIDs, and without its key', async () => {
    const { status, body } = await run({ dry_run: false });
    expect([status, JSON.stringify(body).includes(partner.apiKey)]).toEqual([200, false]);
    const { api } = beside.app;
    expect((await api.get(`/api/admin/arrow/settings/${settings.uuid}/`)).body).toMatchObject({
      uuid: dashed(settings.uuid),
      api_url: beside.app.arrow.url,
      partner_reference: partner.reference,
      invoice_price_source: 'buy',
      is_active: true,
      sync_enabled: false,
    });
    expect((await api.get(`/api/admin/arrow/customer-mappings/${mapping.uuid}/`)).body).toMatchObject({
      arrow_reference: 'XSP661245',
      waldur_customer_uuid: dashed(customer.uuid),
      settings_uuid: dashed(settings.uuid),
      is_active: false,
    });
    expect((await api.get(`/api/admin/arrow/vendor-offering-mappings/${vendor.uuid}/`)).body).toMatchObject({
      offering: dashed(offering.uuid),
      plan: dashed(plan.uuid),
    });
  });

  it('is taken over again without a change, and what was changed here stays', async () => {
    const again = (await run({ dry_run: false })).body;
    expect([again.settings_created, outcomes(again.customer_mappings)]).toEqual([
      false,
      { XSP661245: 'exists', XSP2: 'refused' },
    ]);
    await beside.app.api.patch(`/api/admin/arrow/customer-mappings/${mapping.uuid}/`, { is_active: true });
    const changed = (await run({ dry_run: false })).body;
    expect(outcomes(changed.customer_mappings)).toEqual({ XSP661245: 'differs', XSP2: 'refused' });
    expect((await beside.app.api.get(`/api/admin/arrow/customer-mappings/${mapping.uuid}/`)).body.is_active).toBe(true);
    await beside.sync();
    beside.waldur.data.customers.push(unread);
    await beside.sync();
    expect(outcomes((await run({ dry_run: false })).body.customer_mappings).XSP2).toBe('created');
  });

  it('is refused with the key of another partner, or where it is not clear which account is meant', async () => {
    const { data } = beside.app.arrow;
    data.partners.push({ apiKey: 'key-of-somebody-else-0123456789', reference: 'XSP9', companyName: 'Else' });
    const wrong = await run({ api_key: 'key-of-somebody-else-0123456789' });
    expect([wrong.status, Object.keys(wrong.body)]).toEqual([400, ['api_key']]);
    const { arrowSettings } = beside.waldur.data;
    arrowSettings[1]!['is_active'] = true;
    const unclear = await run({});
    expect([unclear.status, unclear.body.settings_uuid]).toEqual([400, [expect.stringContaining('Waldur has these')]]);
    expect((await run({ settings_uuid: settings.uuid })).status).toBe(200);
    beside.waldur.data.arrowSettings = [];
    expect((await run({})).body.code).toBe('no_arrow_account_in_waldur');
  });

  it('has the reference that ArrowSphere has, whatever Waldur calls its customers by', async () => {
    const { app, waldur } = beside;
    const known = [arrowCustomer({ InternalReference: 'RAEVALD' }), arrowCustomer(), arrowCustomer()];
    app.arrow.data.customers.push(...known);
    const [own, bare, lower] = known.map(({ Reference }) => Reference) as [string, string, string];
    const theirs = waldurArrowSettings({ api_url: app.arrow.url, partner_reference: partner.reference });
    waldur.data.arrowSettings = [theirs];
    waldur.data.customerMappings = ['RAEVALD', bare.replace('XSP', ''), ` ${lower.toLowerCase()}`, 'nobody'].map(
      (text) => waldurCustomerMapping(theirs, customer, { arrow_reference: text }),
    );
    expect(outcomes((await run({})).body.customer_mappings)).toEqual({
      ...{ [own]: 'created', [bare]: 'created', [lower]: 'created', nobody: 'created' },
    });
  });

  it('goes into the account that the partner has here already', async () => {
    const { app, waldur } = beside;
    const theirs = waldurArrowSettings({ api_url: app.arrow.url, partner_reference: partner.reference });
    waldur.data.arrowSettings = [theirs];
    waldur.data.customerMappings = [waldurCustomerMapping(theirs, unread, { arrow_reference: 'XSP77' })];
    const { body } = await run({ dry_run: false });
    expect([body.settings_created, body.settings.uuid]).toEqual([false, dashed(settings.uuid)]);
    expect(outcomes(body.customer_mappings)).toEqual({ XSP77: 'created' });
    expect(await stored()).toHaveLength(1);
    app.arrow.data.customers.push(arrowCustomer({ Reference: 'XSP78', InternalReference: 'RAUA' }));
    await app.database.query(`UPDATE customer_mapping SET arrow_reference = 'raua' WHERE arrow_reference = 'XSP77'`);
    const differing = waldurCustomerMapping(theirs, customer, { arrow_reference: 'XSP78' });
    waldur.data.customerMappings = [differing];
    expect(outcomes((await run({ dry_run: false })).body.customer_mappings)).toEqual({ XSP78: 'differs' });
  });
});
