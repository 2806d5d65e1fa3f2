import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import { RequestCount } from './request-count.entity.js';

const ADD = `
  INSERT INTO request_count AS known (caller_hash, minute, requests)
  SELECT caller_hash, $1, requests
  FROM unnest($2::text[], $3::integer[]) AS given (caller_hash, requests)
  ORDER BY caller_hash
  ON CONFLICT (caller_hash, minute) DO UPDATE
    SET requests = known.requests + excluded.requests
  RETURNING caller_hash, requests`;

/** What each token and address has asked for in a minute, as far as the instances have said so. */
@Injectable()
export class RequestCountsRepository {
  constructor(@InjectRepository(RequestCount) private readonly counts: Repository<RequestCount>) {}

  /** Adds requests of callers, and answers in the same order how many each has made on all instances. */
  async add(minute: Date, callers: readonly string[], requests: readonly number[]): Promise<number[]> {
    const hashes = callers.map((caller) => createHash('sha256').update(caller).digest('hex'));
    const rows: { caller_hash: string; requests: number }[] = await this.counts.query(ADD, [minute, hashes, requests]);
    const totals = new Map(rows.map(({ caller_hash: hash, requests: total }) => [hash, total]));
    return hashes.map((hash) => totals.get(hash)!);
  }

  /** Of other minutes than those between these: also of such that a clock wrote before it was set back. */
  async forgetAllBut(from: Date, to: Date): Promise<void> {
    await this.counts.delete([{ minute: LessThan(from) }, { minute: MoreThan(to) }]);
  }
}
