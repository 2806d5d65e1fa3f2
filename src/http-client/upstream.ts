import type { AppError } from '../common/app.error.js';

/** A service that is called: its name, and the errors that become of what happens on the way to it. */
export interface Upstream {
  /** As sentences have it: `ArrowSphere`. */
  readonly name: string;
  /** `nextTryAt`: when the next call is let through, if it was not tried at all (UTC). */
  unavailable(message: string, nextTryAt?: Date): AppError;
  /** `toDo` stands after "did not". */
  timedOut(toDo: string, milliseconds: number): AppError;
  cancelled(): AppError;
  queueFull(waiting: number): AppError;
  addressNotAllowed(why: string): AppError;
  malformed(content: string, why: string): AppError;
}

/** An attempt that failed. */
export class FailedAttempt extends Error {
  constructor(
    readonly error: AppError,
    readonly how: {
      /** A second try may do better. */
      readonly passing: boolean;
      /** The service is not well: counts for the circuit breaker. */
      readonly unwell?: boolean;
      /** It said 429. */
      readonly throttled?: boolean;
      /** Milliseconds that it asks us to wait. */
      readonly retryAfterMs?: number;
    },
  ) {
    super(error.message);
  }
}

/** Statuses of a failure that passes. */
export const PASSING_STATUS = [429, 502, 503, 504];

/** Seconds or an HTTP date, as milliseconds from now. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
