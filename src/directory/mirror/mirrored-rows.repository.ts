import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  CONFIRM,
  DATABASE_NOW,
  DISPUTES,
  goneOf,
  type MirroredKind,
  PLANS_GONE,
  GRANT_CLAIMS,
  unseenOf,
  WRITE,
} from './mirrored-rows.sql.js';

export type { MirroredKind };

/** What came of writing rows. */
export interface Written {
  readonly created: number;
  readonly changed: number;
  readonly gone: number;
  /** Of those changed: rows that were made here, under the UUID that Waldur has. */
  readonly ours: number;
  /** UUIDs of rows that name what is not here. */
  readonly passedOver: readonly string[];
}

/** A licence that this resource has in Waldur, and another one too. */
export interface Dispute {
  readonly resourceUuid: string;
  readonly resourceName: string;
  readonly licenseReference: string;
  /** The resource that has it here; null: none has. */
  readonly holderUuid: string | null;
}

/** Copies of Waldur's rows, many at a time. */
@Injectable()
export class MirroredRowsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By the database's clock. */
  async databaseNow(): Promise<Date> {
    const [{ now }] = await this.dataSource.query<[{ now: Date }]>(DATABASE_NOW);
    return now;
  }

  /**
   * One statement; only rows that differ are touched. `kind`: also `plans`. `askedAt`: when they were asked for, by the
   * database's clock; of resources, what has been confirmed since stays.
   */
  async write(
    manager: EntityManager,
    kind: keyof typeof WRITE,
    rows: readonly object[],
    now: Date,
    askedAt?: Date,
  ): Promise<Written> {
    const values = [JSON.stringify(rows), now, ...(kind === 'resources' ? [askedAt ?? null] : [])];
    const [counts] = await manager.query<(Omit<Written, 'passedOver'> & { passed_over: string[] })[]>(
      WRITE[kind],
      values,
    );
    const { passed_over: passedOver, ...rest } = counts!;
    return { ...rest, passedOver };
  }

  /** Plans that their offerings have no more. Answers how many. */
  async retirePlans(
    manager: EntityManager,
    offerings: readonly string[],
    plans: readonly string[],
    now: Date,
  ): Promise<number> {
    const [rows] = await manager.query<[unknown[], number]>(PLANS_GONE, [offerings, plans, now]);
    return rows.length;
  }

  /** `uuid`: to this resource only. `half`: of the licences; both may be granted at once, as no licence is in both. */
  async grantClaims(
    manager: EntityManager,
    now: Date,
    { uuid, half }: { readonly uuid?: string; readonly half?: 0 | 1 },
  ): Promise<void> {
    await manager.query(GRANT_CLAIMS, [now, uuid ?? null, half ?? null]);
  }

  async confirm(manager: EntityManager, uuid: string, now: Date): Promise<void> {
    await manager.query(CONFIRM, [uuid, now]);
  }

  async unseen(kind: MirroredKind, seen: Iterable<string>): Promise<string[]> {
    const rows = await this.dataSource.query<{ uuid: string }[]>(unseenOf(kind), [`{${[...seen].join()}}`]);
    return rows.map(({ uuid }) => uuid);
  }

  /** Answers how many were there until now. */
  async markGone(manager: EntityManager, kind: MirroredKind, uuids: readonly string[], now: Date): Promise<number> {
    const [rows] = await manager.query<[unknown[], number]>(goneOf(kind), [uuids, now]);
    return rows.length;
  }

  /** The first of them, and how many there are. */
  async disputes(limit: number): Promise<{ total: number; disputes: Dispute[] }> {
    const rows = await this.dataSource.query<(Dispute & { total: number })[]>(DISPUTES, [limit]);
    return { total: rows[0]?.total ?? 0, disputes: rows.map(({ total: _, ...dispute }) => dispute) };
  }
}
