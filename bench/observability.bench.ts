import { readdirSync, readFileSync } from 'node:fs';
import { createDatabase } from '../test/support/databases.js';
import { freePort } from '../test/support/free-port.js';
import { ServiceProcess } from '../test/support/service-process.js';
import { TraceCollector } from '../test/support/trace-collector.js';
import { type BenchRow, median } from './bench-row.js';
import { asked, BENCH_TOKEN, load, prepareProcesses } from './throughput.js';

/** In each of them every service has a process of its own: two of the same service differ by some percent. */
const STRETCHES = 8;
/** Until the compiler of Node is done. */
const WARM_UP_REQUESTS = 6_000;
const REQUESTS = 10_000;
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
 * process meanwhile, which other work on the machine changes less. The first reading of a process is part of its warm-up:
 * once, Node compiles anew what it shares with requests, for as long as a thousand of these take. One process after the other is started, warmed up and
 * asked; each figure is the median of those of single stretches, with the middle half of these beside it.
 */
export async function run(): Promise<BenchRow[]> {
  await prepareProcesses();
  const collector = await TraceCollector.start();
  const port = await freePort();
  const given = Object.entries(variants(port, collector.url));
  const database = await createDatabase('postgres');
  const times: number[][] = given.map(() => []);
  const processorTimes: number[][] = given.map(() => []);
  const readings: number[] = [];
  let batches = 0;
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    for (let turn = 0; turn < given.length; turn++) {
      const which = (stretch + turn) % given.length;
      const [what, variables] = given[which]!;
      const service = ServiceProcess.start({
        ...database.variables,
        STAFF_TOKEN: BENCH_TOKEN,
        REQUESTS_PER_MINUTE_PER_TOKEN: '10000000',
        REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000',
        LOG_LEVEL: 'fatal',
        ...variables,
      });
      const url = (await service.api()).baseUrl + LIST;
      const read = async () => {
        if (what !== 'metrics') return;
        const start = performance.now();
        await asked(`http://127.0.0.1:${port}/metrics`);
        readings.push(performance.now() - start);
      };
      await read();
      await load(url, WARM_UP_REQUESTS);
      const before = processorTimeOf(service);
      const start = performance.now();
      await Promise.all([load(url, REQUESTS), read()]);
      times[which]!.push(performance.now() - start);
      processorTimes[which]!.push(processorTimeOf(service) - before);
      await service.exit('SIGKILL');
      batches += collector.bodies.splice(0).length;
    }
  }
  collector.stop();
  await database.drop();
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
      figure: rounded(median(processorTimes[0]!) / REQUESTS / 1e6),
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
