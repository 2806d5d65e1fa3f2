import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlaceTakenError } from './backup.errors.js';

/**
 * Writes a new file of the owner's. It has its name only once it is whole and on the disk; where anything fails, there
 * is none. Answers its size in bytes. Throws {@link PlaceTakenError}.
 */
export async function writeNewFile(content: AsyncIterable<Buffer>, file: string): Promise<number> {
  const path = resolve(file);
  await assertNew(path);
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await pipeline(content, createWriteStream(part, { mode: 0o600, flags: 'wx', flush: true }));
    await assertNew(path);
    await rename(part, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(part, { force: true });
  }
  return (await stat(path)).size;
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
