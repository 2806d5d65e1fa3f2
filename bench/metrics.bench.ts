import { MetricsServer } from '../src/metrics-server.js';
import { type BenchRow, median } from './bench-row.js';
import { asked, load, serve } from './throughput.js';

const ROUNDS = 60;
const WARM_UP = 20;
const REQUESTS = 200;
const LIST = '/api/customers/';

/** Throughput of a list with metrics, and one reading of them a round, beside the same without; rounds take turns. */
export async function run(): Promise<BenchRow[]> {
  const off = await serve({});
  const on = await serve({ METRICS_PORT: '0' });
  const metrics = `http://127.0.0.1:${on.app.get(MetricsServer).port}/metrics`;
  const ratios: number[] = [];
  const readings: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other.
    const first = round % 2 ? await load(off.url + LIST, REQUESTS) : undefined;
    const start = performance.now();
    await asked(metrics);
    const reading = performance.now() - start;
    const measured = reading + (await load(on.url + LIST, REQUESTS));
    const bare = first ?? (await load(off.url + LIST, REQUESTS));
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
