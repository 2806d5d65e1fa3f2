/**
 * `npm run soak -- [--minutes 10] [--rate 40]`: mixed load on PostgreSQL for a while, then three times what the service can
 * take, then two instances of which one is killed every minute. Prints what came of it and writes bench/results/soak.json.
 * Needs TEST_DATABASE_URL.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { compile } from '../../test/support/compile.js';
import { cache, createDatabase, prepareDatabases, root } from '../../test/support/databases.js';
import type { Linked } from '../../test/billing/billing-world.js';
import type { BenchRow } from '../bench-row.js';
import { asFastAsItGoes, atRate, type Kind, percentile, Tallies } from './load.js';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, rate: { type: 'string' } } });
const minutes = Number(values.minutes ?? 10);
const rate = Number(values.rate ?? 40);
if (!process.env.TEST_DATABASE_URL) throw new Error('Set TEST_DATABASE_URL.');
Object.assign(process.env, await prepareDatabases(process.env.TEST_DATABASE_URL), {
  TEST_COMPILED: await compile(root, cache),
});
const { ArrowEmulator } = await import('../../emulator/arrow-emulator.js');
const { BillingWorld } = await import('../../test/billing/billing-world.js');
const { STAFF_TOKEN, TestClock } = await import('../../test/support/app.js');
const { MetricsPage } = await import('../../test/support/metrics-page.js');
const { ServiceProcess } = await import('../../test/support/service-process.js');

const METRICS_PORT = 19_464;
const rows: BenchRow[] = [];
const round = (figure: number, digits = 1) => Number(figure.toFixed(digits));
const row = (name: string, figure: number, unit: string, goal?: string, ok?: boolean) => {
  rows.push({ name, figure: round(figure), unit, goal, ok });
  console.log(`${name}: ${round(figure)} ${unit}${goal ? ` (goal ${goal}: ${ok ? 'met' : 'missed'})` : ''}`);
};
const tell = (name: string, tallies: Tallies) => {
  for (const [kind, { statuses, milliseconds }] of tallies.of) {
    const counts = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
    const times = [0.5, 0.99].map((share) => `${round(percentile(milliseconds, share))} ms`).join(' / ');
    console.log(`  ${name}, ${kind}: ${counts}; median / p99 of what was served ${times}`);
  }
};

const arrow = await ArrowEmulator.start();
const database = await createDatabase('postgres');
const variables = (more: Record<string, string> = {}) => ({
  ...database.variables,
  STAFF_TOKEN,
  ARROW_ALLOW_PRIVATE_HOSTS: 'true',
  LOG_LEVEL: 'warn',
  ...more,
});
const service = ServiceProcess.start(variables({ METRICS_PORT: String(METRICS_PORT) }));
const api = await service.api(STAFF_TOKEN);
const world = await new BillingWorld({ api, arrow, clock: new TestClock() } as never).start();
const linked: Linked[] = [];
for (let i = 0; i < 20; i++) linked.push(await world.linked());
const headers = { Authorization: `Token ${STAFF_TOKEN}`, 'Content-Type': 'application/json' };
const base = api.baseUrl;
const get = (path: string) => fetch(base + path, { headers });
const send = (method: string, path: string, body: object) =>
  fetch(base + path, { method, headers, body: JSON.stringify(body) });
const any = () => linked[Math.floor(Math.random() * linked.length)]!;
let number = 0;

const kinds: Kind[] = [
  { name: 'list', share: 40, send: () => get('/api/admin/arrow/customer-mappings/?page_size=10') },
  { name: 'retrieve', share: 20, send: () => get(`/api/customers/${any().customer}/`) },
  { name: 'invoices', share: 10, send: () => get('/api/invoices/?page_size=5') },
  {
    name: 'change',
    share: 15,
    send: () => send('PATCH', `/api/customers/${any().customer}/`, { native_name: `${number++}` }),
  },
  { name: 'create', share: 10, send: () => send('POST', '/api/customers/', { name: `Soak ${number++}` }) },
  { name: 'csv', share: 2, send: () => get('/api/invoices/?format=csv') },
  { name: 'health', share: 3, send: () => get('/health/ready') },
];

/** Billing runs all the while. */
let isOver = false;
let months = 0;
const billing = async () => {
  while (!isOver) {
    const amount = `${++months}.05`;
    world.export(linked.map(({ license }) => world.line(license, amount)));
    const job = await world.sync({ accept_shrinkage: true });
    if (job.state !== 'succeeded') throw new Error(JSON.stringify(job));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
};
const residentMegabytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.child.pid}/status`, 'utf8'))![1]) / 1_000;
const readMetrics = async () => new MetricsPage(await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text());

await atRate(kinds, rate, 20);
const memory: number[] = [];
const lag: number[] = [];
const watching = setInterval(() => {
  memory.push(residentMegabytes());
  void readMetrics().then((page) => lag.push(1000 * (page.value('nodejs_eventloop_lag_p99_seconds') ?? NaN)));
}, 5_000);
const runs = billing();
const steady = await atRate(kinds, rate, minutes * 60);
isOver = true;
await runs;
clearInterval(watching);
const failed = (status: string) => !status.startsWith('2');
tell(`${minutes} minutes`, steady);
row(`requests in ${minutes} minutes at ${rate} a second, beside ${months} billing runs`, steady.total(), '');
row('of them not served', steady.total(failed), '', '0', steady.total(failed) === 0);
row('p99 of what was served', percentile(steady.milliseconds, 0.99), 'ms');
const third = Math.ceil(memory.length / 3);
const mean = (figures: number[]) => figures.reduce((sum, each) => sum + each, 0) / figures.length;
const growth = mean(memory.slice(-third)) / mean(memory.slice(0, third));
row('memory, the last third of the time to the first', growth, '×', '<= 1.1', growth <= 1.1);
row('memory at most', Math.max(...memory), 'MB');
row('event-loop lag, p99 of each five seconds, median', percentile(lag, 0.5), 'ms');

const reads = kinds.filter(({ name }) => name !== 'health');
const full = await asFastAsItGoes(reads, 32, 15);
const capacity = full.total((status) => !failed(status)) / 15;
row('capacity, by 32 at once', capacity, 'requests/s');
const over = await atRate(kinds, 3 * capacity, 30);
tell('three times capacity', over);
row('at three times capacity: shed with 503', (100 * over.total((status) => status === '503')) / over.total(), '%');
const lost = over.total((status) => failed(status) && status !== '503');
row('neither served nor shed', lost, '', '0', lost === 0);
row('served a second', over.total((status) => !failed(status)) / 30, 'requests/s');
row('p99 of what was served', percentile(over.milliseconds, 0.99), 'ms');
const health = over.of.get('health')!;
const unhealthy = [...health.statuses].reduce((sum, [status, count]) => sum + (failed(status) ? count : 0), 0);
row('health not answered', unhealthy, '', '0', unhealthy === 0);
const after = await atRate(kinds, rate, 10);
row('ten seconds later, not served', after.total(failed), '', '0', after.total(failed) === 0);
row('ten seconds later, p99', percentile(after.milliseconds, 0.99), 'ms');
await service.exit('SIGTERM');

let [first, second] = [ServiceProcess.start(variables()), ServiceProcess.start(variables())];
let [one, other] = await Promise.all([first.api(STAFF_TOKEN), second.api(STAFF_TOKEN)]);
const acknowledged = new Set<string>();
let attempts = 0;
let unanswered = 0;
let writing = true;
/** As a client behind a balancer: the other instance is asked where one does not answer. */
const write = async () => {
  while (writing) {
    const name = `Kept ${attempts++}`;
    for (const each of attempts % 2 ? [one, other] : [other, one]) {
      const status = await each.post('/api/customers/', { name }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 201) {
        acknowledged.add(name);
        break;
      }
      unanswered++;
    }
  }
};
const writers = Array.from({ length: 4 }, write);
const kills = Math.max(2, Math.min(5, minutes));
for (let kill = 0; kill < kills; kill++) {
  await new Promise((resolve) => setTimeout(resolve, (minutes >= 5 ? 60_000 : 10_000) * (0.5 + Math.random() / 2)));
  if (kill % 2) {
    await second.exit('SIGKILL');
    second = ServiceProcess.start(variables());
    other = await second.api(STAFF_TOKEN);
  } else {
    await first.exit('SIGKILL');
    first = ServiceProcess.start(variables());
    one = await first.api(STAFF_TOKEN);
  }
}
writing = false;
await Promise.all(writers);
const client = new pg.Client(database.variables.DATABASE_URL);
await client.connect();
const { rows: kept } = await client.query<{ name: string }>(
  `SELECT DISTINCT name FROM customer WHERE name LIKE 'Kept %'`,
);
const { rows: events } = await client.query<{ count: number }>(
  `SELECT count(*)::int AS count FROM customer WHERE name LIKE 'Kept %'
   AND NOT EXISTS (SELECT 1 FROM audit_change WHERE object_uuid = customer.uuid)`,
);
await client.end();
const names = new Set(kept.map(({ name }) => name));
const missing = [...acknowledged].filter((name) => !names.has(name)).length;
row(`two instances, ${kills} killed: writes acknowledged`, acknowledged.size, '');
row('of them lost', missing, '', '0', missing === 0);
row('attempts without an answer, sent again to the other', unanswered, '');
row('changes without their audit event', events[0]!.count, '', '0', events[0]!.count === 0);
for (const each of [first, second]) await each.exit('SIGTERM');

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const result = { at: new Date().toISOString(), machine, minutes, rate, rows };
writeFileSync(join(root, 'bench/results/soak.json'), `${JSON.stringify(result, null, 2)}\n`);
await database.drop();
await arrow.stop();
process.exit(rows.some(({ ok }) => ok === false) ? 1 : 0);
