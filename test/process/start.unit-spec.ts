import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { serviceArguments, ServiceProcesses } from '../support/service-process.js';
import { until } from '../support/until.js';
import { untrustedCertificate } from '../arrow-gateway/support/untrusted-certificate.js';

/** Starting takes a second or two on an idle machine, and half a minute on one with seventeen other things to do. */
const LONG = 240_000;

describe('The process', () => {
  const processes = new ServiceProcesses();
  let arrow: ArrowEmulator;

  const start = (variables: Record<string, string>) => processes.start(variables);
  const dataDir = () => processes.dataDir();

  beforeAll(async () => {
    arrow = await ArrowEmulator.start();
    arrow.data.partners[0]!.apiKey = 'the-first-secret-api-key';
  });
  afterAll(async () => {
    await processes.end();
    await arrow.stop();
  }, LONG);

  it(
    'ends when it is told to while it still waits for its database, which only its own handler does as process 1',
    async () => {
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const service = start({
        DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none`,
        SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      });
      const [connection] = (await once(silent, 'connection')) as [Socket];
      expect(await service.exit('SIGTERM')).toBe(0);
      connection.destroy();
      silent.close();
    },
    LONG,
  );

  it(
    'names every fault of its environment at once, and does not start',
    async () => {
      const service = start({
        PORT: '99999',
        PUBLIC_URL: 'ftp://x.example',
        DATABASE_URL: 'mysql://secret-password@x',
        STAFF_TOKEN: 'a secret too short',
        SECRET_KEY: 'c2VjcmV0',
        ARROW_ALLOW_PRIVATE_HOSTS: 'perhaps',
        ARROW_TIMEOUT_MS: '1e3',
        LOG_LEVEL: 'loud',
        CORS_ORIGINS: 'https://portal.example, https://portal.example/',
        TRUSTED_PROXIES: '10.0.0.0/8, proxy.example',
        DATABASE_POOL_SIZE: '1',
      });
      expect(await service.exit()).toBe(1);
      const faults = service.output.split('\n').filter((line) => line.startsWith('  - '));
      const named = new Set(faults.map((line) => line.slice(4).split(' ')[0]));
      expect([...named].sort()).toEqual([
        'ARROW_ALLOW_PRIVATE_HOSTS',
        'ARROW_TIMEOUT_MS',
        'CORS_ORIGINS.1',
        'DATABASE_POOL_SIZE',
        'DATABASE_URL',
        'LOG_LEVEL',
        'PORT',
        'PUBLIC_URL',
        'SECRET_KEY',
        'STAFF_TOKEN',
        'TRUSTED_PROXIES.1',
      ]);
      expect(service.output).toContain('  - PORT must be a whole number from 0 to 65535');
      expect(service.output).not.toMatch(/secret|c2VjcmV0|\bat .*:\d+:\d+/);
    },
    LONG,
  );

  it(
    'says in one sentence that a database server does not answer, that a port is taken, and what else is in the way',
    async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as { port: number };
      const unreachable = start({
        DATABASE_URL: 'postgres://somebody:secret-password@127.0.0.1:1/nowhere',
        SECRET_KEY: Buffer.alloc(32).toString('base64'),
      });
      const second = start({ DATA_DIR: dataDir(), PORT: String(port) });
      const elsewhere = start({ DATA_DIR: dataDir(), HOST: 'nowhere.invalid' });
      const noFolder = start({ DATA_DIR: '/dev/null/nowhere' });
      const all = [unreachable, second, elsewhere, noFolder];
      expect(await Promise.all(all.map((each) => each.exit()))).toEqual([1, 1, 1, 1]);
      taken.close();
      expect(elsewhere.output).toMatch(/Cannot listen on nowhere\.invalid:0, set HOST and PORT to what .*ENOTFOUND/);
      expect(noFolder.output).toMatch(/DATA_DIR cannot be used: ENOTDIR/);
      expect(unreachable.output).toMatch(/The database of DATABASE_URL cannot be reached: .*ECONNREFUSED/);
      expect(second.output).toContain(`Another process listens on 127.0.0.1:${port} already: stop it, or set PORT.`);
      const everything = all.map(({ output }) => output).join('');
      expect(everything).not.toMatch(/secret-password|\n\s+at .*:\d+:\d+|Retrying/);
    },
    LONG,
  );

  it(
    'makes a staff token at the very first start only, which stands in no log, keeps its database to itself, and ends well',
    async () => {
      const variables = { DATA_DIR: dataDir(), LOG_LEVEL: 'verbose' };
      const first = start(variables);
      const [, path] = await first.says(/The staff token of the user "admin" is in (\S+): keep it elsewhere/);
      const token = readFileSync(path!, 'utf8').trim();
      expect(statSync(path!).mode & 0o777).toBe(0o600);
      expect((await (await first.api(token)).get('/api/users/me/')).body.username).toBe('admin');

      const second = start(variables);
      expect(await second.exit()).toBe(1);
      expect(second.output.trim().split('\n').at(-1)).toBe(
        `The embedded database in ${variables.DATA_DIR} is in use by process ${first.child.pid}. Stop that process, or give ` +
          'this one its own DATA_DIR; for several processes on one database set DATABASE_URL.',
      );
      expect(await first.exit('SIGTERM')).toBe(0);

      const again = start(variables);
      const there = await again.api(token);
      expect(again.output).not.toMatch(/[0-9a-f]{40}/);
      expect(again.output).not.toContain('staff token');
      for (const { output } of [first, again]) expect(output).not.toContain(token);
      expect((await there.get('/api/users/me/')).status).toBe(200);
      expect(await there.as(undefined).get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
      expect(await again.exit('SIGINT')).toBe(0);
    },
    LONG,
  );

  it(
    'ends at once, with a sentence, where it could only start as something that nobody asked for',
    async () => {
      const key = Buffer.alloc(32).toString('base64');
      const blank = start({ DATABASE_URL: '', ARROW_TIMEOUT_MS: ' ', SECRET_KEY: key });
      const nowhere = start({ DATA_DIR: '/proc/nowhere' });
      const password = start({ DATABASE_URL: 'postgres://me:pass#word@127.0.0.1/x', SECRET_KEY: key });
      const cut = start({ SECRET_KEY: key.slice(0, 40), HTTPS_PROXY: 'http://:8080' });
      const all = [blank, nowhere, password, cut];
      expect(await Promise.all(all.map((each) => each.exit()))).toEqual([1, 1, 1, 1]);
      expect(cut.output).toContain('  - HTTPS_PROXY is no URL');
      expect(blank.output).toContain('  - DATABASE_URL is set, but blank: give it a value, or do not set it');
      expect(blank.output).toContain('  - ARROW_TIMEOUT_MS is set, but blank');
      expect(nowhere.output).toContain('DATA_DIR cannot be used: ENOENT');
      expect(password.output).toContain('  - DATABASE_URL cannot be read: in its user and password write # as %23');
      expect(cut.output).toContain('  - SECRET_KEY must be 32 bytes in base64');
      expect(all.map(({ output }) => output).join('')).not.toMatch(/pass#word|\n\s+at .*:\d+:\d+/);
    },
    LONG,
  );

  it(
    'starts quietly, and never with another key than its ArrowSphere keys are kept under',
    async () => {
      const variables = {
        DATA_DIR: dataDir(),
        ARROW_ALLOW_PRIVATE_HOSTS: 'true',
        STAFF_TOKEN: 'staff-token-for-tests-0123456789abcdefghij',
      };
      const kept = join(variables.DATA_DIR, 'secret.key');
      const first = start(variables);
      const api = await first.api(variables.STAFF_TOKEN);
      arrow.data.partners[0]!.apiKey = 'the-first-secret-api-key';
      const account = { api_url: arrow.url, api_key: 'the-first-secret-api-key' };
      const created = await api.post('/api/admin/arrow/settings/', account);
      expect(created.status).toBe(201);
      expect(first.output).toContain(`embedded database in ${variables.DATA_DIR}`);
      expect(await first.exit('SIGTERM')).toBe(0);
      expect(first.output.split('\n').length).toBeLessThan(10);

      renameSync(kept, `${kept}.away`);
      const missing = start(variables);
      expect(await missing.exit()).toBe(1);
      expect(missing.output).toMatch(/There is no SECRET_KEY, and .*secret\.key is missing\. The stored ArrowSphere/);
      expect(() => statSync(kept)).toThrow('ENOENT');
      const wrong = start({ ...variables, SECRET_KEY: Buffer.alloc(32, 1).toString('base64') });
      expect(await wrong.exit()).toBe(1);
      expect(wrong.output).toContain('SECRET_KEY is not the key it was.');
      renameSync(`${kept}.away`, kept);
      appendFileSync(kept, 'and more');
      const damaged = start(variables);
      expect(await damaged.exit()).toBe(1);
      expect(damaged.output).toContain('secret.key is damaged');

      const lost = start({
        ...variables,
        SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
        SECRET_KEY_REPLACED: 'true',
      });
      const after = await lost.api(variables.STAFF_TOKEN);
      expect((await after.patch(new URL(created.body.url).pathname, { api_key: account.api_key })).status).toBe(200);
    },
    LONG,
  );

  it(
    'goes out by HTTPS_PROXY alone, to hosts that the operator names, and says what it can be told to do',
    async () => {
      const folder = dataDir();
      writeFileSync(join(folder, 'authority.crt'), untrustedCertificate.cert);
      const secure = createTlsServer(untrustedCertificate, (socket) => {
        const there = connect(Number(new URL(arrow.url).port), '127.0.0.1');
        socket.on('error', () => there.destroy());
        socket.pipe(there).pipe(socket);
      }).listen(0, '127.0.0.1');
      const asked: string[] = [];
      const proxy = createServer((socket) => {
        socket.once('data', (head) => {
          asked.push(head.toString().split('\r\n')[0]!);
          const there = connect((secure.address() as AddressInfo).port, '127.0.0.1', () => {
            socket.write('HTTP/1.1 200 Connected\r\n\r\n');
            socket.pipe(there).pipe(socket);
          });
          socket.on('error', () => there.destroy());
        });
      }).listen(0, '127.0.0.1');
      await Promise.all([once(secure, 'listening'), once(proxy, 'listening')]);
      const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';
      const service = start({
        STAFF_TOKEN,
        DATA_DIR: folder,
        ARROW_ALLOW_PRIVATE_HOSTS: 'true',
        https_proxy: `http://someone:secret-password@127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        ARROW_PROXY_HOSTS: '127.0.0.1',
        NODE_EXTRA_CA_CERTS: join(folder, 'authority.crt'),
        LOG_LEVEL: 'verbose',
      });
      const api = await service.api(STAFF_TOKEN);
      const { port } = secure.address() as AddressInfo;
      arrow.data.partners[0]!.apiKey = 'the-first-secret-api-key';
      const [here, elsewhere] = [new URL(arrow.url), new URL('https://arrow.example.org/')];
      [here.protocol, here.port] = ['https:', String(port)];
      const settings = '/api/admin/arrow/settings/';
      const account = { api_url: here.href, api_key: 'the-first-secret-api-key' };
      expect(await api.post(settings, account)).toMatchObject({ status: 201, body: { verified: true } });
      expect(new Set(asked)).toEqual(new Set([`CONNECT 127.0.0.1:${port} HTTP/1.1`]));
      const refused = await api.post(settings, { ...account, api_url: elsewhere.href });
      expect([refused.status, refused.body.api_url[0]]).toEqual([
        400,
        expect.stringContaining('add this one to ARROW_PROXY_HOSTS'),
      ]);
      expect(await service.exit('SIGTERM')).toBe(0);
      expect(service.output).not.toContain('secret-password');
      secure.close();
      proxy.close();

      const help = spawnSync(process.execPath, [...serviceArguments(), '--help'], { encoding: 'utf8', env: {} });
      expect([help.status, help.stderr]).toEqual([0, '']);
      expect(help.stdout).toMatch(/environment variables[^]*\n {2}HTTPS_PROXY\n/);
      const unknown = spawnSync(process.execPath, [...serviceArguments(), '--port=1'], { encoding: 'utf8', env: {} });
      expect([unknown.status, unknown.stdout]).toEqual([1, '']);
      expect(unknown.stderr).toContain('--port=1 is not known');
    },
    LONG,
  );

  it(
    'finishes what it is doing when told to stop, and keeps every secret out of its log',
    async () => {
      const secrets = {
        STAFF_TOKEN: 'the-secret-staff-token-0123456789-0123456789',
        SECRET_KEY: Buffer.from('the-secret-secret-key-of-32-byte').toString('base64'),
      };
      const variables = {
        ...secrets,
        DATA_DIR: dataDir(),
        LOG_LEVEL: 'verbose',
        ARROW_ALLOW_PRIVATE_HOSTS: 'true',
        ARROW_MAX_RETRIES: '0',
      };
      const service = start(variables);
      const api = await service.api(secrets.STAFF_TOKEN);
      const settings = '/api/admin/arrow/settings/';
      const keys = ['the-first-secret-api-key', 'the-second-secret-api-key', 'a-refused-secret-api-key'];
      const created = await api.post(settings, { api_url: arrow.url, api_key: keys[0] });
      expect(created.status).toBe(201);
      expect((await api.post(settings, { api_url: arrow.url, api_key: keys[2] })).status).toBe(400);
      arrow.data.partners[0]!.apiKey = keys[1]!;
      expect((await api.patch(created.body.url, { api_key: keys[1] })).status).toBe(200);
      expect((await api.patch(created.body.url, { api_key: { [keys[2]!]: keys[2] } })).status).toBe(400);
      expect(
        (await api.post(`${settings}validate_credentials/`, { api_url: arrow.url, api_key: keys[2] })).status,
      ).toBe(200);
      expect((await api.post(settings, `{"api_key": "${keys[2]}", `)).status).toBe(400);
      const user = await api.post('/api/users/', { username: 'mari' });
      const refreshed = await api.post(`/api/users/${user.body.uuid}/refresh_token/`);
      const available = '/api/admin/arrow/customer-mappings/available_customers/';
      for (const action of [
        { kind: 'status', status: 500 },
        { kind: 'html' },
        { kind: 'reset-before-headers' },
        { kind: 'status', status: 401 },
      ] as const) {
        const rule = arrow.faults.add({ action });
        expect((await api.get(`${available}?refresh=true`)).status).toBe(400);
        arrow.faults.remove(rule);
      }
      expect((await api.as(`${secrets.STAFF_TOKEN}x`).get(available)).status).toBe(401);

      const release = arrow.hold();
      const idle = connect(Number(new URL(api.baseUrl).port), '127.0.0.1').on('error', () => undefined);
      await once(idle, 'connect');
      const running = api.get(`${available}?refresh=true`);
      await until(() => arrow.inFlight > 0);
      const exit = service.exit('SIGTERM');
      // Connections that ask for nothing are the first to end.
      await once(idle, 'close');
      release();
      const { status, headers } = await running;
      expect([status, headers.get('connection')]).toEqual([200, 'close']);
      expect(await exit).toBe(0);

      const requests = service.output.split('\n').filter((line) => line.includes('"context":"Http"'));
      expect(requests.length).toBeGreaterThan(10);
      for (const line of requests) expect(() => JSON.parse(line) as unknown).not.toThrow();
      const all = [
        ...keys,
        ...Object.values(secrets),
        user.body.token,
        refreshed.body.token,
        `${secrets.STAFF_TOKEN}x`,
      ];
      for (const secret of all) expect(service.output).not.toContain(secret);
    },
    LONG,
  );
});
