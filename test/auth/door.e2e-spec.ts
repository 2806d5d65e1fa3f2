import { once } from 'node:events';
import { connect } from 'node:net';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const AS_STAFF = `Authorization: Token ${STAFF_TOKEN}`;

describe('At the door', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp({ ALLOWED_HOSTS: 'portal.example, 192.0.2.10', CORS_ORIGINS: 'https://portal.example' });
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  /** The answer to a request as it is written here, headers and body. */
  const say = async (request: string, headers: string[], body = '', on = app) => {
    const socket = connect(Number(new URL(on.url).port), '127.0.0.1');
    const host = headers.some((header) => header.startsWith('Host:')) ? [] : ['Host: localhost'];
    socket.write([`${request} HTTP/1.1`, ...host, ...headers, '', body].join('\r\n'));
    let heard = '';
    const isWhole = () => {
      const [head = '', answer] = heard.split('\r\n\r\n', 2);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      return answer !== undefined && Buffer.byteLength(answer) >= length;
    };
    while (!isWhole()) heard += String((await once(socket, 'data'))[0]);
    socket.destroy();
    const [head, answer] = heard.split('\r\n\r\n', 2);
    return {
      status: Number(head!.split(' ')[1]),
      head: head!,
      body: answer ? (JSON.parse(answer) as object) : undefined,
    };
  };

  describe('a body is not waited for', () => {
    const announced = ['Content-Type: application/json', 'Content-Length: 1900000'];

    it.each(['POST /api/customers/', 'POST /api/admin/arrow/settings/save_settings/', 'POST /api-auth/password'])(
      'of nobody known: %s',
      async (request) => {
        const { status } = await say(request, announced);
        expect(status).toBe(request.includes('password') ? 413 : 401);
        const chunked = await say(request, [
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
          'Authorization: Token x',
        ]);
        expect([chunked.status, chunked.body]).toEqual([401, { detail: 'Invalid token.' }]);
      },
    );

    it('of users who may not, for objects that are not there, by the wrong method, or where none is asked for', async () => {
      const { token, uuid } = await make.user();
      const nobody = '00000000-0000-4000-8000-000000000000';
      expect((await say('POST /api/customers/', [...announced, `Authorization: Token ${token}`])).status).toBe(403);
      expect((await say(`PATCH /api/customers/${nobody}/`, [...announced, AS_STAFF])).status).toBe(404);
      expect((await say('PUT /api/customers/', [...announced, AS_STAFF])).status).toBe(405);
      expect((await say('POST /nowhere', announced)).status).toBe(404);
      expect((await say(`POST /api/users/${uuid}/refresh_token/`, [...announced, AS_STAFF])).status).toBe(200);
    });

    it('that is larger than its route takes, announced or not', async () => {
      const sentence = { detail: 'The request body is too large: 128 KB at most.' };
      const larger = ['Content-Type: application/json', AS_STAFF, 'Content-Length: 131073'];
      expect(await say('POST /api/customers/', larger)).toMatchObject({ status: 413, body: sentence });
      const chunked = ['Content-Type: application/json', AS_STAFF, 'Transfer-Encoding: chunked'];
      const part = `8000\r\n${' '.repeat(0x8000)}\r\n`;
      expect(await say('POST /api/customers/', chunked, part.repeat(5))).toMatchObject({ status: 413, body: sentence });
      const { status, body } = await app.api.as(undefined).post('/api-auth/password/', ' '.repeat(8_193));
      expect([status, body]).toEqual([413, { detail: 'The request body is too large: 8 KB at most.' }]);
    });
  });

  it('what follows a body that nobody read is answered on the same connection', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    const head = [
      'POST /api/customers/ HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 300000',
    ];
    let heard = '';
    socket.on('data', (part) => (heard += String(part)));
    socket.write([...head, '', ' '.repeat(300_000)].join('\r\n'));
    socket.write([...head, AS_STAFF, '', ' '.repeat(300_000)].join('\r\n'));
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    expect(heard.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('the longest texts that a login may have are taken, in the longest way to write them', async () => {
    const longest = '\u{1f600}'.repeat(128);
    const escaped = longest.replace(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
    const password = '/api-auth/password/';
    const json = await app.api.as(undefined).post(password, `{"username": "${escaped}", "password": "${escaped}"}`);
    expect([json.status, json.body]).toEqual([401, { detail: 'Invalid username/password.' }]);
    const form = await app.api
      .as(undefined)
      .post(password, new URLSearchParams({ username: longest, password: longest }).toString(), {
        'Content-Type': 'application/x-www-form-urlencoded',
      });
    expect(form.status).toBe(401);
  });

  describe('hyperlinks begin with', () => {
    const baseFor = async (headers: string[], on = app) => {
      const { status, body } = await say('GET /api/users/me/', [AS_STAFF, ...headers], '', on);
      expect(status).toBe(200);
      return /^(.*)\/api\/users\//.exec((body as { url: string }).url)![1];
    };
    let here: string;
    beforeAll(() => (here = `http://127.0.0.1:${new URL(app.url).port}`));

    it.each([
      ['localhost:8080', 'http://localhost:8080'],
      ['127.0.0.1', 'http://127.0.0.1'],
      ['[::1]:3000', 'http://[::1]:3000'],
      ['portal.example', 'http://portal.example'],
      ['Portal.Example:8443', 'http://Portal.Example:8443'],
      ['192.0.2.10:3000', 'http://192.0.2.10:3000'],
    ])('a name that we are known by: %s', async (host, base) => {
      expect(await baseFor([`Host: ${host}`])).toBe(base);
    });

    it.each([
      'evil.example',
      'portal.example.evil.example',
      'localhost.evil.example',
      '10.0.0.1',
      'a:b:c',
      'portal.example@evil.example',
      '',
    ])('where we are, not with what a stranger calls us: %j', async (host) =>
      expect(await baseFor([`Host: ${host}`])).toBe(here),
    );

    it('http for whoever is no proxy of ours, whatever they say', async () => {
      const forwarded = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example'];
      expect(await baseFor(['Host: localhost:1', ...forwarded])).toBe('http://localhost:1');
    });

    it('the scheme that a proxy of ours says, but not the host', async () => {
      const behind = await startApp({ TRUSTED_PROXIES: '127.0.0.1' });
      const said = (...headers: string[]) =>
        baseFor(['Host: localhost:1', 'X-Forwarded-Host: evil.example', ...headers], behind);
      expect(await said()).toBe('http://localhost:1');
      expect(await said('X-Forwarded-Proto: https')).toBe('https://localhost:1');
      expect(await said('X-Forwarded-Proto: javascript')).toBe('http://localhost:1');
      await behind.stop();
    });
  });

  describe('browsers are told', () => {
    it('to keep no answer of the API, to guess no type, and to frame nothing', async () => {
      const { token, uuid } = await make.user();
      const answers = await Promise.all([
        app.api.get('/api/users/me/'),
        app.api.as(token).get('/api/customers/'),
        app.api.as(undefined).get('/api/customers/'),
        app.api.post(`/api/users/${uuid}/refresh_token/`),
        app.api.post('/api/users/', { username: 'kept-nowhere' }),
        app.api.as(undefined).post('/api-auth/password/', { username: 'a', password: 'b' }),
        app.api.as(undefined).post('/api-auth/password', { username: 'a' }),
        app.api.get('/api/nowhere/'),
        app.api.get('/api/customers/%/'),
        app.api.get('/api/invoices/?format=csv'),
        app.api.send('OPTIONS', '/api/customers/'),
      ]);
      for (const { headers } of answers) {
        expect(Object.fromEntries(headers)).toMatchObject({
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'content-security-policy': expect.stringContaining("frame-ancestors 'none'") as string,
          'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        });
        expect(headers.has('strict-transport-security')).toBe(false);
      }
    });

    it('the same of pages that are none of the API', async () => {
      for (const path of ['/docs', '/docs/openapi.json', '/health/live', '/nowhere', '/%']) {
        const { headers } = await app.api.as(undefined).get(path);
        expect([path, headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual([
          path,
          'nosniff',
          'DENY',
        ]);
        expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      }
    });

    it('by Swagger UI to forget the token when its page is left', async () => {
      const { body } = await app.api.as(undefined).get('/docs/swagger-ui-init.js');
      expect(body).toContain('"persistAuthorization": false');
    });
  });
});
