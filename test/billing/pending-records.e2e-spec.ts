import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld } from './billing-world.js';

const PENDING = '/api/admin/arrow/billing-syncs/pending_records/';

/** Consumption that is not final: which records are listed, in pages and by the filters of the operation. */
describe('pending records', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const pending = (w: BillingWorld, query: string) => app.api.get(`${PENDING}?settings_uuid=${w.settings}&${query}`);
  const licenses = async (w: BillingWorld, query: string): Promise<string[]> => {
    const { body } = await pending(w, `page_size=100&${query}`);
    return (body as { license_reference: string }[]).map((record) => record.license_reference).sort();
  };

  /** Two licences of A with a statement of one of them, and one of B without any. */
  const consumed = async () => {
    const w = await new BillingWorld(app).start();
    const first = await w.linked();
    const second = await w.linked(first);
    const other = await w.linked();
    for (const { license } of [first, second, other]) w.consumes(license, [[10, 8]]);
    await w.syncConsumption();
    w.export([w.line(first.license, '9.00')]);
    await w.sync();
    const ofA = [first.license.licenseId, second.license.licenseId].sort();
    return { w, first, other, ofA, all: [...ofA, other.license.licenseId].sort() };
  };

  test('are paged and counted, each once', async () => {
    const { w, all } = await consumed();
    const seen: string[] = [];
    for (const page of [1, 2, 3]) {
      const answer = await pending(w, `page_size=1&page=${page}`);
      expect(answer.headers.get('x-result-count')).toBe('3');
      expect(answer.body).toHaveLength(1);
      seen.push(answer.body[0].license_reference);
    }
    expect(seen.sort()).toEqual(all);
    expect((await pending(w, 'page_size=1&page=4')).status).toBe(404);
    const counted = await app.api.head(`${PENDING}?settings_uuid=${w.settings}`);
    expect(counted.headers.get('x-result-count')).toBe('3');
  });

  test('are those of the settings, mapping, month and statement that are asked for', async () => {
    const { w, first, other, ofA, all } = await consumed();
    const { statement_reference } = await w.statement(first);
    const ofB = [other.license.licenseId];
    const link = (mapping: string) => encodeURIComponent(`${app.url}/api/admin/arrow/customer-mappings/${mapping}/`);
    for (const [query, expected] of [
      ['', all],
      [`customer_mapping_uuid=${first.mapping}`, ofA],
      [`customer_mapping_uuid=${other.mapping}`, ofB],
      [`customer_mapping=${link(first.mapping)}`, ofA],
      ['report_period=2026-01', all],
      ['report_period=2025-12', []],
      ['report_period=January', []],
      ['report_period_from=2026-01&report_period_to=2026-01', all],
      ['report_period_from=2026-02', []],
      ['report_period_to=2025-12', []],
      ['state=-40000', []],
      [`statement_reference=${statement_reference}`, ofA],
      ['statement_reference=NO-SUCH', []],
      ['state=2', ofA],
      ['state=4', []],
      ['arrow_state=Pending', ofA],
      ['arrow_state=rejected', []],
      [`state=2&customer_mapping_uuid=${other.mapping}`, []],
    ] as const)
      expect([query, await licenses(w, query)]).toEqual([query, expected]);
  });

  test('are not those of other settings', async () => {
    const { w } = await consumed();
    const another = await new BillingWorld(app).start();
    expect(await licenses(another, '')).toEqual([]);
    expect((await licenses(w, '')).length).toBe(3);
  });

  test('are neither closed ones nor those that were reversed', async () => {
    const { w, first, other, all } = await consumed();
    await w.cleanUp({ resource_uuid: other.resource });
    expect(await licenses(w, '')).toEqual(all.filter((license) => license !== other.license.licenseId));
    await w.reconcile();
    expect(await licenses(w, '')).toEqual([]);
    expect(await w.record(first)).toMatchObject({
      is_finalized: true,
      final_sell: '9.0000000000',
      consumed_sell: '10.0000000000',
      adjustment_amount: '-1.00',
    });
  });

  test.each(['customer_mapping_uuid=no-uuid', 'settings_uuid=no-uuid', 'state=open'])('refuse %s', async (query) => {
    expect((await app.api.get(`${PENDING}?${query}`)).status).toBe(400);
  });

  test('are found by part of a statement reference in any script, capital or not', async () => {
    const w = await new BillingWorld(app).start();
    const { license } = await w.linked();
    w.consumes(license, [[10, 8]]);
    await w.syncConsumption();
    w.export([w.line(license, '9.00', { values: { 'statement-reference': 'ÄRVE-ЖУК' } })]);
    await w.sync();
    expect(await licenses(w, `statement_reference=${encodeURIComponent('ärve-ж')}`)).toEqual([license.licenseId]);
    expect(await licenses(w, `statement_reference=${encodeURIComponent('ärve_ж')}`)).toEqual([]);
  });
});
