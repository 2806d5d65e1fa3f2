import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { type BenchRow, median } from './bench-row.js';

const ROUNDS = 40;
const WARM_UP = 10;
const REQUESTS = 100;
const AT_ONCE = 8;
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';

/** Throughput of the list of mappings with limits of requests and of load, beside the same without; rounds take turns. */
export async function run(): Promise<BenchRow[]> {
  const off = await start({ REQUESTS_AT_ONCE: '0' });
  const on = await start({ REQUESTS_PER_MINUTE_PER_TOKEN: '10000000', REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000' });
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other.
    const first = round % 2 ? await load(off.list) : undefined;
    const limited = await load(on.list);
    const bare = first ?? (await load(off.list));
    if (round >= WARM_UP) ratios.push(bare / limited);
  }
  await off.stop();
  await on.stop();
  const ratio = Math.round(median(ratios) * 1000) / 1000;
  return [
    {
      name: 'list of mappings, requests a second with limits, to those without',
      figure: ratio,
      unit: '×',
      goal: '>= 0.95',
      ok: ratio >= 0.95,
    },
  ];
}

async function start(variables: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const app = await createApp(readEnv({ DATA_DIR: dataDir, STAFF_TOKEN: TOKEN, LOG_LEVEL: 'fatal', ...variables }));
  await app.listen(0, '127.0.0.1');
  return {
    list: `${await app.getUrl()}/api/admin/arrow/customer-mappings/`,
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
      while (left-- > 0) {
        const response = await fetch(url, { headers: { Authorization: `Token ${TOKEN}` } });
        if (!response.ok) throw new Error(`${url} answered ${response.status}`);
        await response.text();
      }
    }),
  );
  return performance.now() - start;
}
