import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import ipaddr from 'ipaddr.js';
import { LessThanOrEqual, MoreThan, MoreThanOrEqual, Repository } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { LoginFailure } from './login-failure.entity.js';

/** As Waldur locks: after so many wrong passwords in a row, for so long. */
export const MOST_FAILURES = 4;
export const LOCKED_MINUTES = 10;

/** Who tries to log in, and from where. */
export interface LoginOrigin {
  readonly username: string;
  /** IP address of the client. */
  readonly address: string;
}

const ADD_ONE = `
  INSERT INTO login_failure (login_hash, failures, last_failed_at)
  VALUES ($1, 1, $2)
  ON CONFLICT (login_hash) DO UPDATE
    SET failures = login_failure.failures + 1,
        last_failed_at = excluded.last_failed_at`;

/** Counts wrong passwords, for each user name and place: a guesser elsewhere does not lock a user out. */
@Injectable()
export class LoginFailuresRepository {
  constructor(
    @InjectRepository(LoginFailure) private readonly failures: Repository<LoginFailure>,
    private readonly clock: Clock,
  ) {}

  async isLocked(origin: LoginOrigin): Promise<boolean> {
    return this.failures.existsBy({
      loginHash: hashOf(origin),
      failures: MoreThanOrEqual(MOST_FAILURES),
      lastFailedAt: MoreThan(this.forgottenBefore()),
    });
  }

  /** One more; those of long ago are forgotten, everybody's. */
  async add(origin: LoginOrigin): Promise<void> {
    await this.failures.delete({ lastFailedAt: LessThanOrEqual(this.forgottenBefore()) });
    await this.failures.query(ADD_ONE, [hashOf(origin), this.clock.now()]);
  }

  async forget(origin: LoginOrigin): Promise<void> {
    await this.failures.delete({ loginHash: hashOf(origin) });
  }

  private forgottenBefore(): Date {
    return new Date(this.clock.now().getTime() - LOCKED_MINUTES * 60_000);
  }
}

function hashOf({ username, address }: LoginOrigin): string {
  return createHash('sha256')
    .update(JSON.stringify([username, placeOf(address)]))
    .digest('hex');
}

/** An IPv4 address, or the network that one IPv6 customer is given: it has more addresses than anybody could lock. */
export function placeOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
