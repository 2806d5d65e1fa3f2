import { AppError, type AppErrorKind } from '../common/app.error.js';

/** Base of everything that can go wrong between us and Waldur. */
export abstract class WaldurError extends AppError {
  readonly kind: AppErrorKind = 'upstream';
}

/** Waldur does not take `WALDUR_TOKEN` (401). */
export class WaldurTokenRejectedError extends WaldurError {
  readonly code = 'waldur_token_rejected';

  constructor() {
    super('Waldur rejected WALDUR_TOKEN: it has expired, or is of no active user.');
  }
}

/** The user of `WALDUR_TOKEN` may not (403). */
export class WaldurNotAllowedError extends WaldurError {
  readonly code = 'waldur_not_allowed';

  constructor(toDo: string) {
    super(`Waldur does not allow WALDUR_TOKEN to ${toDo}: it has to be a staff user's.`);
  }
}

/** Waldur does not have it (404). */
export class WaldurNotFoundError extends WaldurError {
  readonly code = 'waldur_not_found';

  constructor(thing: string) {
    super(`Waldur does not have ${thing}.`);
  }
}

/** Waldur has no such request (405 at an address that is another's): it is older than that. */
export class WaldurTooOldError extends WaldurError {
  readonly code = 'waldur_too_old';

  constructor(toDo: string) {
    super(`This Waldur is too old to ${toDo}.`);
  }
}

/** Waldur understood the request and refused it (any other 4xx). */
export class WaldurRefusedError extends WaldurError {
  readonly code = 'waldur_refused';

  constructor(toDo: string, said: string) {
    super(`Waldur refused to ${toDo}${said ? `: ${said}` : '.'}`);
  }
}

/** No connection, a 5xx that lasted through all retries, or the circuit breaker is open (503). */
export class WaldurUnavailableError extends WaldurError {
  override readonly kind: AppErrorKind = 'overloaded';
  readonly code = 'waldur_unavailable';

  constructor(
    message: string,
    /** When the circuit breaker lets the next call through, if it is what refused (UTC). */
    readonly nextTryAt?: Date,
  ) {
    super(message);
  }
}

/** No complete answer within the time allowed (503). */
export class WaldurTimedOutError extends WaldurError {
  override readonly kind: AppErrorKind = 'overloaded';
  readonly code = 'waldur_timed_out';

  constructor(toDo: string, milliseconds: number) {
    super(`Waldur did not ${toDo} within ${Math.round(milliseconds / 100) / 10} s.`);
  }
}

/** An answer that is not what Waldur promises: not JSON, or not of the expected shape. */
export class WaldurMalformedAnswerError extends WaldurError {
  readonly code = 'waldur_malformed_answer';

  constructor(content: string, why: string) {
    super(`Waldur gave an answer that cannot be read (${content}): ${why}.`);
  }
}

/** Too many calls are waiting already (503). */
export class WaldurQueueFullError extends WaldurError {
  override readonly kind: AppErrorKind = 'overloaded';
  readonly code = 'waldur_queue_full';

  constructor(waiting: number) {
    super(`${waiting} calls to Waldur are waiting already. Try again in a minute.`);
  }
}

/** The caller went away or stopped the work. */
export class WaldurCallCancelledError extends WaldurError {
  readonly code = 'waldur_call_cancelled';

  constructor() {
    super('The call to Waldur was cancelled.');
  }
}

/** `WALDUR_URL` leads where it may not: plain `http:` to a public host. */
export class WaldurAddressNotAllowedError extends WaldurError {
  readonly code = 'waldur_address_not_allowed';

  constructor(why: string) {
    super(`WALDUR_URL may not be called. ${why}`);
  }
}
