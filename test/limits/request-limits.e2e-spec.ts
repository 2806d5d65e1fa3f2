import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { CoreModule, DirectoryHttpModule, readEnv } from '../../src/index.js';
import { startAnother, startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { Builders } from '../support/builders.js';
import { createDatabase } from '../support/databases.js';
import { MetricsPage } from '../support/metrics-page.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const PER_TOKEN = 40;
const PER_ADDRESS = 100;
/** What each instance lets through before it asks what the others have. */
const PART = PER_TOKEN / 20;

let app: TestApp;
let make: Builders;
let minute = 0;

beforeAll(async () => {
  app = await startApp({
    REQUESTS_PER_MINUTE_PER_TOKEN: String(PER_TOKEN),
    REQUESTS_PER_MINUTE_PER_ADDRESS: String(PER_ADDRESS),
    TRUSTED_PROXIES: '127.0.0.1',
    METRICS_PORT: '0',
  });
  make = new Builders(app);
});
afterAll(() => app?.stop());
/** Each test has a minute of its own, of which ten seconds are over. */
beforeEach(() => app.clock.set(new Date(Date.UTC(2026, 10, 27, 9, ++minute, 10))));

const later = (seconds: number) => app.clock.set(new Date(app.clock.now().getTime() + seconds * 1000));
const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);
const tokenOfUser = async () => (await make.user({ is_staff: true })).token as string;
const limited = (kind: string) =>
  MetricsPage.read(app).then((page) => page.value('waldur_arrow_requests_limited_total', { kind }));

/** So many requests with a token, each from an address that nobody else uses. */
let addresses = 0;
const ask = (token: string | undefined, count: number, api = app.api, address?: string) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const from = address ?? `203.0.${++addresses >> 8}.${addresses & 255}`;
      return api.as(token).get('/api/customers/', { 'X-Forwarded-For': from });
    }),
  );
const served = (answers: readonly Answer[]) => answers.filter(({ status }) => status !== 429).length;

describe('Requests of one token', () => {
  it('beyond its limit answer 429 until the minute is over, and others are served', async () => {
    const token = await tokenOfUser();
    const before = (await limited('token'))!;
    expect(new Set(statusesOf(await ask(token, PER_TOKEN)))).toEqual(new Set([200]));
    const [refused] = await ask(token, 1);
    const sentence = `This token has made its ${PER_TOKEN} requests of this minute. Try again in 50 seconds.`;
    expect([refused!.status, refused!.headers.get('retry-after'), refused!.body]).toEqual([
      429,
      '50',
      { detail: sentence, error: sentence, message: sentence, code: 'requests_limited' },
    ]);
    expect(await limited('token')).toBe(before + 1);
    expect(statusesOf(await ask(await tokenOfUser(), 1))).toEqual([200]);
    later(49);
    const [still] = await ask(token, 1);
    expect([still!.status, still!.headers.get('retry-after')]).toEqual([429, '1']);
    later(1);
    expect(statusesOf(await ask(token, 1))).toEqual([200]);
  });

  it('are served at once after the clock was set back', async () => {
    const token = await tokenOfUser();
    expect(served(await ask(token, PER_TOKEN + 5))).toBe(PER_TOKEN);
    later(-3600);
    expect(statusesOf(await ask(token, 1))).toEqual([200]);
  });

  it('are counted by all instances together, to a twentieth of the limit', async () => {
    const token = await tokenOfUser();
    const other = await startAnother(app);
    const answers = await Promise.all([ask(token, 2 * PER_TOKEN), ask(token, 2 * PER_TOKEN, other.api)]);
    const total = served(answers.flat());
    expect(total).toBeGreaterThanOrEqual(PER_TOKEN);
    expect(total).toBeLessThanOrEqual(PER_TOKEN + PART);
    later(60);
    // One after the other: the second instance hears of what the first one has let through.
    const alone = served(await ask(token, PER_TOKEN));
    const rest = served(await ask(token, PER_TOKEN, other.api));
    await other.stop();
    expect(alone).toBe(PER_TOKEN);
    expect(rest).toBeLessThanOrEqual(PART);
  });

  it('cost no statement each', async () => {
    const token = await tokenOfUser();
    await ask(token, 1);
    const statements = await app.statements(() => ask(token, 10));
    // Ten lists are read and counted, and who asks is looked up for all that come in together.
    const counting = statements.filter((text) => text.includes('request_count'));
    expect(counting.length).toBeLessThanOrEqual(10 / PART);
    expect(statements.length).toBeGreaterThan(10);
  });

  it('leave nothing behind when their minute is long over', async () => {
    await ask(await tokenOfUser(), 5);
    later(300);
    const token = await tokenOfUser();
    await ask(token, 5);
    const rows: { minute: Date }[] = await app.database.query('SELECT DISTINCT minute FROM request_count');
    for (const { minute: start } of rows)
      expect(Math.abs(start.getTime() - app.clock.now().getTime())).toBeLessThan(120_000);
    expect(JSON.stringify(await app.database.query('SELECT * FROM request_count'))).not.toContain(token);
  });
});

describe('Requests from one address', () => {
  const here = '198.51.100.7';

  it('beyond its limit answer 429, with a token or without; those from elsewhere do not', async () => {
    const token = await tokenOfUser();
    const before = (await limited('address'))!;
    expect(served(await ask(undefined, PER_ADDRESS, app.api, here))).toBe(PER_ADDRESS);
    const [refused] = await ask(token, 1, app.api, here);
    expect([refused!.status, refused!.headers.get('retry-after'), refused!.body.code]).toEqual([
      429,
      '50',
      'requests_limited',
    ]);
    expect(await limited('address')).toBe(before + 1);
    expect(statusesOf(await ask(token, 1))).toEqual([200]);
    const health = await app.api.get('/health/ready', { 'X-Forwarded-For': here });
    expect(health.status).toBe(200);
    later(50);
    expect(statusesOf(await ask(token, 1, app.api, here))).toEqual([200]);
  });
});

describe('A host of its own on Express', () => {
  it('limits requests as well', async () => {
    const database = await createDatabase(TEST_DATABASE);
    const env = readEnv({ STAFF_TOKEN, REQUESTS_PER_MINUTE_PER_TOKEN: '1', ...database.variables });

    @Module({ imports: [CoreModule.forRoot(env, app.clock), DirectoryHttpModule] })
    class HostModule {}

    const host: INestApplication = await NestFactory.create(HostModule, new ExpressAdapter(), { logger: false });
    await host.listen(0, '127.0.0.1');
    const api = new ApiClient((await host.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    expect((await api.get('/api/customers/')).status).toBe(200);
    const refused = await api.get('/api/customers/');
    expect([refused.status, refused.headers.get('retry-after'), refused.body.code]).toEqual([
      429,
      '50',
      'requests_limited',
    ]);
    await host.close();
    await database.drop();
  });
});
