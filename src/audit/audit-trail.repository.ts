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

/** $1: the user, $2: what it is called from now on, $3: its user name as a regular expression, $4: its address. */
const ERASE_FROM_CHANGES = `
  UPDATE audit_change
  SET before = erased.before, after = erased.after
  FROM audit_change AS named
  CROSS JOIN LATERAL (
    SELECT ${['before', 'after']
      .map(
        (side) => `regexp_replace(
          regexp_replace(
            CASE
              WHEN named.object_type = 'user' AND named.object_uuid::text = $1
              THEN (named.${side} - '{username,email,first_name,last_name}'::text[])::text
              WHEN named.object_type = 'auth_token' AND $1 IN (named.before->>'user_uuid', named.after->>'user_uuid')
              THEN (named.${side} - 'name')::text
              ELSE named.${side}::text
            END,
            '("\\w*(?:_by|username)": "(?:[^"]* as )?)' || $3 || '(?="| as )', '\\1' || $2, 'g'
          ),
          '("\\w*email": ")' || $4 || '(?=")', '\\1', 'gi'
        )::jsonb AS ${side}`,
      )
      .join(', ')}
  ) AS erased
  WHERE named.event_uuid = audit_change.event_uuid
    AND named.created = audit_change.created
    AND named.uuid = audit_change.uuid
    AND (named.before IS DISTINCT FROM erased.before OR named.after IS DISTINCT FROM erased.after)`;

/** What the person called its tokens. */
const ERASE_TOKEN_NAMES = `
  UPDATE audit_event
  SET token = ''
  WHERE $1 IN (actor, impersonator) AND token NOT IN ('', '(lasting)', '(login)')`;

const escaped = (text: string) =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

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

  /**
   * Takes a person's names and address out of what changed before and after, within a transaction that the database lets
   * do so. Answers how many changes named it.
   */
  async erase(
    manager: EntityManager,
    person: { readonly uuid: string; readonly username: string; readonly email: string },
    pseudonym: string,
  ): Promise<number> {
    // An address that is not there is named nowhere.
    const email = person.email ? escaped(person.email) : '(?!)';
    await manager.query(ERASE_TOKEN_NAMES, [person.username]);
    const given = [person.uuid, pseudonym, escaped(person.username), email];
    const [, rows] = await manager.query<[unknown[], number]>(ERASE_FROM_CHANGES, given);
    return rows;
  }

  /** Partitions of these months, where they are missing. */
  async makePartitions(from: Date, months: number): Promise<void> {
    await this.events.query('SELECT make_audit_partitions($1, $2)', [from.toISOString().slice(0, 10), months]);
  }
}
