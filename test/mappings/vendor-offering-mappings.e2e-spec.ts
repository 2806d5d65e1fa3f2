import { randomUUID } from 'node:crypto';
import { VendorOfferingMappingsService } from '../../src/mappings/vendor-offering-mappings.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/vendor-offering-mappings/';
const anotherPlan = { plan: ['Plan must belong to the selected offering.'] };

describe('Vendor offering mappings', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string; url: string };

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    settings = await make.settings();
  });
  afterAll(() => app.stop());

  it('are created with UUIDs, answered with the names of offering and plan, and found under their link', async () => {
    const offering = await make.offering({ name: 'Azure' });
    const plan = await make.plan({ ...{ offering: offering.uuid, name: 'Pay as you go' } });
    const created = await app.api.post(path, {
      settings: settings.uuid.replaceAll('-', ''),
      arrow_vendor_name: ' Microsoft ',
      offering: offering.uuid,
      plan: plan.uuid,
    });
    expect(created).toMatchObject({
      status: 201,
      body: {
        settings: settings.uuid,
        settings_uuid: settings.uuid,
        arrow_vendor_name: 'Microsoft',
        offering: offering.uuid,
        offering_uuid: offering.uuid,
        offering_name: 'Azure',
        offering_type: 'Marketplace.Basic',
        plan: plan.uuid,
        plan_uuid: plan.uuid,
        plan_name: 'Pay as you go',
        is_active: true,
      },
    });
    expect(created.headers.get('location')).toBe(created.body.url);
    const found = await app.api.get(created.body.url);
    expect(found.body).toEqual({ ...created.body, settings: settings.url });
  });

  it.each([[''], [null], [undefined]])('have no plan where %p is given, and then leave its name out', async (plan) => {
    const mapping = await make.vendorMapping({ settings: settings.uuid, plan });
    expect(mapping.plan).toBeNull();
    expect(mapping).not.toHaveProperty('plan_uuid');
    expect(mapping).not.toHaveProperty('plan_name');
  });

  it('refuse the plan of another offering, when created and when changed', async () => {
    const offering = await make.offering();
    const foreign = await make.plan();
    const fields = { settings: settings.uuid, arrow_vendor_name: 'Foreign', offering: offering.uuid };
    const created = await app.api.post(path, { ...fields, plan: foreign.uuid });
    expect(created).toMatchObject({ status: 400, body: anotherPlan });
    const mapping = await make.vendorMapping({ settings: settings.uuid });
    const patched = await app.api.patch(mapping.url, { plan: foreign.uuid });
    expect(patched).toMatchObject({ status: 400, body: anotherPlan });
    const put = await app.api.put(mapping.url, { ...fields, settings: settings.url, plan: foreign.url });
    expect(put).toMatchObject({ status: 400, body: anotherPlan });
    expect((await app.api.get(mapping.url)).body).toEqual({ ...mapping, settings: settings.url });
  });

  it('refuse a new offering while the plan of the old one stays, and take both together', async () => {
    const [old, fresh] = [await make.plan(), await make.plan()];
    const mapping = await make.vendorMapping({ settings: settings.uuid, offering: old.offering_uuid, plan: old.uuid });
    const refused = await app.api.patch(mapping.url, { offering: fresh.offering_uuid });
    expect(refused).toMatchObject({ status: 400, body: anotherPlan });
    const both = await app.api.patch(mapping.url, { offering: fresh.offering_uuid, plan: fresh.uuid });
    expect(both).toMatchObject({ status: 200, body: { offering: fresh.offering_uuid, plan: fresh.uuid } });
    const none = await app.api.patch(mapping.url, { offering: old.offering_uuid, plan: '' });
    expect(none).toMatchObject({ status: 200, body: { offering: old.offering_uuid, plan: null } });
  });

  it('keep what PUT leaves out', async () => {
    const plan = await make.plan();
    const mapping = await make.vendorMapping({
      ...{ settings: settings.uuid, offering: plan.offering_uuid, plan: plan.uuid, is_active: false },
    });
    const { settings_uuid, arrow_vendor_name, offering } = mapping;
    const put = await app.api.put(mapping.url, { settings: settings_uuid, arrow_vendor_name, offering });
    expect(put).toMatchObject({ status: 200, body: { plan: plan.uuid, is_active: false } });
  });

  it('are one per vendor and account, letter by letter', async () => {
    const other = await make.settings({ is_active: false });
    const mapping = await make.vendorMapping({ settings: settings.uuid, arrow_vendor_name: 'Acronis' });
    const again = { settings: settings.uuid, arrow_vendor_name: 'Acronis', offering: mapping.offering };
    expect(await app.api.post(path, again)).toMatchObject({
      status: 400,
      body: { non_field_errors: ['The fields settings, arrow_vendor_name must make a unique set.'] },
    });
    expect((await app.api.post(path, { ...again, arrow_vendor_name: 'ACRONIS' })).status).toBe(201);
    expect((await app.api.post(path, { ...again, settings: other.uuid })).status).toBe(201);
    const twoAtOnce = await Promise.all(
      [1, 2].map(() => app.api.post(path, { ...again, arrow_vendor_name: 'Once only' })),
    );
    expect(twoAtOnce.map(({ status }) => status).sort()).toEqual([201, 400]);
  });

  it('name every wrong field together', async () => {
    const unknown = randomUUID();
    const body = { settings: unknown, arrow_vendor_name: ' ', offering: 'x', plan: unknown, is_active: 'perhaps' };
    expect(await app.api.post(path, body)).toMatchObject({
      status: 400,
      body: {
        settings: [`Object with uuid=${unknown} does not exist.`],
        arrow_vendor_name: ['This field may not be blank.'],
        offering: ['Object with uuid=x does not exist.'],
        plan: [`Object with uuid=${unknown} does not exist.`],
        is_active: ['Must be a valid boolean.'],
      },
    });
    const required = ['This field is required.'];
    expect((await app.api.post(path, {})).body).toEqual({
      ...{ settings: required, arrow_vendor_name: required, offering: required },
    });
  });

  it('are listed newest first, filtered and counted', async () => {
    const account = await make.settings({ is_active: false });
    const [first, second] = [
      await make.vendorMapping({ settings: account.uuid, arrow_vendor_name: 'Amazon Web Services' }),
      await make.vendorMapping({ settings: account.uuid, arrow_vendor_name: 'Google', is_active: false }),
    ];
    const names = async (query: string) => {
      const url = `${path}?settings_uuid=${account.uuid}&${query}`;
      const [list, head] = [await app.api.get(url), await app.api.head(url)];
      expect(head.headers.get('x-result-count')).toBe(String(list.body.length));
      return list.body.map((row: { arrow_vendor_name: string }) => row.arrow_vendor_name);
    };
    expect(await names('')).toEqual(['Google', 'Amazon Web Services']);
    expect(await names('o=arrow_vendor_name')).toEqual(['Amazon Web Services', 'Google']);
    expect(await names('arrow_vendor_name=WEB')).toEqual(['Amazon Web Services']);
    expect(await names('arrow_vendor_name=%25')).toEqual([]);
    expect(await names('is_active=0')).toEqual(['Google']);
    expect(await names(`settings=${account.url}`)).toHaveLength(2);
    expect(await names('settings=/api/nowhere/')).toEqual([]);
    expect(await names(`offering_uuid=${second.offering_uuid}`)).toEqual(['Google']);
    expect(await names(`offering=/api/marketplace-public-offerings/${first.offering_uuid}/`)).toEqual([
      'Amazon Web Services',
    ]);
    expect(await names(`offering=/api/marketplace-provider-offerings/${first.offering_uuid}/`)).toHaveLength(1);
    expect((await app.api.get(`${path}?offering_uuid=x`)).body).toEqual({ offering_uuid: ['Enter a valid UUID.'] });
  });

  it('are read by a bounded number of statements, whatever the page', async () => {
    const statements = await app.statements(() => app.api.get(`${path}?page_size=300`));
    expect(statements.length).toBeLessThanOrEqual(4);
  });

  it('go when deleted, and keep their account, offering and plan from being deleted', async () => {
    const account = await make.settings({ is_active: false });
    const plan = await make.plan();
    const mapping = await make.vendorMapping({ settings: account.uuid, offering: plan.offering_uuid, plan: plan.uuid });
    for (const url of [account.url, plan.url, plan.offering]) {
      const { status, body } = await app.api.delete(url);
      expect([status, body.detail]).toEqual([409, expect.stringContaining('still refer to it')]);
    }
    expect((await app.api.delete(mapping.url)).status).toBe(204);
    expect(await app.api.get(mapping.url)).toMatchObject({
      status: 404,
      body: { detail: 'No ArrowVendorOfferingMapping matches the given query.' },
    });
    expect((await app.api.delete(account.url)).status).toBe(204);
  });

  it('are for staff only', async () => {
    const { token } = await make.user();
    expect((await app.api.as(token).get(path)).status).toBe(403);
    expect((await app.api.as(undefined).get(path)).status).toBe(401);
  });

  it('tell other modules the plan of a vendor, from active mappings to that offering only', async () => {
    const service = app.app.get(VendorOfferingMappingsService);
    const account = await make.settings({ is_active: false });
    const [plan, exact] = [await make.plan(), await make.plan()];
    const to = (name: string, { uuid, offering_uuid }: { uuid: string; offering_uuid: string }, more: object = {}) =>
      make.vendorMapping({
        ...{ settings: account.uuid, arrow_vendor_name: name, offering: offering_uuid, plan: uuid, ...more },
      });
    await to('Microsoft', plan);
    await to('Broadcom', plan, { is_active: false });
    await to('IBM', plan, { plan: null });
    await to('oracle', plan, { plan: null });
    await to('Oracle', plan);
    const found = async (vendorName: string, offeringUuid = plan.offering_uuid as string) =>
      (await service.findPlans(account.uuid, [{ vendorName, offeringUuid }]))[0];
    expect(await found('Microsoft')).toBe(plan.uuid);
    expect(await found(' microsoft ')).toBe(plan.uuid);
    expect(await found('Oracle')).toBe(plan.uuid);
    expect(await found('oracle')).toBeNull();
    expect(await found('Micro')).toBeNull();
    expect(await found('Broadcom')).toBeNull();
    expect(await found('IBM')).toBeNull();
    expect(await found('Microsoft', exact.offering_uuid)).toBeNull();
    const several = ['IBM', 'microsoft', 'Micro', 'Oracle', 'microsoft'].map((vendorName) => ({
      ...{ vendorName, offeringUuid: plan.offering_uuid as string },
    }));
    expect(await service.findPlans(account.uuid, several)).toEqual([null, plan.uuid, null, plan.uuid, plan.uuid]);
    expect(await service.findPlans(settings.uuid, several)).toEqual([null, null, null, null, null]);
    expect(await app.statements(() => service.findPlans(account.uuid, several))).toHaveLength(1);
  });
});
