import { waldurUser } from '../../emulator/waldur/waldur-data.js';
import { parseUuid } from '../../src/common/uuid.js';
import { ApiClient } from '../support/api-client.js';
import { type Beside, startBeside } from './support.js';

describe('Tokens of the Waldur beside', () => {
  let beside: Beside;
  let start: number;
  const KEY = { staff: 'a1'.repeat(20), plain: 'b2'.repeat(20), personal: `w_1999999999_${'c3'.repeat(16)}` };
  const staff = waldurUser({ username: 'mari', is_staff: true, tokens: [KEY.staff, KEY.personal] });
  const plain = waldurUser({ username: 'jaan', first_name: 'Jaan', last_name: 'Tamm', tokens: [KEY.plain] });
  const as = (token: string) => new ApiClient(beside.app.url, token);
  const me = async (token: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${beside.app.url}/api/users/me/`, {
      headers: { Authorization: `Token ${token}`, ...headers },
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  const lookUps = () => beside.waldur.requests.filter(({ path }) => path === 'users/me/').length;
  const pass = (seconds: number) => beside.app.clock.set(new Date((start += seconds * 1000)));

  beforeAll(async () => {
    beside = await startBeside({ WALDUR_MAX_RETRIES: '0' });
    start = Date.now();
    pass(0);
    beside.waldur.data.users.push(staff, plain);
  });
  afterAll(() => beside?.stop());
  beforeEach(() => {
    pass(120);
    beside.waldur.requests.length = 0;
  });
  afterEach(() => beside.waldur.faults.clear());

  it('open here as they do there, with the flags of Waldur', async () => {
    expect((await me(KEY.staff)).body).toMatchObject({ uuid: parseUuid(staff.uuid), username: 'mari', is_staff: true });
    expect((await me(KEY.plain)).body).toMatchObject({ username: 'jaan', full_name: 'Jaan Tamm', is_staff: false });
    expect((await as(KEY.staff).get('/api/customers/')).status).toBe(200);
    expect((await as(KEY.plain).get('/api/customers/')).status).toBe(403);
    expect(lookUps()).toBe(2);
  });

  it('that are nobody’s are asked for once, and then refused without asking', async () => {
    for (let times = 0; times < 3; times += 1) expect((await me('d4'.repeat(20))).status).toBe(401);
    expect(lookUps()).toBe(1);
  });

  it('open no more what they lost: staff within half a minute, and at once a user who is not active', async () => {
    expect((await as(KEY.staff).get('/api/customers/')).status).toBe(200);
    staff['is_staff'] = false;
    pass(30);
    expect((await as(KEY.staff).get('/api/customers/')).status).toBe(403);
    staff['is_active'] = false;
    pass(30);
    expect((await me(KEY.staff)).status).toBe(401);
    Object.assign(staff, { is_staff: true, is_active: true });
  });

  it('go on for a minute while Waldur is away, and then answer 503; ours go on for ever', async () => {
    expect((await me(KEY.staff)).status).toBe(200);
    beside.waldur.faults.add({ path: '^users/', action: { kind: 'status', status: 503 } });
    pass(40);
    expect((await me(KEY.staff)).status).toBe(200);
    pass(30);
    const away = await me(KEY.staff);
    expect([away.status, away.body.code, away.headers.get('retry-after')]).toEqual([503, 'waldur_unavailable', '5']);
    expect((await beside.app.api.get('/api/customers/')).status).toBe(200);
    beside.waldur.faults.clear();
    expect((await me(KEY.staff)).status).toBe(200);
  });

  it('answer 503 too where a web page answers: nobody is logged out by that', async () => {
    beside.waldur.faults.add({ path: '^users/', action: { kind: 'html' } });
    expect((await me('e5'.repeat(20))).status).toBe(503);
  });

  it('that are personal are tried, and reach no users, tokens and keys', async () => {
    expect((await me(KEY.personal)).body).toMatchObject({ username: 'mari' });
    const answer = await as(KEY.personal).post('/api/users/', { username: 'new' });
    expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('"admin"')]);
  });

  it('let staff act as others by Waldur, and nobody else', async () => {
    const other = { 'X-Impersonated-User-Uuid': plain.uuid };
    const acting = await me(KEY.staff, other);
    expect(acting.body).toMatchObject({ username: 'jaan', is_staff: false });
    expect(acting.headers.get('x-impersonator-uuid')).toBe(parseUuid(staff.uuid));
    beside.waldur.requests.length = 0;
    const notStaff = await me(KEY.plain, { 'X-Impersonated-User-Uuid': staff.uuid });
    expect(notStaff.body).toMatchObject({ username: 'jaan' });
    expect(lookUps()).toBe(1);
    // Waldur answers 403 for somebody who never logged in, and staff itself for nobody.
    const stranger = waldurUser({ username: 'kati' });
    beside.waldur.data.users.push(stranger);
    for (const uuid of ['f0'.repeat(16), stranger.uuid]) {
      const { status, body } = await me(KEY.staff, { 'X-Impersonated-User-Uuid': uuid });
      expect([status, body]).toEqual([400, { detail: 'X-Impersonated-User-Uuid names no active user.' }]);
    }
  });

  it('are asked for twenty times a minute for one address, and no more', async () => {
    const answers: [number, string | null][] = [];
    for (let at = 10; at < 35; at += 1) {
      const { status, headers } = await me(`${at}`.repeat(20));
      answers.push([status, headers.get('retry-after')]);
    }
    expect(answers.filter(([status]) => status === 401)).toHaveLength(20);
    expect(answers.filter(([status]) => status === 429)).toEqual(Array(5).fill([429, '60']));
    expect(lookUps()).toBe(20);
    expect((await beside.app.api.get('/api/customers/')).status).toBe(200);
  });

  it('of Waldur make no tokens of ours', async () => {
    const answer = await as(KEY.staff).post('/api/personal-access-tokens/', { name: 'mine', scopes: ['read'] });
    expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['user']]);
  });
});

describe('A personal access token that is WALDUR_TOKEN', () => {
  it('is sent as such', async () => {
    const token = `w_1999999999_${'e5'.repeat(16)}`;
    const beside = await startBeside({ WALDUR_TOKEN: token });
    try {
      beside.waldur.data.users[0]!.tokens = [token];
      expect(await beside.sync()).toMatchObject({ state: 'succeeded', error_message: '' });
    } finally {
      await beside.stop();
    }
  });
});
