import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync } from 'node:zlib';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import { tarEntries } from '../../src/common/tar.js';
import { readEnv } from '../../src/config/env.js';
import { withDatabase } from '../../src/database/with-database.js';
import { BillingWorld } from '../billing/billing-world.js';
import type { ApiClient } from '../support/api-client.js';
import { TestClock, type TestApp } from '../support/app.js';
import { waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { ServiceProcesses } from '../support/service-process.js';
import { TraceCollector } from '../support/trace-collector.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const PASSWORD = 'a-password-that-mari-uses-everywhere';
const WRONG_PASSWORD = 'a-password-that-mari-uses-elsewhere';
const NEW_KEY = 'another-api-key-of-arrowsphere-0123456789';
const UNKNOWN_TOKEN = 'e6a7'.repeat(10);
const COLLECTOR_KEY = 'for-the-collector-of-traces-only';

/** What stays when a service has done nearly all that it does, at every level of detail that it can be set to. */
describe('Secrets of a service', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-secrets-'));
  /** What it is called → the secret. */
  const secrets = new Map<string, string>();
  /** What somebody may read → its text. */
  const places = new Map<string, string>();
  let arrow: ArrowEmulator;
  let waldur: WaldurStandIn;
  let collector: TraceCollector;
  let database: TestDatabase;

  const secret = (name: string, value: string) => {
    secrets.set(name, value);
    return value;
  };

  beforeAll(async () => {
    [arrow, waldur, collector, database] = await Promise.all([
      ArrowEmulator.start(),
      WaldurStandIn.start(),
      TraceCollector.start(),
      createDatabase(TEST_DATABASE),
    ]);
    const port = await freePort();
    const variables = {
      ...database.variables,
      SECRET_KEY: secret('SECRET_KEY', Buffer.alloc(32, 'k').toString('base64')),
      STAFF_TOKEN: secret('STAFF_TOKEN', 'staff-token-of-secrets-0123456789abcdefgh'),
      METRICS_PORT: String(port),
      METRICS_TOKEN: secret('METRICS_TOKEN', 'token-of-prometheus-0123456789abcdefghijk'),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${secret('key of the collector', COLLECTOR_KEY)}`,
      ARROW_ALLOW_PRIVATE_HOSTS: 'true',
      ARROW_TIMEOUT_MS: '5000',
      LOG_LEVEL: 'verbose',
    };
    const alone = processes.start(variables);
    await useAll(await alone.api(secrets.get('STAFF_TOKEN')));
    expect(await alone.exit('SIGTERM')).toBe(0);
    const besideWaldur = { WALDUR_URL: waldur.url, WALDUR_TOKEN: secret('WALDUR_TOKEN', waldur.token) };
    const service = processes.start({ ...variables, ...besideWaldur });
    const api = await service.api(secrets.get('STAFF_TOKEN'));
    await useWaldur(api);

    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, {
      headers: { Authorization: `Bearer ${secrets.get('METRICS_TOKEN')}` },
    });
    places.set('the metrics', await metrics.text());
    places.set(
      'the audit trail as CSV',
      (await api.get('/api/admin/arrow/audit-events/?format=csv&page_size=300')).body,
    );
    places.set('what an operator sees', JSON.stringify(await everyList(api)));
    const backup = join(folder, 'backup.tar');
    if (TEST_DATABASE === 'pglite') {
      const made = await waldurArrow(variables, 'backup', 'create', '--to', backup);
      expect([made.code, made.errors]).toEqual([0, '']);
      let unpacked = '';
      for await (const { body } of tarEntries(createReadStream(backup)))
        unpacked += brotliDecompressSync(await buffer(body)).toString('latin1');
      places.set('a backup', unpacked);
    }
    const events = join(folder, 'events.jsonl');
    const exported = await waldurArrow(variables, 'audit', 'export', '--before', '2099-01', '--to', events);
    expect([exported.code, exported.errors]).toEqual([0, '']);
    places.set('the exported audit trail', readFileSync(events, 'utf8'));
    expect(await service.exit('SIGTERM')).toBe(0);
    places.set('the log', alone.output + service.output);
    places.set('traces', collector.bodies.join('\n'));
    places.set('the tables', await withDatabase(readEnv(variables), allRows));
  });
  afterAll(async () => {
    await processes.end();
    collector?.stop();
    await Promise.all([arrow?.stop(), waldur?.stop(), database?.drop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const ok = async (answer: ReturnType<ApiClient['get']>) => {
    const { status, body } = await answer;
    if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body;
  };

  /** Whatever takes a secret, or makes one, rightly and wrongly. */
  async function useAll(api: ApiClient): Promise<void> {
    secret('API key', arrow.apiKey);
    const world = await new BillingWorld({ api, arrow, clock: new TestClock() } as unknown as TestApp).start();
    for (const { apiKey, reference } of arrow.data.partners) secret(`API key of ${reference}`, apiKey);
    const settings = `/api/admin/arrow/settings/${world.settings}/`;

    // A key that is wrong, one that ArrowSphere quotes in its refusal, one within a body that cannot be read.
    secret('new API key', NEW_KEY);
    await api.patch(settings, { api_key: NEW_KEY, api_url: 'no address' });
    await api.patch(settings, `{"api_key": "${NEW_KEY}", "api_url": `);
    await api.patch(settings, `api_key=${NEW_KEY}`, { 'Content-Type': 'text/plain' });
    await api.patch(settings, { api_key: [NEW_KEY] });
    await api.post('/api/admin/arrow/settings/', { api_url: arrow.url, api_key: `${NEW_KEY}\u0000` });
    for (const kind of ['status', 'body-status'] as const) {
      const message = `The key ${NEW_KEY} is not known`;
      const action = kind === 'status' ? { kind, status: 401, body: { message } } : { kind, status: 401, message };
      const fault = arrow.faults.add({ action });
      await api.post('/api/admin/arrow/settings/validate_credentials/', { api_url: arrow.url, api_key: NEW_KEY });
      await api.post('/api/admin/arrow/settings/save_settings/', { api_url: arrow.url, api_key: NEW_KEY });
      await api.patch(settings, { api_key: NEW_KEY });
      await api.get(`${settings}health/`);
      arrow.faults.remove(fault);
    }
    await api.get(`/api/admin/arrow/settings/?api_key=${NEW_KEY}`);
    arrow.data.partners.find(({ reference }) => reference === world.partner)!.apiKey = NEW_KEY;
    await ok(api.patch(settings, { api_key: NEW_KEY }));

    const { license } = await world.linked();
    world.export([world.line(license, '10')]);
    await world.sync();
    const broken = arrow.faults.add({
      action: { kind: 'status', status: 500, body: { error: `key ${NEW_KEY} broke it` } },
    });
    await world.sync();
    await world.syncConsumption();
    arrow.faults.remove(broken);

    // Users, their passwords and their tokens.
    const mari = await ok(api.post('/api/users/', { username: 'mari', is_staff: true }));
    secret('token of a user', mari.token);
    secret('password', PASSWORD);
    secret('wrong password', WRONG_PASSWORD);
    await ok(api.post(`/api/users/${mari.uuid}/change_password/`, { new_password: PASSWORD }));
    await api.post(`/api/users/${mari.uuid}/change_password/`, { new_password: [PASSWORD], note: PASSWORD });
    const logIn = (body: unknown) => api.as(undefined).post('/api-auth/password/', body);
    secret('token of a login', (await ok(logIn({ username: 'mari', password: PASSWORD }))).token);
    await logIn({ username: 'mari', password: WRONG_PASSWORD });
    await logIn({ username: 'mari', password: { text: PASSWORD } });
    await logIn(`{"username": "mari", "password": "${PASSWORD}`);
    await logIn({ username: PASSWORD, password: 'mari' });
    const made = await ok(api.post('/api/personal-access-tokens/', { name: 'nightly', scopes: ['operate'] }));
    secret('personal access token', made.token);
    await ok(api.as(made.token).get('/api/users/me/'));
    const fresh = await ok(api.post(`/api/users/${mari.uuid}/refresh_token/`));
    secret('refreshed token', fresh.token);
    await api.as(mari.token).get('/api/users/me/');
    await ok(
      api
        .as(fresh.token)
        .delete(`/api/personal-access-tokens/${made.uuid}/`)
        .catch(() => api.get('/api/users/me/')),
    );
    secret('unknown token', UNKNOWN_TOKEN);
    await api.as(UNKNOWN_TOKEN).get('/api/users/me/');
    await api.as(undefined).get('/api/users/me/', { Authorization: `Basic ${UNKNOWN_TOKEN}` });
    await api.as(undefined).get('/api/users/me/', { Authorization: UNKNOWN_TOKEN });
    await api.as(undefined).get('/api/users/me/', { Authorization: `Token ${UNKNOWN_TOKEN} ${UNKNOWN_TOKEN}` });
    await api.get('/api/users/me/', { Cookie: `token=${UNKNOWN_TOKEN}` });
    await api.get(`/api/customers/?token=${UNKNOWN_TOKEN}`);
  }

  /** A token of Waldur's, and its refusals that quote ours. */
  async function useWaldur(api: ApiClient): Promise<void> {
    const world = new BillingWorld({ api, arrow, clock: new TestClock() } as unknown as TestApp);
    const sync = async () => world.ended((await ok(api.post('/api/admin/arrow/directory/sync/', {}))).job_url);
    await sync();
    const user = { ...waldur.data.users[0]!, uuid: 'c0ffee00c0ffee00c0ffee00c0ffee00', username: 'jaan' };
    waldur.data.users.push({ ...user, tokens: [secret("token of Waldur's", 'd5'.repeat(20))] });
    await ok(api.as(secrets.get("token of Waldur's")).get('/api/customers/'));
    const quoting = { error: `no token ${waldur.token}, nor ${UNKNOWN_TOKEN}` };
    const fault = waldur.faults.add({ action: { kind: 'status', status: 403, body: quoting } });
    await sync();
    await api.as(UNKNOWN_TOKEN).get('/api/customers/');
    waldur.faults.remove(fault);
  }

  it.each(['the log', 'traces', 'the tables', 'the metrics', 'what an operator sees', 'the exported audit trail'])(
    'leave %s readable, so that looking there means something',
    (place) => expect(places.get(place)).toMatch(/mari|arrow/),
  );

  it('stand nowhere in what it writes, shows or keeps', () => {
    const found = [...secrets].flatMap(([name, value]) =>
      [...places].flatMap(([place, text]) =>
        formsOf(value)
          .filter((form) => text.includes(form))
          .map((form) => {
            const at = text.indexOf(form);
            return `${name} in ${place}: …${text.slice(Math.max(0, at - 120), at + 40)}…`;
          }),
      ),
    );
    expect(found).toEqual([]);
  });
});

/** As it is, and as it may be written. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms = [value, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), encodeURIComponent(value)];
  return [...new Set(forms)];
}

/** What every route answers that needs no more than its path. */
async function everyList(api: ApiClient): Promise<unknown[]> {
  const { body: document } = await api.get('/docs/openapi.json');
  const paths = Object.entries(document.paths as Record<string, { get?: object }>);
  const lists = paths.filter(([path, { get }]) => get && !path.includes('{')).map(([path]) => path);
  return Promise.all(lists.map(async (path) => (await api.get(path)).body as unknown));
}

/** Every row of every table, as text. */
async function allRows(dataSource: { query<T>(statement: string): Promise<T> }): Promise<string> {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await dataSource.query<{ row: string }[]>(`SELECT row_to_json(t)::text AS row FROM ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}
