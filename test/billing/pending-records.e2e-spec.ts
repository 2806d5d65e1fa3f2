import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, type Linked } from './billing-world.js';

const PENDING = '/api/admin/arrow/billing-syncs/pending_records';
const LICENSES = 12;

/** Consumption that is not final yet: read in pages, and narrowed by each of its filters. */
describe('pending consumption records', () => {
  let app: TestApp;
  let w: BillingWorld;
  let first: Linked;
  let other: Linked;
  let statement: { statement_reference: string };

  beforeAll(async () => {
    app = await startApp();
    w = await new BillingWorld(app).start();
    first = await w.linked();
    other = await w.linked();
    const all = [first, other];
    while (all.length < LICENSES) all.push(await w.linked(first));
    all.forEach(({ license }, i) => w.consumes(license, [[i + 1, i]]));
    await w.syncConsumption();
    w.consumes(first.license, [[3, 2]], '2025-12');
    await w.syncConsumption({ year: 2025, month: 12 });
    w.export(all.filter((one) => one.customer === first.customer).map((one) => w.line(one.license, '1.00')));
    await w.sync();
    statement = await w.statement(first);
  });
  afterAll(() => app.stop());

  const get = (query = '') => app.api.get(`${PENDING}/?${query}`);

  test('are handed to a pager each once, with their number in the headers of every page', async () => {
    const seen: string[] = [];
    for (const page of [1, 2, 3]) {
      const { body, headers } = await get(`page=${page}&page_size=5`);
      expect(headers.get('x-result-count')).toBe('13');
      expect(body.length).toBeLessThanOrEqual(5);
      seen.push(...body.map((record: { uuid: string }) => record.uuid));
    }
    expect(new Set(seen).size).toBe(13);
    expect((await get('page=4&page_size=5')).status).toBe(404);
    expect((await get()).body).toHaveLength(10);
    expect((await app.api.head(`${PENDING}/?page_size=5`)).headers.get('x-result-count')).toBe('13');
  });

  test('say what is consumed, of which licence and resource', async () => {
    const { body } = await get(`customer_mapping_uuid=${other.mapping}`);
    expect(body).toEqual([
      {
        uuid: expect.any(String),
        resource_uuid: other.resource,
        resource_name: `VM ${other.license.licenseId}`,
        license_reference: other.license.licenseId,
        billing_period: '2026-01-01',
        consumed_sell: '2.00',
        last_sync_at: '2026-02-01T06:00:00+00:00',
      },
    ]);
  });

  test('are narrowed by every filter that is documented', async () => {
    const link = `${app.url}/api/admin/arrow/customer-mappings/${other.mapping}/`;
    const counts: [string, number][] = [
      [`customer_mapping=${encodeURIComponent(link)}`, 1],
      [`customer_mapping_uuid=${first.mapping}`, 12],
      [`settings_uuid=${w.settings}`, 13],
      [`settings_uuid=00000000-0000-4000-8000-000000000000`, 0],
      ['report_period=2025-12', 1],
      ['report_period=2026-01', 12],
      ['report_period=nonsense', 0],
      ['report_period_from=2026-01', 12],
      ['report_period_to=2025-12', 1],
      ['report_period_from=2025-12&report_period_to=2026-01', 13],
      [`statement_reference=${encodeURIComponent(statement.statement_reference.slice(1, -1))}`, 11],
      ['statement_reference=no-such-statement', 0],
      ['state=2', 11],
      ['state=4', 0],
      ['arrow_state=PENDING', 11],
      ['arrow_state=validated', 0],
      ['arrow_state=rejected', 0],
    ];
    for (const [filter, count] of counts) {
      const { headers } = await get(filter);
      const head = await app.api.head(`${PENDING}/?${filter}`);
      const seen = [headers.get('x-result-count'), head.headers.get('x-result-count')];
      expect([filter, ...seen]).toEqual([filter, String(count), String(count)]);
    }
  });

  test('refuse what cannot be read', async () => {
    expect(await get('settings_uuid=x')).toMatchObject({ status: 400, body: { settings_uuid: [expect.any(String)] } });
    expect(await get('state=x')).toMatchObject({ status: 400, body: { state: [expect.any(String)] } });
  });

  test('are no longer pending once their statement is closed', async () => {
    await w.reconcile();
    expect((await get('report_period=2026-01')).headers.get('x-result-count')).toBe('0');
    expect((await get()).headers.get('x-result-count')).toBe('1');
  });
});
