import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { MetricsServer } from '../src/metrics-server.js';
import { type BenchRow, median } from './bench-row.js';

const ROUNDS = 60;
const WARM_UP = 20;
const REQUESTS = 200;
const AT_ONCE = 8;
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';

/** Throughput of a list with metrics, and one reading of them a round, beside the same without; rounds take turns. */
export async function run(): Promise<BenchRow[]> {
  const off = await start({});
  const on = await start({ METRICS_PORT: '0' });
  const ratios: number[] = [];
  const readings: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other.
    const first = round % 2 ? await load(off.list) : undefined;
    const start = performance.now();
    await asked(on.metrics);
    const reading = performance.now() - start;
    const measured = reading + (await load(on.list));
    const bare = first ?? (await load(off.list));
    if (round < WARM_UP) continue;
    ratios.push(bare / measured);
    readings.push(reading);
  }
  await off.stop();
  await on.stop();
  const ratio = Math.round(median(ratios) * 1000) / 1000;
  return [
    {
      name: 'list, requests a second with metrics, to those without',
      figure: ratio,
      unit: '×',
      goal: '>= 0.95',
      ok: ratio >= 0.95,
    },
    { name: 'reading the metrics, median', figure: Math.round(median(readings) * 10) / 10, unit: 'ms' },
  ];
}

async function start(variables: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const app = await createApp(readEnv({ DATA_DIR: dataDir, STAFF_TOKEN: TOKEN, LOG_LEVEL: 'fatal', ...variables }));
  await app.listen(0, '127.0.0.1');
  const { port } = app.get(MetricsServer);
  return {
    list: `${await app.getUrl()}/api/customers/`,
    metrics: `http://127.0.0.1:${port}/metrics`,
    stop: async () => {
      await app.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** Milliseconds for all requests of a round. */
async function load(url: string): Promise<number> {
  const start = performance.now();
  let left = REQUESTS;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await asked(url);
    }),
  );
  return performance.now() - start;
}

async function asked(url: string): Promise<void> {
  const response = await fetch(url, { headers: { Authorization: `Token ${TOKEN}` } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await response.text();
}
