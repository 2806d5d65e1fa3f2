import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { JobsService } from '../src/jobs/jobs.service.js';
import { WaldurMirrorService } from '../src/waldur-mirror/waldur-mirror.service.js';
import { createDatabase } from '../test/support/databases.js';
import type { BenchRow } from './bench-row.js';
import { memoryGrown } from './memory.js';
import { COUNTS } from './waldur-pages.js';

const PAGE_MS = 50;
const PAGE_ROWS = 300;
const CONCURRENCY = 4;
const MOST_TIMES = 1.35;
const MOST_MB = 100;
const MOST_REQUESTS = 12;
const CHANGES = 10;

/** A Waldur of 20,000 organisations, 50,000 projects and 100,000 resources, copied to a PostgreSQL server. */
export async function run(): Promise<BenchRow[]> {
  process.env.TEST_DATABASE_URL ??= 'postgres://postgres@127.0.0.1:5432/postgres';
  const database = await createDatabase('postgres', 'template0');
  const waldur = fork(fileURLToPath(new URL('./waldur-pages.ts', import.meta.url)), { execArgv: process.execArgv });
  const [{ port }] = (await once(waldur, 'message')) as [{ port: number }];
  const app = await createApp(
    readEnv({
      ...database.variables,
      STAFF_TOKEN: 'bench-token-0123456789abcdefghijklmnopqrstuv',
      LOG_LEVEL: 'fatal',
      WALDUR_URL: `http://127.0.0.1:${port}`,
      WALDUR_TOKEN: 'bench',
      WALDUR_SYNC_INTERVAL_MINUTES: '1440',
    }),
  );
  try {
    await app.init();
    const [mirror, jobs] = [app.get(WaldurMirrorService), app.get(JobsService)];
    const sync = async (whole: boolean) => {
      const { uuid } = await mirror.request({ whole }, 'bench');
      for (;;) {
        const { state, startedAt, finishedAt, errorMessage } = await jobs.get(uuid);
        if (state === 'failed') throw new Error(errorMessage);
        if (state === 'succeeded') return finishedAt!.getTime() - startedAt!.getTime();
        // The job says itself when it began and ended: asking more often would only keep it from its work.
        await sleep(250);
      }
    };
    const first = await sync(true);
    const again = await sync(true);
    const grown = await memoryGrown(() => sync(true), 1_000);
    await counted(waldur, { changes: CHANGES });
    const changed = await sync(false);
    const requests = (await counted(waldur, {})) - pagesOf(COUNTS.customers);
    const ideal = (Object.values(COUNTS).reduce((sum, rows) => sum + pagesOf(rows), 0) * PAGE_MS) / CONCURRENCY;
    const against = (what: string, time: number): BenchRow[] => {
      const ratio = Math.round((time / ideal) * 100) / 100;
      return [
        { name: what, figure: time, unit: 'ms' },
        {
          name: `${what}, times the ideal`,
          figure: ratio,
          unit: '×',
          goal: `<= ${MOST_TIMES}`,
          ok: ratio <= MOST_TIMES,
        },
      ];
    };
    return [
      { name: `pages of ${PAGE_ROWS} at ${PAGE_MS} ms, ${CONCURRENCY} at once: the ideal`, figure: ideal, unit: 'ms' },
      ...against('a first reading of everything', first),
      ...against('everything again, nothing changed', again),
      { name: `an incremental reading with ${CHANGES} changes`, figure: changed, unit: 'ms' },
      {
        name: 'its requests besides the list of customers',
        figure: requests,
        unit: '',
        goal: `<= ${MOST_REQUESTS}`,
        ok: requests <= MOST_REQUESTS,
      },
      {
        name: 'memory in use grown meanwhile, at most',
        figure: Math.round(grown),
        unit: 'MB',
        goal: `< ${MOST_MB}`,
        ok: grown < MOST_MB,
      },
    ];
  } finally {
    await app.close();
    waldur.disconnect();
    await database.drop();
  }
}

const pagesOf = (rows: number) => Math.ceil(rows / PAGE_ROWS);

/** Requests since the last time it was asked. */
async function counted(waldur: ChildProcess, message: object): Promise<number> {
  waldur.send(message);
  const [{ requests }] = (await once(waldur, 'message')) as [{ requests: number }];
  return requests;
}
