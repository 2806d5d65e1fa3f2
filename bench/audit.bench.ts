import pg from 'pg';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../src/audit/audit-trail.js';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { type BenchRow, median } from './bench-row.js';

const REQUESTS = 800;
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';
const SECRET_KEY = Buffer.alloc(32, 1).toString('base64');
const TABLES = ['customer', 'customer_mapping', 'resource', 'core_user'];

/**
 * What the audit trail adds to a PATCH on a PostgreSQL server that waits for its disk (`TEST_DATABASE_URL`): two services
 * on two databases, one of them without its triggers, are asked in turns.
 */
export async function run(): Promise<BenchRow[]> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) return [{ name: 'PATCH with the audit trail', figure: 'needs TEST_DATABASE_URL', unit: '' }];
  const client = new pg.Client(server);
  await client.connect();
  const { rows } = await client.query<{ fsync: string }>('SHOW fsync');
  const off = await start(server, client, false);
  const on = await start(server, client, true);
  try {
    const found: BenchRow[] = [{ name: 'fsync', figure: rows[0]!.fsync, unit: '' }];
    for (const [index, [what, , change]] of on.objects.entries()) {
      const times: [number[], number[]] = [[], []];
      for (let i = 0; i < REQUESTS; i++)
        // Each goes first as often as the other.
        for (const k of i % 2 ? ([0, 1] as const) : ([1, 0] as const)) {
          const { base, objects } = [off, on][k]!;
          times[k].push(await timed(base + objects[index]![1], change(i)));
        }
      // The first ones warm caches and the compiler.
      const [without, withIt] = times.map((each) => median(each.slice(REQUESTS / 4))) as [number, number];
      // Of each pair, so that what else the machine does meanwhile is in both.
      const share = (median(times[1].map((time, i) => time / times[0][i]!).slice(REQUESTS / 4)) - 1) * 100;
      found.push(
        { name: `${what}, median without the trail`, figure: round(without), unit: 'ms' },
        { name: `${what}, median with it`, figure: round(withIt), unit: 'ms' },
        { name: `${what}, what it adds`, figure: round(share), unit: '%', goal: '<= 10', ok: share <= 10 },
      );
    }
    return found;
  } finally {
    await off.stop();
    await on.stop();
    await client.end();
  }
}

async function start(server: string, client: pg.Client, isAudited: boolean) {
  const name = `waldur_arrow_bench_${isAudited ? 'on' : 'off'}_${process.pid}`;
  await client.query(`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const app = await createApp(readEnv({ DATABASE_URL: url, SECRET_KEY, STAFF_TOKEN: TOKEN, LOG_LEVEL: 'fatal' }));
  await app.listen(0, '127.0.0.1');
  const base = await app.getUrl();
  const database = app.get(DataSource);
  const objects = await made(base, database);
  if (!isAudited) {
    for (const table of TABLES) await database.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    app.get(AuditTrail).complete = () => Promise.resolve();
  }
  const stop = async () => {
    await app.close();
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { base, objects, stop };
}

type Changed = readonly [what: string, path: string, change: (count: number) => object];

async function made(base: string, database: DataSource): Promise<Changed[]> {
  const create = async (path: string, body: object) =>
    ((await (await send('POST', base + path, body)).json()) as { uuid: string }).uuid;
  const customer = await create('/api/customers/', { name: 'Organisation' });
  const [settings] = await database.query<{ uuid: string }[]>(
    `INSERT INTO arrow_settings (api_url, encrypted_api_key, key_hint, key_changed_at)
     VALUES ('https://arrow.example/', '', '', now()) RETURNING uuid`,
  );
  const mapping = await create('/api/admin/arrow/customer-mappings/', {
    settings: settings!.uuid,
    waldur_customer: customer,
    arrow_reference: 'XSP1',
  });
  const user = await create('/api/users/', { username: 'mari' });
  return [
    ['PATCH of an organisation', `/api/customers/${customer}/`, (count) => ({ name: `Organisation ${count}` })],
    [
      'PATCH of a mapping',
      `/api/admin/arrow/customer-mappings/${mapping}/`,
      (count) => ({ arrow_company_name: `Company ${count}` }),
    ],
    ['PATCH of a user', `/api/users/${user}/`, (count) => ({ first_name: `Mari ${count}` })],
  ];
}

function send(method: string, url: string, body: object): Promise<Response> {
  const headers = { Authorization: `Token ${TOKEN}`, 'Content-Type': 'application/json' };
  return fetch(url, { method, headers, body: JSON.stringify(body) });
}

async function timed(url: string, change: object): Promise<number> {
  const start = performance.now();
  const response = await send('PATCH', url, change);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  await response.text();
  return performance.now() - start;
}

const round = (figure: number) => Math.round(figure * 100) / 100;
