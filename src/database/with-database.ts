import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NoDatabaseError, WrongUserError } from './backup.errors.js';
import { DATABASE_FOLDER } from './base-backup.js';
import { type DatabaseLocation, dataSourceOptions } from './data-source-options.js';

/** Opens a database as it is, without migrations, for one piece of work. Throws as {@link assertUsable} does. */
export async function withDatabase<T>(
  location: DatabaseLocation,
  work: (dataSource: DataSource) => Promise<T>,
  entities: Type<object>[] = [],
): Promise<T> {
  assertUsable(location);
  const dataSource = new DataSource({ ...(await dataSourceOptions(location)), entities });
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/**
 * Whether this process may open the database of a service: an embedded one has to be there, and to belong to the same
 * user, as files of another user would keep the service from its own. Throws `NoDatabaseError`, `WrongUserError`.
 */
export function assertUsable({ DATABASE_URL, DATA_DIR }: DatabaseLocation): void {
  if (DATABASE_URL) return;
  const folder = join(resolve(DATA_DIR), DATABASE_FOLDER);
  if (!existsSync(join(folder, 'PG_VERSION'))) throw new NoDatabaseError(resolve(DATA_DIR));
  const { uid } = statSync(folder);
  if (process.getuid && uid !== process.getuid()) throw new WrongUserError(resolve(DATA_DIR), uid);
}
