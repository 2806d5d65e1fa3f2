import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { makeFolder } from '../common/make-folder.js';
import { type ReadTarEntry, TAR_END, TarError, tarEntries, tarHeader, tarPadding } from '../common/tar.js';
import { removedWhenKilled } from '../common/unfinished.js';
import { BackupDamagedError, PlaceTakenError } from './backup.errors.js';
import { BACKUP_MANIFEST, type BackupManifest, DATABASE_FOLDER, PIECE_BYTES } from './base-backup.js';
import { writeNewFile } from './new-file.js';
import { withDatabase } from './with-database.js';

/** Where a database is until it is whole: whatever ends the process, nobody takes half of one for a database. */
const RESTORING = '.restoring';
const PART_BYTES = 2 * 1_048_576;
const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

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
  return writeNewFile(archiveOf(packed(tar, spare)), file);
}

/** A tar archive of the parts, each under its number and the sum of its bytes, as Brotli has none of its own. */
async function* archiveOf(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const modified = new Date();
  let number = 0;
  for await (const part of parts) {
    const path = nameOf(++number, part);
    yield tarHeader({ path, isFolder: false, size: part.length }, modified);
    yield part;
    yield tarPadding(part.length);
  }
  yield TAR_END;
}

// Of packed bytes, SHA-256 takes a fraction of the time that a CRC of the unpacked ones would.
function nameOf(number: number, part: Buffer): string {
  return `${String(number).padStart(6, '0')}-${createHash('sha256').update(part).digest('hex')}.tar.br`;
}

/**
 * Parts that are packed each for itself: by as many cores as there are. The next pieces are made while these are packed.
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

/**
 * Pages of a database have so much in common that more work on them makes little difference. Of this quality no match
 * is farther away than the window of 18 bits; with a larger one all is slower.
 */
const pack = (part: Buffer) =>
  compress(part, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 },
    chunkSize: PART_BYTES / 8,
  });

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
  const parts: Buffer[] = pieces.length > 1 ? [Buffer.concat(pieces.slice(0, -1))] : [];
  for (let at = 0; at < last.length; at += PART_BYTES) parts.push(last.subarray(at, at + PART_BYTES));
  return parts;
}

/** Reads a backup to its end and compares the sum of every part. Throws {@link BackupDamagedError}. */
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
  const part = join(folder, RESTORING);
  try {
    return await removedWhenKilled(part, async () => {
      await mkdir(part, { mode: 0o700 });
      const manifest = await readBackup(file, async ({ path, isFolder, body }) => {
        if (isFolder) await mkdir(join(part, path), { mode: 0o700 });
        else await pipeline(body, createWriteStream(join(part, path), { mode: 0o600, flags: 'wx', flush: true }));
      });
      const tables = await countRows(part);
      await rename(join(part, DATABASE_FOLDER), join(folder, DATABASE_FOLDER));
      return { manifest, tables };
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Gives every entry but the manifest to `take`, which reads it to its end. */
async function readBackup(file: string, take: (entry: ReadTarEntry) => Promise<void>): Promise<BackupManifest> {
  let manifest: BackupManifest | undefined;
  try {
    for await (const entry of tarEntries(unpacked(file))) {
      if (!isOfBackup(entry.path)) throw new TarError(`It holds ${JSON.stringify(entry.path)}.`);
      if (entry.path !== BACKUP_MANIFEST) await take(entry);
      else manifest = JSON.parse((await buffer(entry.body)).toString()) as BackupManifest;
    }
    if (!manifest) throw new TarError('It ends too early.');
    return manifest;
  } catch (error) {
    if (error instanceof TarError) throw new BackupDamagedError(file, error.message);
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') throw new BackupDamagedError(file, 'It is a folder.');
    throw error;
  }
}

/** What was packed, as it is asked for: nothing of a part that is not what was written, or not in its place. */
async function* unpacked(file: string): AsyncGenerator<Buffer> {
  let before: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));
  let number = 0;
  for await (const { path, body } of tarEntries(createReadStream(file))) {
    const part = await buffer(body);
    if (path !== nameOf(++number, part)) throw new TarError(`Its part ${number} is not what was written.`);
    const unpacking = decompress(part, { maxOutputLength: 2 * PART_BYTES });
    // Whoever reads may have given up before this one's turn.
    unpacking.catch(() => undefined);
    yield await before;
    before = unpacking;
  }
  yield await before;
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
