import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { ServiceProcesses } from '../support/service-process.js';
import { until } from '../support/until.js';

const LONG = 240_000;
const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';

/** A client that says just what it is told to, and hears everything. */
class Stranger {
  heard = '';
  readonly gone: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined).on('data', (part) => (this.heard += part.toString()));
    // Who goes on talking to a closed door is cut off, which `once` takes for a failure.
    this.gone = new Promise((resolve) => socket.once('close', resolve));
  }

  static async at(url: string, says = ''): Promise<Stranger> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    if (says) socket.write(says);
    return new Stranger(socket);
  }

  async hears(what: RegExp): Promise<void> {
    while (!what.test(this.heard)) await once(this.socket, 'data');
  }
}

const head = (request: string, ...headers: string[]) =>
  [`${request} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');
const AS_STAFF = `Authorization: Token ${STAFF_TOKEN}`;

describe('A process with strangers at the door', () => {
  const processes = new ServiceProcesses();
  let arrow: ArrowEmulator;

  const start = (variables: Record<string, string>) =>
    processes.start({ STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', ...variables });
  const dataDir = () => processes.dataDir();

  beforeAll(async () => {
    arrow = await ArrowEmulator.start();
  });
  afterAll(async () => {
    await processes.end();
    await arrow.stop();
  }, LONG);

  it(
    'ends within its grace time whatever they have sent, answers what is running, and leaves its data to the next',
    async () => {
      const variables = { DATA_DIR: dataDir(), REQUEST_TIMEOUT_SECONDS: '3600', SHUTDOWN_GRACE_SECONDS: '8' };
      const service = start(variables);
      const { baseUrl } = await service.api();
      const said = [
        '',
        'GET / HT',
        'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Half',
        head('POST /api/customers/', 'Content-Length: 1000') + '{"name": "h',
        head('POST /api-auth/password/', 'Content-Length: 1000') + '{"username": "h',
        head('POST /api-auth/password/', 'Transfer-Encoding: chunked') + '5\r\n{"use',
        head('POST /api/customers/', AS_STAFF, 'Content-Length: 1000') + '{"name": "h',
        head('GET /health/live') + head('GET /docs/swagger-ui-bundle.js').repeat(20),
      ];
      const strangers = await Promise.all(said.map((text) => Stranger.at(baseUrl, text)));
      strangers.at(-1)!.socket.pause();
      await strangers[3]!.hears(/^HTTP\/1.1 401/);
      const api = await service.api(STAFF_TOKEN);
      await api.post('/api/admin/arrow/settings/', { api_url: arrow.url, api_key: arrow.apiKey });
      const release = arrow.hold();
      const running = api.get('/api/admin/arrow/customer-mappings/available_customers/?refresh=true');
      await until(() => arrow.inFlight > 0);
      const exit = service.exit('SIGTERM');
      // Connections that ask for nothing are the first to end.
      await strangers[0]!.gone;
      release();
      expect((await running).status).toBe(200);
      expect(await exit).toBe(0);
      strangers.at(-1)!.socket.resume();
      await Promise.all(strangers.map(({ gone }) => gone));

      const next = start(variables);
      expect((await (await next.api(STAFF_TOKEN)).get('/api/users/me/')).status).toBe(200);
      expect(await next.exit('SIGTERM')).toBe(0);
    },
    LONG,
  );

  it(
    'sends away whoever takes too long to say what they want',
    async () => {
      const service = start({ DATA_DIR: dataDir(), REQUEST_TIMEOUT_SECONDS: '4' });
      const { baseUrl } = await service.api();
      const slow = [
        '',
        'GET / HT',
        head('POST /api/customers/', 'Content-Length: 1000') + '{"name": "h',
        head('POST /api-auth/password/', 'Content-Length: 1000') + '{"username": "h',
        head('POST /api/customers/', AS_STAFF, 'Content-Length: 1000') + '{"name": "h',
      ];
      const strangers = await Promise.all(slow.map((text) => Stranger.at(baseUrl, text)));
      const drips = strangers
        .slice(2)
        .map(({ socket }) => setInterval(() => socket.writable && socket.write(' '), 100));
      await Promise.all(strangers.map(({ gone }) => gone));
      drips.forEach(clearInterval);
      expect(strangers.map(({ heard }) => heard.split('\r\n')[0])).toEqual([
        expect.stringMatching(/^(HTTP\/1.1 408.*)?$/),
        'HTTP/1.1 408 Request Timeout',
        'HTTP/1.1 401 Unauthorized',
        'HTTP/1.1 408 Request Timeout',
        'HTTP/1.1 408 Request Timeout',
      ]);
      expect((await service.api()).baseUrl).toBe(baseUrl);
      expect(service.output).not.toContain('Something went wrong');
    },
    LONG,
  );

  it(
    'does not open by a STAFF_TOKEN that was refreshed away, says so, and does by another one',
    async () => {
      const variables = { DATA_DIR: dataDir() };
      const first = start(variables);
      const api = await first.api(STAFF_TOKEN);
      const { body: admin } = await api.get('/api/users/me/');
      const { body: fresh } = await api.post(`/api/users/${admin.uuid}/refresh_token/`);
      expect(await first.exit('SIGTERM')).toBe(0);

      const second = start(variables);
      const again = await second.api();
      await second.says(/STAFF_TOKEN was replaced by a newer token of .*admin.* and does not open any more/);
      expect((await again.as(STAFF_TOKEN).get('/api/users/me/')).status).toBe(401);
      expect((await again.as(fresh.token).get('/api/users/me/')).body.uuid).toBe(admin.uuid);
      expect(await second.exit('SIGTERM')).toBe(0);

      const another = 'another-token-for-tests-0123456789abcdefghij';
      const third = start({ ...variables, STAFF_TOKEN: another });
      expect((await (await third.api(another)).get('/api/users/me/')).body.uuid).toBe(admin.uuid);
      expect((await (await third.api(fresh.token)).get('/api/users/me/')).status).toBe(401);
      expect(third.output).not.toContain('STAFF_TOKEN was replaced');
    },
    LONG,
  );
});
