import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { ArrowEmulator } from '../emulator/arrow-emulator.js';
import { arrowCustomer, arrowLicense, consumptionLine, exportLine, exportType } from '../emulator/data.js';
import { manyCustomers, manyLicenses } from '../emulator/large-data.js';
import type { EmulatorLicense } from '../emulator/model.js';
import { inParallel } from '../src/common/in-parallel.js';
import { readEnv } from '../src/config/env.js';
import { Requests } from '../src/common/requests.js';
import { createApp } from '../src/configure-app.js';
import { StatementCounter } from '../test/support/statement-counter.js';
import { type BenchRow, median } from './bench-row.js';

const LATENCY_MS = 50;
const LINKED = 200;
const ROUNDS = 7;
const PERIOD = '2026-05';
const TYPE = 'E1-2-00000001';
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';

/** Live data of 200 linked licences, discovery among 20,000, and a bulk import of 500, at 50 ms per answer of ArrowSphere. */
export async function run(): Promise<BenchRow[]> {
  return [...(await liveData()), ...(await discovery()), ...(await bulkImport())];
}

async function liveData(): Promise<BenchRow[]> {
  const atOnce = 8;
  const [times, bare] = await withService({ ARROW_MAX_CONCURRENCY: String(atOnce) }, async (at) => [
    await fetchTimes(at, ROUNDS),
    await bareTimes(at, ROUNDS, atOnce),
  ]);
  const [inTurn] = (await withService({ ARROW_MAX_CONCURRENCY: '1' }, (at) => fetchTimes(at, 1))) as [number];
  const parallel = median(times);
  const ideal = Math.ceil(LINKED / atOnce) * LATENCY_MS;
  const ratio = parallel / ideal;
  const what = `live data of ${LINKED} linked licences`;
  return [
    { name: `${what}, median`, figure: Math.round(parallel), unit: 'ms' },
    {
      name: `${what}, times the ideal ${ideal} ms`,
      figure: rounded(ratio),
      unit: '×',
      goal: '<= 1.35',
      ok: ratio <= 1.35,
    },
    { name: `${what}, quickest of ${ROUNDS}`, figure: Math.round(Math.min(...times)), unit: 'ms' },
    {
      name: `${what}, times a bare client that only sends the ${LINKED} calls`,
      figure: rounded(parallel / median(bare)),
      unit: '×',
    },
    { name: `${what}, one after another`, figure: Math.round(inTurn), unit: 'ms' },
    { name: `${what}, times faster than one after another`, figure: rounded(inTurn / parallel), unit: '×' },
  ];
}

async function fetchTimes(at: Service, rounds: number): Promise<number[]> {
  const customer = arrowCustomer();
  at.arrow.data.customers.push(customer);
  const licenses = Array.from({ length: LINKED }, () => arrowLicense({ customer }));
  at.arrow.data.licenses.push(...licenses);
  for (const { licenseId } of licenses) at.arrow.data.consumption[licenseId] = [consumptionLine({ period: PERIOD })];
  at.arrow.data.exportTypes = [exportType({ reference: TYPE })];
  at.arrow.data.exportLines = licenses.map((license) => exportLine({ license, period: PERIOD }));
  const { mapping } = await at.mapped(customer.Reference, licenses);
  at.arrow.latencyMs = LATENCY_MS;
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    const body = await at.call('GET', `${mapping}fetch_arrow_data/?period=${PERIOD}`);
    times.push(performance.now() - start);
    const { matched_resources, billing_lines, error } = body as Record<string, unknown>;
    if (matched_resources !== LINKED || (billing_lines as unknown[]).length !== LINKED || error) {
      throw new Error(`Not all came: ${JSON.stringify({ matched_resources, error })}`);
    }
  }
  return times;
}

/** What this machine makes of the same calls, eight at once, with nothing around them. */
async function bareTimes({ arrow }: Service, rounds: number, atOnce: number): Promise<number[]> {
  const query = `reportPeriodStart=${PERIOD}&reportPeriodEnd=${PERIOD}`;
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await inParallel(arrow.data.licenses, atOnce, async ({ licenseId }) => {
      const url = `${arrow.url}consumption/monthly/license/${licenseId}?${query}`;
      await (await fetch(url, { headers: { apiKey: arrow.apiKey } })).json();
    });
    times.push(performance.now() - start);
  }
  return times;
}

async function discovery(): Promise<BenchRow[]> {
  return withService({}, async (at) => {
    const customers = manyCustomers(1000);
    at.arrow.data.customers = customers;
    at.arrow.data.licenses = manyLicenses(20_000, customers);
    const { mapping } = await at.mapped(customers[500]!.Reference, []);
    at.arrow.latencyMs = LATENCY_MS;
    at.arrow.resetCounters();
    const start = performance.now();
    const body = (await at.call('GET', `${mapping}discover_licenses/`)) as { arrow_licenses: unknown[] };
    const time = performance.now() - start;
    if (body.arrow_licenses.length !== 20) throw new Error(`${body.arrow_licenses.length} licences, not 20`);
    const requests = at.arrow.requests.length;
    const what = 'discovering 20 licences among 20,000';
    return [
      { name: `${what}, requests to ArrowSphere`, figure: requests, unit: '', goal: '<= 4', ok: requests <= 4 },
      { name: `${what}, time`, figure: Math.round(time), unit: 'ms' },
    ];
  });
}

async function bulkImport(): Promise<BenchRow[]> {
  return withService({}, async (at) => {
    const customer = arrowCustomer();
    at.arrow.data.customers.push(customer);
    const licenses = Array.from({ length: 500 }, () => arrowLicense({ customer }));
    at.arrow.data.licenses.push(...licenses);
    const { mapping, project, offering } = await at.mapped(customer.Reference, []);
    const items = licenses.map(({ licenseId }) => ({
      license_reference: licenseId,
      project_uuid: project,
      offering_uuid: offering,
    }));
    at.arrow.latencyMs = LATENCY_MS;
    at.arrow.resetCounters();
    let time = 0;
    const statements = await at.statements(async () => {
      const start = performance.now();
      const { done } = (await at.call('POST', `${mapping}import_licenses/`, { items, dry_run: false })) as {
        done: number;
      };
      time = performance.now() - start;
      if (done !== 500) throw new Error(`${done} imported, not 500`);
    });
    const each = statements.length / 500;
    const what = 'bulk import of 500';
    return [
      { name: `${what}, SQL statements`, figure: statements.length, unit: '' },
      { name: `${what}, SQL statements per item`, figure: rounded(each), unit: '', goal: '<= 1', ok: each <= 1 },
      { name: `${what}, requests to ArrowSphere`, figure: at.arrow.requests.length, unit: '' },
      { name: `${what}, time`, figure: Math.round(time), unit: 'ms' },
    ];
  });
}

interface Service {
  readonly arrow: ArrowEmulator;
  call(method: string, path: string, body?: object): Promise<unknown>;
  statements(work: () => Promise<unknown>): Promise<string[]>;
  /** A mapping of the customer, with a resource for each of these licences. */
  mapped(
    reference: string,
    linked: readonly EmulatorLicense[],
  ): Promise<{ mapping: string; project: string; offering: string }>;
}

async function withService<T>(variables: Record<string, string>, work: (at: Service) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const arrow = await ArrowEmulator.start();
  const env = readEnv({
    DATA_DIR: dataDir,
    STAFF_TOKEN: TOKEN,
    LOG_LEVEL: 'fatal',
    ARROW_ALLOW_PRIVATE_HOSTS: 'true',
    ...variables,
  });
  const app = await createApp(env);
  try {
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace(/\/$/, '');
    const call = async (method: string, path: string, body?: object): Promise<unknown> => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { Authorization: `Token ${TOKEN}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
        body: body && JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
      return JSON.parse(text);
    };
    const make = async (path: string, body: object) => ((await call('POST', path, body)) as { uuid: string }).uuid;
    const counter = new StatementCounter(app.get(DataSource), app.get(Requests));
    const mapped: Service['mapped'] = async (reference, linked) => {
      const credentials = { api_url: arrow.url, api_key: arrow.apiKey, export_type_reference: TYPE };
      const settings = await make('/api/admin/arrow/settings/', credentials);
      const customer = await make('/api/customers/', { name: 'Organisation' });
      const project = await make('/api/projects/', { name: 'Cloud', customer });
      const offering = await make('/api/marketplace-provider-offerings/', { name: 'Azure' });
      const fields = { settings, arrow_reference: reference, waldur_customer: customer };
      const mapping = await make('/api/admin/arrow/customer-mappings/', fields);
      for (const { licenseId } of linked) {
        await make('/api/marketplace-resources/', { name: licenseId, project, offering, backend_id: licenseId });
      }
      return { mapping: `/api/admin/arrow/customer-mappings/${mapping}/`, project, offering };
    };
    return await work({ arrow, call, mapped, statements: (during) => counter.during(during) });
  } finally {
    await app.close();
    await arrow.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
