import { WaldurAddressNotAllowedError, WaldurQueueFullError, WaldurUnavailableError } from './waldur-gateway.errors.js';

/** Whether a call that failed never reached Waldur. Of any other it may be unknown what Waldur did. */
export function wasNotSent(error: unknown): boolean {
  if (error instanceof WaldurUnavailableError) return error.nextTryAt !== undefined;
  return error instanceof WaldurQueueFullError || error instanceof WaldurAddressNotAllowedError;
}
