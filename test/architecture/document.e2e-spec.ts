import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/databases.js';
import { startApp, type TestApp } from '../support/app.js';
import { describeOnce } from '../support/describe-once.js';
import { Builders } from '../support/builders.js';

interface Operation {
  operationId: string;
  responses: Record<string, object>;
  summary?: string;
  tags?: string[];
  parameters?: { in: string; name: string; description?: string; example?: unknown; schema?: { example?: unknown } }[];
  security?: object[];
  requestBody?: { content?: Record<string, { example?: unknown }> };
}

describeOnce('Our document, as people see it in Swagger UI', () => {
  let app: TestApp;
  let operations: Operation[];
  let tags: { name: string; description: string }[];
  let document: {
    info: { version: string };
    servers: object[];
    paths: object;
    components: { responses: Record<string, object> };
  };

  beforeAll(async () => {
    app = await startApp();
    const { body } = await app.api.get('/docs/openapi.json');
    document = body;
    operations = Object.values<Record<string, Operation>>(body.paths).flatMap((item) => Object.values(item));
    ({ tags } = body);
  });
  afterAll(() => app?.stop());

  it('has its operations under headings that say what they are for, in an order of our own', () => {
    const used = new Set(operations.flatMap((operation) => operation.tags ?? []));
    expect(tags.map(({ name }) => name).sort()).toEqual([...used].sort());
    for (const { description } of tags) expect(description).toMatch(/\.$/);
    expect(operations.filter(({ summary }) => !summary).map(({ operationId }) => operationId)).toEqual([]);
  });

  it('fills nothing into filters: a list that is tried out shows what there is', () => {
    const filled = operations.flatMap(({ operationId, parameters = [] }) =>
      parameters
        .filter((each) => each.in === 'query' && (each.example ?? each.schema?.example) !== undefined)
        .map(({ name }) => `${operationId} ${name}`),
    );
    expect(filled).toEqual([]);
  });

  it('says of every operation of the API that it may be too much, with what and until when', () => {
    const api = Object.entries<Record<string, Operation>>(document.paths as Record<string, Record<string, Operation>>)
      .filter(([path]) => path.startsWith('/api'))
      .flatMap(([, item]) => Object.values(item));
    expect(api.length).toBeGreaterThan(100);
    for (const { operationId, responses } of api)
      expect([operationId, responses]).toEqual([
        operationId,
        expect.objectContaining({ 429: expect.any(Object), 503: expect.any(Object) }),
      ]);
    for (const response of Object.values(document.components.responses))
      expect(response).toMatchObject({ headers: { 'Retry-After': {} }, content: { 'application/json': {} } });
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(document.info.version).toBe(version);
  });

  it('opens at the bare address', async () => {
    const answer = await fetch(`${app.url}/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
  });

  it('says where it is served, which routes are open, and what the UUID of a path is', () => {
    expect(document.servers).toEqual([{ url: '/' }]);
    for (const { operationId, security } of operations)
      expect([operationId, security]).toEqual([operationId, expect.any(Array)]);
    const paths = operations.flatMap(({ operationId, parameters = [] }) =>
      parameters.filter((each) => each.in === 'path' && !each.description).map(({ name }) => `${operationId} ${name}`),
    );
    expect(paths).toEqual([]);
  });

  it('describes the order of a list with the names it can be sorted by', () => {
    const byId = new Map(operations.map((operation) => [operation.operationId, operation]));
    const orderOf = (id: string) => byId.get(id)?.parameters?.find(({ name }) => name === 'o')?.description;
    expect(orderOf('marketplace_resources_list')).toContain('`offering_name`, `plan_name`');
    expect(orderOf('admin_arrow_customer_mappings_list')).toMatch(/^Order: `created`, `arrow_reference`/);
  });

  it('has examples that can be sent as they stand: no optional UUID, no schedule, no invented key', () => {
    const open: unknown[] = [];
    JSON.stringify(document, (_, value: { additionalProperties?: unknown; example?: unknown } | null) => {
      if (value?.additionalProperties && value.example === undefined) open.push(value);
      return value;
    });
    expect(open).toEqual([]);
    const bodies = operations.flatMap(({ operationId, requestBody }) => {
      const example = requestBody?.content?.['application/json']?.example;
      const isForm = requestBody?.content?.['multipart/form-data'];
      return requestBody && !isForm ? [[operationId, example] as const] : [];
    });
    expect(bodies.filter(([, example]) => example === undefined)).toEqual([]);
    const exampleOf = new Map(bodies);
    expect(exampleOf.get('admin_arrow_settings_create')).toMatchObject({ sync_enabled: false });
    expect(exampleOf.get('admin_arrow_customer_mappings_auto_map')).toEqual({ dry_run: true, min_confidence: 0.9 });
    expect(exampleOf.get('admin_arrow_vendor_offering_mappings_create')).not.toHaveProperty('plan');
  });
});

describeOnce('The service behind a proxy that puts a path before it', () => {
  const PUBLIC_URL = 'https://portal.example/arrow';
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ PUBLIC_URL });
  });
  afterAll(() => app?.stop());

  it('names that path in its document, leads below it, and reads back the links it writes', async () => {
    const { body } = await app.api.get('/docs/openapi.json');
    expect(body.servers).toEqual([{ url: PUBLIC_URL }]);
    const bare = await fetch(`${app.url}/`, { redirect: 'manual' });
    expect(bare.headers.get('location')).toBe('/arrow/docs');
    const make = new Builders(app);
    const customer = await make.customer();
    expect(customer.url).toBe(`${PUBLIC_URL}/api/customers/${customer.uuid}/`);
    const path = `/api/customers/${customer.uuid}/`;
    for (const link of [customer.url, `/arrow${path}`, path, `http://127.0.0.1${path}`, customer.uuid]) {
      const project = await make.project({ customer: link });
      expect(project.customer_uuid).toBe(customer.uuid);
    }
    const offering = await make.offering({ customer: customer.url });
    for (const link of [customer.url, path, `https://elsewhere.example${path}`]) {
      const found = await app.api.get(`/api/marketplace-provider-offerings/?customer=${encodeURIComponent(link)}`);
      expect(found.body).toMatchObject([{ uuid: offering.uuid }]);
    }
    for (const link of [`/arrows${path}`, `/arrow/arrow${path}`, `/arrow/api/projects/${customer.uuid}/`]) {
      const found = await app.api.get(`/api/marketplace-provider-offerings/?customer=${encodeURIComponent(link)}`);
      expect(found.body).toEqual([]);
    }
  });
});
