import { Check, Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/**
 * - `done`: and committed; a request that changed nothing has this outcome too
 * - `refused`: the user may not
 * - `failed`, `cancelled`: of jobs
 */
export const AUDIT_OUTCOMES = ['done', 'refused', 'failed', 'cancelled'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/**
 * One request, job or command. Triggers write it in the transaction of what it changed, from the mark that each of its
 * statements carries. Only ever added to: the database refuses anything else. A partition for each month (UTC).
 */
@Entity()
@Check('ck_audit_event_outcome', `outcome = ANY ('{done,refused,failed,cancelled}'::text[])`)
@Index(['created', 'uuid'])
@Index(['objectUuid'])
export class AuditEvent {
  static readonly path = '/api/admin/arrow/audit-events/';

  @PrimaryColumn('uuid')
  uuid: string;

  /** When it began; of a job, when it was asked for. */
  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  created: Date;

  /** User name, or what it is where there is no user; `""`: nobody known. */
  @Column({ length: 300, default: '' })
  actor: string;

  /** Who really called, where staff acted as the actor; `""`: the actor. */
  @Column({ length: 300, default: '' })
  impersonator: string;

  /** Name of the token; `(lasting)` and `(login)` of those without one. */
  @Column({ length: 150, default: '' })
  token: string;

  @Column({ length: 64, default: '' })
  address: string;

  @Column({ length: 100, default: '' })
  requestId: string;

  @Column({ length: 100 })
  action: string;

  /** The table of what it was done to, or the first word of the action. */
  @Column({ length: 63, default: '' })
  objectType: string;

  @Column({ type: 'uuid', nullable: true })
  objectUuid: string | null;

  @Column({ type: 'varchar', length: 16 })
  outcome: AuditOutcome;
}

/** One row that an event changed; kept like the event. */
@Entity()
@Index(['objectUuid'])
export class AuditChange {
  @PrimaryColumn('uuid')
  eventUuid: string;

  /** That of the event. */
  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  created: Date;

  @PrimaryGeneratedColumn('uuid')
  uuid: string;

  /** Table. */
  @Column({ length: 63 })
  objectType: string;

  @Column({ type: 'uuid', nullable: true })
  objectUuid: string | null;

  /** `create`, `update`, `delete`; `export` and `drop` of months of the trail. */
  @Column({ length: 16 })
  operation: string;

  /** Columns before, of an update those that changed; of secrets only that there is one. */
  @Column({ type: 'jsonb', nullable: true })
  before: Record<string, unknown> | null;

  @Column({ type: 'jsonb', nullable: true })
  after: Record<string, unknown> | null;
}

/** An event with what it changed. */
export interface AuditEntry {
  readonly event: AuditEvent;
  /** The first of them. */
  readonly changes: readonly AuditChange[];
  readonly changeCount: number;
}
