import { takenBy } from '../../src/common/validation/unkept-filters.js';
import { startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { FILTERED_LISTS, honouredBy } from '../support/filter-table.js';
import { type Beside, startBeside } from '../waldur/support.js';
import { type FilterCase, FILTERS } from './filters.js';
import { Wire } from './wire.js';
import { EARLIER, type Seeded, World } from './world.js';

type Cases = Record<string, (world: World, rows: Seeded[]) => FilterCase>;

const NOBODY = '00000000-0000-4000-8000-000000000000';
const link = (object: Seeded) => encodeURIComponent(object.url);
const uuid = (some: string): FilterCase => ({ some, none: NOBODY });
const text = (some: string): FilterCase => ({ some: encodeURIComponent(some), none: 'nobody' });

type Time = 'created' | 'modified' | 'date_joined';

/** The times of rows, earliest first; what a row does not tell is the time that it came. */
const timesOf = (rows: Seeded[], key: Time) =>
  rows.map((row) => encodeURIComponent((row[key] ?? row.created ?? row.date_joined) as string)).sort();
const after = (rows: Seeded[], key: Time = 'created') => ({ some: timesOf(rows, key)[1]!, none: '2999-01-01' });
const before = (rows: Seeded[], key: Time = 'created') => ({
  some: timesOf(rows, key)[0]!,
  none: '2001-01-01T00:00:00Z',
});
const TIMES: Cases = {
  created: (_, rows) => after(rows),
  created_before: (_, rows) => before(rows),
  modified: (_, rows) => after(rows, 'modified'),
  modified_before: (_, rows) => before(rows, 'modified'),
};

/** A case for every filter that a list honours. */
const CASES: Record<string, Cases> = {
  customers: {
    ...FILTERS.customers_list,
    registration_code: () => ({ some: '7654321', none: '765' }),
    has_resources: () => ({ some: 'true' }),
    is_service_provider: () => ({ some: 'true' }),
    service_provider_uuid: (world) => uuid(world.customer.uuid),
  },
  projects: {
    ...FILTERS.projects_list,
    ...TIMES,
    customer_abbreviation: () => text('pt'),
    customer_native_name: () => text('saare'),
  },
  'marketplace-provider-offerings': {
    ...FILTERS.marketplace_provider_offerings_list,
    ...TIMES,
    keyword: () => text('tehnika'),
    resource_customer_uuid: (world) => uuid(world.otherCustomer.uuid),
    resource_project_uuid: (world) => uuid(world.otherProject.uuid),
    uuid_list: (world) => uuid(world.storage.uuid),
  },
  'marketplace-resources': {
    ...FILTERS.marketplace_resources_list,
    ...TIMES,
    order_state: () => ({ some: 'erred', none: 'rejected' }),
    plan_uuid: (world) => uuid(world.plan.uuid),
  },
  'marketplace-orders': {
    ...TIMES,
    customer_uuid: (world) => uuid(world.otherCustomer.uuid),
    offering: (world) => ({ some: link(world.storage), none: NOBODY }),
    offering_type: () => text('Support.OfferingTemplate'),
    offering_uuid: (world) => uuid(world.storage.uuid),
    project_uuid: (world) => uuid(world.otherProject.uuid),
    provider_uuid: (world) => uuid(world.customer.uuid),
    query: () => text('freez'),
    resource: (world) => ({ some: link(world.otherResource), none: NOBODY }),
    resource_name: () => ({ some: 'Freezer', none: 'freez' }),
    resource_uuid: (world) => uuid(world.otherResource.uuid),
    state: () => ({ some: 'erred', none: 'rejected' }),
    type: () => ({ some: 'Update', none: 'Terminate' }),
  },
  'marketplace-plans': {
    name: () => text('yearly'),
    offering: (world) => ({ some: link(world.storage), none: NOBODY }),
    offering_uuid: (world) => uuid(world.storage.uuid),
  },
  invoices: {
    created: (_, rows) => ({ some: (rows[0]!.created as string).slice(0, 10), none: '2001-01-01', all: true }),
    currency: () => ({ some: 'eur', none: 'USD', all: true }),
    customer: (world) => ({ some: link(world.otherCustomer), none: NOBODY }),
    customer_uuid: (world) => uuid(world.otherCustomer.uuid),
    end_date: () => ({ some: `${EARLIER}-15`, none: '2001-01-01' }),
    month: () => ({ some: '4', none: '12' }),
    start_date: () => ({ some: '2026-05-31', none: '2026-06-01' }),
    state: () => ({ some: 'created', none: 'paid' }),
    year: () => ({ some: '2026', none: '2001', all: true }),
  },
  users: {
    date_joined: (_, rows) => after(rows, 'date_joined'),
    email: () => text('mari@'),
    full_name: () => text('mari maas'),
    is_active: () => ({ some: 'true' }),
    is_staff: () => ({ some: 'true' }),
    is_support: () => ({ some: 'true' }),
    modified: (_, rows) => after(rows, 'modified'),
    query: () => text('maas'),
    user_keyword: () => text('maas'),
    username: () => ({ some: 'mari', none: 'mar' }),
    username_list: () => ({ some: 'mari,support-user', none: 'mar' }),
  },
};

describe('Lists of neighbours', () => {
  let app: TestApp;
  let world: World;
  let wire: Wire;

  beforeAll(async () => {
    app = await startApp();
    world = await World.furnish(app);
    wire = new Wire(app.url);
    await world.post('/api/users/', {
      username: 'mari',
      email: 'mari@example.com',
      first_name: 'Mari',
      last_name: 'Maas',
    });
    await world.post('/api/customers/', { name: 'Muhu Leib', registration_code: '7654321' });
    await world.post('/api/marketplace-plans/', { name: 'Yearly', offering: world.storage.uuid });
    const order = 'INSERT INTO marketplace_order (type, state, resource_uuid) VALUES ($1, $2, $3)';
    await app.database.query(order, ['Create', 'done', world.resource.uuid]);
    await app.database.query(order, ['Update', 'erred', world.otherResource.uuid]);
    // Rows of these do not tell when they changed.
    for (const table of ['project', 'offering', 'marketplace_order', 'core_user'])
      await app.database.query(`UPDATE ${table} SET modified = created`);
    const [draft] = await world.get<Seeded[]>('/api/invoices/?state=pending');
    await world.post(`/api/invoices/${draft!.uuid}/issue/`, {});
  });

  afterAll(async () => {
    wire?.close();
    world?.close();
    await app?.stop();
  });

  const ask = async (path: string, query: string, method = 'GET') => {
    const answer = await wire.send(method, `/api/${path}/?page_size=300&${query}`, {
      headers: { authorization: `Token ${STAFF_TOKEN}` },
    });
    return { ...answer, body: (method === 'GET' ? JSON.parse(answer.text) : undefined) as unknown };
  };
  const rowsOf = async (path: string, query = '') => {
    const { status, body } = await ask(path, query);
    expect([query, status]).toEqual([query, 200]);
    return body as Seeded[];
  };
  const uuidsOf = async (path: string, query = '') => (await rowsOf(path, query)).map((row) => row.uuid);

  it.each([
    ['marketplace-orders', 'state', 'erred', ['pending-consumer', 'pending-project', 'pending-start-date']],
    ['marketplace-orders', 'type', 'Update', ['Restore']],
    ['marketplace-resources', 'order_state', 'erred', ['pending-consumer', 'pending-project', 'pending-start-date']],
  ])(
    '%s: takes every %s of Waldur, and finds none by those that no order here has',
    async (path, name, had, others) => {
      for (const other of others) expect([other, await uuidsOf(path, `${name}=${other}`)]).toEqual([other, []]);
      const together = [had, ...others].map((each) => `${name}=${each}`).join('&');
      expect(await uuidsOf(path, together)).toEqual(await uuidsOf(path, `${name}=${had}`));
      const { status } = await ask(path, `${name}=nonsense`);
      expect(status).toBe(400);
    },
  );

  describe.each(FILTERED_LISTS.flatMap((list) => list.paths.map((path) => ({ path, list }))))(
    '$path',
    ({ path, list }) => {
      const cases = CASES[list.paths[0]!]!;

      it('has a case for each filter that it honours, and refuses none of those', () => {
        expect(Object.keys(cases).sort()).toEqual(honouredBy(list));
        expect(Object.keys(list.unkept.filters).filter((name) => name in cases)).toEqual([]);
      });

      it.each(honouredBy(list))('finds by %s what is asked for', async (name) => {
        const rows = await rowsOf(path);
        const all = rows.map((row) => row.uuid);
        const { some, none, all: every } = cases[name]!(world, rows);
        const found = await uuidsOf(path, `${name}=${some}`);
        expect(found.length).toBeGreaterThan(0);
        if (every) expect(found).toEqual(all);
        else expect(found.length).toBeLessThan(all.length);
        expect(all.filter((each) => found.includes(each))).toEqual(found);
        if (none !== undefined) expect(await uuidsOf(path, `${name}=${none}`)).toEqual([]);
        else {
          const others = await uuidsOf(path, `${name}=${some === 'true' ? 'false' : 'true'}`);
          expect([...found, ...others].sort()).toEqual([...all].sort());
        }
      });

      it('refuses every other filter by name where it would narrow, and takes the values that narrow nothing', async () => {
        const all = await uuidsOf(path);
        expect(all.length).toBeGreaterThan(0);
        for (const [name, taken] of Object.entries(list.unkept.filters)) {
          const values = ['true', 'false', NOBODY, 'anything'].map(
            (value) => [value, taken === 'any' || taken === value] as const,
          );
          for (const [value, isTaken] of [...values, ['', true] as const]) {
            const { status, body } = await ask(path, `${name}=${value}`);
            const outcome = status === 200 ? (body as Seeded[]).map((row) => row.uuid) : Object.keys(body as object);
            expect([name, value, status, outcome]).toEqual([name, value, isTaken ? 200 : 400, isTaken ? all : [name]]);
            expect((await ask(path, `${name}=${value}`, 'HEAD')).status).toBe(status);
          }
        }
      });

      it('refuses every order that it cannot make, and ignores names that Waldur does not know either', async () => {
        for (const order of list.unkept.orders ?? []) {
          const { status, body } = await ask(path, `o=uuid,-${order}`);
          expect([order, status, Object.keys(body as object)]).toEqual([order, 400, ['o']]);
        }
        const all = await uuidsOf(path);
        expect(await uuidsOf(path, 'o=nothing&nothing=1')).toEqual(all);
      });
    },
  );

  it('say in a sentence what they do not keep, and what may be sent instead', async () => {
    expect((await ask('customers', 'slug=x&owned_by_current_user=yes')).body).toEqual({
      slug: ['This service does not keep what `slug` asks for, so it cannot narrow the list by it. Leave it out.'],
      owned_by_current_user: [
        'This service does not keep what `owned_by_current_user` asks for, so it cannot narrow the list by it. Leave it out, or send `false`, which is so of every row.',
      ],
    });
    expect((await ask('marketplace-resources', 'o=end_date')).body).toEqual({
      o: ['This service does not keep `end_date`, so it cannot order the list by it. Leave it out.'],
    });
  });
});

describe('Lists of copies of a Waldur', () => {
  let beside: Beside;
  beforeAll(async () => {
    beside = await startBeside();
  });
  afterAll(() => beside?.stop());

  it.each(FILTERED_LISTS)('refuse what would need data that is not copied: $paths', async ({ paths, unkept }) => {
    const taken: Record<string, string> = takenBy(unkept, true);
    expect(Object.keys(taken)).toEqual(expect.arrayContaining(Object.keys(unkept.filters)));
    for (const path of paths)
      for (const [name, value] of Object.entries(taken))
        for (const sent of ['true', 'false', 'anything']) {
          const { status, body } = await beside.app.api.get(`/api/admin/arrow/${path}/?${name}=${sent}`);
          const told = status === 200 ? [] : Object.keys(body).filter((key) => key === name);
          expect([path, name, sent, status, told]).toEqual([
            path,
            name,
            sent,
            ...(sent === value ? [200, []] : [400, [name]]),
          ]);
        }
  });
});
