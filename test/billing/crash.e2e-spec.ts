import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/configure-app.js';
import { StatementSyncService } from '../../src/billing/statement/statement-sync.service.js';
import { BillingAccountsService } from '../../src/billing/accounts/billing-accounts.service.js';
import { readEnv } from '../../src/config/env.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { YearMonth } from '../../src/common/year-month.js';
import { ApiClient } from '../support/api-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { BillingWorld, type Linked } from './billing-world.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** The embedded database shares its process with everything else and takes its time. */
const LINES = TEST_DATABASE === 'pglite' ? 5_000 : 20_000;
const CUSTOMERS = 8;

describe(`a sync of ${LINES} lines`, () => {
  let app: TestApp;
  let w: BillingWorld;
  let parties: Linked[];

  beforeAll(async () => {
    app = await startApp();
    w = await new BillingWorld(app).start();
    parties = [];
    for (let i = 0; i < CUSTOMERS; i++) parties.push(await w.linked());
    w.export(
      Array.from({ length: LINES }, (_, i) =>
        w.line(parties[i % CUSTOMERS]!.license, `${i % 97}.${String(i % 1000).padStart(3, '0')}`),
      ),
    );
  }, 120_000);
  afterAll(() => app.stop());

  const BOOKS = `SELECT customer_uuid, charge_key, sum(amount)::numeric(22,2)::text AS amount, count(*)::int AS entries
    FROM invoice_posting JOIN invoice ON invoice.uuid = invoice_uuid GROUP BY 1, 2 ORDER BY 1, 2`;

  test('ends with the same books when its process is killed at any point and started again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-crash-'));
    try {
      await (app.kind === 'pglite' ? embedded(folder) : server());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);

  /** Kills the service `kills` times during one job, each time later, and waits for the job to end by itself. */
  async function killed(
    variables: Record<string, string>,
    kills: number,
  ): Promise<{ attempts: number; service: ServiceProcess; api: ApiClient }> {
    let service = ServiceProcess.start(variables);
    let api = await service.api(STAFF_TOKEN);
    const { body, status } = await api.post('/api/admin/arrow/billing-syncs/trigger_sync/', {
      year: 2026,
      month: 1,
      settings_uuid: w.settings,
    });
    expect([status, body]).toEqual([202, expect.objectContaining({ job_id: expect.any(String) })]);
    const path = `/api/admin/arrow/jobs/${body.job_id}/`;
    for (let kill = 0; kill < kills; kill++) {
      await until(api, path, (job) => job.state !== 'running' || STEPS.indexOf(job.step) >= kill);
      await service.exit('SIGKILL');
      service = ServiceProcess.start(variables);
      api = await service.api(STAFF_TOKEN);
    }
    const job = await until(api, path, ({ state }) => !['queued', 'running'].includes(state));
    expect(job).toMatchObject({
      state: 'succeeded',
      result: { lines: LINES, failed: 0, tie_out: [{ ties_out: true }] },
    });
    return { attempts: job.attempts, service, api };
  }
  const STEPS = ['fetching', 'reading', 'posting'];

  async function until(api: ApiClient, path: string, done: (job: { state: string; step: string }) => boolean) {
    for (;;) {
      const { body } = await api.get(path);
      if (done(body)) return body;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async function server(): Promise<void> {
    const { attempts, service } = await killed({ ...app.variables }, STEPS.length);
    expect(attempts).toBeGreaterThan(1);
    await service.exit('SIGKILL');
    await compare(await app.database.query(BOOKS), await invoices());
  }

  /** One process at a time may use an embedded database: the killed one works on a copy. */
  async function embedded(folder: string): Promise<void> {
    await app.database.query('CHECKPOINT');
    cpSync(join(app.variables.DATA_DIR!, 'pglite'), join(folder, 'pglite'), { recursive: true });
    const { attempts, service, api } = await killed({ ...app.variables, DATA_DIR: folder }, STEPS.length);
    expect(attempts).toBeGreaterThan(1);
    const killedInvoices = await invoices(api);
    await service.exit('SIGKILL');
    expect((await w.sync()).result).toMatchObject({ outcome: 'applied' });
    expect(await invoices()).toEqual(killedInvoices);
  }

  /** A further run over the killed one's books finds nothing to do. */
  async function compare(books: unknown[], totals: unknown): Promise<void> {
    await app.database.query(`UPDATE billing_month SET fingerprint = ''`);
    expect((await w.sync()).result).toMatchObject({ outcome: 'applied', postings: 0 });
    expect(await app.database.query(BOOKS)).toEqual(books);
    expect(await invoices()).toEqual(totals);
    expect((books as { entries: number }[]).every((row) => row.entries === 1)).toBe(true);
  }

  async function invoices(api: ApiClient = app.api): Promise<[string, string, number][]> {
    const { body } = await api.get('/api/invoices/?page_size=100');
    return body
      .map(
        (invoice: { customer_uuid: string; price: string; item_count: number }) =>
          [invoice.customer_uuid, invoice.price, invoice.item_count] as const,
      )
      .sort();
  }
});

describe('two instances of the service on one PostgreSQL', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  test('never post twice, whoever runs what', async () => {
    // An embedded database has one process by its nature.
    if (app.kind === 'pglite') return;
    const w = await new BillingWorld(app).start();
    const parties = [await w.linked(), await w.linked(), await w.linked()];
    const lines = Array.from({ length: 300 }, (_, i) => w.line(parties[i % 3]!.license, `${i}.015`));
    w.export(lines);
    const second = await createApp(readEnv(app.variables), app.clock);
    await second.init();
    try {
      const run = async (from: typeof second, settle: boolean) => {
        const settings = await from.get(SettingsService).get(w.settings);
        const context = await from
          .get(BillingAccountsService)
          .context(settings, YearMonth.from('2026-01'), 'test', null);
        const control = { signal: new AbortController().signal, progress: () => Promise.resolve() };
        const options = { settle, force: settle, dryRun: false, acceptShrinkage: true, onlyLicense: null };
        return from
          .get(StatementSyncService)
          .run(context, options, control)
          .catch((error: { code?: string }) => error.code);
      };
      await Promise.all([run(app.app, false), run(second, false), run(app.app, true), run(second, true)]);
      for (const line of lines) line.values['sell-total-price'] = '1.00';
      await Promise.all([run(app.app, true), run(second, true), run(second, false), run(app.app, false)]);
      await run(second, true);
      expect(await Promise.all(parties.map((party) => w.charged(party.customer)))).toEqual([
        '100.00',
        '100.00',
        '100.00',
      ]);
      const [{ twice }] = await app.database.query(
        `SELECT count(*)::int AS twice FROM (SELECT charge_key, revision FROM invoice_posting GROUP BY account_uuid, month, 1, 2 HAVING count(*) > 1) repeated`,
      );
      expect(twice).toBe(0);
    } finally {
      await second.close();
    }
  }, 120_000);
});
