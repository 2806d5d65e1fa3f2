import type { Upstream } from '../http-client/upstream.js';
import {
  ArrowAddressNotAllowedError,
  ArrowCallCancelledError,
  ArrowMalformedAnswerError,
  ArrowQueueFullError,
  ArrowTimedOutError,
  ArrowUnavailableError,
} from './arrow-gateway.errors.js';

/** ArrowSphere, as calls know it. */
export const ARROWSPHERE: Upstream = {
  name: 'ArrowSphere',
  unavailable: (message, nextTryAt) => new ArrowUnavailableError(message, nextTryAt),
  timedOut: (toDo, milliseconds) => new ArrowTimedOutError(toDo, milliseconds),
  cancelled: () => new ArrowCallCancelledError(),
  queueFull: (waiting) => new ArrowQueueFullError(waiting),
  addressNotAllowed: (why) => new ArrowAddressNotAllowedError(why),
  malformed: (content, why) => new ArrowMalformedAnswerError(content, why),
};
