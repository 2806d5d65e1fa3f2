import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { Act } from '../common/acts.js';
import { AuditEvent, type AuditOutcome } from './audit-event.entity.js';

/** What a command did to the trail itself. */
export interface NewAuditChange {
  readonly objectType: string;
  readonly operation: string;
  readonly before: object | null;
  readonly after: object | null;
}

const WRITE_EVENT = 'SELECT write_audit_event($1, NULL, NULL, $2)';

const WRITE_CHANGE = `
  INSERT INTO audit_change (created, event_uuid, object_type, operation, before, after)
  VALUES ($1, $2, $3, $4, $5, $6)`;

/** Writes what no trigger does. */
@Injectable()
export class AuditTrailRepository {
  constructor(@InjectRepository(AuditEvent) private readonly events: Repository<AuditEvent>) {}

  /** Nothing happens where the event is there. */
  async write(act: Act, outcome: AuditOutcome, manager: EntityManager = this.events.manager): Promise<void> {
    await manager.query(WRITE_EVENT, [JSON.stringify(act.values), outcome]);
  }

  /** Within the transaction of the change. */
  async writeChange(manager: EntityManager, { created, uuid }: Act, change: NewAuditChange): Promise<void> {
    const { objectType, operation, before, after } = change;
    const json = [before, after].map((each) => each && JSON.stringify(each));
    await manager.query(WRITE_CHANGE, [created, uuid, objectType, operation, ...json]);
  }

  /** Partitions of these months, where they are missing. */
  async makePartitions(from: Date, months: number): Promise<void> {
    await this.events.query('SELECT make_audit_partitions($1, $2)', [from.toISOString().slice(0, 10), months]);
  }
}
