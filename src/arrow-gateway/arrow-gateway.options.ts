import type { ProxyOptions } from '../http-client/proxy.js';

/** Limits of the gateway; the environment sets the ones an operator may want to change. */
export interface ArrowGatewayOptions {
  /** Total time of one call in milliseconds: its waiting, its attempts and its back-off together (`ARROW_TIMEOUT_MS`). */
  readonly timeoutMs: number;
  /** Total time of one list of many pages, in milliseconds. Default: ten times `timeoutMs`. */
  readonly walkTimeoutMs: number;
  /** Time to a usable connection (name, TCP and TLS), in milliseconds. Default: 5 s, at most a third of `timeoutMs`. */
  readonly connectTimeoutMs: number;
  /** Time to a whole answer of one attempt of a quick endpoint, in milliseconds; slow ones have `timeoutMs`. Default: two thirds of `timeoutMs`. */
  readonly responseTimeoutMs: number;
  /** Calls of one account that may run at once, over the whole process (`ARROW_MAX_CONCURRENCY`). */
  readonly maxConcurrency: number;
  /** Further attempts after the first one of a read that failed in a passing way (`ARROW_MAX_RETRIES`). */
  readonly maxRetries: number;
  /** Calls of one account that may wait for their turn (`ARROW_MAX_QUEUE`). */
  readonly maxQueue: number;
  /** How long customers and licences are kept, in milliseconds; 0 = not at all (`ARROW_CACHE_SECONDS`). */
  readonly cacheMs: number;
  /** Allow private addresses and plain `http:` (`ARROW_ALLOW_PRIVATE_HOSTS`): for the emulator and tests. */
  readonly allowPrivateHosts: boolean;
  /** The way out, where connections are not made directly (`HTTPS_PROXY`). */
  readonly proxy?: ProxyOptions;
  /** Longest back-off of the first retry in milliseconds; doubles with each further one. */
  readonly backoffMs: number;
  /** Longest back-off of any retry, in milliseconds. */
  readonly maxBackoffMs: number;
  /** Failed attempts in a row, of one account, that open its circuit breaker. */
  readonly breakerThreshold: number;
  /** How long the breaker lets nothing through before it lets one call try, in milliseconds. */
  readonly breakerOpenMs: number;
  /** Pages of one list beyond which it is an error. */
  readonly maxPages: number;
  /** Size of one answer, unpacked, beyond which it is an error, in bytes. */
  readonly maxAnswerBytes: number;
}

/** Complete options from the few that are given. */
export function arrowGatewayOptions(given: Partial<ArrowGatewayOptions> = {}): ArrowGatewayOptions {
  const timeoutMs = given.timeoutMs ?? 30_000;
  return {
    timeoutMs,
    walkTimeoutMs: timeoutMs * 10,
    connectTimeoutMs: Math.min(5_000, Math.ceil(timeoutMs / 3)),
    responseTimeoutMs: Math.ceil((timeoutMs * 2) / 3),
    maxConcurrency: 8,
    maxRetries: 3,
    maxQueue: 200,
    cacheMs: 60_000,
    allowPrivateHosts: false,
    backoffMs: 500,
    maxBackoffMs: 8_000,
    breakerThreshold: 10,
    breakerOpenMs: 30_000,
    maxPages: 5_000,
    maxAnswerBytes: 64 * 1024 * 1024,
    ...given,
  };
}
