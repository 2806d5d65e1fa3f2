import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { BoundedMap } from '../common/bounded-map.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { RequestsLimitedError } from './limits.errors.js';
import { LimitsMetrics } from './limits.metrics.js';
import { RequestCountsRepository } from './request-counts.repository.js';

const MINUTE_MS = 60_000;
/** Counts are told to the other instances at least so often… */
const SHARED_EVERY_MS = 1_000;
/** …and before one of them lets more through than this part of a limit. */
const PARTS = 20;
/** Callers that are counted within a minute. One more makes the first of them start anew. */
const MOST_CALLERS = 20_000;

export type CallerKind = 'token' | 'address';

interface Count {
  /** As the database has it, of all instances. */
  shared: number;
  /** Of this process, on top of that. */
  unshared: number;
}

/**
 * Requests of each token and each address in this minute. They are counted here, and shared with the other instances
 * through the database now and then: no request costs a statement. Each of `n` instances knows all but the last
 * twentieth of a limit of each other one, so that together they let `(n - 1) / 20` more through at most.
 */
@Injectable()
export class RequestLimits implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RequestLimits.name);
  private readonly limits: Readonly<Record<CallerKind, number>>;
  /** An embedded database has one process. */
  private readonly isShared: boolean;
  private minute = 0;
  private counts = new BoundedMap<string, Count>(MOST_CALLERS);
  private unshared = new Map<string, Count>();
  private timer?: NodeJS.Timeout;
  private sharing?: Promise<void>;

  constructor(
    private readonly repository: RequestCountsRepository,
    private readonly clock: Clock,
    private readonly metrics: LimitsMetrics,
    env: Env,
  ) {
    this.limits = { token: env.REQUESTS_PER_MINUTE_PER_TOKEN, address: env.REQUESTS_PER_MINUTE_PER_ADDRESS };
    this.isShared = env.DATABASE_URL !== undefined;
  }

  /** Whether callers of this kind have a limit at all. */
  areOn(kind: CallerKind): boolean {
    return this.limits[kind] > 0;
  }

  /** Throws {@link RequestsLimitedError} where the caller has none left. Counts nothing. */
  check(kind: CallerKind, caller: string): void {
    const limit = this.limits[kind];
    if (!limit) return;
    this.turnMinute();
    const count = this.counts.get(`${kind} ${caller}`);
    if (count && count.shared + count.unshared >= limit) throw this.limited(kind, limit);
  }

  /** Counts a request; one that is refused is not. Throws {@link RequestsLimitedError}. */
  count(kind: CallerKind, caller: string): void | Promise<void> {
    const limit = this.limits[kind];
    if (limit && !this.tryToCount(kind, caller, limit)) return this.countAfterSharing(kind, caller, limit);
  }

  beforeApplicationShutdown(): Promise<void> | undefined {
    clearTimeout(this.timer);
    return this.sharing;
  }

  private async countAfterSharing(kind: CallerKind, caller: string, limit: number): Promise<void> {
    do await this.share();
    while (!this.tryToCount(kind, caller, limit));
  }

  /** `false`: the others have to be told first. Throws {@link RequestsLimitedError}. */
  private tryToCount(kind: CallerKind, caller: string, limit: number): boolean {
    this.check(kind, caller);
    const key = `${kind} ${caller}`;
    const count = this.counts.get(key) ?? this.add(key);
    if (this.isShared && count.unshared >= Math.max(1, Math.floor(limit / PARTS))) return false;
    count.unshared += 1;
    if (this.isShared) {
      this.unshared.set(key, count);
      this.timer ??= setTimeout(() => void this.share(), SHARED_EVERY_MS).unref();
    }
    return true;
  }

  private add(key: string): Count {
    const count = { shared: 0, unshared: 0 };
    this.counts.set(key, count);
    return count;
  }

  /** Another minute than the last: the next one, or an earlier one where the clock was set back. */
  private turnMinute(): void {
    const minute = Math.floor(this.clock.now().getTime() / MINUTE_MS);
    if (minute === this.minute) return;
    this.minute = minute;
    this.counts = new BoundedMap(MOST_CALLERS);
    this.unshared = new Map();
    if (this.isShared) void this.forgetOthers(minute).catch((error: unknown) => this.warn(error));
  }

  /** Clocks of instances may be a minute apart. */
  private forgetOthers(minute: number): Promise<void> {
    return this.repository.forgetAllBut(startOf(minute - 1), startOf(minute + 1));
  }

  /** One at a time: whoever comes in between waits for it. */
  private share(): Promise<void> {
    return (this.sharing ??= this.shareAll()
      .catch((error: unknown) => this.warn(error))
      .finally(() => (this.sharing = undefined)));
  }

  private async shareAll(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const counts = [...this.unshared];
    this.unshared = new Map();
    const told = counts.map(([, { unshared }]) => unshared);
    let totals: readonly number[] | undefined;
    try {
      const keys = counts.map(([key]) => key);
      totals = counts.length ? await this.repository.add(startOf(this.minute), keys, told) : [];
    } finally {
      // Without the database each instance goes on alone.
      counts.forEach(([, count], i) => {
        count.unshared -= told[i]!;
        count.shared = totals?.[i] ?? count.shared + told[i]!;
      });
    }
  }

  private warn(error: unknown): void {
    this.logger.warn({ event: 'request_counts_not_shared', why: (error as Error).message });
  }

  private limited(kind: CallerKind, limit: number): RequestsLimitedError {
    this.metrics.limited(kind);
    const leftMs = MINUTE_MS - (this.clock.now().getTime() % MINUTE_MS);
    return new RequestsLimitedError(kind, limit, Math.ceil(leftMs / 1000));
  }
}

function startOf(minute: number): Date {
  return new Date(minute * MINUTE_MS);
}
