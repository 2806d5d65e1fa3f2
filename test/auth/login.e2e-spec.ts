import { scryptSync } from 'node:crypto';
import { LoginService } from '../../src/directory/users/login.service.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const PASSWORD = 'tuulevaikne õhtu';
/** What is stored of it where a guess is to cost next to nothing. */
const CHEAP_HASH = `$scrypt$ln=4,r=1,p=1$c2FsdA$${scryptSync(PASSWORD.normalize('NFKC'), 'salt', 32, {
  N: 16,
  r: 1,
  p: 1,
})
  .toString('base64')
  .replace('=', '')}`;
const WRONG = { status: 401, challenge: 'Token', body: { detail: 'Invalid username/password.' } };
const LOCKED = { status: 401, challenge: 'Token', body: { detail: 'Username is locked out. Try in 10 minutes.' } };

describe('A login by password', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());
  afterEach(() => app.clock.set(undefined));

  const logIn = async (body: object | string, headers: Record<string, string> = {}, on = app) => {
    const answer = await on.api.as(undefined).post('/api-auth/password/', body, headers);
    return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: answer.body };
  };
  const me = (token: string) => app.api.as(token).get('/api/users/me/');
  const later = (minutes: number) => app.clock.set(new Date(app.clock.now().getTime() + minutes * 60_000));

  /** A user with a password, and what logs it in. */
  const userWithPassword = async (given: object = {}) => {
    const user = await make.user(given);
    await app.database.query('UPDATE core_user SET password_hash = $1 WHERE uuid = $2', [CHEAP_HASH, user.uuid]);
    return { ...user, credentials: { username: user.username as string, password: PASSWORD } };
  };
  const changePassword = (uuid: string, password: unknown) =>
    app.api.post(`/api/users/${uuid}/change_password/`, { new_password: password });
  const tokenOf = async (credentials: object) => {
    const { status, body } = await logIn(credentials);
    expect([status, body]).toEqual([200, { token: expect.stringMatching(/^[0-9a-f]{40}$/) as string }]);
    return body.token as string;
  };

  it('answers a token that opens like any other, and leaves the ones there are alone', async () => {
    const { uuid, token, credentials } = await userWithPassword({ is_staff: true });
    const tokens = [token, await tokenOf(credentials), await tokenOf(credentials)];
    expect(new Set(tokens).size).toBe(3);
    for (const each of tokens) {
      expect((await me(each)).body.uuid).toBe(uuid);
      expect((await app.api.as(each).get('/api/customers/')).status).toBe(200);
    }
  });

  it('is the same for a wrong password, an unknown user and a user without a password', async () => {
    const { credentials } = await userWithPassword();
    const { username } = await make.user();
    expect(await logIn({ ...credentials, password: 'something else' })).toEqual(WRONG);
    expect(await logIn({ ...credentials, password: `${PASSWORD} ` })).toEqual(WRONG);
    expect(await logIn({ username: 'nobody', password: PASSWORD })).toEqual(WRONG);
    expect(await logIn({ username, password: PASSWORD })).toEqual(WRONG);
    expect(await logIn({ username: credentials.username.toUpperCase(), password: PASSWORD })).toEqual(WRONG);
  });

  it.each([
    [{}, { username: ['This field is required.'], password: ['This field is required.'] }],
    [
      { username: ' ', password: '  ' },
      { username: ['This field may not be blank.'], password: ['This field may not be blank.'] },
    ],
    [
      { username: null, password: ['x'] },
      { username: ['This field may not be null.'], password: ['Not a valid string.'] },
    ],
    [
      { username: 'x'.repeat(129), password: 'x'.repeat(129) },
      {
        username: ['Ensure this field has no more than 128 characters.'],
        password: ['Ensure this field has no more than 128 characters.'],
      },
    ],
  ])('with %j is refused with 400, not 401', async (given, body) => {
    expect(await logIn(given)).toEqual({ status: 400, challenge: null, body });
  });

  it('takes a form as well, and a password typed as other code points', async () => {
    const { uuid, credentials } = await userWithPassword();
    const form = new URLSearchParams({ ...credentials, password: PASSWORD.normalize('NFD') });
    const { body } = await logIn(form.toString(), { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect((await me(body.token as string)).body.uuid).toBe(uuid);
  });

  it.each([
    ['Token', 'Invalid token. No credentials provided.'],
    ['Token a b', 'Invalid token. Token string should not contain spaces.'],
    [`Bearer ${'0'.repeat(40)}`, 'Invalid token.'],
  ])('fails with a bad header (%s), as it does with Waldur', async (authorization, detail) => {
    const { credentials } = await userWithPassword();
    expect(await logIn(credentials, { authorization })).toEqual({ status: 401, challenge: 'Token', body: { detail } });
  });

  it.each(['Basic YTpi', `Token ${STAFF_TOKEN}`, ''])('does not mind the header %j', async (authorization) => {
    const { credentials } = await userWithPassword();
    expect((await logIn(credentials, { authorization })).status).toBe(200);
  });

  describe('of a disabled user', () => {
    it('says so only to who knows the password, and ends what was open', async () => {
      const { uuid, credentials } = await userWithPassword();
      const token = await tokenOf(credentials);
      await app.database.query('UPDATE core_user SET is_active = false WHERE uuid = $1', [uuid]);
      expect(await logIn(credentials)).toEqual({ ...WRONG, body: { detail: 'User account is disabled.' } });
      expect(await logIn({ ...credentials, password: 'another' })).toEqual(WRONG);
      expect((await me(token)).body).toEqual({ detail: 'User inactive or deleted.' });
    });
  });

  describe('tried again and again', () => {
    it('is locked after four wrong passwords, the right one too, for ten minutes after the last', async () => {
      const { credentials } = await userWithPassword();
      const wrong = { ...credentials, password: 'wrong' };
      for (let turn = 0; turn < 4; turn++) expect(await logIn(wrong)).toEqual(WRONG);
      expect(await logIn(wrong)).toEqual(LOCKED);
      expect(await logIn(credentials)).toEqual(LOCKED);
      expect((await logIn((await userWithPassword()).credentials)).status).toBe(200);
      later(9);
      expect(await logIn(credentials)).toEqual(LOCKED);
      later(1);
      expect((await logIn(credentials)).status).toBe(200);
      expect(await logIn(wrong)).toEqual(WRONG);
    });

    it('counts anew after a right one', async () => {
      const { credentials } = await userWithPassword();
      for (let turn = 0; turn < 2; turn++) {
        for (let guess = 0; guess < 3; guess++) await logIn({ ...credentials, password: 'wrong' });
        expect((await logIn(credentials)).status).toBe(200);
      }
    });

    it('gets four guesses, not more, when all come at once; also at a user who is not there', async () => {
      const { username } = await userWithPassword();
      for (const each of [username, 'never-seen']) {
        const answers = await Promise.all(
          Array.from({ length: 30 }, (_, i) => logIn({ username: each, password: `guess ${i}` })),
        );
        expect(answers.filter(({ body }) => body.detail === WRONG.body.detail)).toHaveLength(4);
        expect(answers.filter(({ body }) => body.detail === LOCKED.body.detail)).toHaveLength(26);
      }
    });

    it('is not locked by many right ones at once', async () => {
      const { credentials } = await userWithPassword();
      const answers = await Promise.all(Array.from({ length: 8 }, () => logIn(credentials)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ body }) => body.token)).size).toBe(8);
    });

    it('cannot say that it comes from somewhere else', async () => {
      const { credentials } = await userWithPassword();
      for (let turn = 0; turn < 4; turn++)
        await logIn({ ...credentials, password: 'wrong' }, { 'X-Forwarded-For': `10.0.0.${turn}` });
      expect(await logIn(credentials, { 'X-Forwarded-For': '10.0.0.99' })).toEqual(LOCKED);
    });

    it('is told to come back when a hundred wait already, while what has a token is served', async () => {
      const service = app.app.get(LoginService);
      const { credentials } = await userWithPassword();
      let isOn = true;
      const keepLoggingIn = async () => {
        // With the right password: a locked user is refused without hashing, and then nobody waits.
        while (isOn) await service.logIn(credentials, '127.0.0.1').catch(() => undefined);
      };
      const all = Array.from({ length: 101 }, keepLoggingIn);
      const tryOnce = () => app.api.as(undefined).post('/api-auth/password/', { username: 'mari', password: 'x' });
      let refused = await tryOnce();
      while (refused.status !== 429) refused = await tryOnce();
      const served = await app.api.get('/api/users/me/');
      isOn = false;
      await Promise.all(all);
      const sentence = 'Too many logins are waiting for their turn. Try again in a few seconds.';
      expect([refused.status, refused.headers.get('retry-after'), refused.body]).toEqual([
        429,
        '5',
        { detail: sentence, error: sentence, message: sentence, code: 'logins_busy' },
      ]);
      expect(served.status).toBe(200);
    });

    it('leaves nothing behind of what was typed', async () => {
      await logIn({ username: 'my secret typed here', password: 'and-my-other-secret' });
      const rows = JSON.stringify(await app.database.query('SELECT * FROM failed_attempt'));
      expect(rows).not.toMatch(/secret|127\.0\.0\.1/);
      later(10_000);
      await logIn({ username: 'nobody', password: 'wrong' });
      // Of the user name there, and of the address.
      const left = await app.database.query('SELECT failures FROM failed_attempt');
      expect(left).toEqual([{ failures: 1 }, { failures: 1 }]);
    });
  });

  describe('opens until', () => {
    it('it is not used for an hour; each use moves that on', async () => {
      const { credentials } = await userWithPassword();
      const token = await tokenOf(credentials);
      const start = app.clock.now().getTime();
      for (let use = 1; use <= 4; use++) {
        later(50);
        const { status, body } = await me(token);
        expect(status).toBe(200);
        expect([body.token_lifetime, Date.parse(body.token_expires_at as string)]).toEqual([
          3600,
          app.clock.now().getTime() + 3_600_000,
        ]);
      }
      expect(app.clock.now().getTime()).toBeGreaterThan(start + 3 * 3_600_000);
      later(60);
      const refused = await me(token);
      expect([refused.status, refused.headers.get('www-authenticate'), refused.body]).toEqual([
        401,
        'Token',
        { detail: 'Token has expired.' },
      ]);
      expect(await logIn(credentials, { authorization: `Token ${token}` })).toMatchObject({
        status: 401,
        body: { detail: 'Token has expired.' },
      });
      expect((await logIn(credentials)).status).toBe(200);
    });

    it('is written down at most twice an hour, not with every request', async () => {
      const { credentials } = await userWithPassword();
      const token = await tokenOf(credentials);
      const statements = async () => app.statements(async () => void (await me(token)));
      expect((await statements()).filter((text) => text.startsWith('UPDATE'))).toEqual([]);
      later(31);
      expect((await statements()).filter((text) => text.startsWith('UPDATE'))).toHaveLength(1);
      expect((await statements()).filter((text) => text.startsWith('UPDATE'))).toEqual([]);
    });

    it('it is long gone, and then the database forgets it', async () => {
      const { uuid, credentials } = await userWithPassword();
      const token = await tokenOf(credentials);
      later(26 * 60);
      expect((await me(token)).body).toEqual({ detail: 'Token has expired.' });
      await tokenOf(credentials);
      expect((await me(token)).body).toEqual({ detail: 'Invalid token.' });
      const [{ count }] = await app.database.query('SELECT count(*)::int FROM auth_token WHERE user_uuid = $1', [uuid]);
      expect(count).toBe(2);
    });

    it('never, for a token that is no login', async () => {
      const { token } = await make.user();
      later(365 * 24 * 60);
      expect((await me(token)).body).toMatchObject({ token_lifetime: null, token_expires_at: null });
    });

    it('the token is refreshed, which ends every other one', async () => {
      const { uuid, token, credentials } = await userWithPassword();
      const open = [token, await tokenOf(credentials), await tokenOf(credentials)];
      const { body } = await app.api.post(`/api/users/${uuid}/refresh_token/`);
      for (const each of open) expect((await me(each)).body).toEqual({ detail: 'Invalid token.' });
      expect((await me(body.token as string)).body.uuid).toBe(uuid);
    });
  });

  describe('whose password changes', () => {
    let moonlight: string;

    beforeAll(async () => {
      moonlight = (await make.user({ username: 'moonlight1' })).uuid as string;
    });

    it('ends, while the token that is no login stays', async () => {
      const { uuid, token, credentials } = await userWithPassword();
      const opened = await tokenOf(credentials);
      expect((await changePassword(uuid as string, 'a brighter evening')).body).toEqual({
        detail: 'Password has been successfully updated.',
      });
      expect((await me(opened)).body).toEqual({ detail: 'Invalid token.' });
      expect((await me(token)).status).toBe(200);
      expect(await logIn(credentials)).toEqual(WRONG);
      await tokenOf({ ...credentials, password: 'a brighter evening' });
    });

    it('ends when the password is taken away', async () => {
      const { uuid, credentials } = await userWithPassword();
      const opened = await tokenOf(credentials);
      const { status, body } = await app.api.post(`/api/users/${uuid}/remove_password/`);
      expect([status, body]).toEqual([200, { detail: 'Password has been removed.' }]);
      expect((await me(opened)).status).toBe(401);
      expect(await logIn(credentials)).toEqual(WRONG);
    });

    it('ends also if it was just being made', async () => {
      const { uuid, credentials } = await userWithPassword();
      const logins = Array.from({ length: 6 }, () => logIn(credentials));
      const changes = ['the second password', 'the third password'].map((each) => changePassword(uuid as string, each));
      const answers = await Promise.all(logins);
      expect((await Promise.all(changes)).map(({ status }) => status)).toEqual([200, 200]);
      for (const { status, body } of answers) {
        if (status === 200) expect((await me(body.token as string)).status).toBe(401);
      }
      const [{ count }] = await app.database.query('SELECT count(*)::int FROM auth_token WHERE user_uuid = $1', [uuid]);
      expect(count).toBe(1);
    });

    it.each([
      ...['password1', 'Password1', 'QWERTYUIOP', 'p@ssw0rd', 'letmein123', ' iloveyou '].map(
        (password): [string, string[]] => [password, ['This password is too common.']],
      ),
      ['kuu', ['This password is too short. It must contain at least 8 characters.']],
      ['1234567890', ['This password is too common.', 'This password is entirely numeric.']],
      ['8264017395', ['This password is entirely numeric.']],
      [
        '123',
        ['This password is too short. It must contain at least 8 characters.', 'This password is entirely numeric.'],
      ],
      ['my-Moonlight1', ['The password is too similar to the username.']],
      ['', ['This field may not be blank.']],
      [null, ['This field may not be null.']],
      ['x'.repeat(129), ['Ensure this field has no more than 128 characters.']],
    ])('does not take %j', async (password, sentences) => {
      const { status, body } = await changePassword(moonlight, password);
      expect([status, body]).toEqual([400, { new_password: sentences }]);
    });

    it.each(['change_password', 'remove_password'])('has to be there: %s of nobody is 404', async (action) => {
      const nobody = '00000000-0000-4000-8000-000000000000';
      const answer = await app.api.post(`/api/users/${nobody}/${action}/`, { new_password: PASSWORD });
      expect([answer.status, answer.body]).toEqual([404, { detail: 'No User matches the given query.' }]);
    });

    it('is stored as scrypt only, which the database itself sees to', async () => {
      const [first, second] = [await make.user(), await make.user()];
      for (const { uuid } of [first, second]) await changePassword(uuid as string, PASSWORD);
      const rows: { password_hash: string }[] = await app.database.query(
        'SELECT * FROM core_user WHERE uuid IN ($1, $2)',
        [first.uuid, second.uuid],
      );
      expect(JSON.stringify(rows)).not.toContain(PASSWORD);
      for (const { password_hash: hash } of rows)
        expect(hash).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}$/);
      expect(rows[0]!.password_hash).not.toBe(rows[1]!.password_hash);
      await expect(
        app.database.query('UPDATE core_user SET password_hash = $1 WHERE uuid = $2', [PASSWORD, first.uuid]),
      ).rejects.toThrow('ck_core_user_password_is_hashed');
      expect(JSON.stringify((await app.api.get(`/api/users/${first.uuid}/`)).body)).not.toMatch(/scrypt|password/);
    });
  });
});

describe('A login by password behind a proxy', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ TRUSTED_PROXIES: '127.0.0.1, 10.1.0.0/16' });
  });
  afterAll(() => app?.stop());

  it.each([
    ['another address', '192.0.2.1', '192.0.2.2', 200],
    ['another address of the same IPv6 network', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 401],
    ['another IPv6 network', '2001:db8:1:3::1', '2001:db8:1:4::1', 200],
    ['the same IPv4 address written as IPv6', '192.0.2.3', '::ffff:192.0.2.3', 401],
    ['what the client itself put before the proxy', '192.0.2.4', '192.0.2.99, 192.0.2.4', 401],
    ['a second trusted proxy', '192.0.2.5', '192.0.2.5, 10.1.2.3', 401],
    ['another port of the same address', '192.0.2.6:1', '192.0.2.6:2', 401],
    ['a second trusted proxy that writes ports', '192.0.2.7:9', '192.0.2.7:8, 10.1.2.3:7', 401],
    ['another port of the same IPv6 address', '[2001:db8:1:5::1]:1', '"[2001:db8:1:5::1]:2"', 401],
    ['words instead of addresses', 'junk-1', 'junk-2', 401],
    ['words after an address', '192.0.2.8, junk-1', '192.0.2.9, junk-2', 401],
    ['words before an address', 'junk-1, 192.0.2.10', 'junk-2, 192.0.2.10', 401],
    ['something that is nearly an address', '192.0.2.11.1', '192.0.2.999', 401],
    ['an empty entry', '192.0.2.12, ', '192.0.2.13,', 401],
  ])("is locked by the client's address: from %s", async (_, first, second, status) => {
    const { body: user } = await app.api.post('/api/users/', {
      username: `user-${Buffer.from(first).toString('hex')}`,
    });
    await app.database.query('UPDATE core_user SET password_hash = $1 WHERE uuid = $2', [CHEAP_HASH, user.uuid]);
    const logIn = (password: string, from: string) =>
      app.api
        .as(undefined)
        .post('/api-auth/password/', { username: user.username, password }, { 'X-Forwarded-For': from });
    for (let turn = 0; turn < 4; turn++) await logIn('wrong', first);
    expect((await logIn(PASSWORD, first)).status).toBe(401);
    expect((await logIn(PASSWORD, second)).status).toBe(status);
  });
});

describe('A login by password that is switched off', () => {
  it('says so, whoever tries', async () => {
    const app = await startApp({ PASSWORD_LOGIN_ENABLED: 'false' });
    const { status, body } = await app.api.as(undefined).post('/api-auth/password/', { username: 'a', password: 'b' });
    await app.stop();
    expect([status, body]).toEqual([
      401,
      { detail: 'Authentication method is disabled. Please use another authentication method or contact staff.' },
    ]);
  });
});
