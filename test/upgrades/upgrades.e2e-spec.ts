import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ExportLine } from '../../emulator/model.js';
import { BillingWorld } from '../billing/billing-world.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { createFilledDatabase, root } from '../support/databases.js';
import { bills, type Kept, PASSWORD, read } from './world.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';
const folder = join(root, 'test/upgrades/kept');
const versions = readdirSync(folder)
  .filter((name) => name.endsWith('.sql.gz'))
  .map((name) => name.slice(0, -'.sql.gz'.length));
const unpacked = (name: string) => gunzipSync(readFileSync(join(folder, name))).toString();

describe.each(versions)('The database of version %s', (version) => {
  const kept = JSON.parse(unpacked(`${version}.json.gz`)) as Kept;
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({}, {}, await createFilledDatabase(TEST_DATABASE, unpacked(`${version}.sql.gz`)));
    Object.assign(app.arrow.data, kept.arrow);
    app.clock.set('2026-02-20T07:00:00Z');
  });
  afterAll(() => app?.stop());

  it('is served by this version, and shows everything that it showed', async () => {
    const lists = await read(app.api);
    for (const [path, rows] of Object.entries(kept.lists)) {
      expect(rows.length).toBeGreaterThan(0);
      expect([path, lists[path]]).toMatchObject([path, rows]);
    }
  });

  it('lets in whom it let in', async () => {
    expect((await app.api.as(STAFF_TOKEN).get('/api/users/me/')).status).toBe(200);
    app.clock.set('2026-02-01T06:30:00Z');
    expect((await app.api.as(kept.token).get('/api/users/me/')).body).toMatchObject({ username: 'mari' });
    const login = await app.api.as(undefined).post('/api-auth/password/', { username: 'mari', password: PASSWORD });
    expect(login.status).toBe(200);
  });

  it('is billed on: the same months again post nothing, a changed line posts the difference', async () => {
    const w = new BillingWorld(app);
    w.settings = kept.settings;
    const saved = await app.api.patch(`/api/admin/arrow/settings/${kept.settings}/`, {
      api_url: app.arrow.url,
      api_key: app.arrow.data.partners.at(-1)!.apiKey,
    });
    expect(saved).toMatchObject({ status: 200 });
    for (const month of kept.months) {
      w.month = month;
      const again = await w.sync();
      expect(again).toMatchObject({ state: 'succeeded', result: { postings: 0 } });
      expect(again.result.tie_out).toEqual([expect.objectContaining({ ties_out: true })]);
    }
    expect(bills(await read(app.api))).toEqual(bills(kept.lists));

    const line = (app.arrow.data.exportLines as ExportLine[]).at(-1)!;
    line.values['sell-total-price'] = '500.00';
    const changed = await w.sync();
    expect(changed.result.tie_out).toEqual([expect.objectContaining({ ties_out: true })]);
    expect(changed.result.postings).toBe(1);
  });
});
