import {
  type EntityManager,
  type EntityTarget,
  type FindOptionsWhere,
  type ObjectLiteral,
  QueryFailedError,
  type QueryDeepPartialEntity,
  type Repository,
} from 'typeorm';
import { InvalidFieldsError, appError } from '../common/app.error.js';
import { parseUuid } from '../common/uuid.js';
import type { BaseEntity } from './base.entity.js';

/** The name of the constraint that refused a write, or `undefined` for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const { code, constraint } = error.driverError as unknown as { code?: string; constraint?: string };
  return code?.startsWith('23') ? constraint : undefined;
}

/** A row that broke a rule, a deadlock or a serialisation failure: another transaction was there first. */
export function isConcurrencyConflict(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as unknown as { code?: string };
  return code?.startsWith('23') === true || code?.startsWith('40') === true;
}

/** There is such an object already, with the UUID that was given for a new one. */
export class UuidTakenError extends InvalidFieldsError {
  override readonly code = 'uuid_taken';

  constructor() {
    super({ uuid: ['An object of this kind with this UUID exists already.'] });
  }
}

/** An object that a row refers to was deleted after it had been looked up (409). */
export class RelatedObjectGoneError extends appError(
  'conflict',
  'related_object_gone',
  'An object that this refers to has just been deleted. Check and try again.',
) {}

/**
 * Runs a write; where a constraint of these names refuses it, throws the named error instead, so that two requests at
 * once get the same sentences as two in a row. Throws {@link RelatedObjectGoneError} for any other foreign key.
 */
export async function translateConstraintErrors<T>(
  errors: Readonly<Record<string, () => Error>>,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const named = errors[brokenConstraint(error) ?? ''];
    if (named) throw named();
    throw isForeignKeyViolation(error) ? new RelatedObjectGoneError() : error;
  }
}

/**
 * Writes the columns that are given (not `undefined`) and no others, so that two requests that change different ones
 * both last. A row that is gone stays gone, and nothing happens where the UUID (in any spelling) is none. `alongside` is
 * written only together with a given column. Throws as {@link translateConstraintErrors}, with the errors of `refusals`.
 */
export async function updateDefined<T extends BaseEntity>(
  rows: Repository<T>,
  uuid: string,
  columns: QueryDeepPartialEntity<T>,
  refusals: Readonly<Record<string, () => Error>> = {},
  alongside: QueryDeepPartialEntity<T> = {},
): Promise<void> {
  const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  const known = parseUuid(uuid);
  if (!known || Object.keys(given).length === 0) return;
  const row = { uuid: known } as FindOptionsWhere<T>;
  await translateConstraintErrors(refusals, () =>
    rows.update(row, { ...given, ...alongside } as QueryDeepPartialEntity<T>),
  );
}

/** The object is still in use (409). */
export class ObjectInUseError extends appError(
  'conflict',
  'object_in_use',
  (what: string, table: string, advice: string) =>
    `${what} cannot be deleted: ${table.replace(/^core_|^marketplace_/, '').replaceAll('_', ' ')} rows still refer to it. ${advice}`,
) {}

/** Runs a delete; where a foreign key refuses it, throws {@link ObjectInUseError} naming what refers to the object, and what to do. */
export async function deleteOrThrowInUse<T>(
  what: string,
  remove: () => Promise<T>,
  advice = 'Remove those first.',
): Promise<T> {
  try {
    return await remove();
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    const { table } = (error as QueryFailedError).driverError as unknown as { table?: string };
    throw new ObjectInUseError(what, table ?? 'other', advice);
  }
}

class NothingRefersToIt extends Error {}

/**
 * Whether rows of any table refer to this one and would keep it from being deleted. The database is asked by deleting
 * the row and rolling that back, so that tables yet to come count too. Within a transaction, on a row it has locked.
 */
export async function isReferenced<T extends ObjectLiteral & { uuid: string }>(
  manager: EntityManager,
  entity: EntityTarget<T>,
  uuid: string,
): Promise<boolean> {
  try {
    await manager.transaction(async (inner) => {
      await inner.delete(entity, { uuid });
      throw new NothingRefersToIt();
    });
  } catch (error) {
    if (error instanceof NothingRefersToIt) return false;
    if (!isForeignKeyViolation(error)) throw error;
  }
  return true;
}

function isForeignKeyViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as unknown as { code?: string };
  return code === '23503' || code === '23001';
}
