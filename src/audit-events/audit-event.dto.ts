import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import {
  AUDIT_OUTCOMES,
  type AuditChange,
  type AuditEntry,
  AuditEvent,
  type AuditOutcome,
} from '../audit/audit-event.entity.js';
import type { AuditEventsService } from '../audit/audit-events.service.js';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { commandOf } from '../common/command.js';
import { type CsvColumns, FileQuery, pageOrFile, type PageOrFile } from '../common/csv.js';
import { hyperlink } from '../common/links.js';
import { Count, pageOf } from '../common/page.js';
import type { UuidFormatter } from '../common/uuid-formatter.js';
import { ChoicesFilter, DateFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';

@KnownNamesOnly()
export class ListAuditEventsQuery extends FileQuery {
  @TextFilter({ description: 'Whole user name, or `schedule`, `command line`, …' }) actor?: string;
  @TextFilter({ description: 'Whole user name of who really called, as somebody else' }) impersonator?: string;
  @TextFilter({ description: 'Name of the token; `(lasting)` and `(login)` of those without one' }) token?: string;
  @TextFilter({ description: 'Address of the client' }) address?: string;
  @TextFilter({ description: '`X-Request-Id` of the answer' }) request_id?: string;
  @TextFilter({ example: 'customer_mapping.create' }) action?: string;
  @TextFilter({ example: 'customer_mapping' }) object_type?: string;
  @UuidFilter({ description: 'What it was done to, or what it changed besides' }) object_uuid?: string;
  @ChoicesFilter(AUDIT_OUTCOMES) outcome?: AuditOutcome[];
  @DateFilter({ description: 'From this day on (UTC)' }) created_after?: string;
  @DateFilter({ description: 'Before this day (UTC)' }) created_before?: string;
}

const columns = () => ApiProperty({ type: 'object', nullable: true, additionalProperties: true });

@ApiSchema({ name: 'ArrowAuditChange' })
export class AuditChangeResponse {
  @Shown({ example: 'customer_mapping' }) object_type: string;
  @ShownOrNull('uuid') object_uuid: string | null;
  @Shown({ description: '`create`, `update`, `delete`; of the trail itself `export`, `drop`' }) operation: string;
  @columns() before: Record<string, unknown> | null;
  @columns() after: Record<string, unknown> | null;

  static from(this: void, change: AuditChange): AuditChangeResponse {
    return answerOf(AuditChangeResponse, change, {});
  }
}

@ApiSchema({ name: 'ArrowAuditEvent' })
export class AuditEventResponse {
  @Shown('uuid') uuid: string;
  @Shown('uri') url: string;
  @Shown('date-time') created: string;
  @Shown({ description: 'User name, or what it was; blank: nobody known' }) actor: string;
  @Shown({ description: 'Staff that really called, as the actor; blank: the actor' }) impersonator: string;
  @Shown({ description: 'Name of the token, never its value' }) token: string;
  @Shown() address: string;
  @Shown() request_id: string;
  @Shown({ example: 'customer_mapping.create' }) action: string;
  @Shown() object_type: string;
  @ShownOrNull('uuid') object_uuid: string | null;
  @Shown({ enum: AUDIT_OUTCOMES, enumName: 'ArrowAuditOutcome' }) outcome: AuditOutcome;
  @Shown('integer', { description: 'Rows that it changed' }) change_count: number;
  @ApiProperty({ type: [AuditChangeResponse], description: 'The first 100 of them; the file has all' })
  changes: AuditChangeResponse[];

  static from(this: void, { event, changes, changeCount }: AuditEntry): AuditEventResponse {
    return answerOf(AuditEventResponse, event, {
      url: hyperlink(AuditEvent, event.uuid),
      change_count: changeCount,
      changes: changes.map(AuditChangeResponse.from),
    });
  }
}

interface Line {
  readonly event: AuditEvent;
  readonly change?: AuditChange;
}

/** A line for each change, and one for an event without any. */
const COLUMNS: CsvColumns<Line> = {
  created: ({ event }) => event.created.toISOString(),
  event_uuid: ({ event }) => event.uuid,
  actor: ({ event }) => event.actor,
  impersonator: ({ event }) => event.impersonator,
  token: ({ event }) => event.token,
  address: ({ event }) => event.address,
  request_id: ({ event }) => event.requestId,
  action: ({ event }) => event.action,
  outcome: ({ event }) => event.outcome,
  operation: ({ change }) => change?.operation,
  object_type: ({ event, change }) => (change ?? event).objectType,
  object_uuid: ({ event, change }) => (change ?? event).objectUuid,
  before: ({ change }) => change?.before,
  after: ({ change }) => change?.after,
};

async function* linesOf(entries: AsyncIterable<AuditEntry>): AsyncGenerator<Line> {
  for await (const { event, changes } of entries) {
    if (changes.length === 0) yield { event };
    for (const change of changes) yield { event, change };
  }
}

/** Throws `PageNotFoundError`. */
export function answerEvents(query: ListAuditEventsQuery, events: AuditEventsService): PageOrFile<AuditEventResponse> {
  const filter = commandOf(query);
  return pageOrFile(query, {
    name: 'audit-events',
    columns: COLUMNS,
    rows: () => linesOf(events.all(filter)),
    count: () => events.count(filter),
    page: async (limit, skip) => (await events.page(filter, limit, skip)).map(AuditEventResponse.from),
  });
}

/** Throws `PageNotFoundError`. */
export async function countEvents(query: ListAuditEventsQuery, events: AuditEventsService): Promise<Count> {
  const filter = commandOf(query);
  const { total, page, pageSize } = pageOf(filter, await events.count(filter));
  return new Count(total, page, pageSize);
}

/** A line of an export: all that the trail has of an event. Other ends of lines than its own are escaped in it. */
export function exportedLine(entry: AuditEntry, uuids: UuidFormatter): string {
  const json = JSON.stringify(uuids.answer({ ...AuditEventResponse.from(entry), url: undefined }));
  return `${json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029').replaceAll('\u0085', '\\u0085')}\n`;
}
