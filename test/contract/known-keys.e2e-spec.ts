import { startApp, type TestApp } from '../support/app.js';
import { World, type Seeded } from './world.js';

/** The types of Waldur's clients require these keys, and what they are about is known here. */
describe('Keys that the types of Waldur’s clients require', () => {
  let app: TestApp;
  let world: World;

  beforeAll(async () => {
    app = await startApp();
    world = await World.furnish(app);
  });

  afterAll(async () => {
    world?.close();
    await app?.stop();
  });

  it('name the plan, the provider and the maker of an order, and are null where it has none', async () => {
    const plan = await world.post('/api/marketplace-plans/', {
      name: 'Hourly',
      offering: world.storage.uuid,
      unit: 'hour',
    });
    const planned = await world.newResource({ offering: world.storage.uuid, plan: plan.uuid });
    expect(planned).toMatchObject({ plan_unit: 'hour', provider_uuid: world.customer.uuid });
    const plain = await world.newResource({ plan: null });
    const { uuid: maker } = await world.get('/api/users/me/');
    await app.database.query(
      `INSERT INTO marketplace_order (type, state, resource_uuid, created_by_uuid)
       SELECT 'Create', 'done', unnest($1::uuid[]), $2`,
      [[planned.uuid, plain.uuid], maker],
    );
    const orderOf = async (resource: Seeded) =>
      (await world.get<Seeded[]>(`/api/marketplace-orders/?resource_uuid=${resource.uuid}`))[0]!;
    expect(await orderOf(planned)).toMatchObject({
      plan_uuid: plan.uuid,
      plan_name: 'Hourly',
      plan_unit: 'hour',
      provider_uuid: world.customer.uuid,
      provider_name: 'Põhjala Tehnika OÜ',
      created_by_full_name: '',
      created_by_email: '',
    });
    const without = await orderOf(plain);
    expect(without).toMatchObject({ plan_uuid: null, plan_name: null, plan_unit: null });
    for (const key of ['provider_uuid', 'provider_name']) expect(without).not.toHaveProperty(key);
  });

  it('name the unit of the plan of a resource, and the organisation that provides its offering', async () => {
    expect(world.resource).toMatchObject({ plan_unit: 'month', usage_limit_restriction: '' });
    expect(world.resource).not.toHaveProperty('provider_uuid');
    expect(await world.get(`/api/marketplace-resources/${world.otherResource.uuid}/`)).toMatchObject({
      plan_unit: null,
      provider_uuid: world.customer.uuid,
      provider_name: 'Põhjala Tehnika OÜ',
    });
  });

  it('say of the plans of an offering what they say of a plan, but for its resources', async () => {
    const offering = await world.get<Seeded & { plans: Seeded[] }>(
      `/api/marketplace-provider-offerings/${world.offering.uuid}/`,
    );
    const {
      offering: _,
      offering_uuid: __,
      resources_count: ___,
      created: ____,
      ...plan
    } = await world.get(`/api/marketplace-plans/${world.plan.uuid}/`);
    expect(offering.plans).toEqual([plan]);
    expect(plan).toMatchObject({ unit: 'month', prices: {}, components: [], is_active: true });
  });

  it('say that an offering has no options to choose, in the form that the Python client reads', () => {
    const none = { order: [], options: {} };
    expect(world.offering).toMatchObject({ options: none, resource_options: none });
  });

  it('say that no project was terminated or has days of grace', () => {
    expect(world.project).toMatchObject({ termination_metadata: null, customer_grace_period_days: null });
  });

  it('name the country of an organisation, and none where it has none', async () => {
    const made = await world.post('/api/customers/', { name: 'Riga Cloud', country: 'LV' });
    expect(made).toMatchObject({ country: 'LV', country_name: 'Latvia' });
    expect(world.customer).toMatchObject({ country: '', country_name: '' });
    expect(await world.post('/api/customers/', { name: 'Elsewhere', country: 'XQ' })).toMatchObject({
      country: 'XQ',
      country_name: 'XQ',
    });
  });

  it('say of a user that its token does not expire and that nothing is missing of who it is', async () => {
    const me = await world.get('/api/users/me/');
    expect(me).toMatchObject({
      registration_method: '',
      profile_completeness: { is_complete: true, missing_fields: [], mandatory_fields: [], enforcement_enabled: false },
    });
    expect(await world.get(`/api/users/${me.uuid}/`)).toMatchObject({
      token_expires_at: null,
      registration_method: '',
    });
  });

  it('say that no address is kept of the uses of a token, as a text', async () => {
    const made = await world.post('/api/personal-access-tokens/', { name: 'nightly', scopes: ['read'] });
    expect(made.last_used_ip).toBe('');
  });

  it('say when an item of an invoice starts and ends with a time zone, and that it is no credit', async () => {
    const [invoice] = await world.get<(Seeded & { items: Seeded[] })[]>(
      `/api/invoices/?customer_uuid=${world.customer.uuid}`,
    );
    const item = invoice!.items.find((one) => one.resource_uuid === world.resource.uuid);
    expect(item).toMatchObject({
      measured_unit: '',
      credit: false,
      factor: 1,
      backend_uuid: null,
      start: '2026-05-01T00:00:00+00:00',
      end: '2026-05-31T23:59:59.999999+00:00',
    });
    expect((invoice!.customer_details as Seeded).country_name).toBe('');
  });
});
