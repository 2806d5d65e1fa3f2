import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { AppModule } from '../src/app.module.js';
import { type ArrowExportPage, ArrowGateway } from '../src/arrow-gateway/arrow-gateway.js';
import { BillingAccountsService } from '../src/billing/accounts/billing-accounts.service.js';
import { BillingRulesService } from '../src/billing/accounts/billing-rules.service.js';
import { ConsumptionRecordsService } from '../src/billing/consumption/consumption-records.service.js';
import type { BillingContext } from '../src/billing/core/billing-context.js';
import { InvoicesService } from '../src/billing/invoices/invoices.service.js';
import { ReportsService } from '../src/billing/reports/reports.service.js';
import { ExplainService } from '../src/billing/reports/explain.service.js';
import { StatementImportService } from '../src/billing/statements/statement-import.service.js';
import type { RowsFile } from '../src/common/csv.js';
import { UuidFormatter } from '../src/common/uuid-formatter.js';
import { YearMonth } from '../src/common/year-month.js';
import { readEnv } from '../src/config/env.js';
import { SettingsService } from '../src/settings/settings.service.js';
import type { BenchRow } from './bench-row.js';

const SERVER = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const LINES = Number(process.env.BENCH_LINES ?? 200_000);
const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000);
/** Lines of the smaller of two statements that are read as CSV; the larger has four times as many. */
const READ_LINES = Number(process.env.BENCH_READ_LINES ?? 10_000);
const PAGE = 1000;
const MONTH = YearMonth.from('2026-01');

/** An export: so many lines of so many licences of so many customers. */
interface Shape {
  readonly lines: number;
  readonly licenses: number;
  readonly customers: number;
}

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

const license = (number: number, { licenses }: Shape) => `XSP7${String(number % licenses).padStart(6, '0')}`;
const owner = (number: number, { licenses, customers }: Shape) =>
  `XSP2${String((number % licenses) % customers).padStart(5, '0')}`;

function row(n: number, shape: Shape): (string | null)[] {
  const sell = `${(n % 977) + 1}.${String((n * 37) % 100_000).padStart(5, '0')}`;
  const buy = `${(n % 977) + 0}.${String((n * 53) % 100_000).padStart(5, '0')}`;
  return [
    `AB26-${n}-1`,
    sell,
    buy,
    'EUR',
    '1',
    license(n, shape),
    `sub-${license(n, shape)}`,
    `Company ${owner(n, shape)}`,
    `H1-${owner(n, shape)}`,
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
  constructor(private readonly shape: Shape) {}

  getExportType = (_: unknown, reference: string) => Promise.resolve({ reference, name: reference, columns: {} });
  findLicenses = (_: unknown, references: readonly string[]) =>
    Promise.resolve(
      references.map((reference) => ({
        licenseReference: reference,
        customerReference: owner(Number(reference.slice(4)), this.shape),
      })),
    );

  async *exportPages(): AsyncGenerator<ArrowExportPage> {
    const { lines } = this.shape;
    const totalPages = Math.ceil(lines / PAGE);
    for (let page = 1; page <= totalPages; page++) {
      const first = (page - 1) * PAGE;
      const rows = Array.from({ length: Math.min(PAGE, lines - first) }, (_, i) => row(first + i, this.shape));
      await Promise.resolve();
      yield { page, totalPages, totalRows: lines, headers: HEADERS, rows };
    }
  }
}

// Nest hands providers out by their class.
type Get = <T>(token: abstract new (...args: never[]) => T) => T;

/** Exports into an empty ledger and again, beside the plainest way to put as many rows into PostgreSQL; then reads. */
export async function run(): Promise<BenchRow[]> {
  const few = { lines: LINES, licenses: 2000, customers: 200 };
  const many = { lines: LINES, licenses: LINES, customers: 200 };
  return [
    ...(await inDatabase(few, (get) => syncs(get, few, { atMost: 1, isRead: true }))),
    ...(await inDatabase(many, (get) => syncs(get, many, { atMost: 2, isRead: false }))),
    ...(await csvReads()),
  ];
}

/** Runs `work` in the real application on a database of its own, whose ArrowSphere has an export of this shape. */
async function inDatabase<T>(shape: Shape, work: (get: Get) => Promise<T>): Promise<T> {
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
    .useValue(new LineSource(shape))
    .compile();
  // There is no key that ArrowSphere could be asked about.
  moduleRef.get(BillingAccountsService, { strict: false }).ensureOwnKey = () => Promise.resolve();
  try {
    return await work((token) => moduleRef.get(token, { strict: false }));
  } finally {
    await moduleRef.close();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}

/** One sync of the month of the export. */
async function syncOf(get: Get, settingsUuid: string) {
  const settings = await get(SettingsService).get(settingsUuid);
  const account = await get(BillingAccountsService).of(settings);
  const context: BillingContext = {
    settings,
    account,
    rule: await get(BillingRulesService).of(account, settings, MONTH),
    arrow: { apiUrl: '', apiKey: '' },
    month: MONTH,
    scope: [account.uuid, MONTH.firstDay],
    lane: 'bench',
    itemPrefix: 'Arrow consumption',
    currentMonth: MONTH.plus(1),
    now: new Date('2026-02-01T00:00:00Z'),
    requestedBy: 'bench',
    jobUuid: null,
    lease: null,
  };
  const command = { reconcile: false, force: false, dryRun: false, acceptShrinkage: false, onlyLicense: null };
  const control = { signal: new AbortController().signal, progress: () => Promise.resolve() };
  return async () => {
    const start = performance.now();
    const report = await get(StatementImportService).import(context, command, control);
    if (!report.tieOut.every((entry) => entry.tiesOut)) throw new Error('The month does not tie out.');
    return { outcome: report.outcome, ms: performance.now() - start };
  };
}

async function syncs(
  get: Get,
  shape: Shape,
  { atMost, isRead }: { readonly atMost: number; readonly isRead: boolean },
): Promise<BenchRow[]> {
  const database = get(DataSource);
  const settingsUuid = await seed(database, shape);
  const sync = await syncOf(get, settingsUuid);
  const plain = await plainInserts(database, shape);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const first = await sync();
  clearInterval(watching);
  const again = await sync();
  if (first.outcome !== 'applied' || again.outcome !== 'unchanged') throw new Error('The second sync found changes.');
  const grown = Math.round((peak - before) / 1_048_576);
  const what = `${shape.lines} lines of ${shape.licenses} licences`;
  const rows: BenchRow[] = [
    { name: `plain multi-row INSERT of ${shape.lines} rows`, figure: Math.round(plain), unit: 'ms' },
    { name: `sync of ${what} into an empty ledger`, figure: Math.round(first.ms), unit: 'ms' },
    ratio(`sync / plain INSERT, ${what}`, first.ms / plain, { atMost }),
  ];
  if (!isRead) return rows;
  return [
    ...rows,
    { name: 'resident memory grown by the sync', figure: grown, unit: 'MB', goal: 'under 100', ok: grown < 100 },
    { name: 'second, unchanged sync', figure: Math.round(again.ms), unit: 'ms' },
    ratio('first sync / unchanged sync', first.ms / again.ms, { atLeast: 20 }),
    ...(await records(get, settingsUuid)),
  ];
}

/** `explain` and an invoice as CSV: one customer whose licences have one line each, then four times as many. */
async function csvReads(): Promise<BenchRow[]> {
  const [small, large] = [await csvReadsOf(READ_LINES), await csvReadsOf(READ_LINES * 4)];
  return (['explain', 'invoice'] as const).flatMap((report) => [
    { name: `${report} of ${READ_LINES} lines as CSV`, figure: Math.round(small[report]), unit: 'ms' },
    ratio(`${report} as CSV: time for 4 × the lines`, large[report] / small[report], { atMost: 5 }),
  ]);
}

function csvReadsOf(lines: number): Promise<{ explain: number; invoice: number }> {
  const shape = { lines, licenses: lines, customers: 1 };
  return inDatabase(shape, async (get) => {
    const database = get(DataSource);
    await (
      await syncOf(get, await seed(database, shape))
    )();
    await database.query('VACUUM ANALYZE');
    const [statement] = await database.query<{ uuid: string }[]>('SELECT uuid FROM billing_sync');
    const [invoice] = await database.query<{ uuid: string }[]>('SELECT uuid FROM invoice');
    const uuids = get(UuidFormatter);
    const read = async (ask: () => Promise<unknown>) => {
      const start = performance.now();
      for await (const chunk of ((await ask()) as RowsFile).stream(uuids).getStream()) void chunk;
      return performance.now() - start;
    };
    const csv = { format: 'csv' } as never;
    return {
      explain: await read(() => get(ExplainService).explain(statement!.uuid, csv)),
      invoice: await read(() => get(InvoicesService).items(invoice!.uuid, csv)),
    };
  });
}

function ratio(
  name: string,
  figure: number,
  goal: { readonly atMost: number } | { readonly atLeast: number },
): BenchRow {
  const [words, ok] =
    'atMost' in goal
      ? [`at most ${goal.atMost}`, figure <= goal.atMost]
      : [`at least ${goal.atLeast}`, figure >= goal.atLeast];
  return { name, figure: Math.round(figure * 100) / 100, unit: '×', goal: words, ok };
}

async function seed(database: DataSource, { licenses, customers }: Shape): Promise<string> {
  const [settings] = await database.query(
    `INSERT INTO arrow_settings (api_url, encrypted_api_key, key_hint, key_changed_at, export_type_reference, partner_reference)
     VALUES ('http://127.0.0.1', '', '', now(), 'E1', 'XSP1') RETURNING uuid`,
  );
  await database.query(
    `INSERT INTO customer (name) SELECT 'Organisation ' || n FROM generate_series(0, $1::int - 1) n`,
    [customers],
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
    [licenses, customers],
  );
  return settings.uuid;
}

/** The yardstick: as many rows, of the same table and with its indexes, in statements of many VALUES over the same driver. */
async function plainInserts(database: DataSource, shape: Shape): Promise<number> {
  await database.query('CREATE TABLE plain (LIKE billing_sync_item INCLUDING ALL)');
  const columns = [
    'account_uuid',
    'month',
    'license_reference',
    'arrow_line_reference',
    'occurrence',
    'status',
    'charge_uuid',
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
  for (let from = 0; from < shape.lines; from += PAGE) {
    const values: unknown[] = [];
    const tuples = Array.from({ length: Math.min(PAGE, shape.lines - from) }, (_, i) => {
      const cells = row(from + i, shape);
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

/** Two reports over very many consumption records. */
async function records(get: Get, settingsUuid: string): Promise<BenchRow[]> {
  const database = get(DataSource);
  await database.query(
    `INSERT INTO charge (account_uuid, month, license_reference, customer_uuid, project_uuid, resource_uuid, currency, start, "end")
     SELECT account.uuid, month.first, 'LIC' || n, project.customer_uuid, project.uuid, resource.uuid, 'EUR', month.first, month.first
     FROM generate_series(0, $1::int - 1) n
     CROSS JOIN billing_account account
     CROSS JOIN LATERAL (SELECT ('2024-01-01'::date + make_interval(months => n % 24))::date AS first) month
     JOIN (SELECT *, row_number() OVER (ORDER BY backend_id) - 1 AS position FROM resource) resource ON resource.position = n % 2000
     JOIN project ON project.uuid = resource.project_uuid`,
    [RECORDS],
  );
  await database.query(
    `INSERT INTO consumption_record (account_uuid, month, license_reference, charge_uuid, resource_uuid, customer_uuid, project_uuid, consumed_sell, consumed_buy, price_source, currency, asked_at)
     SELECT account_uuid, month, license_reference, uuid, resource_uuid, customer_uuid, project_uuid, 100, 80, 'sell', currency, now()
     FROM charge WHERE license_reference LIKE 'LIC%'`,
  );
  await database.query('VACUUM ANALYZE');
  const [mapping] = await database.query<{ uuid: string }[]>(
    'SELECT uuid FROM customer_mapping WHERE settings_uuid = $1 ORDER BY arrow_reference LIMIT 1',
    [settingsUuid],
  );
  const time = async (work: () => Promise<unknown>) => {
    await work();
    const start = performance.now();
    for (let i = 0; i < 5; i++) await work();
    return Math.round((performance.now() - start) / 0.5) / 10;
  };
  const summary = await time(() => get(ReportsService).summary(mapping!.uuid));
  const statistics = await time(() => get(ConsumptionRecordsService).statistics());
  return [
    { name: `billing_summary over ${RECORDS} records`, figure: summary, unit: 'ms' },
    { name: `consumption_statistics over ${RECORDS} records`, figure: statistics, unit: 'ms' },
  ];
}
