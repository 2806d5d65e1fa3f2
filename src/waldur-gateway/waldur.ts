import type { Upstream } from '../http-client/upstream.js';
import {
  WaldurAddressNotAllowedError,
  WaldurCallCancelledError,
  WaldurMalformedAnswerError,
  WaldurQueueFullError,
  WaldurTimedOutError,
  WaldurUnavailableError,
} from './waldur-gateway.errors.js';

/** Waldur, as calls know it. */
export const WALDUR: Upstream = {
  name: 'Waldur',
  unavailable: (message, nextTryAt) => new WaldurUnavailableError(message, nextTryAt),
  timedOut: (toDo, milliseconds) => new WaldurTimedOutError(toDo, milliseconds),
  cancelled: () => new WaldurCallCancelledError(),
  queueFull: (waiting) => new WaldurQueueFullError(waiting),
  addressNotAllowed: (why) => new WaldurAddressNotAllowedError(why),
  malformed: (content, why) => new WaldurMalformedAnswerError(content, why),
};
