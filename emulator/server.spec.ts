import { Agent } from 'node:http';

import { until } from '../test/support/until.js';
import { ArrowEmulator } from './arrow-emulator.js';
import { arrowCustomer } from './data.js';
import { client } from './spec-client.js';

describe('the server', () => {
  let emulator: ArrowEmulator;
  beforeEach(async () => {
    emulator = await ArrowEmulator.start({ data: { customers: Array.from({ length: 20 }, () => arrowCustomer()) } });
  });
  afterEach(() => emulator.stop());

  it('gives a base URL with the vendor’s path, and nothing outside it', async () => {
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/index\.php\/api\/$/);
    const outside = await client(emulator).get('/whoami');
    expect(outside.status).toBe(404);
    expect(outside.headers['content-type']).toMatch(/html/);
  });

  it('takes a trailing slash', async () => {
    expect((await client(emulator).get('whoami/')).status).toBe(200);
  });

  it('compresses large answers for clients that accept gzip, and only for them', async () => {
    const zipped = await client(emulator, { headers: { 'accept-encoding': 'gzip, deflate' } }).get('customers');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(Number(zipped.headers['content-length'])).toBeLessThan(zipped.text.length / 3);
    const plain = await client(emulator).get('customers');
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(plain.text).toBe(zipped.text);
  });

  it('keeps connections alive', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let call = 0; call < 3; call += 1) await client(emulator, { agent }).get('whoami');
    expect(emulator.connections).toBe(1);
    agent.destroy();
  });

  it('records calls with query, body, headers and partner, and never a key', async () => {
    await client(emulator).get('customers?page=2&vendor[]=a&vendor[]=b');
    await client(emulator, { apiKey: 'a wrong secret' }).post('licenses/v2/find', { keyword: 'x' });
    await client(emulator).get('customers/a%20b');
    expect(emulator.requests).toMatchObject([
      {
        method: 'GET',
        path: 'customers',
        query: { page: '2', 'vendor[]': ['a', 'b'] },
        body: undefined,
        partner: 'XSP100001',
        status: 200,
        aborted: false,
        at: expect.any(Date),
      },
      { method: 'POST', path: 'licenses/v2/find', body: { keyword: 'x' }, partner: null, status: 401 },
      { path: 'customers/a%20b', headers: { accept: 'application/json' }, status: 404 },
    ]);
    const everything = JSON.stringify(emulator.requests);
    expect(everything).not.toContain(emulator.apiKey);
    expect(everything).not.toContain('a wrong secret');
  });

  it('waits its latency before each answer', async () => {
    emulator.latencyMs = 30;
    const start = performance.now();
    await client(emulator).get('whoami');
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('counts calls at once, and answers those that are held only when they are released', async () => {
    const release = emulator.hold(({ path }) => path === 'whoami');
    const calls = Promise.all(Array.from({ length: 6 }, () => client(emulator).get('whoami')));
    await until(() => emulator.inFlight === 6);
    expect((await client(emulator).get('customers')).status).toBe(200);
    expect(emulator.inFlight).toBe(6);
    release();
    await calls;
    expect(emulator.maxInFlight).toBe(7);
    expect(emulator.inFlight).toBe(0);
    emulator.resetCounters();
    expect(emulator).toMatchObject({ maxInFlight: 0, connections: 0, requests: [] });
  });

  it('refuses a port that is taken', async () => {
    const port = Number(new URL(emulator.url).port);
    await expect(ArrowEmulator.start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('numbers its answers in order', async () => {
    const first = await client(emulator).get('whoami');
    const second = await client(emulator).get('whoami');
    const ids = [first, second].map(({ headers }) => headers['x-correlation-id']);
    expect(ids).toEqual(['emulated-000001', 'emulated-000002']);
  });

  it('refuses a body over 10 MB with 413', async () => {
    const { status } = await client(emulator).post('licenses/v2/find', 'x'.repeat(11 * 1024 * 1024));
    expect(status).toBe(413);
  });
});
