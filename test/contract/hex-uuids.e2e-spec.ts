import { AppModule } from '../../src/app.module.js';
import { readEnv } from '../../src/config/env.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { controllersOf, routesOf } from '../support/routes.js';
import { World } from './world.js';

const DASHED = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
/** What ArrowSphere calls its subscriptions: not ours to spell. */
const OF_ARROW = /^00000000-0000-4000-8000-/;
const HEX = /^[0-9a-f]{32}$/;
/** Of requests; not of anything that is kept. */
const REQUEST_ID = 'x-request-id';

const reading = controllersOf(AppModule.forRoot(readEnv({})))
  .flatMap(routesOf)
  .filter(({ method }) => method === 'GET');

describe('UUID_FORMAT=hex', () => {
  let app: TestApp;
  let world: World;
  const got: { path: string; text: string; headers: string[] }[] = [];

  const get = async (path: string) => {
    const response = await fetch(`${app.url}${path}`, { headers: { Authorization: `Token ${STAFF_TOKEN}` } });
    const headers = [...response.headers].filter(([name]) => name !== REQUEST_ID).map(([name, value]) => name + value);
    const text = await response.text();
    got.push({ path, text, headers });
    return { status: response.status, text };
  };

  beforeAll(async () => {
    app = await startApp({ UUID_FORMAT: 'hex' });
    world = await World.furnish(app);
  });
  afterAll(async () => {
    world?.close();
    await app?.stop();
  });

  it('is how every answer writes them, hyperlinks and files too', async () => {
    const lists = reading.filter(({ path }) => !path.includes('{') && path.startsWith('/api/'));
    const unread: string[] = [];
    for (const { path } of lists) {
      const { status, text } = await get(path);
      if (status !== 200) continue;
      await get(`${path}?format=csv`);
      const rows: unknown = text.startsWith('[') ? JSON.parse(text) : [];
      const { uuid } = (rows as { uuid?: string }[])[0] ?? {};
      for (const each of reading.filter((route) => route.path.startsWith(`${path}{uuid}/`))) {
        if (!uuid) unread.push(each.path);
        else await get(each.path.replace('{uuid}', uuid));
      }
    }
    await get(`/api/admin/arrow/license-trace/?license_reference=${world.emulator.data.licenses[0]!.licenseId}`);
    const requests = await app.database.query<{ request_id: string }[]>('SELECT request_id FROM audit_event');
    const others = new Set(requests.map((event) => event.request_id));
    const found = got.flatMap(({ path, text, headers }) =>
      [text, ...headers]
        .flatMap((each) => each.match(DASHED) ?? [])
        .filter((uuid) => !others.has(uuid) && !OF_ARROW.test(uuid))
        .map((uuid) => `${path}: ${uuid}`),
    );
    expect(found).toEqual([]);
    expect(got.length).toBeGreaterThan(80);
    expect(got.filter(({ text }) => /"uuid":"[0-9a-f]{32}"/.test(text)).length).toBeGreaterThan(25);
    expect(unread.length).toBeLessThan(12);
  });

  it('is how answers to what changes something write them', async () => {
    const { api } = app;
    const made = await api.post('/api/projects/', { name: 'Hex', customer: world.customer.uuid });
    expect([made.status, HEX.test(made.body.uuid), made.headers.get('location')]).toEqual([201, true, made.body.url]);
    expect(JSON.stringify(made.body)).not.toMatch(DASHED);
    const job = await api.post('/api/admin/arrow/billing-syncs/trigger_sync/', { year: 2026, month: 5 });
    expect([job.status, HEX.test(job.body.job_id)]).toEqual([202, true]);
    const refused = await api.post('/api/marketplace-resources/', {
      name: 'Taken',
      project: world.project.uuid,
      offering: world.offering.uuid,
      backend_id: world.resource['backend_id'],
    });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.not.stringMatching(DASHED)]);
  });

  it('reads both forms, everywhere', async () => {
    const { uuid } = world.customer;
    const dashed = uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    for (const form of [uuid, dashed]) {
      expect((await app.api.get(`/api/customers/${form}/`)).body.uuid).toBe(uuid);
      const { body } = await app.api.get(`/api/projects/?customer=${form}`);
      expect(body[0].customer_uuid).toBe(uuid);
      const made = await app.api.post('/api/projects/', {
        name: `Of ${form}`,
        customer: `${app.url}/api/customers/${form}/`,
      });
      expect([made.status, made.body.customer_uuid]).toEqual([201, uuid]);
    }
    const { body: jobs } = await app.api.get('/api/admin/arrow/jobs/?kind=billing-sync');
    expect((await app.api.get(`/api/admin/arrow/jobs/?scope=${jobs[0].scope}`)).body[0].scope).toBe(jobs[0].scope);
  });
});
