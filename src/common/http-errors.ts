import { AppError, appError } from './app.error.js';

/** No object at the address asked for (404, `{"detail": "No … matches the given query."}`); `model` as Waldur names it. */
export class ObjectNotFoundError extends AppError {
  readonly kind = 'no-such-object';
  readonly code: string = 'not_found';

  constructor(model: string) {
    super(`No ${model} matches the given query.`);
  }
}

/** A named {@link ObjectNotFoundError}: `class PlanNotFoundError extends notFoundError('Plan', 'plan_not_found') {}`. */
export function notFoundError(model: string, code: string) {
  return class extends ObjectNotFoundError {
    override readonly code = code;

    constructor() {
      super(model);
    }
  };
}

/** The page asked for is not there (404). */
export class PageNotFoundError extends appError('no-such-object', 'invalid_page', 'Invalid page.') {}

/** Faults of the HTTP request itself; the answer is `{"detail": …}` with `status` and `headers`. */
export class RequestError extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 413 | 414 | 415,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'RequestError';
  }
}
