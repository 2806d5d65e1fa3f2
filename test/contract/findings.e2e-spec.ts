import { connect } from 'node:net';

import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Wire } from './wire.js';

/** What the conformance and fuzzing suites found, each kept as a plain test. */
describe('Found by conformance and fuzzing', () => {
  let app: TestApp;
  let wire: Wire;

  beforeAll(async () => {
    app = await startApp({ CORS_ORIGINS: 'https://portal.example' });
    wire = new Wire(app.url);
    for (const name of ['One', 'Two', 'Three']) await app.api.post('/api/customers/', { name });
  });

  afterAll(async () => {
    wire?.close();
    await app?.stop();
  });

  const get = (path: string) => wire.send('GET', path, { headers: { authorization: `Token ${STAFF_TOKEN}` } });

  it('an unknown path stays unknown where browsers of other origins are let in', async () => {
    const { status, text } = await get('/api/nowhere/');
    expect([status, text]).toEqual([404, '{"detail":"Not found."}']);
  });

  it('a long query does not make a Link header that no client reads: the neighbouring pages stay', async () => {
    const { status, headers } = await get(`/api/customers/?page=2&page_size=1&x=${'y'.repeat(4_000)}`);
    expect(status).toBe(200);
    expect(String(headers.link).length).toBeLessThan(12_000);
    expect([...String(headers.link).matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel)).toEqual(['prev', 'next']);
  });

  it('a URL that could not be repeated in headers is refused', async () => {
    const { status, text } = await get(`/api/customers/?x=${'%F0%9F%91%BE'.repeat(500)}`);
    expect([status, text]).toEqual([414, '{"detail":"The URL is too long: 5000 characters at most."}']);
  });

  it.each(['a:b:c', '[', 'x:99999', 'x:y'])('the host %s, which is none, does not get into links', async (host) => {
    const headers = { authorization: `Token ${STAFF_TOKEN}`, host };
    const { status, text } = await wire.send('GET', '/api/customers/', { headers });
    const [{ url }] = JSON.parse(text) as [{ url: string }];
    expect([status, url.split('/api/')[0]]).toEqual([200, app.url]);
  });

  it.each(['[', '{"a":'])('a body of a thousand levels of %s is refused, not fallen over', async (open) => {
    const close = open === '[' ? ']' : '}';
    const headers = { authorization: `Token ${STAFF_TOKEN}`, 'content-type': 'application/json' };
    const nested = (levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`;
    for (const levels of [101, 1_000, 10_000]) {
      const { status, text } = await wire.send('POST', '/api/customers/', { headers, body: nested(levels) });
      expect([status, text]).toEqual([400, '{"detail":"JSON parse error - nested too deeply: 100 levels at most"}']);
    }
    const allowed = await wire.send('POST', '/api/customers/', {
      headers,
      body: `{"name":"Deep","x":${nested(99)},"y":"[[\\"{{"}`,
    });
    expect(allowed.status).toBe(201);
  });

  it.each(['__proto__', '-constructor', 'toString', 'o,-__proto__'])(
    'ordering by %s is ordering by an unknown name',
    async (name) => {
      const [odd, plain] = await Promise.all([get(`/api/customers/?o=${name}`), get('/api/customers/')]);
      expect([odd.status, odd.text]).toEqual([200, plain.text]);
    },
  );

  it.each(['http://127.0.0.1/', 'a@b', '@', 'a b@example.com'])(
    '%j is no e-mail address of an organisation',
    async (email) => {
      const { status, body } = await app.api.post('/api/customers/', { name: 'Mail', email });
      expect([status, body]).toEqual([400, { email: ['Enter a valid email address.'] }]);
    },
  );

  it('a blank e-mail address and a real one are taken', async () => {
    for (const email of ['', ' info@example.com ']) {
      const { body } = await app.api.post('/api/customers/', { name: 'Mail', email });
      expect(body.email).toBe(email.trim());
    }
  });

  it('a question mark in a filter stays part of it from page to page', async () => {
    await app.api.post('/api/customers/', { name: 'Who? Ltd' });
    await app.api.post('/api/customers/', { name: 'Who? Inc' });
    const { headers } = await get('/api/customers/?page_size=1&name=Who?');
    expect(headers['x-result-count']).toBe('2');
    expect(headers.link).toContain('/api/customers/?name=Who%3F&page=2&page_size=1>; rel="next"');
  });

  it.each([
    ['a header that smuggles a line', 'GET /api/customers/ HTTP/1.1\r\nHost: x\r\nX: a\r\n X-Injected: b\rc\r\n\r\n'],
    ['two lengths', 'POST /api/customers/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}'],
    [
      'a length and chunks',
      'POST /api/customers/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no method at all', '\0\0\0\r\n\r\n'],
    ['a path without its slash', 'GET api/customers/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a line break in the path', 'GET /api/customers/\r\nX-Injected: yes HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s is refused before anything reads it', async (_, bytes) => {
    const answer = await raw(app.url, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toContain('X-Injected');
  });

  it('a line break in a parameter stays percent-encoded in every header', async () => {
    const answer = await raw(
      app.url,
      `GET /api/customers/?page_size=1&name=a%0d%0aX-Injected:%20yes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Token ${STAFF_TOKEN}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/^X-Injected/im);
    expect(answer).toContain('name=a%0D%0AX-Injected');
  });
});

/** Sends bytes as they are and reads until the server closes. */
function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes, 'latin1'));
    socket.setTimeout(5_000, () => socket.destroy(new Error('The connection was kept open.')));
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}
