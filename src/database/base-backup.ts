import { readFileSync, statSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Clock } from '../common/clock.js';
import { renderDateTime } from '../common/date-time.js';
import { BackupUnderWayError } from './backup.errors.js';
import type { PglitePool } from './pglite-pool.js';
import { TAR_END, tarHeader, tarPadding } from '../common/tar.js';

/** The folder of an embedded database inside its `DATA_DIR`, and inside a backup. */
export const DATABASE_FOLDER = 'pglite';
/** The last entry of a backup. */
export const BACKUP_MANIFEST = 'backup.json';

/** What a backup says of itself. */
export interface BackupManifest {
  readonly format: 1;
  /** Everything that was written down before this moment is in it. */
  readonly begun: string;
  /** Nothing that came after this moment is. */
  readonly ended: string;
  /** The newest migration of its schema. */
  readonly schema: string;
  readonly note: string;
  /** How many files of the database it has. */
  readonly files: number;
  /** Their size, unpacked. */
  readonly bytes: number;
}

/** Said in every backup, and to whoever takes one. */
export const WITHOUT_KEY =
  'It holds no SECRET_KEY, no secret.key and no staff-token: keep SECRET_KEY or the file secret.key elsewhere. ' +
  'Without it the stored ArrowSphere keys cannot be decrypted.';

const underWay = new WeakSet<DataSource>();

/** Of a large file. Each piece waits for its turn among what the service does, several times. */
export const PIECE_BYTES = 8 * 1_048_576;
const SMALL_BYTES = 262_144;
/** So much is read while everything else waits. */
const AT_ONCE_BYTES = 1_048_576;
/** What opening a file costs, as if it were so many bytes more. */
const BYTES_PER_FILE = 32_768;
const CONTROL_FILE = 'global/pg_control';
const LOG_FOLDER = 'pg_wal';

/** What PostgreSQL makes anew at every start. */
const MADE_AT_START =
  /^(postmaster\.(pid|opts)|(pg_dynshmem|pg_notify|pg_replslot|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/.*)$|\bpgsql_tmp|(^|\/)pg_internal\.init$|^pg_wal\//;

/**
 * A backup of the embedded database as a tar archive, while others use it: PostgreSQL's own way. Files are copied as
 * they come, torn pages and all, between `pg_backup_start` and `pg_backup_stop`; the log of that time, which comes
 * after them, makes them whole when the copy is opened first. The one session is held for those two statements only:
 * the first is a checkpoint. `spare`: buffers to read large files into, which whoever needs a piece no more may give
 * back; with new ones for a gigabyte most of the time goes into collecting them. Throws {@link BackupUnderWayError}.
 */
export async function* baseBackup(
  dataSource: DataSource,
  dataDir: string,
  clock: Clock,
  spare: Buffer[] = [],
): AsyncGenerator<Buffer> {
  const root = join(dataDir, DATABASE_FOLDER);
  let files = 0;
  let bytes = 0;
  const begun = clock.now();

  async function* entry(path: string, size: number, pieces: AsyncIterable<Buffer> | Iterable<Buffer>) {
    files++;
    bytes += size;
    yield tarHeader({ path, isFolder: false, size }, begun);
    yield* pieces;
    yield tarPadding(size);
  }
  const whole = (name: string, content: Buffer) => entry(`${DATABASE_FOLDER}/${name}`, content.length, [content]);
  let readAtOnce = 0;
  async function* copy(name: string) {
    const path = join(root, name);
    const small = readSmall(path);
    if (small) {
      // Each wait is a turn behind everything that the service does, and most of a thousand files are small.
      readAtOnce += small.length + BYTES_PER_FILE;
      if (readAtOnce > AT_ONCE_BYTES) {
        readAtOnce = 0;
        await setImmediate();
      }
      return yield* whole(name, small);
    }
    const file = await open(path).catch(ignoreMissing);
    if (!file) return;
    try {
      const { size } = await file.stat();
      yield* entry(`${DATABASE_FOLDER}/${name}`, size, piecesOf(file, size, spare));
    } finally {
      await file.close();
    }
  }

  if (underWay.has(dataSource)) throw new BackupUnderWayError();
  underWay.add(dataSource);
  const keepNoMore = (dataSource.driver as unknown as { master: PglitePool }).master.keepLog();
  const end = () => {
    keepNoMore();
    underWay.delete(dataSource);
  };
  const first = await start(dataSource).catch((error: unknown) => {
    end();
    throw error;
  });
  let isOpen = true;
  try {
    const [{ schema }] = await dataSource.query<[{ schema: string }]>(
      'SELECT name AS schema FROM migration ORDER BY "timestamp" DESC LIMIT 1',
    );
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const named = entries
      .map((each) => ({ each, name: join(each.parentPath, each.name).slice(root.length + 1) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const folders = named.filter(({ each }) => each.isDirectory()).map(({ name }) => `${DATABASE_FOLDER}/${name}`);
    for (const path of [DATABASE_FOLDER, ...folders]) yield tarHeader({ path, isFolder: true, size: 0 }, begun);
    for (const { each, name } of named)
      if (each.isFile() && name !== CONTROL_FILE && !MADE_AT_START.test(name)) yield* copy(name);
    // At once, as no page of the log makes half of it whole.
    yield* whole(CONTROL_FILE, readFileSync(join(root, CONTROL_FILE)));

    const { label, last } = await stop(dataSource);
    isOpen = false;
    yield* whole('backup_label', Buffer.from(label));
    const log = (await readdir(join(root, LOG_FOLDER))).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
    for (const name of log)
      if (name >= first && name <= last)
        yield* whole(`${LOG_FOLDER}/${name}`, await readFile(join(root, LOG_FOLDER, name)));
    const manifest: BackupManifest = {
      format: 1,
      begun: renderDateTime(begun),
      ended: renderDateTime(clock.now()),
      schema,
      note: WITHOUT_KEY,
      files,
      bytes,
    };
    const text = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
    yield* entry(BACKUP_MANIFEST, text.length, [text]);
    yield TAR_END;
  } finally {
    // Where the database was closed meanwhile, nothing is left to end.
    if (isOpen) await stop(dataSource).catch(() => undefined);
    end();
  }
}

/** Answers the file of the log that the copy has to be made whole from. */
async function start(dataSource: DataSource): Promise<string> {
  const [{ first }] = await dataSource.query<[{ first: string }]>(
    `SELECT pg_walfile_name(place) AS first FROM pg_backup_start('waldur-arrowsphere', true) AS place`,
  );
  return first;
}

async function stop(dataSource: DataSource): Promise<{ label: string; last: string }> {
  const [stopped] = await dataSource.query<[{ label: string; last: string }]>(
    'SELECT labelfile AS label, pg_walfile_name(lsn) AS last FROM pg_backup_stop(false)',
  );
  return stopped;
}

/** Exactly so many bytes of a file that may grow and shrink: what it has lost meanwhile is lost in the log too. */
async function* piecesOf(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
  spare: Buffer[],
): AsyncGenerator<Buffer> {
  const read = async (at: number) => {
    if (at >= size) return Buffer.alloc(0);
    const piece = (spare.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES)).subarray(0, size - at);
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    return bytesRead ? piece.subarray(0, bytesRead) : piece.fill(0);
  };
  let next = read(0);
  for (let at = 0; at < size;) {
    const piece = await next;
    at += piece.length;
    // While this one is packed.
    next = read(at);
    next.catch(() => undefined);
    yield piece;
  }
  await next;
}

/** A file as a whole, unless it is large or gone. */
function readSmall(path: string): Buffer | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && stats.size <= SMALL_BYTES ? readFileSync(path) : undefined;
}

/** A table may be dropped at any time. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
