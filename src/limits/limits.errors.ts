import { AppError, appError } from '../common/app.error.js';

/** The token or address has made the requests that it has for this minute (429). */
export class RequestsLimitedError extends AppError {
  readonly kind = 'too-many';
  readonly code = 'requests_limited';

  constructor(
    of: 'token' | 'address',
    limit: number,
    override readonly retryAfterSeconds: number,
  ) {
    super(`This ${of} has made its ${limit} requests of this minute. Try again in ${retryAfterSeconds} seconds.`);
  }
}

/** Unknown tokens and wrong passwords have come from this address too often (429). Tokens that hold go on working. */
export class FailedAttemptsLimitedError extends AppError {
  readonly kind = 'too-many';
  readonly code = 'failed_attempts_limited';

  constructor(override readonly retryAfterSeconds: number) {
    super(`Too many failed attempts from this address. Try again in ${retryAfterSeconds} seconds.`);
  }
}

/** More is asked of this process than it can do at once, and others come first (503). */
export class OverloadedError extends appError(
  'overloaded',
  'overloaded',
  'The service has more to do than it can. Try again in a few seconds.',
) {}
