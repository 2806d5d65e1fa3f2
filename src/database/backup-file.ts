import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, gzip as gzipWithCallback } from 'node:zlib';
import { makeFolder } from '../common/make-folder.js';
import { type ReadTarEntry, TarError, tarEntries } from '../common/tar.js';
import { BackupDamagedError, PlaceTakenError } from './backup.errors.js';
import { BACKUP_MANIFEST, type BackupManifest, DATABASE_FOLDER, PIECE_BYTES } from './base-backup.js';
import { writeNewFile } from './new-file.js';
import { withDatabase } from './with-database.js';

const gzip = promisify(gzipWithCallback);
const PART_BYTES = 2 * 1_048_576;

/** A database as it came out of a backup. */
export interface RestoredDatabase {
  readonly manifest: BackupManifest;
  /** Rows, by table. */
  readonly tables: Readonly<Record<string, number>>;
}

/**
 * Compresses a backup into a new file. Answers its size in bytes. `spare`: where large pieces go that have been packed.
 * Throws {@link PlaceTakenError}.
 */
export function writeBackup(tar: AsyncIterable<Buffer>, file: string, spare: Buffer[] = []): Promise<number> {
  return writeNewFile(packed(tar, spare), file);
}

/**
 * As gzip, whose format allows parts that are packed each for itself: by as many cores as there are. The next pieces are
 * made while these are packed.
 */
async function* packed(tar: AsyncIterable<Buffer>, spare: Buffer[]): AsyncGenerator<Buffer> {
  let before: Promise<Buffer[]> = Promise.resolve([]);
  for await (const pieces of inGroups(tar)) {
    const packing = Promise.all(partsOf(pieces).map(pack)).finally(() =>
      spare.push(...pieces.filter(({ length }) => length === PIECE_BYTES)),
    );
    yield* await before;
    before = packing;
  }
  yield* await before;
}

// Pages of a database have so much in common that more work on them makes little difference.
const pack = (part: Buffer) => gzip(part, { level: 1, chunkSize: PART_BYTES / 8 });

/** Small pieces together, up to the size of a part, and a large one after them. */
async function* inGroups(tar: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let group: Buffer[] = [];
  let bytes = 0;
  for await (const piece of tar) {
    group.push(piece);
    bytes += piece.length;
    if (bytes < PART_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  yield group;
}

function partsOf(pieces: readonly Buffer[]): Buffer[] {
  const last = pieces.at(-1);
  if (!last || last.length <= PART_BYTES) return [Buffer.concat(pieces)];
  const parts: Buffer[] = [Buffer.concat(pieces.slice(0, -1))];
  for (let at = 0; at < last.length; at += PART_BYTES) parts.push(last.subarray(at, at + PART_BYTES));
  return parts;
}

/** Reads a backup to its end and compares every checksum. Throws {@link BackupDamagedError}. */
export function verifyBackup(file: string): Promise<BackupManifest> {
  return readBackup(file, async ({ body }) => {
    for await (const piece of body) void piece;
  });
}

/**
 * Makes the database of a backup in a folder that is empty or not there, opens it and reads every row. Where anything
 * fails, the folder is empty again. Throws {@link BackupDamagedError}, {@link PlaceTakenError}.
 */
export async function restoreBackup(file: string, dataDir: string): Promise<RestoredDatabase> {
  const folder = resolve(dataDir);
  makeFolder(folder);
  if (readdirSync(folder).length)
    throw new PlaceTakenError(`${folder} is not empty: name an empty folder, or one that is not there yet.`);
  try {
    const manifest = await readBackup(file, async ({ path, isFolder, body }) => {
      if (isFolder) await mkdir(join(folder, path), { mode: 0o700 });
      else await pipeline(body, createWriteStream(join(folder, path), { mode: 0o600, flags: 'wx', flush: true }));
    });
    await rm(join(folder, BACKUP_MANIFEST));
    return { manifest, tables: await countRows(folder) };
  } catch (error) {
    for (const name of readdirSync(folder)) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

/** Gives every entry to `take`, which reads it to its end. */
async function readBackup(file: string, take: (entry: ReadTarEntry) => Promise<void>): Promise<BackupManifest> {
  const read = new Map<string, string>();
  let text = '';
  try {
    const unpacked = new PassThrough();
    const unpacking = pipeline(createReadStream(file), createGunzip(), unpacked);
    unpacking.catch(() => undefined);
    for await (const entry of tarEntries(unpacked)) {
      if (!isOfBackup(entry.path)) throw new BackupDamagedError(file, `It holds ${JSON.stringify(entry.path)}.`);
      const hash = createHash('sha256');
      await take({ ...entry, body: hashed(entry) });
      if (!entry.isFolder) read.set(entry.path, hash.digest('hex'));

      async function* hashed({ path, body }: ReadTarEntry): AsyncGenerator<Buffer> {
        for await (const piece of body) {
          hash.update(piece);
          if (path === BACKUP_MANIFEST) text += piece.toString('latin1');
          yield piece;
        }
      }
    }
    await unpacking;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (error instanceof TarError || /^Z_/.test(code))
      throw new BackupDamagedError(
        file,
        error instanceof TarError ? error.message : `It cannot be unpacked (${code}).`,
      );
    throw error;
  }
  if (!text) throw new BackupDamagedError(file, 'It ends too early.');
  const manifest = JSON.parse(text) as BackupManifest;
  read.delete(BACKUP_MANIFEST);
  const wrong = manifest.files.find(({ path, sha256 }) => read.get(path) !== sha256);
  if (wrong) throw new BackupDamagedError(file, `${wrong.path} is not what was written.`);
  if (read.size !== manifest.files.length) throw new BackupDamagedError(file, 'It holds more than was written.');
  return manifest;
}

/** Nothing is written outside of the folder, whoever made the file. */
function isOfBackup(path: string): boolean {
  const [first, ...others] = path.split('/');
  if (path === BACKUP_MANIFEST) return true;
  return first === DATABASE_FOLDER && others.every((part) => /^\w[\w.-]*$/.test(part));
}

/** Opens the database, by which the log of the backup makes its files whole, and reads every page of every table. */
function countRows(dataDir: string): Promise<Record<string, number>> {
  return withDatabase({ DATA_DIR: dataDir, DATABASE_POOL_SIZE: 2 }, async (dataSource) => {
    const names = await dataSource.query<{ name: string }[]>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename`,
    );
    const tables: Record<string, number> = {};
    for (const { name } of names) {
      const [{ rows }] = await dataSource.query<[{ rows: number }]>(`SELECT count(*)::integer AS rows FROM ${name}`);
      tables[name] = rows;
    }
    return tables;
  });
}
