import fc from 'fast-check';

import { hashPassword } from '../../src/auth/password.js';
import { parseUrl } from '../../src/common/parse-url.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { describeOnce } from '../support/describe-once.js';
import { processorTime } from '../support/processor-time.js';
import { ContractChecker } from './checker.js';
import type { OpenApiDocument } from './condense.js';
import { callOf, readContract, type Contract } from './contract.js';
import { wireRequests, type WireRequest } from './fuzz-requests.js';
import { nextPageForPython } from './harness.js';
import { LiveObjects } from './hostile-values.js';
import { Wire, type WireAnswer } from './wire.js';
import { EARLIER, PERIOD, World, type Seeded } from './world.js';

/** Requests of one run; `FUZZ_SEED` repeats a run that found something. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 10_000);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const PER_BATCH = 20;
/** Milliseconds. On a busy machine anything may be slow once: it is sent again then, alone. */
const SLOW = 2_000;
/** Whoever has no answer by then hangs. */
const PATIENCE = 120_000;
/** What a request may take of the processor, alone: so much of what a password does, which is slow on purpose. */
const PASSWORDS = 20;

/** For an operation that none of the others got through to. */
const MORE_REQUESTS = 20_000;

/** Operations that a random request succeeds at too seldom to count on, and why. */
const SELDOM: Record<string, string> = {
  api_auth_password: 'Four wrong passwords lock the rest out.',
  admin_arrow_jobs_cancel: 'The job has to be under way just then.',
  admin_arrow_directory_import_create: 'A form with a file.',
  admin_arrow_directory_import_retrieve: 'There has to be one, and only a form with a file makes it.',
  admin_arrow_directory_import_rows: 'The same.',
  admin_arrow_directory_import_refused: 'The same.',
  admin_arrow_directory_import_apply: 'The same.',
  admin_arrow_directory_moves_apply: 'It has to be previewed and nothing else under way, and once only.',
  admin_arrow_directory_moves_retrieve: 'There has to be one, and there is none at first.',
  admin_arrow_directory_moves_rows: 'The same.',
  admin_arrow_directory_sync: 'There has to be a Waldur.',
  admin_arrow_pushed_items_push: 'The same.',
  admin_arrow_pushed_items_retrieve: 'The same.',
  admin_arrow_settings_import_from_waldur: 'The same.',
  admin_arrow_directory_template: 'One of six words in its path.',
  admin_arrow_customer_mappings_import_license:
    "The mapping's own customer, a project of its organisation and a free licence.",
  admin_arrow_customer_mappings_link_resource: 'The same.',
  admin_arrow_billing_syncs_sync_resource_historical_consumption: 'A linked resource and two months in order.',
};

/** What requests name things of. */
const COLLECTIONS = [
  'admin/arrow/settings',
  'admin/arrow/customer-mappings',
  'admin/arrow/vendor-offering-mappings',
  'admin/arrow/billing-syncs',
  'admin/arrow/billing-sync-items',
  'admin/arrow/consumption-records',
  'admin/arrow/directory/moves',
  'admin/arrow/jobs',
  'admin/arrow/license-links',
  'customers',
  'projects',
  'marketplace-provider-offerings',
  'marketplace-plans',
  'marketplace-resources',
  'marketplace-orders',
  'invoices',
];

/** Signs of our insides in an answer. */
const INSIDES =
  /node_modules|\bat \S+ \(|\.(?:ts|js):\d+|QueryFailedError|TypeError|RangeError|syntax error at|pg_catalog|violates \w+ constraint/;

describeOnce('Whatever is sent', () => {
  let app: TestApp;
  let world: World;
  let wire: Wire;

  beforeAll(async () => {
    app = await startApp({ FAILED_ATTEMPTS_PER_ADDRESS: '0', ARROW_TIMEOUT_MS: '1000', ARROW_MAX_RETRIES: '0' });
    world = await World.furnish(app);
    wire = new Wire(app.url);
  });

  afterAll(async () => {
    wire?.close();
    world?.close();
    await app?.stop();
  });

  it(`${REQUESTS} requests (seed ${SEED}) find no 5xx, no hang and nothing of our insides`, async () => {
    const document = JSON.parse((await wire.send('GET', '/docs/openapi.json')).text) as OpenApiDocument;
    const live = await liveObjects(world);
    const contract = readContract();
    const checker = new ContractChecker(contract);
    const requests = wireRequests(document, live, STAFF_TOKEN);
    const statuses = new Map<number, number>();
    const successes = new Map<string, number>(requestedOperations(document).map((operationId) => [operationId, 0]));
    const slow: WireRequest[] = [];
    const send = async (planned: WireRequest) => {
      const request = {
        ...planned,
        path: live.fill(planned.path, encodeURIComponent),
        ...(planned.body ? { body: live.fill(planned.body, String) } : {}),
      };
      const answer = await wire
        .send(request.method, request.path, { ...request, timeoutMs: PATIENCE })
        .catch((error: Error) => {
          throw new Error(`${error.message}: ${JSON.stringify(request)}`);
        });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      // A conflict is said last of all: whatever was sent was good, only the object is in use.
      if (answer.status < 300 || answer.status === 409)
        successes.set(request.operationId, (successes.get(request.operationId) ?? 0) + 1);
      if (answer.milliseconds > SLOW) slow.push(request);
      follow(live, request, answer);
      const faults = [
        ...(answer.status >= 500 ? [`status ${answer.status}`] : []),
        ...(INSIDES.test(answer.text) ? ['our insides'] : []),
        ...(answer.headers['x-injected'] || answer.headers['set-cookie'] ? ['an injected header'] : []),
        ...(answer.text !== '' &&
        !/^(application\/json|text\/(html|yaml|css|csv)|application\/(javascript|yaml|vnd\.openxmlformats)|image)/.test(
          answer.headers['content-type'] ?? '',
        )
          ? [`media type ${answer.headers['content-type']}`]
          : []),
        ...refusalFaults(contract, checker, request, answer),
      ];
      if (faults.length > 0)
        throw new Error(
          `${faults.join(', ')}: ${JSON.stringify(request)} → ${answer.status} ${answer.text.slice(0, 500)}`,
        );
    };
    const batches = fc.array(requests, { minLength: PER_BATCH, maxLength: PER_BATCH });
    const verdict = await fc.check(
      fc.asyncProperty(batches, async (batch) => {
        for (let at = 0; at < batch.length; at += 4) await Promise.all(batch.slice(at, at + 4).map(send));
      }),
      // The server remembers: a batch made smaller meets another server, and says nothing about the failure.
      { numRuns: Math.ceil(REQUESTS / PER_BATCH), seed: SEED, endOnFailure: true },
    );
    const longest = PASSWORDS * (await processorTime(() => hashPassword('correct horse battery staple')));
    for (const request of slow) {
      const taken = await processorTime(() =>
        wire.send(request.method, request.path, { ...request, timeoutMs: PATIENCE }),
      );
      if (taken > longest) throw new Error(`seed ${SEED}: ${Math.round(taken)} ms: ${JSON.stringify(request)}`);
    }
    // The whole batch would bury the one request that matters.
    if (verdict.failed)
      throw new Error(`seed ${SEED}: ${(verdict.errorInstance as Error | null)?.message ?? 'interrupted'}`);
    // Requests that are all refused at the door would prove nothing.
    const succeeded = [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
    expect(succeeded).toBeGreaterThan(REQUESTS / 20);
    const neverSucceeded = () => [...successes].filter(([, count]) => count === 0).map(([operationId]) => operationId);
    // Chance alone leaves one out now and then: it gets more requests, among others to the same collection.
    for (const operationId of neverSucceeded().filter((each) => !(each in SELDOM))) {
      const collection = operationId.slice(0, operationId.lastIndexOf('_'));
      const alike = wireRequests(document, live, STAFF_TOKEN, (each) => each.startsWith(collection));
      for (let more = 0; more < MORE_REQUESTS && !successes.get(operationId); more += PER_BATCH)
        for (const request of fc.sample(alike, { numRuns: PER_BATCH, seed: SEED + more })) await send(request);
    }
    const never = neverSucceeded();
    // A few requests reach some, not all.
    if (REQUESTS >= 10_000) expect(never.filter((operationId) => !(operationId in SELDOM))).toEqual([]);
    await expectInvariants(world, wire);
    await expectSoundRows(app);
  }, 900_000);
});

/** What our own document names, each once. */
function requestedOperations(document: OpenApiDocument): string[] {
  return Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ operationId }) => operationId ?? []);
}

/** A refusal has the body that the contract gives it, where it gives it one. */
function refusalFaults(
  contract: Contract,
  checker: ContractChecker,
  request: WireRequest,
  answer: WireAnswer,
): string[] {
  const operation = contract.operations[request.operationId];
  if (!operation || answer.status < 400 || request.method === 'HEAD') return [];
  if (callOf(operation).method !== request.method || operation.answers[answer.status] === undefined) return [];
  const body = JSON.parse(answer.text) as object;
  // Parameters of ours can be wrong where the contract has none.
  const byField = answer.status === 400 && Object.values(body).every((each) => typeof each === 'object');
  return byField ? [] : checker.faultsOfAnswer(request.operationId, answer.status, body);
}

/** What no request may have broken, asked of the database itself, once every job has ended. */
async function expectSoundRows({ database, api }: TestApp): Promise<void> {
  for (const state of ['queued', 'running'])
    while ((await api.get(`/api/admin/arrow/jobs/?state=${state}`)).body.length) await new Promise(setImmediate);
  const none = async (what: string, sql: string) => expect([what, await database.query(sql)]).toEqual([what, []]);
  await none(
    'jobs that failed for reasons nobody foresaw',
    `SELECT kind, parameters, error_message FROM job_run WHERE error_code = 'unforeseen'`,
  );
  await none(
    'licences on two live resources',
    `SELECT backend_id FROM resource WHERE backend_id <> '' AND state <> 'Terminated' GROUP BY backend_id HAVING count(*) > 1`,
  );
  await none(
    'charges that were posted twice',
    `SELECT charge_uuid, revision FROM invoice_posting GROUP BY charge_uuid, revision HAVING count(*) > 1`,
  );
  await none(
    'two active accounts',
    `SELECT 1 FROM arrow_settings WHERE is_active GROUP BY is_active HAVING count(*) > 1`,
  );
}

/** Every list still answers as the contract says, every row is found under its own link, and no rule is broken. */
async function expectInvariants(world: World, wire: Wire): Promise<void> {
  const contract = readContract();
  const checker = new ContractChecker(contract);
  const headers = { authorization: `Token ${STAFF_TOKEN}` };
  for (const [operationId, operation] of Object.entries(contract.operations)) {
    const { method, path } = callOf(operation);
    if (method !== 'GET' || !operation.headers?.includes('link')) continue;
    const rows: Seeded[] = [];
    for (let page: string | undefined = '1'; page;) {
      const answer = await wire.send('GET', `${path}?page_size=300&page=${page}`, { headers });
      const found = JSON.parse(answer.text) as Seeded[];
      expect([operationId, checker.faultsOfAnswer(operationId, answer.status, found)]).toEqual([operationId, []]);
      rows.push(...found);
      page = nextPageForPython(String(answer.headers.link));
    }
    expect(new Set(rows.map(({ uuid }) => uuid)).size).toBe(rows.length);
    for (const { url, uuid } of rows.slice(0, 50)) {
      expect(JSON.parse((await wire.send('GET', new URL(url).pathname, { headers })).text)).toMatchObject({ uuid });
    }
  }
  const mappings = await world.get<{ settings_uuid: string; arrow_reference: string }[]>(
    '/api/admin/arrow/customer-mappings/?page_size=300',
  );
  expect(new Set(mappings.map((row) => `${row.settings_uuid} ${row.arrow_reference}`)).size).toBe(mappings.length);
  const active = await world.get<unknown[]>('/api/admin/arrow/settings/?is_active=true');
  expect(active.length).toBeLessThanOrEqual(1);
}

/** What a request made or removed: later ones use it, or do without it. */
function follow(live: LiveObjects, { method, path }: WireRequest, { status, text }: WireAnswer): void {
  if (status === 204 && method === 'DELETE')
    live.remove(
      path
        .split('?')[0]!
        .split('/')
        .find((part) => /^[0-9a-f-]{32,36}$/i.test(part)) ?? '',
    );
  if (status !== 201) return;
  const made = JSON.parse(text) as Partial<Seeded>;
  if (made.url?.startsWith('http') && !parseUrl(made.url)) throw new Error(`${path} made ${made.url}`);
  if (made.uuid && made.url?.startsWith('http')) live.add({ uuid: made.uuid, url: made.url });
}

/** Everything the world has, for requests that are to reach deep. */
async function liveObjects(world: World): Promise<LiveObjects> {
  const words = [
    PERIOD,
    '2026-04',
    world.emulator.url,
    world.emulator.url,
    world.emulator.apiKey,
    'XSP300001',
    'XSP300002',
    'XSP300003',
    'Microsoft',
  ];
  const licenses = world.emulator.data.licenses.map(({ licenseId }) => licenseId);
  const [year, month] = PERIOD.split('-').map(Number) as [number, number];
  const live = new LiveObjects(
    [...words, ...licenses.slice(0, 5)],
    [
      [/^api_url$/, [world.emulator.url]],
      [/^api_key$/, [world.emulator.apiKey]],
      [/^license_reference$/, licenses],
      [/^arrow_reference$/, ['XSP300001', 'XSP300002', 'XSP300003', 'XSP300005', 'XSP300006']],
      [/^export_type_reference$/, ['E1-2-00000001', '']],
      [/period/, [PERIOD, EARLIER]],
      [/^year$/, [year]],
      [/^month$/, [month, month - 1]],
      [/^password$/, [world.login.password]],
      [/^due_date$/, ['2090-01-31']],
    ],
  );
  await world.post(`/api/admin/arrow/customer-mappings/${world.mapping.uuid}/import_license/`, {
    license_reference: world.license(),
    offering_uuid: world.offering.uuid,
    project_uuid: world.project.uuid,
  });
  for (const path of COLLECTIONS) {
    for (const object of await world.get<Seeded[]>(`/api/${path}/?page_size=25`)) live.add(object);
  }
  // Not the staff user: its token has to last.
  live.add(await world.post('/api/users/', { username: 'somebody' }));
  return live;
}
