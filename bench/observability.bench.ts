import { createDatabase } from '../test/support/databases.js';
import { freePort } from '../test/support/free-port.js';
import { ServiceProcess } from '../test/support/service-process.js';
import { TraceCollector } from '../test/support/trace-collector.js';
import { type BenchRow, median } from './bench-row.js';
import { asked, BENCH_TOKEN, load, prepareProcesses } from './throughput.js';

const ROUNDS = 16;
const WARM_UP = 4;
/** Enough for several batches of spans. */
const REQUESTS = 1_000;
const LIST = '/api/admin/arrow/customer-mappings/?page_size=10';

/**
 * Requests a second of a list on PostgreSQL with metrics, which are read once a round, and with the spans of all requests,
 * or of a tenth of them, sent to a collector, to those of a service with neither. Four processes take turns, each first as
 * often as the others.
 */
export async function run(): Promise<BenchRow[]> {
  await prepareProcesses();
  const collector = await TraceCollector.start();
  const databases = await Promise.all([0, 1, 2, 3].map(() => createDatabase('postgres')));
  const port = await freePort();
  const more: Record<string, string>[] = [
    {},
    { METRICS_PORT: String(port) },
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    },
  ];
  const services = databases.map(({ variables }, each) =>
    ServiceProcess.start({
      ...variables,
      STAFF_TOKEN: BENCH_TOKEN,
      REQUESTS_PER_MINUTE_PER_TOKEN: '10000000',
      REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000',
      LOG_LEVEL: 'fatal',
      ...more[each],
    }),
  );
  const urls = await Promise.all(services.map(async (service) => (await service.api()).baseUrl + LIST));
  const ratios: [number[], number[], number[]] = [[], [], []];
  const readings: number[] = [];
  let batches = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const times: number[] = [];
    for (let turn = 0; turn < urls.length; turn++) {
      const which = (round + turn) % urls.length;
      const start = performance.now();
      if (which === 1) await asked(`http://127.0.0.1:${port}/metrics`);
      const reading = performance.now() - start;
      if (which === 1 && round >= WARM_UP) readings.push(reading);
      times[which] = reading + (await load(urls[which]!, REQUESTS));
    }
    batches += collector.bodies.splice(0).length;
    if (round < WARM_UP) continue;
    const [plain, ...others] = times as [number, number, number, number];
    for (const [which, time] of others.entries()) ratios[which]!.push(plain / time);
  }
  for (const service of services) await service.exit('SIGKILL');
  collector.stop();
  for (const database of databases) await database.drop();
  if (!batches) throw new Error('The collector got no spans.');
  const row = (name: string, figures: number[]): BenchRow => {
    const ratio = Math.round(median(figures) * 1000) / 1000;
    return { name, figure: ratio, unit: '×', goal: '>= 0.95', ok: ratio >= 0.95 };
  };
  return [
    row('list, requests a second with metrics, to those with neither', ratios[0]),
    row('list, requests a second with the spans of all, to those with neither', ratios[1]),
    row('list, requests a second with the spans of a tenth, to those with neither', ratios[2]),
    { name: 'reading the metrics, median', figure: Math.round(median(readings) * 10) / 10, unit: 'ms' },
  ];
}
