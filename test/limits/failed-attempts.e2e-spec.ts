import { randomBytes } from 'node:crypto';
import type { ApiClient, Answer } from '../support/api-client.js';
import { startAnother, startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { MetricsPage } from '../support/metrics-page.js';

const MOST = 6;
const PASSWORD = 'tuulevaikne õhtu';

let app: TestApp;
let other: Awaited<ReturnType<typeof startAnother>>;
let make: Builders;
let addresses = 0;
let here: string;

beforeAll(async () => {
  app = await startApp({
    FAILED_ATTEMPTS_PER_ADDRESS: String(MOST),
    TRUSTED_PROXIES: '127.0.0.1',
    METRICS_PORT: '0',
  });
  make = new Builders(app);
  other = await startAnother(app);
});
afterAll(async () => {
  await other?.stop();
  await app?.stop();
});
beforeEach(() => {
  here = `203.0.113.${++addresses}`;
  app.clock.set(new Date(Date.UTC(2026, 10, 27 + addresses, 9)));
});

const later = (seconds: number) => app.clock.set(new Date(app.clock.now().getTime() + seconds * 1000));
const from = (address: string) => ({ 'X-Forwarded-For': address });
const guess = (api: ApiClient = app.api, address = here) =>
  api.as(randomBytes(20).toString('hex')).get('/api/customers/', from(address));
const logIn = (credentials: object, api = app.api, address = here) =>
  api.as(undefined).post('/api-auth/password/', credentials, from(address));
const limited = async () =>
  (await MetricsPage.read(app)).value('waldur_arrow_requests_limited_total', { kind: 'failed_attempts' })!;
const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);
const guesses = async (count: number) => {
  for (let n = 0; n < count; n++) await guess();
};

describe('Unknown tokens', () => {
  it('beyond the limit of an address answer 429, exactly, on all instances together', async () => {
    const before = await limited();
    const answers = await Promise.all(Array.from({ length: 3 * MOST }, (_, n) => guess(n % 2 ? app.api : other.api)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(MOST);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(2 * MOST);
    const sentence = 'Too many failed attempts from this address. Try again in 600 seconds.';
    for (const { headers, body } of refused) {
      expect([headers.get('retry-after'), headers.get('www-authenticate')]).toEqual(['600', null]);
      expect(body).toEqual({ detail: sentence, error: sentence, message: sentence, code: 'failed_attempts_limited' });
    }
    expect(await limited()).toBeGreaterThanOrEqual(before + MOST);
  });

  it('stop nobody whose token holds, not even at that address', async () => {
    await guesses(MOST + 1);
    expect((await app.api.as(STAFF_TOKEN).get('/api/customers/', from(here))).status).toBe(200);
    expect((await guess(app.api, '192.0.2.99')).status).toBe(401);
  });

  it('are let through again after the seconds that were named', async () => {
    await guesses(MOST);
    later(200);
    const refused = await guess();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '400']);
    later(399);
    expect((await guess()).status).toBe(429);
    later(1);
    expect((await guess()).status).toBe(401);
  });

  it('are let through at once where the clock was set back: nobody waits for longer than ten minutes', async () => {
    await guesses(MOST + 1);
    later(-86_400);
    expect(statusesOf([await guess(), await guess(other.api)])).toEqual([401, 401]);
  });

  it('count by the network that an IPv6 customer is given', async () => {
    const answers = [];
    for (let n = 0; n <= MOST; n++) answers.push(await guess(app.api, `2001:db8:1:${addresses}::${n}`));
    expect(answers.at(-1)!.status).toBe(429);
    expect((await guess(app.api, `2001:db8:2:${addresses}::1`)).status).toBe(401);
  });

  it('are known as hashes of addresses, and forgotten when their time is over', async () => {
    await guesses(2);
    const rows = await app.database.query('SELECT * FROM failed_attempt');
    expect(JSON.stringify(rows)).not.toContain(here);
    later(601);
    await guess();
    expect(await app.database.query('SELECT failures FROM failed_attempt')).toEqual([{ failures: 1 }]);
  });
});

describe('Wrong passwords', () => {
  const userWithPassword = async () => {
    const { uuid, username } = await make.user();
    await app.api.post(`/api/users/${uuid}/change_password/`, { new_password: PASSWORD });
    return { username: username as string, password: PASSWORD };
  };

  it('for ever other user names are limited by their address, and right ones from elsewhere are not', async () => {
    const user = await userWithPassword();
    for (let n = 0; n < MOST; n++) expect((await logIn({ username: `guess ${n}`, password: 'x' })).status).toBe(401);
    const refused = await logIn(user);
    expect([refused.status, refused.headers.get('retry-after'), refused.body.code]).toEqual([
      429,
      '600',
      'failed_attempts_limited',
    ]);
    expect((await logIn(user, app.api, '192.0.2.50')).status).toBe(200);
    later(600);
    expect((await logIn(user)).status).toBe(200);
  });

  it('for one user name are four, however many instances they come to at once', async () => {
    const { username } = await userWithPassword();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => logIn({ username, password: `guess ${n}` }, n % 2 ? app.api : other.api)),
    );
    const sentences = answers.map(({ body }) => body.detail as string);
    expect(sentences.filter((each) => each === 'Invalid username/password.')).toHaveLength(4);
    expect(sentences.filter((each) => each === 'Username is locked out. Try in 10 minutes.')).toHaveLength(6);
  });

  it('are not what right ones count as', async () => {
    const user = await userWithPassword();
    for (let n = 0; n <= MOST; n++) expect((await logIn(user)).status).toBe(200);
  });

  it('lock no user name for longer when the clock was set back', async () => {
    const user = await userWithPassword();
    for (let n = 0; n < 4; n++) await logIn({ ...user, password: 'x' });
    expect((await logIn(user)).status).toBe(401);
    later(-86_400);
    expect((await logIn(user)).status).toBe(200);
  });
});
