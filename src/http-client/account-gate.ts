import { Lanes } from '../common/lanes.js';
import type { AppError } from '../common/app.error.js';
import type { GatewayTimer } from './gateway-timer.js';
import { utcSentence } from './sentences.js';
import type { Upstream } from './upstream.js';

export interface GateLimits {
  readonly maxConcurrency: number;
  readonly maxQueue: number;
}

export interface Turn {
  /** Lanes of one account are served in turn. */
  readonly lane: string;
  /** Aborting leaves the queue; its reason is what the waiting call throws. */
  readonly signal: AbortSignal;
  /** When the call has to be over, milliseconds since 1970. */
  readonly deadlineAt: number;
}

interface Waiting extends Turn {
  start(): void;
  refuse(error: Error): void;
}

/**
 * Lets the calls of one account through: so many at once, lanes in turn, and none while the other side has asked for a
 * pause. A 429 halves the calls at once for the whole account; answers win them back one by one.
 */
export class AccountGate {
  private readonly lanes = new Lanes<Waiting>();
  private runningCalls = 0;
  private limit: number;
  private answersSinceChange = 0;
  private pauseEnds = 0;
  private cancelPause: () => void = () => undefined;

  constructor(
    private readonly limits: GateLimits,
    private readonly timer: GatewayTimer,
    private readonly upstream: Upstream,
  ) {
    this.limit = limits.maxConcurrency;
  }

  get waiting(): number {
    return this.lanes.size;
  }

  get running(): number {
    return this.runningCalls;
  }

  /** Calls allowed at once right now. */
  get concurrency(): number {
    return this.limit;
  }

  /** End of the pause that was asked for, if one is on. */
  get pausedUntil(): Date | undefined {
    return this.pauseEnds > 0 ? new Date(this.pauseEnds) : undefined;
  }

  /**
   * Waits for a place. The returned function gives it back and must be called once.
   * Throws `Upstream.queueFull`, `Upstream.unavailable` when a pause outlasts the call, or the reason of the signal.
   */
  acquire(turn: Turn): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (turn.signal.aborted) return reject(turn.signal.reason as Error);
      if (this.pauseEnds > turn.deadlineAt) return reject(this.pauseError());
      const onAbort = (): void => {
        this.lanes.remove(turn.lane, waiting);
        reject(turn.signal.reason as Error);
      };
      const waiting: Waiting = {
        ...turn,
        start: () => {
          turn.signal.removeEventListener('abort', onAbort);
          this.runningCalls += 1;
          resolve(this.release());
        },
        refuse: (error) => {
          turn.signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      if (this.lanes.size === 0 && this.mayStart()) return waiting.start();
      if (this.lanes.size >= this.limits.maxQueue) {
        const full = this.upstream.queueFull(this.lanes.size);
        // A full queue of one bulk job must not refuse a page view.
        const displaced = this.lanes.displaceFor(turn.lane);
        if (!displaced) return reject(full);
        displaced.refuse(full);
      }
      turn.signal.addEventListener('abort', onAbort, { once: true });
      this.lanes.add(turn.lane, waiting);
    });
  }

  /** The other side said 429: half as many calls at once from now on. Those it says during a pause are of the same wave. */
  slowDown(): void {
    if (this.pauseEnds > 0) return;
    this.limit = Math.max(1, Math.floor(this.limit / 2));
    this.answersSinceChange = 0;
  }

  /** No call of the account starts for this long; calls that could not wait so long fail at once. */
  pauseFor(milliseconds: number): void {
    const ends = this.timer.now() + milliseconds;
    if (ends <= this.pauseEnds) return;
    this.pauseEnds = ends;
    this.cancelPause();
    const end = (): void => {
      this.pauseEnds = 0;
      this.startNext();
    };
    // Idle: calls that wait for the end of the pause have deadlines of their own, which keep the process alive.
    this.cancelPause = this.timer.after(milliseconds, end, true);
    for (const waiting of this.lanes.all) {
      if (waiting.deadlineAt >= ends) continue;
      this.lanes.remove(waiting.lane, waiting);
      waiting.refuse(this.pauseError());
    }
  }

  /** A good answer came: after two rounds of them one more call at once is allowed again. */
  answered(): void {
    if (this.limit >= this.limits.maxConcurrency) return;
    this.answersSinceChange += 1;
    if (this.answersSinceChange < 2 * this.limit) return;
    this.limit += 1;
    this.answersSinceChange = 0;
    this.startNext();
  }

  private pauseError(): AppError {
    const until = new Date(this.pauseEnds);
    return this.upstream.unavailable(
      `${this.upstream.name} asks us to slow down: next try at ${utcSentence(until)}.`,
      until,
    );
  }

  private mayStart(): boolean {
    return this.pauseEnds === 0 && this.runningCalls < this.limit;
  }

  private release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.runningCalls -= 1;
      this.startNext();
    };
  }

  private startNext(): void {
    while (this.lanes.size > 0 && this.mayStart()) this.lanes.takeNext()!.start();
  }
}
