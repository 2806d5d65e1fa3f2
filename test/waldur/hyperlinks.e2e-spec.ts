import {
  waldurCustomer,
  waldurOffering,
  waldurPlan,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import { AppModule } from '../../src/app.module.js';
import { readEnv } from '../../src/config/env.js';
import { World } from '../contract/world.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { createDatabase } from '../support/databases.js';
import { controllersOf, routesOf } from '../support/routes.js';
import { ended } from './support.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const PUBLIC_URL = 'https://portal.example';
const OURS = `${PUBLIC_URL}/api/admin/arrow/`;
/** What Waldur serves of that to which we link, by its description of August 2026. */
const WALDURS = [
  'customers',
  'projects',
  'marketplace-provider-offerings',
  'marketplace-plans',
  'marketplace-resources',
  'users',
];
const reading = controllersOf(AppModule.forRoot(readEnv({})))
  .flatMap(routesOf)
  .filter(({ method }) => method === 'GET');

/** Every text of an answer that is a hyperlink. */
function linksIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith(PUBLIC_URL) ? [value] : [];
  return value && typeof value === 'object' ? Object.values(value).flatMap(linksIn) : [];
}

describe('Hyperlinks beside a Waldur', () => {
  let app: TestApp;
  let waldur: WaldurStandIn;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  const links = new Set<string>();

  /** As its proxy passes it on: everything ours below one address. */
  const get = (url: string) =>
    app.api.get(url.replace(PUBLIC_URL, '')).then(({ status, body }) => ({ status, body: body as unknown }));

  beforeAll(async () => {
    waldur = await WaldurStandIn.start();
    database = await createDatabase(TEST_DATABASE);
    const kept = { ...database, drop: () => Promise.resolve() };
    const alone = await startApp({}, {}, kept);
    const world = await World.furnish(alone);
    world.close();
    await alone.stop();
    app = await startApp(
      { WALDUR_URL: waldur.url, WALDUR_TOKEN: waldur.token, PUBLIC_URL, UUID_FORMAT: 'hex' },
      {},
      database,
    );
    const customer = waldurCustomer();
    const project = waldurProject(customer);
    const plan = waldurPlan();
    const offering = waldurOffering({ customer_uuid: customer.uuid, plans: [plan] });
    waldur.data.customers.push(customer);
    waldur.data.projects.push(project);
    waldur.data.offerings.push(offering);
    waldur.data.resources.push(waldurResource(project, offering, { plan_uuid: plan.uuid }));
    const { body } = await app.api.post('/api/admin/arrow/directory/sync/', {});
    expect((await ended(app, body.job_id)).state).toBe('succeeded');
    await app.api.post('/api/personal-access-tokens/', { name: 'for links', scopes: ['read'] });
    for (const { path } of reading.filter((route) => !route.path.includes('{') && route.path.startsWith('/api/'))) {
      const { status, body: rows } = await get(path);
      if (status === 200) for (const link of linksIn(rows)) links.add(link);
    }
  });
  afterAll(async () => {
    await app?.stop();
    await waldur?.stop();
  });

  it('lead below our own address, or to rows and routes that Waldur has', async () => {
    const kinds = new Set<string>();
    const strays: string[] = [];
    for (const link of links) {
      if (link === PUBLIC_URL || link === `${PUBLIC_URL}/`) continue;
      const [, list = '', uuid = ''] =
        /^https:\/\/portal\.example\/api\/([^/]+)\/(?:([0-9a-f]{32})\/)?$/.exec(link) ?? [];
      if (link.startsWith(OURS)) {
        kinds.add(link.slice(OURS.length).split('/')[0]!);
        const { status } = await get(link);
        if (status !== 200) strays.push(`${link}: ${status}`);
      } else if (!WALDURS.includes(list)) strays.push(`${link}: no route of Waldur's`);
      else {
        const lists = { 'marketplace-resources': 'marketplace-provider-resources' } as Record<string, string>;
        const answer = await fetch(`${waldur.url}/api/${lists[list] ?? list}/${uuid}/`, {
          headers: { Authorization: `Token ${waldur.token}` },
        });
        if (answer.status !== 200 && list !== 'marketplace-plans') strays.push(`${link}: Waldur ${answer.status}`);
      }
    }
    expect(strays).toEqual([]);
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining(['customers', 'invoices', 'jobs', 'personal-access-tokens', 'settings', 'users']),
    );
    expect(links.size).toBeGreaterThan(60);
  });

  it('are read again in requests, whoever has what they lead to', async () => {
    const { body: projects } = await app.api.get('/api/projects/');
    const of = (owned: string) =>
      (projects as { customer: string }[]).filter(({ customer }) => customer.includes(owned));
    for (const [{ customer }] of [of('/admin/arrow/'), of('/api/customers/')] as [{ customer: string }][]) {
      const { status, body } = await app.api.get(
        `/api/marketplace-resources/?customer=${encodeURIComponent(customer)}`,
      );
      expect([status, body.length > 0]).toEqual([200, true]);
    }
  });

  it('have what is ours below one address, its documents too, with lists that page there', async () => {
    const list = await app.api.get('/api/admin/arrow/invoices/?page_size=1');
    expect([list.status, list.headers.get('link')]).toEqual([200, expect.stringContaining(`<${OURS}invoices/?`)]);
    expect((await get(list.body[0].url)).status).toBe(200);
    expect((await app.api.get('/api/admin/arrow/health/ready')).status).toBe(200);
    const page = await fetch(`${app.url}/api/admin/arrow/docs`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('swagger-ui')]);
    expect((await fetch(`${app.url}/api/admin/arrow/docs/swagger-ui.css`)).status).toBe(200);
    const document = await app.api.get('/api/admin/arrow/docs/openapi.json');
    expect(Object.keys(document.body.paths).filter((path) => !path.startsWith('/api/admin/arrow/'))).toEqual([]);
    expect((await app.api.get('/api/admin/arrow/nothing/')).status).toBe(404);
    expect((await app.api.get('/api/admin/arrow/customersx/')).status).toBe(404);
    expect((await app.api.as(STAFF_TOKEN).delete('/api/admin/arrow/invoices/')).status).toBe(405);
  });
});
