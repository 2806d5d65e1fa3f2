import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DataSource } from 'typeorm';
import { SystemClock } from '../src/common/clock.js';
import { restoreBackup, verifyBackup, writeBackup } from '../src/database/backup-file.js';
import { baseBackup } from '../src/database/base-backup.js';
import { Env } from '../src/config/env.js';
import { type BenchRow, median } from './bench-row.js';
import { BENCH_TOKEN, serve } from './throughput.js';

const MEGABYTES = 1_000;
const ROWS_AT_ONCE = 50_000;
const TURNS = 5;

/** Asks again and again, from a thread of its own, how long a change takes; answers the longest when it is told to stop. */
const CLIENT = `
  const { parentPort, workerData: { url, headers } } = require('node:worker_threads');
  let isOver = false;
  let longest = 0;
  let count = 0;
  parentPort.on('message', () => (isOver = true));
  (async () => {
    parentPort.postMessage('ready');
    while (!isOver) {
      const start = performance.now();
      const answer = await fetch(url, { method: 'PATCH', headers, body: JSON.stringify({ native_name: String(count++) }) });
      await answer.text();
      if (!answer.ok) throw new Error('answered ' + answer.status);
      longest = Math.max(longest, performance.now() - start);
    }
    parentPort.postMessage({ longest, count });
  })();`;

/** A backup of an embedded database of 1 GB while it serves, beside a plain copy of its files. */
export async function run(): Promise<BenchRow[]> {
  const served = await serve({});
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-backup-'));
  try {
    const database = served.app.get(DataSource);
    const dataDir = served.app.get(Env).DATA_DIR;
    await fill(database);
    const headers = { Authorization: `Token ${BENCH_TOKEN}`, 'Content-Type': 'application/json' };
    const made = await fetch(`${served.url}/api/customers/`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name: 'Asked' }),
    });
    const { uuid } = (await made.json()) as { uuid: string };

    const file = join(folder, 'backup.tar');
    const take = async () => {
      const spare: Buffer[] = [];
      await writeBackup(baseBackup(database, dataDir, new SystemClock(), spare), file, spare);
    };
    // In turns, as disks are not the same from one moment to the next.
    const copies: Taken[] = [];
    const backups: Taken[] = [];
    const readings: Taken[] = [];
    const restores: Taken[] = [];
    let size = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      const copy = join(folder, 'copy');
      const filter = (path: string) => !path.endsWith('.sock');
      copies.push(await timeOf(() => cpSync(dataDir, copy, { recursive: true, filter })));
      backups.push(await timeOf(take));
      readings.push(await timeOf(() => verifyBackup(file)));
      const restored = join(folder, 'restored');
      restores.push(await timeOf(() => restoreBackup(file, restored)));
      size = statSync(file).size;
      for (const path of [copy, file, restored]) rmSync(path, { recursive: true });
    }
    const plain = medians(copies);
    const backup = medians(backups);

    const client = new Worker(CLIENT, {
      eval: true,
      workerData: { url: `${served.url}/api/customers/${uuid}/`, headers },
    });
    await once(client, 'message');
    const busy = await timeOf(take);
    const answered = once(client, 'message');
    client.postMessage('stop');
    const [{ longest, count }] = (await answered) as [{ longest: number; count: number }];
    await client.terminate();

    const ratio = backup.elapsed / plain.elapsed;
    return [
      { name: 'tables', figure: Math.round((await bytesOf(database)) / 1e6), unit: 'MB' },
      { name: 'plain copy of the files', figure: round(plain.elapsed / 1000), unit: 's' },
      {
        name: 'backup of a service that nobody asks anything, to the plain copy',
        figure: round(ratio),
        unit: '×',
        goal: '<= 2',
        ok: ratio <= 2,
      },
      { name: 'its processor time', figure: round(backup.processor / 1000), unit: 's' },
      { name: 'processor time of the plain copy', figure: round(plain.processor / 1000), unit: 's' },
      {
        name: 'reading it again, to the plain copy',
        figure: round(medians(readings).elapsed / plain.elapsed),
        unit: '×',
      },
      {
        name: 'restoring it, with every row read, to the plain copy',
        figure: round(medians(restores).elapsed / plain.elapsed),
        unit: '×',
      },
      { name: 'size of the backup', figure: Math.round(size / 1e6), unit: 'MB' },
      {
        name: 'backup beside changes without end, to the plain copy',
        figure: round(busy.elapsed / plain.elapsed),
        unit: '×',
      },
      { name: 'changes meanwhile, one after another', figure: count, unit: '' },
      { name: 'the longest of them', figure: round(longest), unit: 'ms', goal: '<= 200', ok: longest <= 200 },
    ];
  } finally {
    await served.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In milliseconds; of the processor, of all threads together. */
interface Taken {
  readonly elapsed: number;
  readonly processor: number;
}

async function timeOf(work: () => unknown): Promise<Taken> {
  const begun = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { elapsed: performance.now() - begun, processor: (user + system) / 1000 };
}

const medians = (all: readonly Taken[]): Taken => ({
  elapsed: median(all.map(({ elapsed }) => elapsed)),
  processor: median(all.map(({ processor }) => processor)),
});

/** Texts that can be packed as rows of operators can, up to the size. */
async function fill(database: DataSource): Promise<void> {
  await database.query('CREATE TABLE filler (number integer, name text, digest text)');
  for (let rows = 0; (await bytesOf(database)) < MEGABYTES * 1e6; rows += ROWS_AT_ONCE)
    await database.query(
      `INSERT INTO filler
       SELECT n, repeat('Organisation ' || n || ', ', 40), md5(n::text) || md5((-n)::text)
       FROM generate_series($1::integer, $2::integer) AS n`,
      [rows, rows + ROWS_AT_ONCE - 1],
    );
}

async function bytesOf(database: DataSource): Promise<number> {
  const [row] = await database.query<{ bytes: number }[]>(
    `SELECT pg_database_size(current_database())::float8 AS bytes`,
  );
  return row!.bytes;
}

const round = (value: number) => Math.round(value * 100) / 100;
