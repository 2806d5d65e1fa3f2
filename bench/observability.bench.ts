import { readdirSync, readFileSync } from 'node:fs';
import { createDatabase } from '../test/support/databases.js';
import { freePort } from '../test/support/free-port.js';
import { ServiceProcess } from '../test/support/service-process.js';
import { TraceCollector } from '../test/support/trace-collector.js';
import { type BenchRow, median } from './bench-row.js';
import { asked, BENCH_TOKEN, load, prepareProcesses } from './throughput.js';

/** So many turns of each service are one stretch: what else the machine does comes and goes more slowly than turns do. */
const ROUNDS_A_STRETCH = 20;
const STRETCHES = 16;
/** Until the compiler of Node is done with each. */
const WARM_UP_REQUESTS = 5_000;
const REQUESTS = 80;
const LIST = '/api/admin/arrow/customer-mappings/?page_size=10';

/** How far two services differ that are the same: what the other figures are to be read by. */
const CONTROL = 'neither, once more';

/** What is on, by what it is called. The first one is what the others are compared with. */
const variants = (metricsPort: number, collectorUrl: string): Record<string, Record<string, string>> => ({
  neither: {},
  [CONTROL]: {},
  metrics: { METRICS_PORT: String(metricsPort) },
  'the spans of all': { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl },
  'the spans of a tenth': {
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.1',
  },
});

/** Nanoseconds of processor time that the threads of a process have had. */
function processorTimeOf({ child: { pid } }: ServiceProcess): number {
  const folder = `/proc/${pid}/task`;
  const times = readdirSync(folder).map(
    (thread) => readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0],
  );
  return times.reduce((sum, time) => sum + Number(time), 0);
}

/**
 * Requests a second of a list on PostgreSQL with metrics, which are read meanwhile, and with the spans of all requests,
 * or of a tenth of them, sent to a collector, to those of a service with neither; and the processor time of the service's
 * process in its turns, which other work on the machine changes less. Five services, all warm, take short turns; each figure
 * is the median of those of single stretches, with the middle half of these beside it.
 */
export async function run(): Promise<BenchRow[]> {
  await prepareProcesses();
  const collector = await TraceCollector.start();
  const port = await freePort();
  const given = Object.entries(variants(port, collector.url));
  const databases = await Promise.all(given.map(() => createDatabase('postgres')));
  const services = databases.map(({ variables }, each) =>
    ServiceProcess.start({
      ...variables,
      STAFF_TOKEN: BENCH_TOKEN,
      REQUESTS_PER_MINUTE_PER_TOKEN: '10000000',
      REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000',
      LOG_LEVEL: 'fatal',
      ...given[each]![1],
    }),
  );
  const urls = await Promise.all(services.map(async (service) => (await service.api()).baseUrl + LIST));
  for (const url of urls) await load(url, WARM_UP_REQUESTS);

  const times: number[][] = urls.map(() => []);
  const processorTimes: number[][] = urls.map(() => []);
  const readings: number[] = [];
  let batches = 0;
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const taken = urls.map(() => 0);
    const used = urls.map(() => 0);
    for (let round = 0; round < ROUNDS_A_STRETCH; round++) {
      for (let turn = 0; turn < urls.length; turn++) {
        const which = (round + turn) % urls.length;
        const before = processorTimeOf(services[which]!);
        const start = performance.now();
        if (given[which]![0] === 'metrics' && round === 0) {
          await asked(`http://127.0.0.1:${port}/metrics`);
          readings.push(performance.now() - start);
        }
        await load(urls[which]!, REQUESTS);
        taken[which]! += performance.now() - start;
        used[which]! += processorTimeOf(services[which]!) - before;
      }
    }
    for (const which of urls.keys()) {
      times[which]!.push(taken[which]!);
      processorTimes[which]!.push(used[which]!);
    }
    batches += collector.bodies.splice(0).length;
  }
  for (const service of services) await service.exit('SIGKILL');
  collector.stop();
  for (const database of databases) await database.drop();
  if (!batches) throw new Error('The collector got no spans.');

  return [
    ...given.slice(1).flatMap(([what], each): BenchRow[] => {
      const rate = spread(times[0]!.map((time, at) => time / times[each + 1]![at]!));
      const processor = spread(processorTimes[each + 1]!.map((time, at) => time / processorTimes[0]![at]!));
      return [
        {
          name: `list, requests a second with ${what}, to those with neither`,
          figure: rate.median,
          unit: '×',
          ...(what !== CONTROL && { goal: '>= 0.95', ok: rate.median >= 0.95 }),
        },
        { name: 'the same, half of the stretches', figure: rate.half, unit: '×' },
        {
          name: `list, processor time of a request with ${what}, to that with neither; half of the stretches`,
          figure: `${processor.median} (${processor.half})`,
          unit: '×',
        },
      ];
    }),
    {
      name: 'processor time of a request with neither, median',
      figure: rounded(median(processorTimes[0]!) / (REQUESTS * ROUNDS_A_STRETCH) / 1e6),
      unit: 'ms',
    },
    { name: 'reading the metrics, median', figure: Math.round(median(readings) * 10) / 10, unit: 'ms' },
  ];
}

const rounded = (figure: number) => Math.round(figure * 1000) / 1000;

/** The middle one of some figures, and the range of the middle half of them. */
function spread(figures: readonly number[]): { median: number; half: string } {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.floor(sorted.length * share)]!);
  return { median: rounded(median(figures)), half: `${at(0.25)} – ${at(0.75)}` };
}
