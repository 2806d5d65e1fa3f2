import { statfsSync } from 'node:fs';
import type { DataSource } from 'typeorm';

/** The embedded database writes its log in files of 16 MB; without room for the next one it never comes back. */
const LEAST_BYTES = 4 * 16_777_216;
const LOOK_EVERY_MS = 100;

/** What both pools can tell. */
export interface KnowsRoom {
  /** Whether the database has no room left for changes. */
  readonly isFull: boolean;
}

/** Whether the database has no room left for changes, as far as its pool knows. */
export function isFull({ driver }: DataSource): boolean {
  return (driver as unknown as { master: KnowsRoom }).master.isFull;
}

/** Whether the server takes no changes at all, as a standby does not. */
export async function isReadOnly(dataSource: DataSource): Promise<boolean> {
  const [{ setting }] = await dataSource.query<[{ setting: string }]>(
    `SELECT current_setting('transaction_read_only') AS setting`,
  );
  return setting === 'on';
}

/** Watches the disk of a folder: true while it has no room for what an embedded database may write next. */
export function watchRoom(folder: string): () => boolean {
  let lookedAt = -Infinity;
  let full = false;
  return () => {
    const now = performance.now();
    if (now - lookedAt < LOOK_EVERY_MS) return full;
    lookedAt = now;
    const { bavail, bsize } = statfsSync(folder);
    return (full = bavail * bsize < LEAST_BYTES);
  };
}
