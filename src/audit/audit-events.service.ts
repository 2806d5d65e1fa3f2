import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { inPages } from '../common/csv.js';
import { Act, type ActFields } from '../common/acts.js';
import { YearMonth } from '../common/year-month.js';
import { Env } from '../config/env.js';
import type { AuditChange, AuditEntry } from './audit-event.entity.js';
import { type AuditFilter, type AuditMonth, AuditEventsRepository } from './audit-events.repository.js';
import { AuditTrailRepository } from './audit-trail.repository.js';
import { AuditNotExportedError, AuditTooYoungError } from './audit.errors.js';

const ROWS = 100;

/** The audit trail as those who read it know it, and how its old months leave the database. */
@Injectable()
export class AuditEventsService {
  constructor(
    private readonly events: AuditEventsRepository,
    private readonly trail: AuditTrailRepository,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {}

  count(filter: AuditFilter): Promise<number> {
    return this.events.count(filter);
  }

  /** Newest first, each with the first of its changes. */
  page(filter: AuditFilter, limit: number, skip: number): Promise<AuditEntry[]> {
    return this.events.page(filter, limit, skip);
  }

  /** Newest first. One of many changes comes again with the next of them, until it came with all. */
  async *all(filter: AuditFilter): AsyncGenerator<AuditEntry> {
    const entries = inPages(ROWS, (_, last?: AuditEntry) => this.events.page(filter, ROWS, last?.event));
    for await (const entry of entries) for await (const changes of this.changesOf(entry)) yield { ...entry, changes };
  }

  /** Throws `AuditEventNotFoundError`. */
  get(uuid: string): Promise<AuditEntry> {
    return this.events.get(uuid);
  }

  /** The first month that is kept. */
  get keptFrom(): YearMonth {
    return YearMonth.at(this.clock.now()).plus(-this.env.AUDIT_KEEP_MONTHS);
  }

  /** All events of before a month, oldest first, each with all of its changes. */
  async *export(before: YearMonth): AsyncGenerator<AuditEntry> {
    const until = startOf(before);
    const entries = inPages(ROWS, (_, last?: AuditEntry) => this.events.pageBefore(until, ROWS, last?.event));
    for await (const entry of entries) {
      const parts: (readonly AuditChange[])[] = [];
      for await (const changes of this.changesOf(entry)) parts.push(changes);
      yield { ...entry, changes: parts.flat() };
    }
  }

  /** These months are in a file that is whole; that is an event itself, and lets them be dropped as they are there. */
  async exported(months: readonly AuditMonth[], by: ActFields): Promise<void> {
    const act = new Act(by, this.clock.now());
    await this.events.transaction(async (manager) => {
      for (const month of months)
        await this.trail.writeChange(manager, act, {
          objectType: 'audit_month',
          operation: 'export',
          before: null,
          after: month,
        });
      await this.trail.write(act, 'done', manager);
    });
  }

  /**
   * Drops the partitions of all months before one; that is an event too. Answers what is gone. Throws
   * `AuditTooYoungError`, `AuditNotExportedError`.
   */
  async drop(before: YearMonth, by: ActFields): Promise<AuditMonth[]> {
    if (this.keptFrom.isBefore(before))
      throw new AuditTooYoungError(this.keptFrom.toString(), this.env.AUDIT_KEEP_MONTHS);
    const act = new Act(by, this.clock.now());
    return this.events.transaction(async (manager) => {
      const exported = await this.events.exported(manager);
      const there = new Map((await this.events.months(startOf(before), manager)).map((each) => [each.month, each]));
      const gone: AuditMonth[] = [];
      for (const each of (await this.events.partitions(manager)).filter((month) => month.isBefore(before))) {
        const month = there.get(each.toString()) ?? { month: each.toString(), events: 0, changes: 0 };
        if (month.events + month.changes && !exported.some((one) => isSame(one, month)))
          throw new AuditNotExportedError(month.month);
        await this.events.drop(manager, each);
        await this.trail.writeChange(manager, act, {
          objectType: 'audit_month',
          operation: 'drop',
          before: month,
          after: null,
        });
        gone.push(month);
      }
      await this.trail.write(act, 'done', manager);
      return gone;
    });
  }

  /** All changes of an event, some at a time. */
  private async *changesOf({ event, changes, changeCount }: AuditEntry): AsyncGenerator<readonly AuditChange[]> {
    yield changes;
    let last = changes.at(-1);
    for (let left = changeCount - changes.length; left > 0 && last;) {
      const next = await this.events.changesAfter(last, event);
      if (next.length) yield next;
      left -= next.length;
      last = next.at(-1);
    }
  }
}

const startOf = (month: YearMonth) => new Date(`${month.toString()}-01T00:00:00Z`);

const isSame = (one: AuditMonth, other: AuditMonth) =>
  one.month === other.month && one.events === other.events && one.changes === other.changes;
