import { AppModule } from '../../src/app.module.js';
import { readEnv } from '../../src/config/env.js';
import { CASES } from '../contract/cases.js';
import { ContractChecker } from '../contract/checker.js';
import { callOf, readContract } from '../contract/contract.js';
import { Harness } from '../contract/harness.js';
import { type Seeded, World } from '../contract/world.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { controllersOf, routesOf } from '../support/routes.js';

const contract = readContract();
const changing = controllersOf(AppModule.forRoot(readEnv({})))
  .flatMap(routesOf)
  .filter(({ method }) => !['GET', 'HEAD'].includes(method));

/** A call that succeeds: where, with what, and for which object. */
type Call = (
  world: World,
  api: ApiClient,
) => Promise<{ uuid?: string; body?: unknown }> | { uuid?: string; body?: unknown };

const user = async (api: ApiClient) => (await api.post('/api/users/', { username: `user-${++turn}` })).body as Seeded;
const namedToken = async (api: ApiClient) => {
  const { uuid } = (await api.get('/api/users/me/')).body;
  const made = await api.post('/api/personal-access-tokens/', {
    name: `token ${++turn}`,
    user: uuid,
    scopes: ['read'],
  });
  expect(made.status).toBe(201);
  return made.body as Seeded;
};
const invoice = async (api: ApiClient, state: string) => {
  const { body } = await api.get('/api/invoices/?page_size=100');
  return (body as Seeded[]).find((each) => each.state === state)!.uuid;
};
let turn = 0;

/** Of routes that the contract does not have, or whose case there leaves something to do. */
const OWN: Record<string, Call> = {
  'POST /api/users/': () => ({ body: { username: `user-${++turn}`, is_support: true } }),
  'PATCH /api/users/{uuid}/': async (_, api) => ({ uuid: (await user(api)).uuid, body: { email: 'mari@example.com' } }),
  'POST /api/users/{uuid}/refresh_token/': async (_, api) => ({ uuid: (await user(api)).uuid }),
  'POST /api/users/{uuid}/change_password/': async (_, api) => ({
    uuid: (await user(api)).uuid,
    body: { new_password: 'the first morning of June' },
  }),
  'POST /api/users/{uuid}/remove_password/': async (_, api) => ({ uuid: (await user(api)).uuid }),
  'POST /api/personal-access-tokens/': () => ({ body: { name: `token ${++turn}`, scopes: ['read'] } }),
  'POST /api/personal-access-tokens/{uuid}/rotate/': async (_, api) => ({ uuid: (await namedToken(api)).uuid }),
  'DELETE /api/personal-access-tokens/{uuid}/': async (_, api) => ({ uuid: (await namedToken(api)).uuid }),
  'PATCH /api/admin/arrow/billing-accounts/{uuid}/': (world) => ({
    uuid: world.settings.uuid,
    body: { grace_days: 5 },
  }),
  'POST /api/admin/arrow/customer-mappings/auto_map/': () => ({ body: {} }),
  'POST /api/invoices/{uuid}/issue/': async (_, api) => ({ uuid: await invoice(api, 'pending') }),
  'POST /api/invoices/{uuid}/paid/': async (_, api) => {
    const uuid = await invoice(api, 'pending');
    expect((await api.post(`/api/invoices/${uuid}/issue/`)).status).toBe(200);
    return { uuid };
  },
  'POST /api/marketplace-provider-resources/{uuid}/set_backend_id/': async (world) => ({
    uuid: (await world.newResource()).uuid,
    body: { backend_id: 'XSP-free' },
  }),
  'POST /api/admin/arrow/jobs/{uuid}/cancel/': async (_, api) => {
    const wanted = { year: 2026, month: 5, dry_run: true };
    const { body } = await api.post('/api/admin/arrow/billing-syncs/trigger_sync/', wanted);
    return { uuid: body.job_id as string };
  },
  'POST /api/admin/arrow/directory/moves/': () => ({ body: { direction: 'out' } }),
  'POST /api/admin/arrow/directory/moves/{uuid}/apply/': async (_, api) => {
    const { uuid } = (await api.post('/api/admin/arrow/directory/moves/', { direction: 'out' })).body;
    while ((await api.get(`/api/admin/arrow/directory/moves/${uuid}/`)).body.state === 'waiting');
    return { uuid: uuid as string };
  },
  'POST /api-auth/password': (world) => ({ body: world.login }),
};

const nameOf = { name: 'Renamed' };
const fresh: Record<string, (world: World) => object> = {
  customers: () => ({ name: 'Hiiu Kaubandus' }),
  projects: (world) => ({ name: 'Cold storage', customer: world.customer.uuid }),
  'marketplace-provider-offerings': () => ({ name: 'Azure' }),
  'marketplace-public-offerings': () => ({ name: 'Azure' }),
  'marketplace-plans': (world) => ({ name: 'Monthly', offering: world.offering.uuid }),
  'marketplace-resources': (world) => ({ name: 'Plan', project: world.project.uuid, offering: world.offering.uuid }),
  'marketplace-provider-resources': (world) => ({
    name: 'Plan',
    project: world.project.uuid,
    offering: world.offering.uuid,
  }),
};
for (const [path, fields] of Object.entries(fresh)) {
  const made = async (world: World) => (await world.post(`/api/${path}/`, fields(world))).uuid;
  OWN[`POST /api/${path}/`] = (world) => ({ body: fields(world) });
  OWN[`PATCH /api/${path}/{uuid}/`] = async (world) => ({ uuid: await made(world), body: nameOf });
  if (['customers', 'projects'].includes(path))
    OWN[`PUT /api/${path}/{uuid}/`] = async (world) => ({
      uuid: await made(world),
      body: { ...fields(world), ...nameOf },
    });
  OWN[`DELETE /api/${path}/{uuid}/`] = async (world) => ({ uuid: await made(world) });
}

describe('Every route that changes something', () => {
  let app: TestApp;
  let world: World;
  let harness: Harness;
  const unheard = new Set(changing.map(({ method, path }) => `${method} ${path}`));

  beforeAll(async () => {
    app = await startApp();
    world = await World.furnish(app);
    harness = new Harness(contract, new ContractChecker(contract), app.url);
  });
  afterAll(async () => {
    harness?.close();
    world?.close();
    await app?.stop();
  });

  const eventsOf = (requestId: string) =>
    app.database.query<{ action: string; outcome: string; actor: string }[]>(
      'SELECT action, outcome, actor FROM audit_event WHERE request_id = $1',
      [requestId],
    );
  /** What is asked for while another run is under way is refused. */
  const idle = async () => {
    const running = async () =>
      (await world.get<unknown[]>('/api/admin/arrow/jobs/?state=queued&state=running')).length;
    while (await running()) await new Promise((resolve) => setImmediate(resolve));
  };
  const routeOf = (method: string, path: string) => {
    const route = changing.find(
      (each) => each.method === method && each.path.replace(/\/$/, '') === path.replace(/\/$/, ''),
    );
    if (!route) throw new Error(`${method} ${path} is no route.`);
    unheard.delete(`${route.method} ${route.path}`);
    return route;
  };

  const operations = Object.keys(contract.operations).filter(
    (id) => !['GET', 'HEAD'].includes(callOf(contract.operations[id]!).method),
  );

  it.each(operations)('leaves one event: %s', async (operationId) => {
    const { method, path } = callOf(contract.operations[operationId]!);
    const { action } = routeOf(method, path);
    await idle();
    const each = await CASES[operationId]![0]!(world, 1000 + ++turn);
    const answer = await harness.call(operationId, each, 'Token');
    each.after?.();
    expect([answer.status < 300, await eventsOf(String(answer.headers['x-request-id']))]).toEqual([
      true,
      [{ action, outcome: 'done', actor: 'admin' }],
    ]);
    await each.check?.(answer);
  });

  it.each(Object.keys(OWN))('leaves one event: %s', async (name) => {
    const [method, path] = name.split(' ') as [string, string];
    const { action } = routeOf(method, path);
    const { uuid = '', body } = await OWN[name]!(world, app.api);
    const answer = await app.api
      .as(path === '/api-auth/password' ? undefined : STAFF_TOKEN)
      .send(method, path.replace('{uuid}', uuid), body);
    expect([answer.status < 300, await eventsOf(answer.headers.get('x-request-id')!)]).toEqual([
      true,
      [{ action, outcome: 'done', actor: 'admin' }],
    ]);
  });

  it('was called here, but for those that take more of what others take, files, or another service', () => {
    expect([...unheard].sort()).toEqual([
      'POST /api/admin/arrow/customer-mappings/{uuid}/import_licenses/',
      'POST /api/admin/arrow/customer-mappings/{uuid}/link_resources/',
      'POST /api/admin/arrow/customer-mappings/{uuid}/unlink_resource/',
      'POST /api/admin/arrow/directory/import/',
      'POST /api/admin/arrow/directory/import/{uuid}/apply/',
      'POST /api/admin/arrow/directory/sync/',
      'POST /api/admin/arrow/license-links/{uuid}/resume/',
      'POST /api/admin/arrow/license-links/{uuid}/revert/',
      'POST /api/admin/arrow/pushed-items/push/',
      'POST /api/admin/arrow/settings/import_from_waldur/',
    ]);
  });
});
