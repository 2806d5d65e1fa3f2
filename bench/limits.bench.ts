import { type BenchRow, median } from './bench-row.js';
import { load, serve } from './throughput.js';

const ROUNDS = 40;
const WARM_UP = 10;
const REQUESTS = 100;
const LIST = '/api/admin/arrow/customer-mappings/';

/** Throughput of the list of mappings with limits of requests and of load, beside the same without; rounds take turns. */
export async function run(): Promise<BenchRow[]> {
  const off = await serve({ REQUESTS_AT_ONCE: '0' });
  const on = await serve({ REQUESTS_PER_MINUTE_PER_TOKEN: '10000000', REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000' });
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other.
    const first = round % 2 ? await load(off.url + LIST, REQUESTS) : undefined;
    const limited = await load(on.url + LIST, REQUESTS);
    const bare = first ?? (await load(off.url + LIST, REQUESTS));
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
