import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import { YearMonth } from '../common/year-month.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { narrow } from '../database/paginate.js';
import { AuditChange, type AuditEntry, AuditEvent, type AuditOutcome } from './audit-event.entity.js';
import { AuditEventNotFoundError } from './audit.errors.js';

/** Which events are meant; what is left out does not matter. */
export interface AuditFilter {
  /** Whole names. */
  readonly actor?: string;
  readonly impersonator?: string;
  readonly token?: string;
  readonly address?: string;
  readonly requestId?: string;
  readonly action?: string;
  readonly objectType?: string;
  /** What it was done to, or what it changed besides. */
  readonly objectUuid?: string;
  readonly outcome?: readonly AuditOutcome[];
  /** `YYYY-MM-DD`, the first day (UTC). */
  readonly createdAfter?: string;
  /** `YYYY-MM-DD`, the day after the last (UTC). */
  readonly createdBefore?: string;
}

/** What there is of one month. */
export interface AuditMonth {
  /** `YYYY-MM` */
  readonly month: string;
  readonly events: number;
  readonly changes: number;
}

/** An event comes with so many of its changes; a spreadsheet may have made a hundred thousand. */
const MOST_CHANGES = 100;
/** The others are read so many at once. */
const NEXT_CHANGES = 5_000;

const OF_OBJECT = `(event.uuid, event.created) IN (
  SELECT change.event_uuid, change.created
  FROM audit_change AS change
  WHERE change.object_uuid = :objectUuid
  UNION ALL
  SELECT other.uuid, other.created
  FROM audit_event AS other
  WHERE other.object_uuid = :objectUuid
)`;

const CHANGES = `
  SELECT wanted.uuid AS of_event, change.*, counted.total
  FROM unnest($1::uuid[], $2::timestamptz[]) AS wanted (uuid, created)
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS total
    FROM audit_change AS each
    WHERE each.event_uuid = wanted.uuid
      AND each.created = wanted.created
  ) AS counted
  CROSS JOIN LATERAL (
    SELECT *
    FROM audit_change AS each
    WHERE each.event_uuid = wanted.uuid
      AND each.created = wanted.created
    ORDER BY each.object_type, each.uuid
    LIMIT $3
  ) AS change
  ORDER BY change.object_type, change.uuid`;

const CHANGES_AFTER = `
  SELECT *
  FROM audit_change
  WHERE event_uuid = $1
    AND created = $2
    AND (object_type, uuid) > ($3, $4)
  ORDER BY object_type, uuid
  LIMIT $5`;

const MONTHS = `
  SELECT month, sum(events)::integer AS events, sum(changes)::integer AS changes
  FROM (
    SELECT to_char(created AT TIME ZONE 'UTC', 'YYYY-MM') AS month, 1 AS events, 0 AS changes
    FROM audit_event
    WHERE created < $1
    UNION ALL
    SELECT to_char(created AT TIME ZONE 'UTC', 'YYYY-MM'), 0, 1
    FROM audit_change
    WHERE created < $1
  ) AS counted
  GROUP BY month
  ORDER BY month`;

const PARTITIONS = `
  SELECT replace(substr(child.relname, 13), '_', '-') AS month
  FROM pg_inherits
  JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
  WHERE pg_inherits.inhparent = 'audit_event'::regclass
    AND child.relname ~ '^audit_event_\\d{4}_\\d{2}$'
  ORDER BY month`;

const EXPORTED = `
  SELECT after->>'month' AS month, (after->>'events')::integer AS events, (after->>'changes')::integer AS changes
  FROM audit_change
  WHERE object_type = 'audit_month'
    AND operation = 'export'`;

type Row = Record<string, unknown>;
type ChangeRow = Row & { readonly of_event: string; readonly total: number };

/** The audit trail, read; and whole months of it, dropped. */
@Injectable()
export class AuditEventsRepository {
  constructor(@InjectRepository(AuditEvent) private readonly events: Repository<AuditEvent>) {}

  count(filter: AuditFilter): Promise<number> {
    return this.filtered(filter).getCount();
  }

  /** Newest first, each with the first of its changes; from an offset, or after an event. */
  async page(filter: AuditFilter, limit: number, from: number | AuditEvent = 0): Promise<AuditEntry[]> {
    const found = this.filtered(filter).orderBy('event.created', 'DESC').addOrderBy('event.uuid', 'DESC');
    if (typeof from === 'number') found.offset(from);
    else found.andWhere('(event.created, event.uuid) < (:created, :uuid)', from);
    return this.withChanges(await found.limit(limit).getMany());
  }

  /** Oldest first, of before a moment, each with the first of its changes. */
  async pageBefore(before: Date, limit: number, after?: AuditEvent): Promise<AuditEntry[]> {
    const found = this.events.createQueryBuilder('event').where('event.created < :before', { before });
    if (after) found.andWhere('(event.created, event.uuid) > (:created, :uuid)', after);
    return this.withChanges(await found.orderBy('event.created').addOrderBy('event.uuid').limit(limit).getMany());
  }

  /** The changes of an event that come after one of them. */
  async changesAfter({ objectType, uuid }: AuditChange, event: AuditEvent): Promise<AuditChange[]> {
    const values = [event.uuid, event.created, objectType, uuid, NEXT_CHANGES];
    return (await this.events.query<Row[]>(CHANGES_AFTER, values)).map(changeOf);
  }

  /** Throws `AuditEventNotFoundError`. */
  async get(uuid: string): Promise<AuditEntry> {
    const event = await findOrThrow(this.events, uuid, AuditEventNotFoundError);
    return (await this.withChanges([event]))[0]!;
  }

  /** What there is of months that ended before a moment, oldest first. */
  months(before: Date, manager: EntityManager): Promise<AuditMonth[]> {
    return manager.query(MONTHS, [before]);
  }

  /** What was exported, as it was then. */
  exported(manager: EntityManager): Promise<AuditMonth[]> {
    return manager.query(EXPORTED);
  }

  /** The months that have a partition. */
  async partitions(manager: EntityManager): Promise<YearMonth[]> {
    const rows = await manager.query<{ month: string }[]>(PARTITIONS);
    return rows.map(({ month }) => YearMonth.from(month));
  }

  async drop(manager: EntityManager, month: YearMonth): Promise<void> {
    const part = month.toString().replace('-', '_');
    await manager.query(`DROP TABLE audit_change_${part}, audit_event_${part}`);
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.events.manager.transaction(work);
  }

  private async withChanges(events: AuditEvent[]): Promise<AuditEntry[]> {
    if (events.length === 0) return [];
    const keys = [events.map(({ uuid }) => uuid), events.map(({ created }) => created)];
    const rows = await this.events.query<ChangeRow[]>(CHANGES, [...keys, MOST_CHANGES]);
    const changes = new Map<string, AuditChange[]>(events.map(({ uuid }) => [uuid, []]));
    const totals = new Map<string, number>();
    for (const { of_event: of, total, ...row } of rows) {
      totals.set(of, total);
      changes.get(of)!.push(changeOf(row));
    }
    return events.map((event) => ({
      event,
      changes: changes.get(event.uuid)!,
      changeCount: totals.get(event.uuid) ?? 0,
    }));
  }

  private filtered(filter: AuditFilter): SelectQueryBuilder<AuditEvent> {
    return narrow(this.events.createQueryBuilder('event'), {
      'event.actor = :actor': filter.actor,
      'event.impersonator = :impersonator': filter.impersonator,
      'event.token = :token': filter.token,
      'event.address = :address': filter.address,
      'event.requestId = :requestId': filter.requestId,
      'event.action = :action': filter.action,
      'event.objectType = :objectType': filter.objectType,
      [OF_OBJECT]: filter.objectUuid,
      'event.outcome = ANY(:outcome)': filter.outcome,
      'event.created >= :createdAfter': filter.createdAfter && `${filter.createdAfter}T00:00:00Z`,
      'event.created < :createdBefore': filter.createdBefore && `${filter.createdBefore}T00:00:00Z`,
    });
  }
}

function changeOf(row: Row): AuditChange {
  return {
    uuid: row.uuid,
    eventUuid: row.event_uuid,
    created: row.created,
    objectType: row.object_type,
    objectUuid: row.object_uuid,
    operation: row.operation,
    before: row.before,
    after: row.after,
  } as AuditChange;
}
