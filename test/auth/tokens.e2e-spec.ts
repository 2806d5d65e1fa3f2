import { createHash } from 'node:crypto';
import { UsersService } from '../../src/directory/users/users.service.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const NOT_PROVIDED = 'Authentication credentials were not provided.';
const EMPTY = 'Invalid token. No credentials provided.';
const SPACES = 'Invalid token. Token string should not contain spaces.';
const UNKNOWN = 'Invalid token.';

describe('Tokens', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  const me = (authorization?: string) =>
    app.api.as(undefined).get('/api/users/me/', authorization === undefined ? {} : { Authorization: authorization });

  it.each([
    'Token KEY',
    'token KEY',
    'TOKEN KEY',
    'Bearer KEY',
    'bEaReR KEY',
    'Bearer Token KEY',
    'bearer token KEY',
    'Token   KEY',
    'Token\tKEY',
  ])('%j opens, with the same key', async (form) => {
    const { status, body } = await me(form.replace('KEY', STAFF_TOKEN));
    expect([status, body.username]).toEqual([200, 'admin']);
  });

  it.each([
    ['nothing at all', undefined, NOT_PROVIDED],
    ['an empty header', '', NOT_PROVIDED],
    ['a bare key', 'KEY', `${NOT_PROVIDED} Write "Token" and a space before the key.`],
    ['a scheme nobody knows', 'Basic KEY', NOT_PROVIDED],
    ['a scheme that only begins like ours', 'Tokens KEY', NOT_PROVIDED],
    ['the scheme alone', 'Token', EMPTY],
    ['the scheme and spaces', 'Token   ', EMPTY],
    ['the other scheme alone', 'Bearer', EMPTY],
    ['a key with a space', 'Token KEY more', SPACES],
    ['both schemes and a key with a space', 'Bearer Token KEY more', SPACES],
    ['both schemes in the wrong order', 'Token Bearer KEY', SPACES],
    ['both schemes without a key', 'Bearer Token', UNKNOWN],
    ['an unknown key', `Token ${'0'.repeat(40)}`, UNKNOWN],
    ['the right key in another case', 'Token KEY'.replace('KEY', STAFF_TOKEN.toUpperCase()), UNKNOWN],
    ['the stored hash of the key', `Token ${createHash('sha256').update(STAFF_TOKEN).digest('hex')}`, UNKNOWN],
  ])('%s is refused with 401, a challenge and its own sentence', async (_, header, detail) => {
    const { status, headers, body } = await me(header?.replace('KEY', STAFF_TOKEN));
    expect({ status, challenge: headers.get('www-authenticate'), body }).toEqual({
      status: 401,
      challenge: 'Token',
      body: { detail },
    });
  });

  it('of an inactive user is refused, and says why', async () => {
    const { token } = await make.user({ is_staff: true, is_active: false });
    const { status, headers, body } = await me(`Token ${token}`);
    expect([status, headers.get('www-authenticate'), body]).toEqual([
      401,
      'Token',
      { detail: 'User inactive or deleted.' },
    ]);
  });

  it('of ordinary users and of support open who-am-I and nothing else', async () => {
    for (const given of [{}, { is_support: true }]) {
      const user = await make.user({ first_name: 'Mari', last_name: 'Maasikas', email: 'mari@example.org', ...given });
      const { token, ...shown } = user;
      const caller = app.api.as(token);
      expect(shown).toMatchObject({ full_name: 'Mari Maasikas', is_staff: false, is_active: true });
      const me = await caller.get('/api/users/me/');
      expect(me).toMatchObject({ status: 200, body: { ...shown, ip_address: '' } });
      const head = await caller.head('/api/users/me/');
      expect([me, head].map(({ headers }) => headers.get('x-result-count'))).toEqual(['1', '1']);
      const refused = await caller.get('/api/customers/');
      expect([refused.status, refused.headers.get('www-authenticate'), refused.body]).toEqual([
        403,
        null,
        { detail: 'You do not have permission to perform this action.' },
      ]);
    }
  });

  describe('of staff that acts as somebody else', () => {
    const as = (uuid: string, token = STAFF_TOKEN, path = '/api/users/me/') =>
      app.api.as(token).get(path, { 'X-Impersonated-User-Uuid': uuid });

    it('open what that user may, and say who really calls', async () => {
      const { body: admin } = await app.api.get('/api/users/me/');
      const ordinary = await make.user();
      for (const uuid of [ordinary.uuid, ordinary.uuid.replaceAll('-', '')]) {
        const { status, headers, body } = await as(uuid);
        expect([status, headers.get('x-impersonator-uuid'), body.uuid]).toEqual([200, admin.uuid, ordinary.uuid]);
      }
      const refused = await as(ordinary.uuid, STAFF_TOKEN, '/api/customers/');
      expect([refused.status, refused.headers.get('x-impersonator-uuid')]).toEqual([403, admin.uuid]);
      expect((await app.api.get('/api/users/me/')).headers.get('x-impersonator-uuid')).toBeNull();
    });

    it('open nothing where nobody is meant: going on as staff is what nobody asked for', async () => {
      const inactive = await make.user({ is_active: false });
      for (const uuid of [inactive.uuid, '00000000-0000-4000-8000-000000000000', 'mari']) {
        const { status, body } = await as(uuid);
        expect([status, body]).toEqual([400, { detail: 'X-Impersonated-User-Uuid names no active user.' }]);
      }
    });

    it('leave both names on jobs and on what is done in billing, however long they are', async () => {
      const [really, mari] = await Promise.all([
        make.user({ username: 'r'.repeat(128), is_staff: true }),
        make.user({ username: 'm'.repeat(128), is_staff: true }),
      ]);
      const api = app.api.as(really.token);
      const key = { api_url: app.arrow.url, api_key: app.arrow.apiKey, export_type_reference: 'ET1' };
      const settings = (await app.api.post('/api/admin/arrow/settings/', key)).body.uuid as string;
      const named = { settings_uuid: settings, year: 2026, month: 1, reason: 'looking' };
      const acting = { 'X-Impersonated-User-Uuid': mari.uuid };
      const started = await api.post('/api/admin/arrow/billing-syncs/trigger_sync/', named, acting);
      expect(started.status).toBe(202);
      expect((await api.post('/api/admin/arrow/billing-syncs/pause_sync/', named, acting)).status).toBe(200);
      const both = `${really.username} as ${mari.username}`;
      expect((await app.api.get(started.body.job_url)).body.requested_by).toBe(both);
      expect((await app.api.get(`/api/admin/arrow/billing-accounts/${settings}/`)).body.paused_by).toBe(both);
    });

    it('is for staff only: others stay who they are', async () => {
      const { token, uuid } = await make.user({ is_support: true });
      const { body: admin } = await app.api.get('/api/users/me/');
      const { status, headers, body } = await as(admin.uuid, token);
      expect([status, headers.get('x-impersonator-uuid'), body.uuid]).toEqual([200, null, uuid]);
    });
  });

  it('are answered once, and stored as SHA-256 only', async () => {
    const { token, uuid } = await make.user();
    expect(token).toMatch(/^[0-9a-f]{40}$/);
    const again = await app.api.get(`/api/users/${uuid}/`);
    expect(again.body).not.toHaveProperty('token');
    const rows = await app.database.query('SELECT core_user, auth_token FROM core_user, auth_token');
    const stored = JSON.stringify(rows);
    for (const secret of [token, STAFF_TOKEN]) {
      expect(stored).not.toContain(secret);
      expect(stored).toContain(createHash('sha256').update(secret).digest('hex'));
    }
  });

  it('are replaced at once: the old one is unknown as soon as there is a new one', async () => {
    const { token, uuid } = await make.user();
    const refreshed = await app.api.post(`/api/users/${uuid}/refresh_token/`);
    expect(refreshed).toMatchObject({ status: 200, body: { token: expect.stringMatching(/^[0-9a-f]{40}$/) } });
    expect(Object.keys(refreshed.body)).toEqual([
      ...['token', 'created', 'user_first_name', 'user_last_name', 'user_username', 'user_is_active'],
      'user_token_lifetime',
    ]);
    expect((await me(`Token ${token}`)).body).toEqual({ detail: UNKNOWN });
    expect((await me(`Token ${refreshed.body.token}`)).body.uuid).toBe(uuid);
  });

  it('cannot be made by anybody but staff, nor for nobody', async () => {
    const { token, uuid } = await make.user();
    expect((await app.api.as(token).post(`/api/users/${uuid}/refresh_token/`)).status).toBe(403);
    const nobody = await app.api.post('/api/users/00000000-0000-4000-8000-000000000000/refresh_token/');
    expect([nobody.status, nobody.body]).toEqual([404, { detail: 'No User matches the given query.' }]);
  });

  it('belong to one user name each: a second user of that name is refused, also at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => app.api.post('/api/users/', { username: 'twice' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
    expect(answers.find(({ status }) => status === 400)!.body).toEqual({
      username: ['A user with that username already exists.'],
    });
  });

  it('of the environment that another user has already are refused with a sentence', async () => {
    const { token } = await make.user();
    await expect(app.app.get(UsersService).ensureStaff('admin', token)).rejects.toThrow(
      'STAFF_TOKEN is the token of another user already: choose another one.',
    );
  });

  it('of the environment keep working from start to start, for one and the same user', async () => {
    const users = app.app.get(UsersService);
    const before = await app.api.get('/api/users/me/');
    await users.ensureStaff('admin', STAFF_TOKEN);
    expect((await app.api.get('/api/users/me/')).body).toEqual(before.body);

    const changed = 'another-token-of-the-environment-0123456789';
    await users.ensureStaff('admin', changed);
    expect((await me(`Token ${STAFF_TOKEN}`)).status).toBe(401);
    expect((await me(`Token ${changed}`)).body).toEqual(before.body);
  });

  it('of the environment stay dead once they were replaced, by a refresh or by another one', async () => {
    const users = app.app.get(UsersService);
    const leaked = 'a-leaked-token-of-the-environment-0123456789';
    await users.ensureStaff('admin', leaked);
    const { body: admin } = await me(`Token ${leaked}`);
    const { body: fresh } = await app.api.as(leaked).post(`/api/users/${admin.uuid}/refresh_token/`);
    for (const dead of [leaked, STAFF_TOKEN]) {
      expect(await users.ensureStaff('admin', dead)).toBe(false);
      expect(await users.ensureStaff('somebody-new', dead)).toBe(false);
      expect((await me(`Token ${dead}`)).status).toBe(401);
    }
    expect((await me(`Token ${fresh.token}`)).body).toEqual(admin);
    const other = await new Builders({ ...app, api: app.api.as(fresh.token) }).user({ username: 'other' });
    await users.refreshToken(other.uuid);
    expect(await users.ensureStaff('admin', other.token)).toBe(false);
  });
});
