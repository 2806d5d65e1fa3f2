import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../common/bounded-map.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { type AttemptRule, FailedAttemptsRepository } from './failed-attempts.repository.js';
import { FailedAttemptsLimitedError } from './limits.errors.js';
import { LimitsMetrics } from './limits.metrics.js';
import { placeOf } from './place.js';

/** As Waldur locks: after so many wrong passwords in a row, for so long after the last. */
const MOST_FOR_USERNAME = 4;
export const LOCKED_MINUTES = 10;
const LASTING_MS = LOCKED_MINUTES * 60_000;
/** Addresses that are known to have none left; one that was forgotten costs a statement more. */
const MOST_SPENT = 10_000;

const OF_USERNAME: AttemptRule = { most: MOST_FOR_USERNAME, lastingMs: LASTING_MS, isRenewed: true };

/** Who tries to log in, and from where. */
export interface LoginOrigin {
  readonly username: string;
  /** IP address of the client. */
  readonly address: string;
}

/**
 * Counts what strangers try, by the place they try from: a guesser locks nobody out elsewhere. The counts are exact, and
 * shared by all instances.
 */
@Injectable()
export class FailedAttemptsService {
  /** When attempts from a place are let through again. */
  private readonly spent = new BoundedMap<string, Date>(MOST_SPENT);
  private readonly ofPlace: AttemptRule;

  constructor(
    private readonly attempts: FailedAttemptsRepository,
    private readonly clock: Clock,
    private readonly metrics: LimitsMetrics,
    env: Env,
  ) {
    this.ofPlace = { most: env.FAILED_ATTEMPTS_PER_ADDRESS, lastingMs: LASTING_MS, isRenewed: false };
  }

  /** An unknown token came from this address. Throws {@link FailedAttemptsLimitedError} where there were too many. */
  async noteUnknownToken(address: string): Promise<void> {
    await this.countFrom(placeOf(address));
  }

  /**
   * A password is about to be tried. `false`: too many were wrong already for this user name from there. Throws
   * {@link FailedAttemptsLimitedError} where too much failed from there, whatever the user name.
   */
  async beginLogin({ username, address }: LoginOrigin): Promise<boolean> {
    const place = placeOf(address);
    await this.countFrom(place);
    const { endsAt } = await this.attempts.count(['login', username, place], OF_USERNAME, this.clock.now());
    if (endsAt) await this.uncountFrom(place);
    return !endsAt;
  }

  /** The password was right. */
  async endLogin({ username, address }: LoginOrigin): Promise<void> {
    const place = placeOf(address);
    await this.attempts.forget(['login', username, place]);
    await this.uncountFrom(place);
  }

  private async countFrom(place: string): Promise<void> {
    if (!this.ofPlace.most) return;
    const now = this.clock.now();
    const until = this.spent.get(place);
    if (until && isAhead(until, now)) throw this.limited(until, now);
    this.spent.delete(place);
    const { endsAt } = await this.attempts.count(['place', place], this.ofPlace, now);
    if (!endsAt) return;
    this.spent.set(place, endsAt);
    throw this.limited(endsAt, now);
  }

  private async uncountFrom(place: string): Promise<void> {
    if (this.ofPlace.most) await this.attempts.uncount(['place', place]);
  }

  private limited(until: Date, now: Date): FailedAttemptsLimitedError {
    this.metrics.limited('failed_attempts');
    return new FailedAttemptsLimitedError(Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)));
  }
}

/** Not where the clock was set back since: nothing lasts longer than it may. */
function isAhead(until: Date, now: Date): boolean {
  const leftMs = until.getTime() - now.getTime();
  return leftMs > 0 && leftMs <= LASTING_MS;
}
