import { STAFF_TOKEN, startAnother, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const LAST_STAFF = 'This is the last active staff user. Make another active user staff first.';

describe('The list of users', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
    const make = new Builders(app);
    await make.user({ username: 'mari', email: 'Mari@Example.org', first_name: 'Mari', last_name: 'Maasikas' });
    await make.user({
      username: 'juri',
      email: 'j@example.com',
      first_name: 'Jüri',
      last_name: 'Õunap',
      is_staff: true,
    });
    await make.user({ username: 'mart', first_name: 'Mari', last_name: 'Aru', is_support: true, is_active: false });
  });
  afterAll(() => app?.stop());

  const found = async (query: string) => {
    const [list, count] = [await app.api.get(`/api/users/?${query}`), await app.api.head(`/api/users/?${query}`)];
    expect([list.status, count.status]).toEqual([200, 200]);
    const names = (list.body as { username: string }[]).map(({ username }) => username);
    expect([list, count].map(({ headers }) => headers.get('x-result-count'))).toEqual(Array(2).fill(`${names.length}`));
    return names;
  };

  it.each([
    ['', ['admin', 'juri', 'mari', 'mart']],
    ['username=mari', ['mari']],
    ['username=mar', []],
    ['email=EXAMPLE.ORG', ['mari']],
    ['email=%25', []],
    ['full_name=õun', ['juri']],
    ['full_name=mari m', ['mari']],
    ['is_active=false', ['mart']],
    ['is_active=true&is_staff=false', ['mari']],
    ['is_staff=true', ['admin', 'juri']],
    ['is_support=true', ['mart']],
    ['query=example', ['juri', 'mari']],
    ['query=mar', ['mari', 'mart']],
    ['query=Mari Aru', ['mart']],
    ['query=nobody', []],
    ['o=-username', ['mart', 'mari', 'juri', 'admin']],
    ['o=full_name', ['admin', 'juri', 'mart', 'mari']],
    ['o=-is_support,-is_staff,username', ['mart', 'admin', 'juri', 'mari']],
    ['o=email,username&email=example', ['mari', 'juri']],
  ])('for "%s" has %j, and HEAD counts them', async (query, expected) => {
    const names = await found(query);
    // How letters in two cases sort is the database's business.
    expect(query.startsWith('o=email') ? names.toSorted().toReversed() : names).toEqual(expected);
  });

  it.each(['Mari', 'jüri', 'mari as admin', 'command line', 'database user postgres', 'mari\nadmin', 'a/b'])(
    'are not called %j, as Waldur would refuse it',
    async (username) => {
      const { status, body } = await app.api.post('/api/users/', { username });
      expect([status, body]).toEqual([
        400,
        { username: ['Enter a valid username. Lowercase letters, numbers and @/./+/-/_ characters.'] },
      ]);
    },
  );

  it('are not called as the audit trail calls the schedule', async () => {
    const { status, body } = await app.api.post('/api/users/', { username: 'schedule' });
    expect([status, body]).toEqual([400, { username: ['The service itself acts by this name. Choose another one.'] }]);
  });

  it('shows of each user what it shows of one, and only the keys that are asked for', async () => {
    const [row] = (await app.api.get('/api/users/?username=mari')).body as { uuid: string }[];
    expect((await app.api.get(`/api/users/${row!.uuid}/`)).body).toEqual(row);
    const keys = 'field=username&field=is_staff';
    const chosen = { username: 'mari', is_staff: false };
    expect((await app.api.get(`/api/users/?username=mari&${keys}`)).body).toEqual([chosen]);
    expect((await app.api.get(`/api/users/${row!.uuid}/?${keys}`)).body).toEqual(chosen);
  });
});

describe('A user', () => {
  let app: TestApp;
  let make: Builders;
  let second: Awaited<ReturnType<typeof startAnother>>;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    second = await startAnother(app);
  });
  afterAll(async () => {
    await second?.stop();
    await app?.stop();
  });

  const admin = async () => (await app.api.get('/api/users/me/')).body.uuid as string;
  const change = (uuid: string, fields: object) => app.api.patch(`/api/users/${uuid}/`, fields);

  it('is changed where something is given, and stays as it is elsewhere', async () => {
    const { token, ...user } = await make.user({ first_name: 'Mari', email: 'mari@example.org' });
    const changed = await change(user.uuid, { last_name: 'Maasikas', email: '', is_support: true, username: 'other' });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...user, last_name: 'Maasikas', full_name: 'Mari Maasikas', email: '', is_support: true },
    });
    expect((await change(user.uuid, {})).body).toEqual(changed.body);
    expect((await app.api.as(token).get('/api/users/me/')).body).toMatchObject({ ...changed.body, ip_address: '' });
    const refused = await change(user.uuid, { email: 'no address', is_staff: null });
    expect([refused.status, refused.body]).toEqual([
      400,
      { email: ['Enter a valid email address.'], is_staff: ['This field may not be null.'] },
    ]);
  });

  it('that is withdrawn is refused from the next request on, by every instance, and is back with the same token', async () => {
    const { token, uuid } = await make.user({ is_staff: true });
    const instances = [app.api.as(token), second.api.as(token)];
    const answers = () => Promise.all(instances.map(async (api) => (await api.get('/api/customers/')).status));
    expect(await answers()).toEqual([200, 200]);
    expect((await change(uuid, { is_active: false })).body).toMatchObject({ is_active: false, is_staff: true });
    expect(await answers()).toEqual([401, 401]);
    expect((await instances[1]!.get('/api/users/me/')).body).toEqual({ detail: 'User inactive or deleted.' });
    await change(uuid, { is_active: true });
    expect(await answers()).toEqual([200, 200]);
  });

  it('that loses staff may ask who it is and nothing else, from the next request on, at every instance', async () => {
    const { token, uuid } = await make.user({ is_staff: true });
    await change(uuid, { is_staff: false });
    for (const api of [app.api.as(token), second.api.as(token)]) {
      expect((await api.get('/api/users/me/')).body).toMatchObject({ uuid, is_staff: false });
      expect((await api.get('/api/customers/')).status).toBe(403);
    }
  });

  it('that is the last active staff user stays that, also among staff that is not active', async () => {
    const uuid = await admin();
    await make.user({ is_staff: true });
    const staff = (await app.api.get('/api/users/?is_staff=true&is_active=true')).body as { uuid: string }[];
    for (const other of staff.filter((user) => user.uuid !== uuid)) await change(other.uuid, { is_active: false });
    for (const fields of [{ is_active: false }, { is_staff: false }, { is_staff: false, is_support: true }]) {
      const { status, body } = await change(uuid, fields);
      expect([status, body]).toEqual([
        409,
        { detail: LAST_STAFF, error: LAST_STAFF, message: LAST_STAFF, code: 'last_staff_user' },
      ]);
    }
    const me = await change(uuid, { first_name: 'Ad', is_staff: true, is_active: true });
    expect([me.status, me.body]).toMatchObject([200, { first_name: 'Ad', is_staff: true, is_support: false }]);
  });

  it('may withdraw itself where another is staff; of two that withdraw each other at once, one stays', async () => {
    const uuid = await admin();
    for (let round = 1; round <= 5; round++) {
      const other = await make.user({ is_staff: true });
      const answers = await Promise.all([
        app.api.as(other.token).patch(`/api/users/${uuid}/`, { is_active: false }),
        second.api.as(STAFF_TOKEN).patch(`/api/users/${other.uuid}/`, { is_staff: false }),
      ]);
      const staff = await app.database.query('SELECT uuid FROM core_user WHERE is_staff AND is_active');
      expect(staff).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      await app.database.query('UPDATE core_user SET is_active = true WHERE uuid = $1', [uuid]);
      await app.database.query('UPDATE core_user SET is_staff = false WHERE uuid = $1', [other.uuid]);
    }
    await make.user({ is_staff: true });
    expect((await change(uuid, { is_active: false })).status).toBe(200);
    expect((await app.api.get('/api/users/me/')).status).toBe(401);
    await app.database.query('UPDATE core_user SET is_active = true WHERE uuid = $1', [uuid]);
  });

  it('that is nobody cannot be changed', async () => {
    for (const fields of [{ first_name: 'A' }, { is_active: false }]) {
      const { status, body } = await change('00000000-0000-4000-8000-000000000000', fields);
      expect([status, body]).toEqual([404, { detail: 'No User matches the given query.' }]);
    }
  });
});
