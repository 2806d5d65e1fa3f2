import { createDatabase, root } from '../test/support/databases.js';
import { ServiceProcess } from '../test/support/service-process.js';
import { type BenchRow, median } from './bench-row.js';
import { BENCH_TOKEN, load, prepareProcesses } from './throughput.js';

const MAPPINGS = 100;
const AT_ONCE = 32;
const ROUNDS = 12;
const WARM_UP = 4;
const REQUESTS = 2_000;
const GOAL = 0.5;

/**
 * Requests a second of the list of customer mappings, a page of 10 by 32 connections on PostgreSQL, with scopes, limits and
 * metrics on, to those of a Fastify route with nothing around it that counts and reads the same rows. Rounds take turns.
 */
export async function run(): Promise<BenchRow[]> {
  await prepareProcesses();
  const database = await createDatabase('postgres');
  const variables = {
    ...database.variables,
    STAFF_TOKEN: BENCH_TOKEN,
    METRICS_PORT: '0',
    REQUESTS_PER_MINUTE_PER_TOKEN: '10000000',
    REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000',
    LOG_LEVEL: 'fatal',
  };
  const service = ServiceProcess.start(variables);
  const bare = ServiceProcess.start(
    variables,
    [process.execPath, '--import', '@swc-node/register/esm-register', 'bench/bare-route.ts'],
    root,
  );
  const [{ baseUrl: served }, { baseUrl: alone }] = await Promise.all([service.api(), bare.api()]);
  await fill(database.variables.DATABASE_URL!);

  const ratios: number[] = [];
  const rates: number[] = [];
  const list = `${served}/api/admin/arrow/customer-mappings/?page_size=10`;
  for (let round = 0; round < ROUNDS; round++) {
    const first = round % 2 ? await load(`${alone}/mappings`, REQUESTS, AT_ONCE) : undefined;
    const ours = await load(list, REQUESTS, AT_ONCE);
    const theirs = first ?? (await load(`${alone}/mappings`, REQUESTS, AT_ONCE));
    if (round < WARM_UP) continue;
    ratios.push(theirs / ours);
    rates.push(REQUESTS / (ours / 1000));
  }
  for (const each of [service, bare]) await each.exit('SIGKILL');
  await database.drop();
  const ratio = Math.round(median(ratios) * 1000) / 1000;
  return [
    {
      name: 'list of customer mappings, requests a second, to those of a bare route',
      figure: ratio,
      unit: '×',
      goal: `>= ${GOAL}`,
      ok: ratio >= GOAL,
    },
    { name: 'the same, on this machine', figure: Math.round(median(rates)), unit: 'requests/s' },
  ];
}

async function fill(url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`
    INSERT INTO customer (name) SELECT 'Organisation ' || n FROM generate_series(1, ${MAPPINGS}) AS n;
    INSERT INTO arrow_settings (api_url, encrypted_api_key, key_hint, key_changed_at, partner_reference, partner_name)
    VALUES ('https://xsp.arrowsphere.net', '\\x00', '0000', now(), 'XSP1', 'Reseller');
    INSERT INTO customer_mapping (settings_uuid, waldur_customer_uuid, arrow_reference, arrow_company_name)
    SELECT arrow_settings.uuid, customer.uuid, 'XSP' || row_number() OVER (), customer.name
    FROM customer, arrow_settings;
    ANALYZE`);
  await client.end();
}
