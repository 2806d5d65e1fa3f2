import type { UpstreamLimits } from '../http-client/upstream-client.js';

/** Where Waldur is, who we are there, and the limits of calls; times in milliseconds, sizes in bytes. */
export interface WaldurGatewayOptions extends UpstreamLimits {
  /** Where `/api/` is, without its last slash: `https://waldur.example`. */
  readonly url: string;
  /** Of a staff user. */
  readonly token: string;
  /** Calls at once, over the whole process (`WALDUR_MAX_CONCURRENCY`). */
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  /** Rows of a page; Waldur gives 300 at most. */
  readonly pageSize: number;
  readonly breakerThreshold: number;
  readonly breakerOpenMs: number;
  readonly maxAnswerBytes: number;
}

/** Complete options from the few that are given. */
export function waldurGatewayOptions(
  given: Pick<WaldurGatewayOptions, 'url' | 'token'> & Partial<WaldurGatewayOptions>,
): WaldurGatewayOptions {
  const timeoutMs = given.timeoutMs ?? 30_000;
  return {
    timeoutMs,
    connectTimeoutMs: Math.min(5_000, Math.ceil(timeoutMs / 3)),
    responseTimeoutMs: Math.ceil((timeoutMs * 2) / 3),
    maxConcurrency: 4,
    maxRetries: 3,
    maxQueue: 200,
    pageSize: 300,
    backoffMs: 500,
    maxBackoffMs: 8_000,
    breakerThreshold: 10,
    breakerOpenMs: 30_000,
    maxAnswerBytes: 64 * 1024 * 1024,
    ...given,
  };
}
