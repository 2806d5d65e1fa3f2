import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { AppModule } from '../src/app.module.js';
import { type ArrowExportPage, ArrowGateway } from '../src/arrow-gateway/arrow-gateway.js';
import { BillingAccountsService } from '../src/billing/accounts/billing-accounts.service.js';
import { ConsumptionRecordsService } from '../src/billing/consumption/consumption-records.service.js';
import { BillingSummaryService } from '../src/billing/reports/billing-summary.service.js';
import { StatementSyncService } from '../src/billing/statement/statement-sync.service.js';
import { YearMonth } from '../src/common/year-month.js';
import { readEnv } from '../src/config/env.js';
import { SettingsService } from '../src/settings/settings.service.js';
import type { BenchRow } from './bench-row.js';

const SERVER = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const LINES = Number(process.env.BENCH_LINES ?? 200_000);
const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000);
const PAGE = 1000;
const CUSTOMERS = 200;
const LICENSES = 2000;
const HEADERS = [
  'Sequence',
  'Sell Total Price',
  'Buy Total Price',
  'Currency',
  'Qty',
  'ARS Subscription ID',
  'Vendor Subscription ID',
  'End User Company Name',
  'Statement Reference',
  'Vendor Name',
  'Product Name',
  'Classification',
  'Report Period',
  'Bill From',
  'Bill To',
];

const license = (number: number) => `XSP7${String(number % LICENSES).padStart(6, '0')}`;
const owner = (number: number) => `XSP2${String((number % LICENSES) % CUSTOMERS).padStart(5, '0')}`;

function row(n: number): (string | null)[] {
  const sell = `${(n % 977) + 1}.${String((n * 37) % 100_000).padStart(5, '0')}`;
  const buy = `${(n % 977) + 0}.${String((n * 53) % 100_000).padStart(5, '0')}`;
  return [
    `AB26-${n}-1`,
    sell,
    buy,
    'EUR',
    '1',
    license(n),
    `sub-${license(n)}`,
    `Company ${owner(n)}`,
    `H1-${owner(n)}`,
    'Microsoft',
    'Virtual Machines',
    'IAAS',
    '2026-01',
    '01-01-2026',
    '31-01-2026',
  ];
}

/** Hands over lines made on the spot, so that what is timed is the service and its database, not a network. */
class LineSource {
  getExportType = (_: unknown, reference: string) => Promise.resolve({ reference, name: reference, columns: {} });
  findLicenses = (_: unknown, references: readonly string[]) =>
    Promise.resolve(
      references.map((reference) => ({
        licenseReference: reference,
        customerReference: owner(Number(reference.slice(4))),
      })),
    );
  async *exportPages(): AsyncGenerator<ArrowExportPage> {
    const totalPages = Math.ceil(LINES / PAGE);
    for (let page = 1; page <= totalPages; page++) {
      const rows = Array.from({ length: Math.min(PAGE, LINES - (page - 1) * PAGE) }, (_, i) =>
        row((page - 1) * PAGE + i),
      );
      await Promise.resolve();
      yield { page, totalPages, totalRows: LINES, headers: HEADERS, rows };
    }
  }
}

/** 200,000 lines into an empty ledger and again, beside the plainest way to put as many rows into PostgreSQL; then reads over a million records. */
export async function run(): Promise<BenchRow[]> {
  const name = `waldur_arrow_bench_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client(SERVER);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  const env = readEnv({
    DATABASE_URL: url.href,
    SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    LOG_LEVEL: 'fatal',
  });
  const moduleRef = await Test.createTestingModule({ imports: [AppModule.forRoot(env)] })
    .overrideProvider(ArrowGateway)
    .useValue(new LineSource())
    .compile();
  try {
    const rows = await measure((token) => moduleRef.get(token, { strict: false }));
    return rows;
  } finally {
    await moduleRef.close();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}

// Nest hands providers out by their class.
async function measure(get: <T>(token: abstract new (...args: never[]) => T) => T): Promise<BenchRow[]> {
  const database = get<DataSource>(DataSource);
  const settingsUuid = await seed(database);
  const settings = await get(SettingsService).get(settingsUuid);
  const accounts = get(BillingAccountsService);
  const context = {
    settings,
    account: await accounts.of(settings),
    arrow: { apiUrl: '', apiKey: '' },
    month: YearMonth.from('2026-01'),
    currentMonth: YearMonth.from('2026-02'),
    now: new Date('2026-02-01T00:00:00Z'),
    requestedBy: 'bench',
    jobUuid: null,
  };
  const options = { settle: false, force: false, dryRun: false, acceptShrinkage: false, onlyLicense: null };
  const statements = get(StatementSyncService);

  const plain = await plainInserts(database);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const steps: string[] = [];
  let step = '';
  let at = performance.now();
  const control = {
    signal: new AbortController().signal,
    progress: (next: string) => {
      if (next === step) return Promise.resolve();
      if (step) steps.push(`${step} ${Math.round(performance.now() - at)} ms`);
      [step, at] = [next, performance.now()];
      return Promise.resolve();
    },
  };
  const timed = async () => {
    const start = performance.now();
    const report = await statements.run(context, options, control);
    return { report, ms: performance.now() - start };
  };
  const first = await timed();
  steps.push(`${step} ${Math.round(performance.now() - at)} ms`);
  clearInterval(watching);
  const grown = (peak - before) / 1_048_576;
  const again = await timed();
  process.stderr.write(
    `first sync: ${steps.join(', ')}; ${first.report.postings} postings, tie-out ${JSON.stringify(first.report.tie_out)}\n`,
  );
  process.stderr.write(`second sync: ${again.report.outcome}\n`);
  const reads = await millionRecords(database, get, settingsUuid, context.account.uuid);
  return [
    { name: `plain multi-row INSERT of ${LINES} rows`, figure: Math.round(plain), unit: 'ms' },
    { name: `sync of ${LINES} lines into an empty ledger`, figure: Math.round(first.ms), unit: 'ms' },
    ratio('sync / plain INSERT', first.ms / plain, 'at most 3', first.ms / plain <= 3),
    {
      name: 'resident memory grown by the sync',
      figure: Math.round(grown),
      unit: 'MB',
      goal: 'under 150',
      ok: grown < 150,
    },
    { name: 'second, unchanged sync', figure: Math.round(again.ms), unit: 'ms' },
    ratio('first sync / unchanged sync', first.ms / again.ms, 'at least 5', first.ms / again.ms >= 5),
    ...reads,
  ];
}

const ratio = (name: string, figure: number, goal: string, ok: boolean): BenchRow => ({
  name,
  figure: Math.round(figure * 100) / 100,
  unit: '×',
  goal,
  ok,
});

async function seed(database: DataSource): Promise<string> {
  const [settings] = await database.query(
    `INSERT INTO arrow_settings (api_url, encrypted_api_key, key_hint, key_changed_at, export_type_reference, partner_reference)
     VALUES ('http://127.0.0.1', '', '', now(), 'E1', 'XSP1') RETURNING uuid`,
  );
  await database.query(
    `INSERT INTO customer (name) SELECT 'Organisation ' || n FROM generate_series(0, $1::int - 1) n`,
    [CUSTOMERS],
  );
  await database.query(
    `INSERT INTO customer_mapping (settings_uuid, arrow_reference, waldur_customer_uuid)
     SELECT $1, 'XSP2' || lpad((row_number() OVER (ORDER BY name) - 1)::text, 5, '0'), uuid FROM customer`,
    [settings.uuid],
  );
  await database.query(`INSERT INTO project (name, customer_uuid) SELECT 'Project', uuid FROM customer`);
  await database.query(`INSERT INTO offering (name) VALUES ('Azure')`);
  await database.query(
    `INSERT INTO resource (name, project_uuid, offering_uuid, backend_id)
     SELECT 'VM ' || n, project.uuid, (SELECT uuid FROM offering), 'XSP7' || lpad(n::text, 6, '0')
     FROM generate_series(0, $1::int - 1) n JOIN customer_mapping mapping ON mapping.arrow_reference = 'XSP2' || lpad((n % $2::int)::text, 5, '0')
     JOIN project ON project.customer_uuid = mapping.waldur_customer_uuid`,
    [LICENSES, CUSTOMERS],
  );
  return settings.uuid;
}

/** The yardstick: as many rows, of the same table and with its indexes, in statements of many VALUES over the same driver. */
async function plainInserts(database: DataSource): Promise<number> {
  await database.query('CREATE TABLE plain (LIKE billing_sync_item INCLUDING ALL)');
  const columns = [
    'account_uuid',
    'month',
    'license_reference',
    'arrow_line_reference',
    'occurrence',
    'status',
    'customer_uuid',
    'sell',
    'buy',
    'currency',
    'vendor_name',
    'subscription_reference',
    'classification',
    'description',
    'quantity',
    'service_start',
    'service_end',
    'billing_sync_uuid',
  ];
  const account = randomUUID();
  const start = performance.now();
  for (let from = 0; from < LINES; from += PAGE) {
    const values: unknown[] = [];
    const tuples = Array.from({ length: Math.min(PAGE, LINES - from) }, (_, i) => {
      const cells = row(from + i);
      const first = values.length;
      values.push(
        account,
        '2026-01-01',
        cells[5],
        cells[0],
        1,
        'billable',
        account,
        cells[1],
        cells[2],
        'EUR',
        cells[9],
        cells[6],
        cells[11],
        cells[10],
        cells[4],
        '2026-01-01',
        '2026-01-31',
        account,
      );
      return `(${columns.map((_, c) => `$${first + c + 1}`).join(',')})`;
    });
    await database.query(`INSERT INTO plain (${columns.join(',')}) VALUES ${tuples.join(',')}`, values);
  }
  const ms = performance.now() - start;
  await database.query('DROP TABLE plain');
  return ms;
}

async function millionRecords(
  database: DataSource,
  get: <T>(token: abstract new (...args: never[]) => T) => T,
  settingsUuid: string,
  accountUuid: string,
): Promise<BenchRow[]> {
  await database.query(
    `INSERT INTO consumption_record (account_uuid, month, license_reference, resource_uuid, customer_uuid, project_uuid, consumed_sell, consumed_buy, final_sell, final_buy, finalized_at, reconciled_at, price_source, currency)
     SELECT $1, '2024-01-01'::date + make_interval(months => (n / $2::int) % 24), 'LIC' || n, resource.uuid, project.customer_uuid, project.uuid, n % 1000, n % 800,
            CASE WHEN n % 10 < 8 THEN n % 990 END, CASE WHEN n % 10 < 8 THEN n % 790 END, CASE WHEN n % 10 < 8 THEN now() END, CASE WHEN n % 10 < 8 THEN now() END, 'sell', 'EUR'
     FROM generate_series(0, $3::int - 1) n JOIN (SELECT *, row_number() OVER (ORDER BY backend_id) - 1 AS position FROM resource) resource ON resource.position = n % $2::int
     JOIN project ON project.uuid = resource.project_uuid`,
    [accountUuid, LICENSES, RECORDS],
  );
  await database.query('VACUUM ANALYZE consumption_record');
  const [mapping] = await database.query(
    'SELECT uuid, waldur_customer_uuid FROM customer_mapping WHERE settings_uuid = $1 ORDER BY arrow_reference LIMIT 1',
    [settingsUuid],
  );
  const time = async (work: () => Promise<unknown>) => {
    await work();
    const start = performance.now();
    for (let i = 0; i < 5; i++) await work();
    return (performance.now() - start) / 5;
  };
  const summary = await time(() => get(BillingSummaryService).of(mapping.uuid));
  const statistics = await time(() => get(ConsumptionRecordsService).statistics());
  const plan = async (sql: string, parameters: unknown[]) => {
    const rows = await database.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN (ANALYZE, BUFFERS) ${sql}`, parameters);
    return rows.map((line) => line['QUERY PLAN']).join('\n');
  };
  const summaryPlan = await plan(
    'SELECT count(*), sum(consumed_sell), sum(final_sell), count(finalized_at) FROM consumption_record record WHERE record.customer_uuid = $1 AND record.reversed_at IS NULL',
    [mapping.waldur_customer_uuid],
  );
  const statisticsPlan = await plan(
    'SELECT month, count(*), sum(consumed_sell) FROM consumption_record WHERE reversed_at IS NULL GROUP BY month ORDER BY month DESC',
    [],
  );
  process.stderr.write(
    `\nbilling_summary:\n${summaryPlan}\n\nconsumption_statistics (reads every record: there is nothing for an index to leave out):\n${statisticsPlan}\n`,
  );
  return [
    {
      name: `billing_summary over ${RECORDS} records`,
      figure: Math.round(summary * 10) / 10,
      unit: 'ms',
      goal: 'no sequential scan',
      ok: !summaryPlan.includes('Seq Scan'),
    },
    { name: `consumption_statistics over ${RECORDS} records`, figure: Math.round(statistics * 10) / 10, unit: 'ms' },
  ];
}
