import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Client } from 'pg';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { askService } from '../../src/cli/operator-socket.js';
import { commandLine } from '../../src/cli/program.js';
import { BillingWorld } from '../billing/billing-world.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, TestClock, type TestApp } from '../support/app.js';
import { waldurArrow, waldurArrowProcess } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

describe('The command line', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-commands-'));
  let arrow: ArrowEmulator;
  let database: TestDatabase;
  let variables: Record<string, string>;
  let service: ServiceProcess;
  let api: ApiClient;
  let w: BillingWorld;

  beforeAll(async () => {
    [arrow, database] = await Promise.all([ArrowEmulator.start(), createDatabase(TEST_DATABASE)]);
    variables = {
      ...database.variables,
      STAFF_TOKEN,
      ARROW_ALLOW_PRIVATE_HOSTS: 'true',
      ARROW_TIMEOUT_MS: '5000',
      // Taken by the service, while commands run beside it.
      METRICS_PORT: String(await freePort()),
    };
    service = processes.start(variables);
    api = await service.api(STAFF_TOKEN);
    w = await new BillingWorld({ api, arrow, clock: new TestClock() } as unknown as TestApp).start();
    const { license } = await w.linked();
    w.export([w.line(license, '10')]);
  });
  afterAll(async () => {
    await processes.end();
    await Promise.all([arrow.stop(), database.drop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (...args: string[]) => waldurArrow(variables, ...args);

  it('has help for every command, which says where it works and how it ends', () => {
    const program = commandLine(
      { print: String, warn: String, open: () => Promise.reject(new Error()), explain: String },
      () => undefined,
    );
    const leaves = (parent: Command): Command[] =>
      parent.commands.flatMap((each) => (each.commands.length ? leaves(each) : [each]));
    const all = leaves(program);
    expect(all.length).toBeGreaterThanOrEqual(11);
    for (const each of all) {
      let help = '';
      each.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect([each.name(), help]).toEqual([each.name(), expect.stringContaining('Exit codes: 0 good')]);
      expect(help).toContain('--json');
    }
  });

  it('ends with 0 after help and with 2 after wrong usage', async () => {
    const ends = await Promise.all([
      command('--help'),
      command('month', 'sync', '--help'),
      command('month', 'sync', '2026-13'),
      command('backup'),
      command('backup', 'create'),
      command('nothing'),
      command('job', 'list', '--state', 'asleep'),
      command('month', 'status', '2026-10', '--settings', 'Reseller'),
      command('directory', 'template', 'colours'),
      ...['0', '301', '-1', '1.5', 'all'].map((limit) => command('user', 'list', '--limit', limit)),
      command('directory', 'import', join(folder, 'nameless.csv')),
    ]);
    const wrong = ends.slice(2);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, ...wrong.map(() => 2)]);
    expect(ends[4].errors).toContain("required option '--to <file>' not specified");
    expect(wrong.filter(({ errors }) => !errors)).toEqual([]);
  });

  it('is a program, whose exit code and output are those of the command', async () => {
    const [helped, wrong, listed, refused] = await Promise.all([
      waldurArrowProcess(variables, '--help'),
      waldurArrowProcess(variables, 'nothing'),
      waldurArrowProcess(variables, 'user', 'list', '--json'),
      waldurArrowProcess(variables, 'user', 'create', 'admin', '--json'),
    ]);
    expect(helped).toMatchObject({ code: 0, output: expect.stringContaining('Usage: waldur-arrow') });
    expect(wrong).toMatchObject({ code: 2, output: '', errors: expect.stringContaining("unknown command 'nothing'") });
    expect(listed).toMatchObject({ code: 0, json: [{ username: 'admin' }], errors: '' });
    expect(refused).toMatchObject({ code: 1, json: { code: 'username_taken' }, output: '' });
  });

  it('says in one line that its database is away, or is none of PostgreSQL', async () => {
    const away = `127.0.0.1:${await freePort()}`;
    const other = createServer((socket) => socket.end(Buffer.from('J\0\0\0\n8.0.36\0 of another kind'))).listen(
      0,
      '127.0.0.1',
    );
    await once(other, 'listening');
    const at = (host: string) => ({
      DATABASE_URL: `postgres://nobody@${host}/none`,
      SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    const ends = await Promise.all([
      waldurArrowProcess(at(away), 'job', 'list'),
      waldurArrowProcess(at(`127.0.0.1:${(other.address() as AddressInfo).port}`), 'job', 'list'),
    ]);
    other.close();
    expect(ends.map(({ code, output }) => [code, output])).toEqual([
      [1, ''],
      [1, ''],
    ]);
    expect(ends[0].errors).toBe(
      `The database of DATABASE_URL cannot be reached: connect ECONNREFUSED ${away}. Look whether the server runs, and whether ` +
        'host and port are its own.\n',
    );
    expect(ends[1].errors).toMatch(/^What answers at the address of DATABASE_URL is no PostgreSQL server: .*\n$/);
  });

  it('bills a month by the service, waits for its end, and shows what came out', async () => {
    const settings = ['--settings', w.settings, '--json'];
    const dry = await command('month', 'sync', w.month, '--dry-run', '--wait', ...settings);
    expect(dry).toMatchObject({ code: 0, json: { state: 'succeeded', requested_by: 'command line' } });
    expect((await command('month', 'status', w.month, ...settings)).json).toMatchObject({ sync: null, statements: 0 });

    const done = await command('month', 'sync', w.month, '--wait', ...settings);
    expect(done).toMatchObject({ code: 0, json: { state: 'succeeded', result: { postings: 1 } } });
    const closed = await command('month', 'reconcile', w.month, '--force', '--wait', ...settings);
    expect(closed).toMatchObject({ code: 0, json: { state: 'succeeded', result: { tie_out: [{ ties_out: true }] } } });
    const { json: status } = await command('month', 'status', w.month, ...settings);
    expect(status).toMatchObject({ statements: 1, sync: { uuid: done.json.uuid }, reconciliation: { attempts: 1 } });

    const { json: jobs } = await command('job', 'list', '--json');
    expect(jobs.map(({ uuid }: { uuid: string }) => uuid)).toEqual([closed, done, dry].map(({ json }) => json.uuid));
    expect((await command('job', 'list', '--state', 'failed', '--json')).json).toEqual([]);
    expect((await command('job', 'show', done.json.uuid, '--json')).json).toEqual(done.json);
  });

  it('is refused in the words of the service, with 1', async () => {
    const { json: jobs } = await command('job', 'list', '--json');
    const ended = await command('job', 'cancel', jobs[0].uuid, '--json');
    expect(ended).toMatchObject({ code: 1, json: { code: 'job_finished' } });
    expect((await command('job', 'show', 'nothing', '--json')).json.code).toBe('job_not_found');
    expect((await command('job', 'show', 'nothing')).errors).toBe('No Job matches the given query.\n');
    const unknown = '00000000-0000-4000-8000-000000000000';
    const other = await command('month', 'sync', w.month, '--settings', unknown, '--json');
    expect([other.code, other.json.error]).toEqual([1, expect.stringContaining(unknown)]);
  });

  it('creates a user whose token opens the service', async () => {
    const made = await command('user', 'create', 'mari', '--staff', '--json');
    expect(made).toMatchObject({ code: 0, json: { username: 'mari', is_staff: true } });
    expect((await api.as(made.json.token).get('/api/users/me/')).body.username).toBe('mari');
    const nameless = await command('user', 'create', ' ', '--email', 'mari');
    expect(nameless).toMatchObject({
      code: 1,
      errors: expect.stringContaining('username: This field may not be blank.'),
    });
    expect(nameless.errors).toContain('email: Enter a valid email address.');
    const again = await command('user', 'create', 'mari', '--json');
    expect(again).toMatchObject({ code: 1, json: { code: 'username_taken' } });
  });

  it('lists users, and keeps one that is deactivated out of the service', async () => {
    const made = await command('user', 'create', 'toomas', '--email', 'toomas@reseller.example', '--json');
    const here = api.as(made.json.token);
    expect((await here.get('/api/users/me/')).status).toBe(200);
    const all = (await command('user', 'list', '--json')).json.map(({ username }: { username: string }) => username);
    expect(all).toEqual(['admin', 'mari', 'toomas']);
    const staff = (await command('user', 'list', '--staff', '--json')).json;
    expect(staff.map(({ username }: { username: string }) => username)).toEqual(['admin', 'mari']);
    const ended = await command('user', 'deactivate', 'toomas', '--json');
    expect(ended).toMatchObject({ code: 0, json: { username: 'toomas', is_active: false } });
    expect((await here.get('/api/users/me/')).status).toBe(401);
    const listed = await command('user', 'list', '--query', 'toomas@');
    expect(listed.output).toMatch(/^\S{36} {2}toomas, toomas@reseller.example, not active\n$/);
    const unknown = await command('user', 'deactivate', 'nobody', '--json');
    expect(unknown).toMatchObject({ code: 1, json: { code: 'user_not_found' } });
    await command('user', 'deactivate', 'mari');
    const last = await command('user', 'deactivate', 'admin', '--json');
    expect(last).toMatchObject({ code: 1, json: { code: 'last_staff_user' } });
  });

  it('makes tokens with a scope and an end for a user, shows them once, and revokes them', async () => {
    const create = (...args: string[]) => command('token', 'create', 'admin', 'nightly report', ...args);
    const made = await create('--scope', 'read', '--expires', '2099-01-31', '--json');
    const { uuid, token } = made.json;
    expect(made).toMatchObject({
      code: 0,
      json: { name: 'nightly report', user: 'admin', scope: 'read', expires_at: '2099-01-31T00:00:00+00:00' },
    });
    const here = api.as(token);
    expect((await here.get('/api/users/me/')).status).toBe(200);
    expect((await here.post('/api/customers/', { name: 'Põhjatäht' })).status).toBe(403);
    const listed = await command('token', 'list', '--user', 'admin', '--json');
    expect(listed.json).toMatchObject([{ uuid, is_active: true, last_used_at: expect.any(String) }]);
    expect(JSON.stringify(listed.json)).not.toContain(token);
    expect((await command('token', 'list', '--user', 'toomas')).output).toBe('There are none.\n');

    const again = await create('--scope', 'read', '--json');
    expect(again).toMatchObject({ code: 1, json: { code: 'token_name_taken' } });
    const past = await command(
      'token',
      'create',
      'admin',
      'late',
      '--scope',
      'read',
      '--expires',
      '2020-01-31',
      '--json',
    );
    expect(past).toMatchObject({ code: 1, json: { code: 'token_expires_in_the_past' } });
    const wrong = await Promise.all([
      create(),
      create('--scope', 'everything'),
      create('--scope', 'read', '--expires', '2099-02-30'),
      create('--scope', 'read', '--expires', 'tomorrow'),
      command('token', 'create', 'admin', ' ', '--scope', 'read'),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);

    const revoked = await command('token', 'revoke', uuid, '--json');
    expect(revoked).toMatchObject({ code: 0, json: { uuid, is_active: false } });
    expect((await here.get('/api/users/me/')).status).toBe(401);
    const gone = await command('token', 'revoke', uuid, '--json');
    expect(gone).toMatchObject({ code: 1, json: { code: 'personal_access_token_not_found' } });
  });

  it('finds the service in good health, and names what is not', async () => {
    const well = await command('doctor', '--json');
    expect(well).toMatchObject({ code: 0, json: { good: true } });
    const names = well.json.checks.map(({ name }: { name: string }) => name);
    const embedded = TEST_DATABASE === 'pglite';
    const clock = expect.stringMatching(/^clock, by account Reseller/);
    expect(names).toEqual([
      ...[
        'node',
        'environment',
        ...(embedded ? ['service'] : []),
        'database',
        'schema',
        ...(embedded ? ['room'] : []),
        'growth',
      ],
      expect.stringMatching(/^account Reseller/),
      clock,
    ]);

    const growth = well.json.checks.find(({ name }: { name: string }) => name === 'growth');
    expect(growth).toMatchObject({
      warns: false,
      says: expect.stringMatching(
        /^The tables have \d+\.\d MB: .*everything else \d+\.\d MB.* It is too young to tell how it grows\.$/,
      ),
    });

    const spare = { ...variables, SECRET_KEY_PREVIOUS: Buffer.alloc(32, 9).toString('base64') };
    if (!embedded) {
      const warned = await waldurArrow(spare, 'doctor');
      expect(warned.code).toBe(0);
      expect(warned.output).toMatch(/^warn {2}secret key: SECRET_KEY_PREVIOUS is given.*\n {6}Take it out/m);
    }

    const fault = arrow.faults.add({ path: /^whoami/, action: { kind: 'status', status: 401 } });
    const refused = await command('doctor');
    arrow.faults.remove(fault);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/^BAD {3}account Reseller.*\n {6}GET \/api\/admin\/arrow\/settings\//m);

    const partner = arrow.data.partners.find(({ apiKey }) => apiKey === w.apiKey)!;
    const own = partner.reference;
    partner.reference = 'XSP4711';
    const anothers = await command('doctor');
    partner.reference = own;
    expect(anothers.code).toBe(1);
    expect(anothers.output).toMatch(/^BAD {3}account Reseller.*XSP4711.*\n {6}It is the account of Reseller/m);

    const wrong = await waldurArrow({ ...variables, PORT: '99999', LOG_LEVEL: 'loud' }, 'doctor', '--json');
    expect(wrong.code).toBe(1);
    const bad = wrong.json.checks.filter(({ good }: { good: boolean }) => !good);
    expect(bad.map(({ says }: { says: string }) => says.split(' ')[0])).toEqual(['PORT', 'LOG_LEVEL']);
  });

  it('names the kinds of jobs where it is asked for another one', async () => {
    expect((await command('job', 'list', '--kind', 'billing-sync', '--json')).json).toHaveLength(2);
    expect((await command('job', 'list', '--kind', 'job-cleanup')).output).toBe('There are none.\n');
    const unknown = await command('job', 'list', '--kind', 'billing sync', '--json');
    const error = expect.stringMatching(/^There are no jobs of the kind billing sync\. Kinds: .*billing-sync, /);
    expect([unknown.code, unknown.json]).toEqual([1, { code: 'unknown_job_kind', error }]);
  });

  it('names a file that the service cannot read', async () => {
    const organisations = join(folder, 'organisations');
    mkdirSync(organisations);
    const unread = await command('directory', 'import', organisations, '--json');
    expect([unread.code, unread.json]).toEqual([
      1,
      {
        code: 'unreadable_file',
        error: `${organisations} cannot be read by the user of the service: EISDIR: illegal operation on a directory, read`,
      },
    ]);
    expect(service.output).not.toContain('EISDIR');
  });

  it('looks at a database that no service serves, and needs the key that it was left with', async () => {
    expect(await service.exit('SIGTERM')).toBe(0);
    expect(await command('doctor', '--json')).toMatchObject({ code: 0, json: { good: true } });
    expect((await command('job', 'list', '--json')).json).toHaveLength(3);
    const otherKey = { ...variables, SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };
    const keyless = await waldurArrowProcess(otherKey, 'doctor', '--json');
    expect(keyless.code).toBe(1);
    expect(keyless.json.checks.at(-1)).toMatchObject({
      name: 'accounts',
      good: false,
      says: expect.stringContaining('SECRET_KEY is not the key it was.'),
    });
    // What is queued waits for the service.
    const queued = await command('month', 'sync', w.month, '--settings', w.settings, '--json');
    expect(queued).toMatchObject({ code: 0, json: { state: 'queued', attempts: 0 } });
    expect((await command('job', 'cancel', queued.json.uuid, '--json')).json.state).toBe('cancelled');
  });
});

(TEST_DATABASE === 'postgres' ? describe : describe.skip)('A command on a database that no service has made', () => {
  it('makes nothing there, neither tables nor a staff user, and says what to do', async () => {
    const empty = await createDatabase('postgres', 'template0');
    const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-nothing-'));
    const variables = { ...empty.variables, DATA_DIR: dataDir };
    const end = await waldurArrow(variables, 'user', 'list', '--json');
    expect([end.code, end.output, end.json]).toEqual([
      1,
      '',
      {
        code: 'schema_not_ready',
        error: expect.stringMatching(/^The database has no tables of the service yet: start/),
      },
    ]);
    const client = new Client(empty.variables.DATABASE_URL);
    await client.connect();
    const { rows } = await client.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`);
    await client.end();
    expect([rows.length, readdirSync(dataDir)]).toEqual([0, []]);
    await empty.drop();
    rmSync(dataDir, { recursive: true });
  });
});

describe('A command whose service breaks off', () => {
  it.each(['', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n['])(
    'says that nobody knows whether it was done, after %j',
    async (said) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-broken-'));
      const server = createServer((socket) => socket.once('data', () => socket.end(said)));
      await once(server.listen(join(dataDir, 'operator.sock')), 'listening');
      const end = await waldurArrow({ DATA_DIR: dataDir }, 'user', 'list', '--json');
      const error = expect.stringMatching(/^The service broke off before it had answered: .* Look whether it was done/);
      expect([end.code, end.json]).toEqual([1, { code: 'no_answer', error }]);
      server.close();
      rmSync(dataDir, { recursive: true });
    },
  );
});

/** Only root may be another user. */
const asRoot = TEST_DATABASE === 'pglite' && process.getuid?.() === 0 ? it : it.skip;

describe('A command of somebody else', () => {
  asRoot('is told who may use the data folder', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-other-'));
    process.seteuid!(65534);
    const refused = await askService(dataDir, 'user list', {}).catch((error: Error) => error.message);
    process.seteuid!('root');
    expect(refused).toBe(`Only its own user and root may use ${dataDir}: run this as one of them.`);
    rmSync(dataDir, { recursive: true });
  });
});
