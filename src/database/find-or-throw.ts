import type { FindManyOptions, FindOptionsWhere, ObjectLiteral, Repository } from 'typeorm';
import type { AppError } from '../common/app.error.js';
import { parseUuid } from '../common/uuid.js';

/** The row of a UUID, in any spelling of it. Throws `Missing` where there is none, also for a text that is no UUID. */
export async function findOrThrow<T extends ObjectLiteral & { uuid: string }>(
  rows: Repository<T>,
  uuid: string,
  Missing: new () => AppError,
  options: Omit<FindManyOptions<T>, 'where'> = {},
): Promise<T> {
  const known = parseUuid(uuid);
  // `findOne` would look for the UUID first and then read the row with its relations: two statements.
  const [row] = known ? await rows.find({ ...options, where: { uuid: known } as FindOptionsWhere<T> }) : [];
  if (!row) throw new Missing();
  return row;
}
