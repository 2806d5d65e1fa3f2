/**
 * What needs servers and disks of its own: a PostgreSQL that asks for passwords and speaks TLS with a certificate
 * authority nobody knows, and disks that are full. Real processes of the service, started as production starts them.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ApiClient } from '../support/api-client.js';
import { ServiceProcess } from '../support/service-process.js';

const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';
const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');
/** What has to be written otherwise in a URL. */
const PASSWORD = 'p#/%@:?& ä';
const FULL = 'The database has no room left. Make room where it keeps its files, then try again.';
const isRoot = process.getuid?.() === 0;

const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-hostile-'));
chmodSync(folder, 0o755);
const services: ServiceProcess[] = [];
const mounts: string[] = [];
let server: ChildProcess | undefined;

/** Runs everything that can be run here; answers whether all of it went well, and says what was skipped. */
export async function runOnOwnServers(template: string, port: number): Promise<boolean> {
  try {
    await scenario('a full disk under the embedded database', isRoot ? undefined : 'only root may mount', () =>
      embeddedOnFullDisk(template),
    );
    const bin = programs();
    const why = !bin ? 'initdb is not installed' : !hasOpenssl() ? 'openssl is not installed' : undefined;
    let url: URL | undefined;
    await scenario('TLS with an authority of its own, and a password that a URL has to escape', why, async () => {
      url = await startServer(bin!, port);
      await overTls(url);
    });
    const noDisk = why ?? (isRoot ? undefined : 'only root may mount');
    await scenario('a full disk under the database server', noDisk, () => serverOnFullDisk(url!));
    return true;
  } catch (error) {
    console.error(error);
    return false;
  } finally {
    await Promise.all(services.map((service) => service.exit('SIGKILL')));
    // Whoever was started as another user is no child of ours to signal.
    if (server) {
      const gone = server.exitCode === null ? once(server, 'exit') : undefined;
      execFileSync(...asOwner(join(programs()!, 'pg_ctl'), ['stop', '-m', 'immediate', '-D', join(folder, 'cluster')]));
      await gone;
    }
    for (const mount of mounts) execFileSync('umount', ['-l', mount]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function scenario(name: string, skippedBecause: string | undefined, run: () => Promise<void>): Promise<void> {
  if (skippedBecause) return console.log(`SKIPPED: ${name}, as ${skippedBecause}.`);
  await run();
  console.log(`passed: ${name}`);
}

function start(variables: Record<string, string>): ServiceProcess {
  const service = ServiceProcess.start({ STAFF_TOKEN, SECRET_KEY, LOG_LEVEL: 'warn', ...variables });
  services.push(service);
  return service;
}

/** A disk of so many megabytes, and what fills it. */
function disk(name: string, megabytes: number): { at: string; fill: () => void; free: () => void } {
  const at = join(folder, name);
  mkdirSync(at);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at]);
  mounts.push(at);
  const filler = join(at, 'filler');
  return {
    at,
    fill: () => {
      const { bavail, bsize } = statfsSync(at);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    free: () => rmSync(filler),
  };
}

const addCustomer = (api: ApiClient) => api.post('/api/customers/', { name: 'x'.repeat(150) });

async function embeddedOnFullDisk(template: string): Promise<void> {
  const small = disk('embedded', 160);
  const variables = { DATA_DIR: join(small.at, 'data') };
  cpSync(template, variables.DATA_DIR, { recursive: true });
  const service = start(variables);
  const api = await service.api(STAFF_TOKEN);
  assert.equal((await addCustomer(api)).status, 201);
  small.fill();
  let answer = await addCustomer(api);
  while (answer.status === 201) answer = await addCustomer(api);
  assert.deepEqual([answer.status, answer.body.code], [503, 'database_full']);
  assert.deepEqual([(await api.get('/health/ready')).status, (await api.get('/health/live')).status], [503, 200]);
  assert.equal((await api.get('/health/ready')).body.detail, FULL);
  assert.equal((await api.get('/api/customers/')).status, 200);
  small.free();
  while ((await api.get('/health/ready')).status !== 200) await sleep(20);
  assert.equal((await addCustomer(api)).status, 201);
  assert.equal(await service.exit('SIGTERM'), 0);
  small.fill();
  const refused = start(variables);
  assert.equal(await refused.exit(), 1);
  assert.equal(refused.output.trim(), FULL);
  small.free();
  assert.equal((await (await start(variables).api(STAFF_TOKEN)).get('/health/ready')).status, 200);
}

function programs(): string | undefined {
  const root = '/usr/lib/postgresql';
  try {
    const [newest] = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    execFileSync(join(root, newest!, 'bin/initdb'), ['--version']);
    return join(root, newest!, 'bin');
  } catch {
    return undefined;
  }
}

function hasOpenssl(): boolean {
  try {
    return !!execFileSync('openssl', ['version']);
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root. */
const asOwner = (command: string, args: string[]): [string, string[]] =>
  isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];

const AUTHORITY = () => join(folder, 'authority.crt');

/** Asks for passwords, takes nobody without TLS, writes dates the German way. */
async function startServer(bin: string, port: number): Promise<URL> {
  const data = join(folder, 'cluster');
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-sha256'];
  openssl('req', '-x509', ...key, '-days', '30', '-subj', '/CN=An authority', '-keyout', 'ca.key', '-out', AUTHORITY());
  openssl('req', ...key, '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost\n');
  const signed = ['-CA', AUTHORITY(), '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.crt');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(folder, 'password'), PASSWORD, { mode: 0o644 });
  if (isRoot) execFileSync('chown', ['postgres', data, join(folder, 'server.key')]);
  const init = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--locale=C', '-E', 'UTF8', '-N'];
  execFileSync(...asOwner(join(bin, 'initdb'), [...init, `--pwfile=${join(folder, 'password')}`]), { stdio: 'pipe' });
  writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  const settings = {
    port,
    listen_addresses: 'localhost',
    unix_socket_directories: '',
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.crt'),
    ssl_key_file: join(folder, 'server.key'),
    datestyle: 'German, DMY',
    fsync: 'off',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  server = spawn(...asOwner(join(bin, 'postgres'), ['-D', data, ...options]), { stdio: 'ignore' });
  const url = new URL(`postgres://localhost:${port}/postgres?sslmode=verify-full`);
  [url.username, url.password] = ['postgres', encodeURIComponent(PASSWORD)];
  while (!(await isUp(url))) {
    assert.equal(server.exitCode, null, 'The server of our own did not start.');
    await sleep(50);
  }
  return url;
}

/** A connection to the server that does not ask who it is. */
async function client(url: URL): Promise<pg.Client> {
  const { hostname: host, port } = url;
  const login = { user: 'postgres', password: PASSWORD, ssl: { rejectUnauthorized: false } };
  const made = new pg.Client({ host, port: Number(port), database: 'postgres', ...login });
  await made.connect();
  return made;
}

async function isUp(url: URL): Promise<boolean> {
  try {
    await (await client(url)).end();
    return true;
  } catch {
    return false;
  }
}

async function overTls(url: URL): Promise<void> {
  const wrong = new URL(url);
  wrong.password = 'wrong-password';
  const plain = new URL(url);
  plain.searchParams.set('sslmode', 'disable');
  const authority = { NODE_EXTRA_CA_CERTS: AUTHORITY() };
  const unknown = start({ DATABASE_URL: url.href });
  const mistaken = start({ DATABASE_URL: wrong.href, ...authority });
  const unencrypted = start({ DATABASE_URL: plain.href, ...authority });
  const all = [unknown, mistaken, unencrypted];
  assert.deepEqual(await Promise.all(all.map((each) => each.exit())), [1, 1, 1]);
  assert.match(unknown.output, /^There is no TLS with the database .* set NODE_EXTRA_CA_CERTS to its file/);
  assert.match(mistaken.output, /^The database of DATABASE_URL cannot be used: password authentication failed/);
  assert.match(unencrypted.output, /^The database of DATABASE_URL cannot be used: no pg_hba.conf entry/);
  for (const { output } of all) assert.doesNotMatch(output, /wrong-password|p#\/|p%23|\n\s+at /);

  const service = start({ DATABASE_URL: url.href, ...authority });
  const api = await service.api(STAFF_TOKEN);
  const { status, body } = await addCustomer(api);
  assert.deepEqual([status, /^\d{4}-\d\d-\d\dT/.test(body.created as string)], [201, true]);
  assert.doesNotMatch(service.output, /p#\/|p%23/);
  assert.equal(await service.exit('SIGTERM'), 0);
}

async function serverOnFullDisk(url: URL): Promise<void> {
  const small = disk('server', 64);
  execFileSync('chown', ['postgres', small.at]);
  const admin = await client(url);
  mkdirSync(join(small.at, 'space'));
  execFileSync('chown', ['postgres', join(small.at, 'space')]);
  await admin.query(`CREATE TABLESPACE small LOCATION '${join(small.at, 'space')}'`);
  await admin.query('CREATE DATABASE small TABLESPACE small');
  const inSmall = new URL(url);
  inSmall.pathname = '/small';
  const service = start({ DATABASE_URL: inSmall.href, NODE_EXTRA_CA_CERTS: AUTHORITY() });
  const api = await service.api(STAFF_TOKEN);
  small.fill();
  let answer = await addCustomer(api);
  while (answer.status === 201) answer = await addCustomer(api);
  assert.deepEqual([answer.status, answer.body.code], [503, 'database_full']);
  const ready = await api.get('/health/ready');
  assert.deepEqual([ready.status, ready.body.detail], [503, FULL]);
  assert.equal((await api.get('/api/customers/')).status, 200);
  small.free();
  assert.equal((await addCustomer(api)).status, 201);
  while ((await api.get('/health/ready')).status !== 200) await sleep(100);
  assert.equal(await service.exit('SIGTERM'), 0);
  await admin.query('DROP DATABASE small');
  await admin.query('DROP TABLESPACE small');
  await admin.end();
}
