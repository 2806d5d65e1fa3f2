import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { Body, Controller, Get, type INestApplication, Module, Post } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AccessModule,
  ApiController,
  AppModule,
  BillingHttpModule,
  CoreModule,
  DirectoryHttpModule,
  JobsHttpModule,
  LicensesHttpModule,
  MappingsHttpModule,
  Public,
  readEnv,
  SettingsHttpModule,
  StaffOnly,
} from '../../src/index.js';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { ApiClient } from '../support/api-client.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { controllersOf, type Route, routesOf } from '../support/routes.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';
const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';
const NOBODY = '00000000-0000-4000-8000-000000000000';

const adapters: [string, () => AbstractHttpAdapter][] = [
  ['Fastify', () => new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } })],
  ['Express', () => new ExpressAdapter()],
];

/** What a host has of its own. */
@Controller('shop')
class ShopController {
  @Get('open')
  open() {
    return { open: true };
  }

  @Post('orders')
  order(@Body() body: unknown) {
    return { ordered: body };
  }

  @Get('broken')
  broken() {
    throw new Error('The shop is closed.');
  }
}

/** What a host has of its own under our rules. */
@ApiController('api/shop')
class ShopApiController {
  @Get('open')
  @Public()
  open() {
    return { open: true };
  }

  @Get('staff')
  @StaffOnly()
  staff() {
    return { open: true };
  }

  @Get('broken')
  @Public()
  broken() {
    throw new Error('The shop is closed.');
  }

  @Get('forgotten')
  forgotten() {
    return { never: 'answered' };
  }
}

@Module({ imports: [AccessModule], controllers: [ShopApiController] })
class ShopApiModule {}

describe.each(adapters)('A host of its own on %s', (_name, adapter) => {
  let database: TestDatabase;
  let host: INestApplication;
  let api: ApiClient;
  let user: ApiClient;
  let routes: Route[];

  beforeAll(async () => {
    database = await createDatabase(TEST_DATABASE);
    const env = readEnv({ STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', ...database.variables });

    @Module({ imports: [AppModule.forRoot(env), ShopApiModule], controllers: [ShopController] })
    class HostModule {}

    host = await NestFactory.create(HostModule, adapter(), { logger: false, abortOnError: false });
    await host.listen(0, '127.0.0.1');
    routes = controllersOf(AppModule.forRoot(env)).flatMap(routesOf);
    api = new ApiClient((await host.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    const { body } = await api.post('/api/users/', { username: 'mari' });
    user = api.as(body.token as string);
  });
  afterAll(async () => {
    await host?.close();
    await database?.drop();
  });

  /** Asks each of these routes and answers what they said, by route. */
  async function answersTo(who: ApiClient, asked: readonly Route[]): Promise<Record<string, number>> {
    const said: Record<string, number> = {};
    for (const { method, path } of asked) {
      const answer = await who.send(method, path.replace(/\{\w+\}/g, NOBODY), method === 'POST' ? {} : undefined);
      expect(JSON.stringify(answer.body)).not.toMatch(/\\n\s+at |node_modules|\.[jt]s:\d+/);
      expect(answer.headers.get('x-request-id')).toEqual(expect.any(String));
      said[`${method} ${path}`] = answer.status;
    }
    return said;
  }

  const each = (asked: readonly Route[], status: number) =>
    Object.fromEntries(asked.map(({ method, path }) => [`${method} ${path}`, status]));

  it('finds every route of ours closed for callers without a token', async () => {
    const closed = routes.filter(({ access }) => access === 'staff' || access === 'any-user');
    expect(closed.length).toBeGreaterThan(100);
    expect(await answersTo(api.as(undefined), closed)).toEqual(each(closed, 401));
    const { body } = await api.as(undefined).post('/api/users/', { is_staff: true });
    expect(body).toEqual({ detail: 'Authentication credentials were not provided.' });
  });

  it('finds every route for staff closed for other users', async () => {
    const closed = routes.filter(({ access }) => access === 'staff');
    expect(await answersTo(user, closed)).toEqual(each(closed, 403));
    expect((await user.get('/api/users/me/')).body).toMatchObject({ username: 'mari' });
  });

  it('serves them to staff as the service itself does', async () => {
    const made = await api.post('/api/customers/', { name: 'Põhjala' });
    expect([made.status, made.headers.get('location')]).toEqual([201, made.body.url]);
    expect(made.body.url).toBe(`${api.baseUrl}/api/customers/${made.body.uuid}/`);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect((await api.get(`/api/customers/${made.body.uuid}/`)).body).toEqual(made.body);
    const project = await api.post('/api/projects/', { name: 'Office', customer: made.body.url });
    expect(project.body).toMatchObject({ customer: made.body.url, customer_name: 'Põhjala' });
    const page = await api.get('/api/customers/?page_size=5&field=name');
    expect([page.body, page.headers.get('x-result-count')]).toEqual([[{ name: 'Põhjala' }], '1']);
    expect(page.headers.get('link')).toContain(`<${api.baseUrl}/api/customers/?field=name&page_size=5>; rel="first"`);
    const counted = await api.send('HEAD', '/api/customers/');
    expect([counted.status, counted.headers.get('x-result-count')]).toEqual([200, '1']);
    expect(await api.post('/api/projects/', { customer: 'nowhere' })).toMatchObject({
      status: 400,
      body: { name: ['This field is required.'], customer: ['Invalid hyperlink - No URL match.'] },
    });
    const missing = await api.send('PATCH', `/api/customers/${NOBODY}/`, { name: '' });
    expect([missing.status, missing.body]).toEqual([404, { detail: 'No Customer matches the given query.' }]);
    const login = await api.as(undefined).post('/api-auth/password/', { username: 'mari', password: 'wrong' });
    expect([login.status, login.headers.get('www-authenticate')]).toEqual([401, 'Token']);
    expect((await api.as(undefined).get('/health/ready')).body).toEqual({ status: 'ok' });
  });

  it('tells fixed paths from UUIDs', async () => {
    const { status, body } = await api.get('/api/admin/arrow/vendor-offering-mappings/vendor_choices/');
    expect([status, body.detail]).toEqual([400, 'No Arrow settings found']);
  });

  it('sends files', async () => {
    const arrow = await ArrowEmulator.start();
    const account = { api_url: arrow.url, api_key: arrow.apiKey };
    expect((await api.post('/api/admin/arrow/settings/', account)).status).toBe(201);
    await arrow.stop();
    const file = await api.get('/api/admin/arrow/billing-syncs/unlinked_spend/?format=csv');
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
    expect(file.body).toMatch(/^[\w,]+\r\n$/);
  });

  it('keeps its own routes as they are: open, with its own bodies and errors', async () => {
    const anybody = api.as(undefined);
    expect((await anybody.get('/shop/open')).body).toEqual({ open: true });
    expect((await anybody.post('/shop/orders', { tea: 2 })).body).toEqual({ ordered: { tea: 2 } });
    const broken = await anybody.get('/shop/broken');
    expect([broken.status, broken.body]).toEqual([500, { statusCode: 500, message: 'Internal server error' }]);
    expect(broken.headers.get('x-request-id')).toBeNull();
    expect((await anybody.get('/nowhere')).body).toMatchObject({ statusCode: 404, error: 'Not Found' });
  });

  it('has routes under our rules where it asks for them', async () => {
    const anybody = api.as(undefined);
    expect((await anybody.get('/api/shop/open/')).body).toEqual({ open: true });
    expect((await anybody.get('/api/shop/staff/')).status).toBe(401);
    expect((await user.get('/api/shop/staff/')).status).toBe(403);
    expect((await api.get('/api/shop/staff/')).body).toEqual({ open: true });
    expect((await api.get('/api/shop/forgotten/')).status).toBe(403);
    const broken = await anybody.get('/api/shop/broken/');
    const id = broken.headers.get('x-request-id');
    expect([broken.status, broken.body.error_id]).toEqual([500, id]);
  });
});

describe('A Fastify that minds the slash at the end of a path', () => {
  it('is told so at start, and keeps our routes closed all the same', async () => {
    const database = await createDatabase(TEST_DATABASE);
    const told: unknown[] = [];
    const warn = (sentence: unknown) => void told.push(sentence);
    const logger = { log: () => undefined, warn, error: warn };

    @Module({ imports: [AppModule.forRoot(readEnv({ STAFF_TOKEN, ...database.variables }))] })
    class HostModule {}

    const host = await NestFactory.create(HostModule, new FastifyAdapter(), { logger, abortOnError: false });
    await host.listen(0, '127.0.0.1');
    expect(told).toEqual([expect.stringContaining('routerOptions: { ignoreTrailingSlash: true }')]);
    const api = new ApiClient((await host.getUrl()).replace(/\/$/, ''));
    expect((await api.get('/api/customers')).status).toBe(401);
    expect((await api.post('/api/customers', {})).status).toBe(401);
    expect((await api.as(STAFF_TOKEN).get('/api/customers')).body).toEqual([]);
    await host.close();
    await database.drop();
  });
});

const alone = [
  DirectoryHttpModule,
  JobsHttpModule,
  SettingsHttpModule,
  MappingsHttpModule,
  LicensesHttpModule,
  BillingHttpModule,
];

describe.each(alone)('%p alone', (feature) => {
  let database: TestDatabase;
  beforeAll(async () => void (database = await createDatabase(TEST_DATABASE)));
  afterAll(() => database?.drop());

  it('is closed by itself', async () => {
    const env = readEnv({ STAFF_TOKEN, ...database.variables });

    @Module({ imports: [CoreModule.forRoot(env), feature] })
    class HostModule {}

    const host = await NestFactory.create(HostModule, new ExpressAdapter(), { logger: false, abortOnError: false });
    await host.listen(0, '127.0.0.1');
    const api = new ApiClient((await host.getUrl()).replace(/\/$/, ''));
    const routes = controllersOf(feature).flatMap(routesOf);
    expect(routes.length).toBeGreaterThan(0);
    for (const { method, path, access } of routes) {
      if (access === 'token-optional') continue;
      const { status } = await api.send(method, path.replace(/\{\w+\}/g, NOBODY));
      expect([method, path, status]).toEqual([method, path, 401]);
    }
    await host.close();
  });
});
