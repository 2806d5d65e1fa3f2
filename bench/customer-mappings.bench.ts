import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { type BenchRow, median } from './bench-row.js';

const ROWS = 100_000;
const ROUNDS = 150;
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';
const SECRET_KEY = Buffer.alloc(32, 1).toString('base64');

/** `GET customer-mappings/` beside a bare Fastify route with the same SQL over the same driver; start-up; memory. */
export async function run(): Promise<BenchRow[]> {
  const server = process.env.TEST_DATABASE_URL;
  return [...(await lists(undefined)), ...(server ? await lists(server) : []), ...(await startUp())];
}

async function lists(server: string | undefined): Promise<BenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const name = `waldur_arrow_bench_${process.pid}`;
  const url = server ? Object.assign(new URL(server), { pathname: `/${name}` }).href : undefined;
  if (server) await administer(server, `CREATE DATABASE ${name}`);
  const app = await createApp(
    readEnv({ DATABASE_URL: url, DATA_DIR: dataDir, SECRET_KEY, STAFF_TOKEN: TOKEN, LOG_LEVEL: 'fatal' }),
  );
  try {
    await app.listen(0, '127.0.0.1');
    const database = app.get(DataSource);
    await fill(database);
    const statements = await statementsOf(
      database,
      `${await app.getUrl()}/api/admin/arrow/customer-mappings/?page_size=100`,
    );
    const bare = Fastify();
    bare.get('/first', () => replay(database, statements.first));
    bare.get('/last', () => replay(database, statements.last));
    const bareUrl = await bare.listen({ port: 0, host: '127.0.0.1' });
    const base = `${await app.getUrl()}/api/admin/arrow/customer-mappings/?page_size=100`;
    const kind = server ? 'PostgreSQL' : 'embedded';
    const rows: BenchRow[] = [];
    const medians: number[] = [];
    for (const [page, query] of [
      ['first', ''],
      ['last', '&page=last'],
      ['middle', `&page=${ROWS / 200}`],
    ] as const) {
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let i = 0; i < ROUNDS; i++) {
        ours.push(await timed(base + query));
        if (page !== 'middle') theirs.push(await timed(`${bareUrl}/${page}`));
      }
      // The first rounds warm caches and the compiler.
      const time = median(ours.slice(ROUNDS / 3));
      medians.push(time);
      rows.push({ name: `${kind}: ${page} page of 100 from ${ROWS}, median`, figure: round(time), unit: 'ms' });
      if (page === 'middle') continue;
      const ratio = time / median(theirs.slice(ROUNDS / 3));
      rows.push({
        name: `${kind}: ${page} page, times a bare route`,
        figure: round(ratio),
        unit: '×',
        goal: '<= 3',
        ok: ratio <= 3,
      });
    }
    rows.push({ name: `${kind}: last page, times the first`, figure: round(medians[1]! / medians[0]!), unit: '×' });
    rows.push({
      name: `${kind}: resident memory after it all`,
      figure: Math.round(process.memoryUsage().rss / 2 ** 20),
      unit: 'MB',
    });
    await bare.close();
    return rows;
  } finally {
    await app.close();
    if (server) await administer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    rmSync(dataDir, { recursive: true });
  }
}

async function fill(database: DataSource): Promise<void> {
  await database.query(`INSERT INTO customer (name) SELECT 'Organisation ' || n FROM generate_series(1, 1000) n`);
  await database.query(
    `INSERT INTO arrow_settings (api_url, encrypted_api_key, key_hint, key_changed_at) VALUES ('https://arrow.example/', '', '', now())`,
  );
  await database.query(
    `INSERT INTO customer_mapping (settings_uuid, arrow_reference, arrow_company_name, waldur_customer_uuid, created)
     SELECT s.uuid, 'XSP' || n, 'Company ' || n, c.uuid, now() - n * interval '1 second'
       FROM generate_series(1, ${ROWS}) n
       JOIN (SELECT uuid, row_number() OVER (ORDER BY name) AS r FROM customer) c ON c.r = n % 1000 + 1, arrow_settings s`,
  );
  await database.query('ANALYZE');
}

interface Statement {
  readonly query: string;
  readonly parameters?: Parameters<DataSource['query']>[1];
}

/** The statements one request makes, access check included, to be replayed by the bare route. */
async function statementsOf(database: DataSource, url: string): Promise<{ first: Statement[]; last: Statement[] }> {
  const seen: Statement[] = [];
  const logger = database.logger;
  const listening = Object.create(logger) as typeof logger;
  listening.logQuery = (query, parameters) => void seen.push({ query, parameters });
  database.logger = listening;
  await timed(url);
  const first = seen.splice(0);
  await timed(`${url}&page=last`);
  const last = seen.splice(0);
  database.logger = logger;
  return { first, last };
}

async function replay(database: DataSource, statements: Statement[]): Promise<unknown> {
  let rows: unknown;
  for (const { query, parameters } of statements) rows = await database.query(query, parameters);
  return rows;
}

async function timed(url: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, { headers: { Authorization: `Token ${TOKEN}` } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await response.text();
  return performance.now() - start;
}

/** Start to ready of the built service on an embedded database that exists, and the memory of its process. */
async function startUp(): Promise<BenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const times: number[] = [];
  let memory = 0;
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: {
        ...process.env,
        DATABASE_URL: undefined,
        DATA_DIR: dataDir,
        PORT: '0',
        STAFF_TOKEN: TOKEN,
        LOG_LEVEL: 'fatal',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('dist/main.js ended: run npm run build first')));
      child.stdout.on('data', (text: Buffer) => text.includes('Listening on') && resolve());
    });
    times.push(performance.now() - start);
    memory = Number(/VmRSS:\s+(\d+)/.exec(statusOf(child.pid!))?.[1] ?? 0) / 1024;
    child.removeAllListeners('exit');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(dataDir, { recursive: true });
  const again = median(times.slice(1)) / 1000;
  return [
    { name: 'first start, embedded database made and migrated', figure: round(times[0]! / 1000), unit: 's' },
    { name: 'start to ready, embedded database there', figure: round(again), unit: 's', goal: '< 5', ok: again < 5 },
    { name: 'memory after that start', figure: Math.round(memory), unit: 'MB' },
  ];
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100;
}
