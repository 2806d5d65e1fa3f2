import type { FindManyOptions, FindOptionsWhere, ObjectLiteral, Repository } from 'typeorm';
import type { AppError } from '../common/app.error.js';
import { parseUuid } from '../common/uuid.js';

/** What has a UUID, given in any spelling of it. Throws `Missing` where nothing has, also for a text that is no UUID. */
export async function findByOrThrow<T>(
  find: (uuid: string) => Promise<T | null | undefined>,
  uuid: string,
  Missing: new () => AppError,
): Promise<T> {
  const known = parseUuid(uuid);
  const found = known && (await find(known));
  if (!found) throw new Missing();
  return found;
}

/** The row of a UUID. Throws as {@link findByOrThrow}. */
export function findOrThrow<T extends ObjectLiteral & { uuid: string }>(
  rows: Repository<T>,
  uuid: string,
  Missing: new () => AppError,
  options: Omit<FindManyOptions<T>, 'where'> = {},
): Promise<T> {
  // `findOne` would look for the UUID first and then read the row with its relations: two statements.
  const find = async (known: string) =>
    (await rows.find({ ...options, where: { uuid: known } as FindOptionsWhere<T> }))[0];
  return findByOrThrow(find, uuid, Missing);
}
