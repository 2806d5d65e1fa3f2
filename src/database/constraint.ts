import { AppError } from '../common/app.error.js';
import { QueryFailedError } from 'typeorm';

/** The name of the constraint that refused a write, or `undefined` for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const { code, constraint } = error.driverError as unknown as { code?: string; constraint?: string };
  return code?.startsWith('23') ? constraint : undefined;
}

/**
 * Runs a write; where a constraint of these names refuses it, throws the named error instead, so that two requests at
 * once get the same sentences as two in a row.
 */
export async function naming<T>(errors: Readonly<Record<string, () => Error>>, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const named = errors[brokenConstraint(error) ?? ''];
    throw named ? named() : error;
  }
}

/** Something else hangs on the object (409). */
export class ObjectInUseError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'object_in_use';

  constructor(what: string, table: string) {
    super(
      `${what} cannot be deleted: ${table.replace(/^core_|^marketplace_/, '').replaceAll('_', ' ')} rows still refer to it. Remove those first.`,
    );
  }
}

/** Runs a delete; where a foreign key refuses it, throws {@link ObjectInUseError} naming what hangs on the object. */
export async function removing<T>(what: string, remove: () => Promise<T>): Promise<T> {
  try {
    return await remove();
  } catch (error) {
    if (!(error instanceof QueryFailedError)) throw error;
    const { code, table } = error.driverError as unknown as { code?: string; table?: string };
    throw code === '23503' || code === '23001' ? new ObjectInUseError(what, table ?? 'other') : error;
  }
}
