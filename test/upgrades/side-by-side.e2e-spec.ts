import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import type { ExportLine } from '../../emulator/model.js';
import { BillingWorld } from '../billing/billing-world.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, TestClock, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { cache, createDatabase, createFilledDatabase, root, type TestDatabase } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';
import { fill, type Kept, PASSWORD, read } from './world.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';
const folder = join(root, 'test/upgrades/kept');
const ENDING = '.program.json.gz';
const versions = readdirSync(folder)
  .filter((name) => name.endsWith(ENDING))
  .map((name) => name.slice(0, -ENDING.length));
const unpacked = (name: string) => gunzipSync(readFileSync(join(folder, name))).toString();

/**
 * The program of a version in a folder from which it finds the dependencies of this one: `@fastify/helmet` is a
 * development dependency only because that of 0.1.0 imports it.
 */
function unpackProgram(version: string): string {
  const program = mkdtempSync(join(cache, 'program-'));
  for (const [file, code] of Object.entries(JSON.parse(unpacked(version + ENDING)) as Record<string, string>)) {
    mkdirSync(dirname(join(program, file)), { recursive: true });
    writeFileSync(join(program, file), code);
  }
  return program;
}

/** An embedded database is served by one process, so no two programs ever share it. */
const onServer = TEST_DATABASE === 'postgres' ? describe.each(versions) : describe.skip.each(versions);

onServer('The program of version %s and this one on one database', (version) => {
  const kept = JSON.parse(unpacked(`${version}.json.gz`)) as Kept;
  let program: string;
  let database: TestDatabase;
  let arrow: ArrowEmulator;
  let older: ServiceProcess;
  let newer: ServiceProcess;
  let before: ApiClient;
  let after: ApiClient;
  /** This version's program, or the one in a folder. */
  const start = (on: TestDatabase, folderOf?: string) =>
    ServiceProcess.start(
      { ...on.variables, STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', ARROW_TIMEOUT_MS: '5000' },
      folderOf ? [process.execPath, join(folderOf, 'src/main.js')] : undefined,
    );
  const startNewer = async () => {
    newer = start(database);
    after = await newer.api(STAFF_TOKEN);
  };

  beforeAll(async () => {
    program = unpackProgram(version);
    [database, arrow] = await Promise.all([
      createFilledDatabase('postgres', unpacked(`${version}.sql.gz`)),
      ArrowEmulator.start(),
    ]);
    Object.assign(arrow.data, kept.arrow);
    older = start(database, program);
    before = await older.api(STAFF_TOKEN);
    await startNewer();
  });
  afterAll(async () => {
    await Promise.all([older, newer].map((service) => service?.exit('SIGKILL')));
    await Promise.all([arrow?.stop(), database?.drop()]);
    rmSync(program, { recursive: true, force: true });
  });

  it('both are ready, and show what the older one showed before the newer one migrated it', async () => {
    for (const api of [before, after]) {
      expect((await api.as(undefined).get('/health/ready')).status).toBe(200);
      const lists = await read(api);
      for (const [path, rows] of Object.entries(kept.lists)) expect([path, lists[path]]).toMatchObject([path, rows]);
    }
  });

  const pairs = [
    ['older', 'newer'],
    ['newer', 'older'],
  ] as const;
  const of = (which: 'older' | 'newer') => (which === 'older' ? before : after);

  it.each(pairs)('what the %s one writes, the %s one reads, changes and removes', async (writer, reader) => {
    const [api, other] = [of(writer), of(reader)];
    const make = new Builders({ api, arrow });
    const project = await make.project();
    const plan = await make.plan();
    const resource = await make.resource({ project: project.uuid, offering: plan.offering_uuid });
    const seen = async (path: string) => (await other.get(path)).body;
    expect(await seen(`/api/projects/${project.uuid}/`)).toMatchObject({ name: project.name });
    const linked = await other.post(`/api/marketplace-provider-resources/${resource.uuid}/set_backend_id/`, {
      backend_id: `XSP-by-${reader}`,
    });
    expect(linked.status).toBe(200);
    expect((await api.get(`/api/marketplace-resources/${resource.uuid}/`)).body).toMatchObject({
      backend_id: `XSP-by-${reader}`,
    });
    const path = `/api/customers/${project.customer_uuid}/`;
    expect((await other.patch(path, { name: `Renamed by the ${reader}` })).status).toBe(200);
    expect((await api.get(path)).body).toMatchObject({ name: `Renamed by the ${reader}` });
    const { uuid } = await make.customer();
    expect((await other.delete(`/api/customers/${uuid}/`)).status).toBe(204);
    expect((await api.get(`/api/customers/${uuid}/`)).status).toBe(404);
    for (const changed of [project.customer_uuid, uuid])
      expect((await after.get(`/api/admin/arrow/audit-events/?object_uuid=${changed}`)).body.length).toBe(2);
  });

  it.each(pairs)(
    'who logs in at the %s one is known to the %s one, until a token ends at either',
    async (at, else_) => {
      const [api, other] = [of(at), of(else_)];
      const user = (await api.post('/api/users/', { username: `by-${at}`, is_staff: true })).body;
      await api.post(`/api/users/${user.uuid}/change_password/`, { new_password: PASSWORD });
      const login = await other
        .as(undefined)
        .post('/api-auth/password/', { username: user.username, password: PASSWORD });
      expect(login.status).toBe(200);
      expect((await api.as(login.body.token).get('/api/users/me/')).body).toMatchObject({ username: user.username });
      expect((await api.as(kept.token).get('/api/users/me/')).status).toBe(
        (await other.as(kept.token).get('/api/users/me/')).status,
      );
      expect((await other.post(`/api/users/${user.uuid}/remove_password/`)).status).toBe(200);
      expect((await api.as(login.body.token).get('/api/users/me/')).status).toBe(401);
    },
  );

  const billing = (api: ApiClient) => {
    const w = new BillingWorld({ api, arrow, clock: new TestClock() } as unknown as TestApp);
    w.settings = kept.settings;
    return w;
  };

  it('the older one bills alone on the schema of the newer one, and the newer one posts nothing twice', async () => {
    const connected = { api_url: arrow.url, api_key: arrow.data.partners.at(-1)!.apiKey };
    expect((await before.patch(`/api/admin/arrow/settings/${kept.settings}/`, connected)).status).toBe(200);
    expect(await newer.exit('SIGTERM')).toBe(0);

    const alone = billing(before);
    for (const month of kept.months) {
      alone.month = month;
      expect(await alone.sync()).toMatchObject({
        state: 'succeeded',
        result: { postings: 0, tie_out: [{ ties_out: true }] },
      });
    }
    const line = (arrow.data.exportLines as ExportLine[]).at(-1)!;
    line.values['sell-total-price'] = '500.00';
    const posted = { state: 'succeeded', result: { postings: 1, tie_out: [{ ties_out: true }] } };
    expect(await alone.sync()).toMatchObject(posted);

    await startNewer();
    expect(await older.exit('SIGTERM')).toBe(0);
    const taken = billing(after);
    taken.month = alone.month;
    expect(await taken.sync({ force: true })).toMatchObject({
      state: 'succeeded',
      result: { postings: 0, tie_out: [{ ties_out: true }] },
    });
    line.values['sell-total-price'] = '501.00';
    expect(await taken.sync()).toMatchObject(posted);
  });

  it('an older one that starts on the schema of the newer one does all its work there', async () => {
    const [migrated, fresh] = await Promise.all([createDatabase('postgres'), ArrowEmulator.start()]);
    const alone = start(migrated, program);
    const next = start(migrated);
    try {
      const clock = new TestClock();
      const { lists } = await fill({ api: await alone.api(STAFF_TOKEN), arrow: fresh, clock } as unknown as TestApp);
      const shown = await read(await next.api(STAFF_TOKEN));
      for (const [path, rows] of Object.entries(lists)) expect([path, shown[path]]).toMatchObject([path, rows]);
    } finally {
      await Promise.all([alone, next].map((service) => service.exit('SIGKILL')));
      await Promise.all([fresh.stop(), migrated.drop()]);
    }
  });
});
