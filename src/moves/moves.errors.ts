import { appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class DirectoryMoveNotFoundError extends notFoundError('DirectoryMove', 'move_not_found') {}

/** There is no preview to apply: it is not ready yet, or was applied or given up. */
export class MoveNotReadyError extends appError(
  'conflict',
  'move_not_ready',
  (state: string) => `Only a move that is previewed and not applied yet can be applied; this one is ${state}.`,
) {}

/** Somebody else has worked it out meanwhile: what that was stays. */
export class MovePreviewedError extends appError(
  'conflict',
  'move_previewed',
  'Another job has worked this move out meanwhile. Nothing was written: look at it.',
) {}

/** What the preview showed is not what would happen now. Nothing was written. */
export class MoveOutdatedError extends appError(
  'conflict',
  'move_outdated',
  'The data has changed since the preview. Nothing was written: preview it again and look at it.',
) {}

/** Waldur's rows are not all here yet: what would match cannot be said. */
export class WaldurNotReadError extends appError(
  'conflict',
  'waldur_not_read',
  'Not all of Waldur has been read yet: POST /api/admin/arrow/directory/sync/ first, and wait for its end.',
) {}

/** Rows cannot become ours while they are read from Waldur. */
export class BesideWaldurError extends appError(
  'conflict',
  'beside_waldur',
  'WALDUR_URL is set, and the next reading would make the rows Waldur’s again: take it out and start anew.',
) {}

/** Jobs remember rows by their UUIDs, which are about to change. */
export class JobsUnderWayError extends appError(
  'conflict',
  'jobs_under_way',
  (kinds: readonly string[]) =>
    `Jobs are not over: ${kinds.join(', ')}. Nothing was written: wait for their end, and apply it then.`,
) {}
