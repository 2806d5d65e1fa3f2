import { ArrowEmulator } from '../../../emulator/arrow-emulator.js';
import type { ArrowError } from '../../../src/arrow-gateway/arrow-gateway.errors.js';
import { until } from '../../support/until.js';
import {
  type Fault,
  FAULTS,
  type Operation,
  OPERATIONS,
  PAGING_FAULTS,
  runAgainst,
  startWorld,
} from './fault-table.js';
import { accountOf, countsOf, gatewayUnderTest, type GatewayUnderTest } from './gateway.js';

interface Row {
  readonly fault: string;
  readonly operation: string;
  readonly sees: string;
  readonly requests: number;
  readonly seconds: number;
}

/**
 * The table of the module's README, made by running it: every fault over a real socket, the time on the gateway's own
 * clock. Back-off is random in production; here `Math.random` has to be fixed for the figures to be the same each time.
 */
export async function faultReport(): Promise<string> {
  const emulator = await startWorld();
  try {
    const rows: Row[] = [];
    for (const fault of FAULTS) rows.push(await rowOf(fault, operationNamed('listCustomers'), emulator));
    for (const fault of FAULTS.filter(({ name }) => /^(does not answer once|never answers)$/.test(name))) {
      rows.push(await rowOf(fault, operationNamed('exportPages'), emulator));
    }
    for (const fault of PAGING_FAULTS) {
      for (const name of ['listCustomers', 'exportPages'])
        rows.push(await rowOf(fault, operationNamed(name), emulator));
    }
    return tableOf([...rows, ...(await otherRows())]);
  } finally {
    await emulator.stop();
  }
}

function operationNamed(name: string): Operation {
  return OPERATIONS.find((operation) => operation.name === name) as Operation;
}

async function rowOf(fault: Fault, operation: Operation, emulator: ArrowEmulator): Promise<Row> {
  const { error, requests, seconds } = await runAgainst(fault, operation, emulator);
  return { fault: fault.name, operation: operation.name, sees: seen(error), requests, seconds };
}

/** What cannot be asked of the emulator's fault plan. */
async function otherRows(): Promise<Row[]> {
  const emulator = await ArrowEmulator.start();
  const account = accountOf(emulator);
  const whoAmI = (under: GatewayUnderTest): Promise<ArrowError | undefined> =>
    under.gateway.whoAmI(account).then(
      () => undefined,
      (error: unknown) => error as ArrowError,
    );
  const row = (fault: string, error: ArrowError | undefined, requests: number): Row => ({
    fault,
    operation: 'whoAmI',
    sees: seen(error),
    requests,
    seconds: 0,
  });
  const rows: Row[] = [];

  const failing = gatewayUnderTest({ maxRetries: 0 });
  emulator.faults.add({ action: { kind: 'status', status: 503 } });
  for (let n = 0; n < 10; n += 1) await whoAmI(failing);
  emulator.resetCounters();
  rows.push(row('any call after 10 failures in a row', await whoAmI(failing), emulator.requests.length));
  failing.close();

  const busy = gatewayUnderTest({ maxConcurrency: 1, maxQueue: 3 });
  emulator.faults.clear();
  emulator.faults.add({ action: { kind: 'hang' } });
  const stop = new AbortController();
  const waiting = Array.from({ length: 4 }, () =>
    busy.gateway.whoAmI(account, { signal: stop.signal }).catch((error: unknown) => error as ArrowError),
  );
  await until(() => emulator.inFlight === 1);
  rows.push(row('too many calls waiting (limit set to 3)', await whoAmI(busy), 0));
  stop.abort();
  rows.push(row('the caller goes away', (await waiting[0]) as ArrowError, 1));
  busy.close();

  const guarded = gatewayUnderTest(
    { allowPrivateHosts: false },
    { resolve: (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
  );
  const rebound = { apiUrl: 'https://xsp.example.org/api/', apiKey: 'key' };
  const refused = await guarded.gateway.whoAmI(rebound).catch((error: unknown) => error as ArrowError);
  rows.push(row('the name of the host leads inside', refused as ArrowError, 0));
  guarded.close();

  await emulator.stop();
  const down = gatewayUnderTest();
  const start = down.timer.now();
  const error = await whoAmI(down);
  const { attempts } = await countsOf(down.registry, 'GET whoami');
  rows.push({ ...row('nothing listens there', error, attempts), seconds: (down.timer.now() - start) / 1000 });
  down.close();
  return rows;
}

function seen(error: ArrowError | undefined): string {
  return error ? `\`${error.code}\` ${error.message}` : 'the answer';
}

function tableOf(rows: readonly Row[]): string {
  const seconds = (figure: number): string => (figure === 0 ? 'at once' : `${Math.round(figure * 10) / 10} s`);
  return [
    '| Fault | Asked for | What the operator sees | Attempts | After |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.fault} | \`${row.operation}\` | ${row.sees.replaceAll('|', '\\|')} | ${row.requests} | ${seconds(row.seconds)} |`,
    ),
  ].join('\n');
}
