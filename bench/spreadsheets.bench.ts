import { Readable } from 'node:stream';
import { setInterval } from 'node:timers';
import { DataSource } from 'typeorm';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { copyRows } from '../src/database/copy-rows.js';
import { ImportsService } from '../src/spreadsheets/imports.service.js';
import { createDatabase } from '../test/support/databases.js';
import { type BenchRow, median } from './bench-row.js';
import { memoryGrown } from './memory.js';

const ROWS = 100_000;
const ROUNDS = 3;
const MOST_MB = 100;
const MOST_TIMES = 4;
const COLUMNS = ['backend_id', 'name', 'abbreviation', 'email', 'registration_code', 'country'];
const cellsOf = (row: number) => [
  `C-${row}`,
  `Organisation number ${row} OÜ`,
  `O${row}`,
  `it@organisation-${row}.example`,
  `${10_000_000 + row}`,
  'EE',
];

/** A CSV of 100,000 new organisations on a PostgreSQL server: against a COPY of the same into the same table. */
export async function run(): Promise<BenchRow[]> {
  process.env.TEST_DATABASE_URL ??= 'postgres://postgres@127.0.0.1:5432/postgres';
  const database = await createDatabase('postgres', 'template0');
  const app = await createApp(
    readEnv({ ...database.variables, STAFF_TOKEN: 'bench-token-0123456789abcdefghijklmnopqrstuv', LOG_LEVEL: 'fatal' }),
  );
  try {
    await app.init();
    const [dataSource, imports] = [app.get(DataSource), app.get(ImportsService)];
    const empty = () => dataSource.query('TRUNCATE customer CASCADE');
    const times: Record<'copy' | 'preview' | 'apply', number[]> = { copy: [], preview: [], apply: [] };
    let resident = 0;
    await importOnce(imports, 1_000);
    for (let round = 0; round < ROUNDS; round++) {
      await empty();
      times.copy.push(await timed(() => copy(dataSource)));
      await empty();
      const used = await residentGrown(async () => {
        const { preview, apply } = await importOnce(imports, ROWS);
        times.preview.push(preview);
        times.apply.push(apply);
      });
      resident = Math.max(resident, used);
    }
    await empty();
    const grown = await memoryGrown(() => importOnce(imports, ROWS), 250);
    const copied = median(times.copy);
    const against = (what: string, time: number): BenchRow[] => {
      const ratio = Math.round((time / copied) * 100) / 100;
      return [
        { name: `${what}, median`, figure: Math.round(time), unit: 'ms' },
        {
          name: `${what}, times the COPY`,
          figure: ratio,
          unit: '×',
          goal: `<= ${MOST_TIMES}`,
          ok: ratio <= MOST_TIMES,
        },
      ];
    };
    return [
      { name: `COPY of ${ROWS} organisations with their indexes, median`, figure: Math.round(copied), unit: 'ms' },
      ...against(`preview of a CSV of ${ROWS}, upload included`, median(times.preview)),
      ...against('applying it', median(times.apply)),
      {
        name: 'memory in use grown meanwhile, at most',
        figure: Math.round(grown),
        unit: 'MB',
        goal: `< ${MOST_MB}`,
        ok: grown < MOST_MB,
      },
      { name: 'resident memory grown, with what is not collected yet', figure: Math.round(resident), unit: 'MB' },
    ];
  } finally {
    await app.close();
    await database.drop();
  }
}

async function importOnce(imports: ImportsService, rows: number): Promise<{ preview: number; apply: number }> {
  const watch = { progress: () => Promise.resolve() };
  let uuid = '';
  const preview = await timed(async () => {
    const kept = await imports.keep(Readable.from(csv(rows)));
    await imports.accept(kept, { kind: 'organisations', fileName: 'organisations.csv', requestedBy: 'bench' });
    uuid = kept.uuid;
    const { created } = await imports.preview(uuid, watch);
    if (created !== rows) throw new Error(`${created} new ones, not ${rows}`);
  });
  return { preview, apply: await timed(() => imports.write(uuid, false, watch)) };
}

function* csv(rows: number): Generator<Buffer> {
  let text = `${COLUMNS.join(',')}\n`;
  for (let row = 0; row < rows; row++) {
    text += `${cellsOf(row).join(',')}\n`;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

async function copy(dataSource: DataSource): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, row) => cellsOf(row));
  await copyRows(dataSource, 'customer', COLUMNS, rows);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** By how many MB the memory that this process takes of the machine grew while it worked. */
async function residentGrown(work: () => Promise<void>): Promise<number> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return (most - before) / 1_048_576;
}
