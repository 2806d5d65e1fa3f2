import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { FailedAttempt } from './failed-attempt.entity.js';

/** How far the clocks of instances may be apart. What ends later than that was written before a clock was set back. */
const CLOCKS_APART_MS = 60_000;

/** Answers no row where there are `most` already. */
const COUNT = `
  INSERT INTO failed_attempt AS known (attempt_hash, failures, ends_at)
  VALUES ($1, 1, $3)
  ON CONFLICT (attempt_hash) DO UPDATE
    SET failures = CASE
          WHEN known.ends_at <= $2 OR known.ends_at > $4 THEN 1
          ELSE known.failures + 1
        END,
        ends_at = CASE
          WHEN known.ends_at <= $2 OR known.ends_at > $4 OR $6 THEN excluded.ends_at
          ELSE known.ends_at
        END
    WHERE known.ends_at <= $2
      OR known.ends_at > $4
      OR known.failures < $5
  RETURNING failures`;

const UNCOUNT = `
  UPDATE failed_attempt
  SET failures = failures - 1
  WHERE attempt_hash = $1
    AND failures > 0`;

/** Some at a time, and none that somebody else has locked: cleaning up waits for nobody. */
const CLEAN_UP = `
  DELETE FROM failed_attempt
  WHERE attempt_hash IN (
    SELECT attempt_hash
    FROM failed_attempt
    WHERE ends_at <= $1 OR ends_at > $2
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
  )`;

/** How many attempts are counted, and for how long. */
export interface AttemptRule {
  readonly most: number;
  readonly lastingMs: number;
  /** Whether each attempt that is let through starts that time anew; otherwise it runs from the first one. */
  readonly isRenewed: boolean;
}

/** What attempts are counted by: user name and place, or place. */
export type AttemptKey = readonly string[];

/** Failed attempts, for all instances together. */
@Injectable()
export class FailedAttemptsRepository {
  constructor(@InjectRepository(FailedAttempt) private readonly attempts: Repository<FailedAttempt>) {}

  /**
   * One more. Counted before anybody knows whether it fails, so that no more than `most` are let through, on however many
   * instances they come at once; {@link uncount} where it did not fail. `endsAt`: there were `most` already, until then.
   */
  async count(key: AttemptKey, rule: AttemptRule, now: Date): Promise<{ endsAt?: Date }> {
    const attemptHash = hashOf(key);
    const ends = new Date(now.getTime() + rule.lastingMs);
    const latest = new Date(ends.getTime() + CLOCKS_APART_MS);
    const rows: { failures: number }[] = await this.attempts.query(COUNT, [
      attemptHash,
      now,
      ends,
      latest,
      rule.most,
      rule.isRenewed,
    ]);
    if (!rows[0]) return { endsAt: (await this.attempts.findOneBy({ attemptHash }))?.endsAt ?? now };
    if (rows[0].failures === 1) await this.attempts.query(CLEAN_UP, [now, latest]);
    return {};
  }

  /** One that was counted and did not fail. */
  async uncount(key: AttemptKey): Promise<void> {
    await this.attempts.query(UNCOUNT, [hashOf(key)]);
  }

  async forget(key: AttemptKey): Promise<void> {
    await this.attempts.delete({ attemptHash: hashOf(key) });
  }
}

function hashOf(key: AttemptKey): string {
  return createHash('sha256').update(JSON.stringify(key)).digest('hex');
}
