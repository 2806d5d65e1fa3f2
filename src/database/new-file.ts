import { access, constants, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { removedWhenKilled } from '../common/unfinished.js';
import { PlaceTakenError } from './backup.errors.js';

/**
 * So much is written before it is brought to the disk. A commit waits for whatever of the same disk is being brought there:
 * for a whole file, as long as that takes.
 */
const SYNC_BYTES = 4 * 1_048_576;

/**
 * Writes a new file of the owner's. It has its name only once it is whole and on the disk; where anything fails, there
 * is none. Answers its size in bytes. Throws {@link PlaceTakenError}.
 */
export async function writeNewFile(content: AsyncIterable<Buffer>, file: string): Promise<number> {
  const path = resolve(file);
  await assertPlace(path);
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await removedWhenKilled(part, async () => write(content, await open(part, 'wx', 0o600)));
    await assertNew(path);
    await rename(part, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(part, { force: true });
  }
  return (await stat(path)).size;
}

/** Whether a new file can be written there: before anybody is asked for what is to be in it. Throws {@link PlaceTakenError}. */
export async function assertPlace(file: string): Promise<void> {
  const path = resolve(file);
  await assertNew(path);
  await access(dirname(path), constants.W_OK);
}

async function write(content: AsyncIterable<Buffer>, file: FileHandle): Promise<void> {
  try {
    let unsynced = 0;
    for await (const piece of content) {
      await file.appendFile(piece);
      unsynced += piece.length;
      if (unsynced < SYNC_BYTES) continue;
      await file.datasync();
      unsynced = 0;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function assertNew(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (found) throw new PlaceTakenError(`${path} is there already: name a new file.`);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}
