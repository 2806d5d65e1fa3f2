import type { AppError } from '../common/app.error.js';
import type { GatewayTimer } from './gateway-timer.js';
import { utcSentence } from './sentences.js';
import type { Upstream } from './upstream.js';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** How one let-through attempt ended, for the breaker. `unknown`: it was cancelled, which says nothing of the other side. */
export type AttemptEnd = 'answered' | 'failed' | 'unknown';

/**
 * Stops asking an account that has failed so many times in a row, so that operators get their error at once and
 * the other side gets its rest. After the pause one attempt is let through: its end decides.
 */
export class CircuitBreaker {
  private failuresInARow = 0;
  private opensAgainAt = 0;
  private probing = false;

  constructor(
    private readonly threshold: number,
    private readonly openMs: number,
    private readonly timer: GatewayTimer,
    private readonly upstream: Upstream,
  ) {}

  get state(): BreakerState {
    if (this.opensAgainAt === 0) return 'closed';
    return this.timer.now() < this.opensAgainAt ? 'open' : 'half-open';
  }

  /** When the next attempt is let through, if none is now. */
  get nextTryAt(): Date | undefined {
    return this.opensAgainAt > 0 ? new Date(this.opensAgainAt) : undefined;
  }

  /** Throws `Upstream.unavailable` while nothing is let through; does not count as an attempt. */
  check(): void {
    if (this.state === 'open' || (this.state === 'half-open' && this.probing)) throw this.error();
  }

  /** Lets one attempt through, or throws `Upstream.unavailable`. The returned function takes how it ended. */
  enter(): (end: AttemptEnd) => void {
    this.check();
    const isProbe = this.state === 'half-open';
    if (isProbe) this.probing = true;
    return (end) => {
      if (isProbe) this.probing = false;
      if (end === 'answered') this.close();
      else if (end === 'failed') this.countFailure(isProbe);
    };
  }

  private close(): void {
    this.failuresInARow = 0;
    this.opensAgainAt = 0;
  }

  private countFailure(wasProbe: boolean): void {
    this.failuresInARow += 1;
    if (wasProbe || this.failuresInARow >= this.threshold) this.opensAgainAt = this.timer.now() + this.openMs;
  }

  private error(): AppError {
    const at = new Date(Math.max(this.opensAgainAt, this.timer.now()));
    return this.upstream.unavailable(`${this.upstream.name} is unavailable, next try at ${utcSentence(at)}.`, at);
  }
}
