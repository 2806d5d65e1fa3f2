import { createHash } from 'node:crypto';
import { UsersService } from '../../src/directory/users/users.service.js';
import { startAnother, STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const TOKENS = '/api/personal-access-tokens/';
const needs = (needed: string, given: string) => ({
  detail: `This request needs a token with the scope "${needed}"; this one has "${given}".`,
});

describe('Personal access tokens', () => {
  let app: TestApp;
  let make: Builders;
  let second: Awaited<ReturnType<typeof startAnother>>;
  let names = 0;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    second = await startAnother(app);
  });
  afterEach(() => app.clock.set(undefined));
  afterAll(async () => {
    await second?.stop();
    await app?.stop();
  });

  const create = async (fields: object = {}) => {
    const { status, body } = await app.api.post(TOKENS, { name: `token ${++names}`, scopes: ['read'], ...fields });
    expect([status, body]).toEqual([201, expect.objectContaining({ token: expect.stringMatching(/^[0-9a-f]{40}$/) })]);
    return body as { uuid: string; token: string; name: string };
  };
  const shown = async (uuid: string) => (await app.api.get(`${TOKENS}${uuid}/`)).body;
  const meBy = (token: string) => app.api.as(token).get('/api/users/me/');

  it('are answered once and listed ever after, with what Waldur says of them, and stored as SHA-256 only', async () => {
    const { body: admin } = await app.api.get('/api/users/me/');
    const expires = { expires_at: '2090-01-31T12:00:00+02:00' };
    const made = await app.api.post(TOKENS, { name: 'nightly report', scopes: ['operate'], ...expires });
    const { token, ...row } = made.body;
    expect(made.status).toBe(201);
    expect(row).toEqual({
      url: `${app.url}${TOKENS}${row.uuid}/`,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'nightly report',
      user: admin.url,
      user_uuid: admin.uuid,
      user_username: 'admin',
      token_prefix: '',
      scopes: ['read', 'operate'],
      allowed_scopes: [],
      allowed_networks: [],
      expires_at: '2090-01-31T10:00:00+00:00',
      is_active: true,
      last_used_at: null,
      last_used_ip: '',
      use_count: null,
      created: expect.stringMatching(/^20\d\d-.*\+00:00$/),
    });
    expect(await shown(row.uuid)).toEqual(row);
    expect((await app.api.get(`${TOKENS}${row.uuid}/?field=name&field=scopes`)).body).toEqual({
      name: 'nightly report',
      scopes: ['read', 'operate'],
    });
    expect((await app.api.get(`${TOKENS}?user_uuid=${admin.uuid}&o=created`)).body).toEqual([row]);
    const stored = JSON.stringify(await app.database.query('SELECT auth_token FROM auth_token'));
    expect(stored).not.toContain(token);
    expect(stored).toContain(createHash('sha256').update(token).digest('hex'));
  });

  it('are for whomever staff makes them for, and found by that user', async () => {
    const [mari, juri] = [await make.user(), await make.user()];
    const [first, other, third] = [
      await create({ user: mari.uuid, name: 'the same' }),
      await create({ user: juri.url, name: 'the same' }),
      await create({ user: mari.uuid }),
    ];
    expect((await meBy(first.token)).body.uuid).toBe(mari.uuid);
    expect((await meBy(other.token)).body.uuid).toBe(juri.uuid);
    const listed = await app.api.get(`${TOKENS}?user_uuid=${mari.uuid}`);
    expect((listed.body as { uuid: string }[]).map(({ uuid }) => uuid)).toEqual([third.uuid, first.uuid]);
    const counted = await app.api.head(`${TOKENS}?user_uuid=${mari.uuid}`);
    expect([listed, counted].map(({ headers }) => headers.get('x-result-count'))).toEqual(['2', '2']);
    const byUser = await app.api.get(`${TOKENS}?o=user_username,name&field=user_username&page_size=100`);
    const users = (byUser.body as { user_username: string }[]).map(({ user_username }) => user_username);
    expect(users).toEqual(users.toSorted());
  });

  it.each([
    [{}, { name: ['This field is required.'], scopes: ['This field is required.'] }],
    [
      { name: ' ', scopes: [], expires_at: 'tomorrow' },
      {
        name: ['This field may not be blank.'],
        scopes: ['This list may not be empty.'],
        expires_at: [
          'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
        ],
      },
    ],
    ...['2090-02-30T00:00Z', '9999-12-31T23:59-01:00', '2090-01-01T25:00', '2090-01-01', 2090].map(
      (expires_at): [object, object] => [
        { name: 'a', scopes: ['read'], expires_at },
        { expires_at: [expect.stringMatching(/^Datetime has wrong format\. /)] },
      ],
    ),
    [{ name: 'a', scopes: ['read', 'SUPPORT.ACCESS'] }, { scopes: ['"SUPPORT.ACCESS" is not a valid choice.'] }],
    [{ name: 'a', scopes: 'read' }, { scopes: { non_field_errors: ['Expected a list of items but got type "str".'] } }],
    [{ name: 'a', scopes: ['read'], expires_at: '2001-01-01T00:00:00Z' }, { expires_at: ['Must be in the future.'] }],
    [
      { name: 'a', scopes: ['read'], allowed_networks: ['192.0.2.0/24'], allowed_scopes: [{}] },
      {
        allowed_networks: ['This is not supported here: leave the list empty.'],
        allowed_scopes: ['This is not supported here: leave the list empty.'],
      },
    ],
    [
      { name: 'a', scopes: ['read'], user: '00000000-0000-4000-8000-000000000000' },
      { user: ['Invalid hyperlink - Object does not exist.'] },
    ],
  ])('are not made of %j', async (fields, expected) => {
    const { status, body } = await app.api.post(TOKENS, fields);
    expect([status, body]).toEqual([400, expected]);
  });

  it('have a name of their own each, also where two are made at the same moment', async () => {
    const { uuid } = await make.user();
    const once = { name: 'twice', scopes: ['read'], user: uuid };
    const answers = await Promise.all([app.api.post(TOKENS, once), second.api.post(TOKENS, once)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
    const { body } = answers.find(({ status }) => status === 400)!;
    expect(body).toEqual({ name: ['The user has a token of that name already.'] });
  });

  it('say which scopes there are', async () => {
    const { body, headers } = await app.api.get(`${TOKENS}available_scopes/`);
    expect((body as { permission: string }[]).map(({ permission }) => permission)).toEqual([
      'read',
      'operate',
      'admin',
    ]);
    expect(headers.get('x-result-count')).toBe('3');
  });

  it('to read see everything and change nothing; to operate change what is not users, tokens and keys', async () => {
    const reading = app.api.as((await create({ scopes: ['read'] })).token);
    const operating = app.api.as((await create({ scopes: ['operate', 'read'] })).token);
    const admin = app.api.as((await create({ scopes: ['admin'] })).token);
    const customer = { name: 'Põhjala Tehnika OÜ' };
    const answers = async (api: typeof reading) => {
      const all = [
        await api.get('/api/users/'),
        await api.get(TOKENS),
        await api.head('/api/customers/'),
        await api.send('OPTIONS', '/api/customers/'),
        await api.post('/api/customers/', customer),
        await api.post('/api/admin/arrow/settings/validate_credentials/', {}),
        await api.post('/api/users/', {}),
        await api.post(TOKENS, {}),
      ];
      return all.map(({ status, body }) => (status === 403 ? (body as object) : status));
    };
    expect(await answers(reading)).toEqual([
      ...[200, 200, 200, 200],
      needs('operate', 'read'),
      ...Array.from({ length: 3 }, () => needs('admin', 'read')),
    ]);
    expect(await answers(operating)).toEqual([
      ...[200, 200, 200, 200, 201],
      ...Array.from({ length: 3 }, () => needs('admin', 'operate')),
    ]);
    expect(await answers(admin)).toEqual([200, 200, 200, 200, 201, 400, 400, 400]);
  });

  it('for everything open nothing that their user may not, nor does a narrow one keep anybody from a login', async () => {
    const support = await make.user({ is_support: true });
    const { token } = await create({ scopes: ['admin'], user: support.uuid });
    const refused = await app.api.as(token).get('/api/customers/');
    expect([refused.status, refused.body]).toEqual([
      403,
      { detail: 'You do not have permission to perform this action.' },
    ]);
    const narrow = app.api.as((await create()).token);
    const login = await narrow.post('/api-auth/password/', { username: 'admin', password: 'no such password' });
    expect([login.status, login.body]).toEqual([401, { detail: 'Invalid username/password.' }]);
  });

  it('that are narrow stay narrow where staff acts as somebody else', async () => {
    const other = await make.user({ is_staff: true });
    const acting = { 'X-Impersonated-User-Uuid': other.uuid };
    const narrow = app.api.as((await create({ scopes: ['read'] })).token);
    expect((await narrow.get('/api/users/me/', acting)).body.uuid).toBe(other.uuid);
    const refused = await narrow.post('/api/customers/', { name: 'A' }, acting);
    expect([refused.status, refused.body]).toEqual([403, needs('operate', 'read')]);
    const made = await app.api.post(TOKENS, { name: 'on behalf', scopes: ['read'] }, acting);
    expect([made.status, made.body.user_uuid]).toEqual([201, other.uuid]);
  });

  it('that are revoked are unknown to every instance from the next request on, and nothing else ends', async () => {
    const [{ token, uuid }, kept] = [await create(), await create()];
    const callers = [app.api.as(token), second.api.as(token)];
    const statuses = () => Promise.all(callers.map(async (api) => (await api.get('/api/customers/')).status));
    expect(await statuses()).toEqual([200, 200]);
    expect((await app.api.delete(`${TOKENS}${uuid}/`)).status).toBe(204);
    expect(await statuses()).toEqual([401, 401]);
    expect((await callers[1]!.get('/api/users/me/')).body).toEqual({ detail: 'Invalid token.' });
    const again = await app.api.delete(`${TOKENS}${uuid}/`);
    expect([again.status, again.body]).toEqual([404, { detail: 'No PersonalAccessToken matches the given query.' }]);
    expect((await meBy(kept.token)).status).toBe(200);
    expect((await app.api.get('/api/users/me/')).status).toBe(200);
  });

  it('are replaced at once, at every instance; of two that replace one at the same moment, one is told', async () => {
    const old = await create({ scopes: ['operate'] });
    const path = `${TOKENS}${old.uuid}/rotate/`;
    const { status, body } = await app.api.post(path);
    const { token, ...row } = body;
    expect([status, await shown(old.uuid)]).toEqual([201, row]);
    expect((await second.api.as(old.token).get('/api/users/me/')).status).toBe(401);
    expect((await second.api.as(token).post('/api/customers/', { name: 'A' })).status).toBe(201);
    const both = await Promise.all([app.api.post(path), second.api.post(path)]);
    const good = both.filter((answer) => answer.status === 201);
    const opened = await Promise.all(good.map(async (answer) => (await meBy(answer.body.token)).status));
    expect(opened.filter((each) => each === 200)).toHaveLength(1);
  });

  it('expire when it was said, and say so', async () => {
    const at = Date.now() + 3_600_000;
    const { token, uuid } = await create({ expires_at: new Date(at).toISOString() });
    app.clock.set(new Date(at - 1));
    const me = await meBy(token);
    expect([me.status, me.body]).toMatchObject([200, { token_lifetime: null, token_expires_at: expect.any(String) }]);
    app.clock.set(new Date(at));
    for (const api of [app.api, second.api]) {
      const { status, body } = await api.as(token).get('/api/users/me/');
      expect([status, body]).toEqual([401, { detail: 'Token has expired.' }]);
    }
    expect(await shown(uuid)).toMatchObject({ is_active: false, expires_at: me.body.token_expires_at });
  });

  it('of a user that was withdrawn open nothing, and are shown so', async () => {
    const user = await make.user({ is_staff: true });
    const { token, uuid } = await create({ user: user.uuid });
    await app.api.patch(`/api/users/${user.uuid}/`, { is_active: false });
    expect((await second.api.as(token).get('/api/users/me/')).status).toBe(401);
    expect(await shown(uuid)).toMatchObject({ is_active: false, last_used_at: null });
  });

  it('are known to the hour to have been used, for one statement an hour; no request costs more than one look-up', async () => {
    const { token, uuid } = await create();
    const used = async (moment: string) => {
      app.clock.set(moment);
      return app.statements(() => meBy(token));
    };
    const written = async () => (await shown(uuid)).last_used_at as string;
    const usual = (await app.statements(() => app.api.get('/api/users/me/'))).length;
    expect(await used('2090-01-01T10:00:00Z')).toHaveLength(usual + 1);
    expect(await written()).toBe('2090-01-01T10:00:00+00:00');
    expect(await used('2090-01-01T10:59:59Z')).toHaveLength(usual);
    expect(await written()).toBe('2090-01-01T10:00:00+00:00');
    expect(await used('2090-01-01T11:00:00Z')).toHaveLength(usual + 1);
    expect(await written()).toBe('2090-01-01T11:00:00+00:00');
  });

  it('end with every other token of their user at a refresh, and stay where a password is taken away', async () => {
    const user = await make.user();
    const { token, uuid } = await create({ user: user.uuid });
    await app.api.post(`/api/users/${user.uuid}/remove_password/`);
    expect((await meBy(token)).status).toBe(200);
    await app.app.get(UsersService).refreshToken(user.uuid);
    expect((await meBy(token)).status).toBe(401);
    expect((await app.api.get(`${TOKENS}${uuid}/`)).status).toBe(404);
  });

  it('are the only tokens that have an address: those of logins and the lasting ones are not among them', async () => {
    const rows = await app.database.query('SELECT uuid FROM auth_token WHERE name IS NULL');
    expect(rows.length).toBeGreaterThan(0);
    for (const { uuid } of rows as { uuid: string }[]) {
      expect((await app.api.get(`${TOKENS}${uuid}/`)).status).toBe(404);
      expect((await app.api.delete(`${TOKENS}${uuid}/`)).status).toBe(404);
      expect((await app.api.post(`${TOKENS}${uuid}/rotate/`)).status).toBe(404);
    }
    expect((await app.api.as(STAFF_TOKEN).get('/api/users/me/')).status).toBe(200);
  });

  it('are kept by the database from being what they cannot be', async () => {
    const { uuid } = await make.user();
    const insert = (name: string | null, scope: string) =>
      app.database.query(
        `INSERT INTO auth_token (user_uuid, token_hash, name, scope) VALUES ($1, md5(random()::text), $2, $3)`,
        [uuid, name, scope],
      );
    await expect(insert(' ', 'read')).rejects.toThrow('ck_auth_token_name_not_blank');
    await expect(insert('a', 'write')).rejects.toThrow('ck_auth_token_scope_known');
    await expect(insert(null, 'read')).rejects.toThrow('ck_auth_token_without_name_is_for_all');
    await expect(insert(null, 'admin')).rejects.toThrow('uq_auth_token_lasting');
    await insert('a', 'read');
    await expect(insert('a', 'admin')).rejects.toThrow('uq_auth_token_user_uuid_name');
  });
});
