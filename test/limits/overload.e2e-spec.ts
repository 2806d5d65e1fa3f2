import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { CoreModule, DirectoryHttpModule, readEnv } from '../../src/index.js';
import { LoadGate } from '../../src/limits/load-gate.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { createDatabase } from '../support/databases.js';
import { MetricsPage } from '../support/metrics-page.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const AT_ONCE = 4;
const WAITING = 4;
const POOL_SIZE = 2;

let app: TestApp;
let gate: LoadGate;

beforeAll(async () => {
  app = await startApp({
    REQUESTS_AT_ONCE: String(AT_ONCE),
    REQUESTS_WAITING: String(WAITING),
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    METRICS_PORT: '0',
  });
  gate = app.app.get(LoadGate);
  for (let n = 0; n < 3; n++) await app.api.post('/api/customers/', { name: `Customer ${n}` });
});
afterAll(() => app?.stop());
afterEach(() => until(0, 0));

/** Waits until so many requests are served, and so many wait. */
async function until(running: number, waiting: number): Promise<void> {
  while (gate.running !== running || gate.waiting !== waiting) await sleep(2);
}

/** Takes every connection to the database, so that whatever asks it is under way until they are given back. */
async function holdDatabase(database = app.database): Promise<() => Promise<void>> {
  const holders = Array.from({ length: app.kind === 'pglite' ? 1 : POOL_SIZE }, () => database.createQueryRunner());
  for (const holder of holders) await holder.connect();
  return async () => {
    for (const holder of holders) await holder.release();
  };
}

/** Asks without waiting for answers. */
async function askOften({ url }: TestApp, path: string, times: number): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const headers = `Host: localhost\r\nAuthorization: Token ${STAFF_TOKEN}`;
  socket.write(`GET ${path} HTTP/1.1\r\n${headers}\r\n\r\n`.repeat(times));
  return socket;
}

/** The status of any request; `fetch` sends no TRACE. */
const answerOf = (method: string, path: string) => statusOf(method, app.url + path);

async function statusOf(method: string, url: string): Promise<number> {
  const headers = { Authorization: `Token ${STAFF_TOKEN}` };
  const asked = request(url, { method, headers, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode!;
}

const read = () => app.api.get('/api/customers/?field=name&o=name');
const write = (name: string) => app.api.post('/api/customers/', { name });
const file = () => app.api.get('/api/admin/arrow/billing-syncs/unlinked_spend/?format=csv');
const trigger = () => app.api.post('/api/admin/arrow/billing-syncs/trigger_sync/', {});
const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);
const shed = async () => {
  const page = await MetricsPage.read(app);
  return ['read', 'write', 'bulk'].map((priority) => page.value('waldur_arrow_requests_shed_total', { priority })!);
};

const SENTENCE = 'The service has more to do than it can. Try again in a few seconds.';
const REFUSED = [503, '5', { detail: SENTENCE, error: SENTENCE, message: SENTENCE, code: 'overloaded' }];
const said = ({ status, headers, body }: Answer): unknown[] => [status, headers.get('retry-after'), body];

describe('Three times as many requests as can be served', () => {
  it('are answered in the order of their priorities: bulk work is refused first, health never', async () => {
    const before = await shed();
    const giveBack = await holdDatabase();
    const bulk = [file(), trigger(), file(), trigger()];
    await until(AT_ONCE / 2, 2);
    const reads = [read(), read(), read()];
    await until(AT_ONCE, 3);
    const changes = [write('Kept')];
    await until(AT_ONCE, WAITING);
    // From here on each one that comes first takes the room of one that comes last.
    const better = [read(), read()];
    const refusedBulk = [file(), trigger()];
    expect((await Promise.all(refusedBulk)).map(said)).toEqual([REFUSED, REFUSED]);
    expect((await app.api.as(undefined).get('/health/live')).status).toBe(200);
    expect([gate.running, gate.waiting]).toEqual([AT_ONCE, WAITING]);
    await giveBack();
    expect(statusesOf(await Promise.all(changes))).toEqual([201]);
    const names = ['Customer 0', 'Customer 1', 'Customer 2'];
    for (const { status, body } of await Promise.all([...reads, ...better])) {
      expect(status).toBe(200);
      const found = (body as { name: string }[]).map(({ name }) => name);
      expect([names, [...names, 'Kept']]).toContainEqual(found);
    }
    // Two were under way; those that waited made room.
    const ends = statusesOf(await Promise.all(bulk));
    expect(ends.filter((status) => status === 503)).toHaveLength(2);
    expect(ends.filter((status) => status !== 503)).toHaveLength(2);
    await until(0, 0);
    expect((await shed()).map((count, i) => count - before[i]!)).toEqual([0, 0, 4]);
    expect((await app.api.as(undefined).get('/health/ready')).status).toBe(200);
  });

  it('are refused down to the reads where nothing else is left to refuse', async () => {
    const before = await shed();
    const giveBack = await holdDatabase();
    const served = Array.from({ length: AT_ONCE }, read);
    await until(AT_ONCE, 0);
    const changes = Array.from({ length: WAITING }, (_, n) => write(`Refused ${n}`));
    await until(AT_ONCE, WAITING);
    const reads = Array.from({ length: WAITING }, read);
    expect((await Promise.all(changes)).map(said)).toEqual(changes.map(() => REFUSED));
    expect(said(await read())).toEqual(REFUSED);
    await giveBack();
    expect(new Set(statusesOf(await Promise.all([...served, ...reads])))).toEqual(new Set([200]));
    expect((await shed()).map((count, i) => count - before[i]!)).toEqual([1, WAITING, 0]);
    const names = (await read()).body as { name: string }[];
    expect(names.filter(({ name }) => name.startsWith('Refused'))).toEqual([]);
  });

  it('leave nothing counted when their clients go away', async () => {
    const giveBack = await holdDatabase();
    const leave = new AbortController();
    const gone = Array.from({ length: AT_ONCE + WAITING }, () =>
      fetch(`${app.url}/api/customers/`, {
        headers: { Authorization: `Token ${STAFF_TOKEN}` },
        signal: leave.signal,
      }).catch(() => undefined),
    );
    await until(AT_ONCE, WAITING);
    const page = await MetricsPage.read(app);
    leave.abort();
    await Promise.all(gone);
    // Those under way are still being authenticated.
    await until(AT_ONCE, 0);
    await giveBack();
    await until(0, 0);
    const figures = ['running', 'waiting'].map((what) => page.value(`waldur_arrow_requests_${what}`));
    expect(figures).toEqual([AT_ONCE, WAITING]);
    expect(statusesOf(await Promise.all(Array.from({ length: AT_ONCE + WAITING }, read)))).toEqual(
      Array.from({ length: AT_ONCE + WAITING }, () => 200),
    );
  });

  it('leave nothing counted either when a client has asked for all of it over one connection, and goes', async () => {
    const giveBack = await holdDatabase();
    const gone = await askOften(app, '/api/customers/', AT_ONCE + WAITING);
    await until(AT_ONCE, WAITING);
    gone.destroy();
    await until(AT_ONCE, 0);
    await giveBack();
    await until(0, 0);
  });

  it('are refused where no route is reached as well: an unknown path, a wrong method, a question for the methods', async () => {
    const giveBack = await holdDatabase();
    const served = Array.from({ length: AT_ONCE + WAITING }, read);
    await until(AT_ONCE, WAITING);
    const unrouted = [
      ['GET', '/api/nothing/'],
      ['GET', '/wp-login.php'],
      ['TRACE', '/api/customers/'],
      ['OPTIONS', '/api/customers/'],
    ] as const;
    const answers = unrouted.map(([method, path]) => answerOf(method, path));
    expect(await Promise.all(answers)).toEqual(unrouted.map(() => 503));
    expect(await answerOf('GET', '/health/live')).toBe(200);
    await giveBack();
    await Promise.all(served);
    await until(0, 0);
    expect(await Promise.all(unrouted.map(([method, path]) => answerOf(method, path)))).toEqual([404, 404, 405, 200]);
  });

  it('are refused with the same words before anybody knows who asks', async () => {
    const giveBack = await holdDatabase();
    const served = Array.from({ length: AT_ONCE + WAITING }, read);
    await until(AT_ONCE, WAITING);
    expect(said(await app.api.as(undefined).get('/api/customers/'))).toEqual(REFUSED);
    await giveBack();
    await Promise.all(served);
  });
});

describe('Health checks', () => {
  it('ask the database once for all that come meanwhile: whoever asks for it without a token keeps nobody waiting', async () => {
    const giveBack = await holdDatabase();
    const { server } = app.app.getHttpAdapter().getInstance();
    const asked = await app.statements(async () => {
      const answers = Array.from({ length: 100 }, () => answerOf('GET', '/health/ready'));
      for (let come = 0; come < answers.length; come++) await once(server, 'request');
      await giveBack();
      expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
    });
    expect(asked.length).toBe(2);
    expect((await app.statements(() => answerOf('GET', '/health/ready'))).length).toBe(2);
  });
});

describe('Clients that ask and take no answer', () => {
  let other: TestApp;
  beforeAll(async () => {
    other = await startApp({ REQUESTS_AT_ONCE: '30', REQUEST_TIMEOUT_SECONDS: '1' });
    await other.database.query(`INSERT INTO customer (name) SELECT repeat('x', 150) FROM generate_series(1, 300)`);
  });
  afterAll(() => other?.stop());

  /** More than the buffers between here and there hold. */
  const askForMuch = () => askOften(other, '/api/customers/?page_size=300', 40);

  it('are left, so that their places go to others', async () => {
    const [mute, load] = [await askForMuch(), other.app.get(LoadGate)];
    mute.pause();
    while (!load.running) await sleep(2);
    while (load.running) await sleep(2);
    mute.resume();
    await once(mute, 'close');
  }, 60_000);

  it('get it all where they take it slowly', async () => {
    const slow = await askForMuch();
    let bytes = '';
    slow.on('data', (part: Buffer) => {
      bytes += part.toString('latin1');
      slow.pause();
      setTimeout(() => slow.resume(), 10);
    });
    while (bytes.split('HTTP/1.1 200 OK').length <= 40) await once(slow, 'data');
    slow.destroy();
  }, 60_000);
});

/** The embedded database has one connection, which is needed to get as far as a handler. */
const onServer = TEST_DATABASE === 'postgres' ? describe : describe.skip;

onServer('A handler at work', () => {
  it('keeps its place when its client goes away, as it is work all the same', async () => {
    const locker = app.database.createQueryRunner();
    await locker.startTransaction();
    await locker.query('LOCK TABLE customer');
    const leave = new AbortController();
    const gone = fetch(`${app.url}/api/customers/`, {
      headers: { Authorization: `Token ${STAFF_TOKEN}` },
      signal: leave.signal,
    }).catch(() => undefined);
    const isLocked = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'customer'::regclass`;
    while (!((await locker.query(isLocked)) as unknown[]).length) await sleep(2);
    leave.abort();
    await gone;
    // The service hears of it before it hears of what is asked later.
    expect((await app.api.as(undefined).get('/health/live')).status).toBe(200);
    expect(gate.running).toBe(1);
    await locker.commitTransaction();
    await locker.release();
    await until(0, 0);
  });
});

describe('A host of its own on Express', () => {
  it('is spared as well', async () => {
    const database = await createDatabase(TEST_DATABASE);
    const env = readEnv({
      STAFF_TOKEN,
      REQUESTS_AT_ONCE: '1',
      REQUESTS_WAITING: '0',
      DATABASE_POOL_SIZE: String(POOL_SIZE),
      ...database.variables,
    });

    @Module({ imports: [CoreModule.forRoot(env), DirectoryHttpModule] })
    class HostModule {}

    const host: INestApplication = await NestFactory.create(HostModule, new ExpressAdapter(), { logger: false });
    await host.listen(0, '127.0.0.1');
    const api = new ApiClient((await host.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    const giveBack = await holdDatabase(host.get(DataSource, { strict: false }));
    const served = api.get('/api/customers/');
    while (!host.get(LoadGate).running) await sleep(2);
    expect(said(await api.get('/api/customers/'))).toEqual(REFUSED);
    await giveBack();
    expect((await served).status).toBe(200);
    while (host.get(LoadGate).running) await sleep(2);
    expect((await api.get('/api/customers/')).status).toBe(200);
    await host.close();
    await database.drop();
  });
});

describe('Clients that wait to be accepted', () => {
  let other: TestApp;
  beforeAll(async () => void (other = await startApp({ REQUESTS_AT_ONCE: '200' })));
  afterAll(() => other?.stop());

  it('come before work: others wait meanwhile, however many could be served', async () => {
    const waiting = new Set<number>();
    let isOver = false;
    const watch = () => {
      waiting.add(other.app.get(LoadGate).waiting);
      if (!isOver) setImmediate(watch);
    };
    watch();
    const path = `${other.url}/api/customers/`;
    const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf('GET', path)));
    isOver = true;
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(Math.max(...waiting)).toBeGreaterThan(1);
  });
});
