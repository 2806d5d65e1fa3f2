import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock.js';
import type { WaldurResource, WaldurRows } from '../../waldur-gateway/waldur-rows.js';
import { type Dispute, type MirroredKind, MirroredRowsRepository, type Written } from './mirrored-rows.repository.js';

export type { Dispute, MirroredKind, Written };

/** Inside the transaction, before anything is written: throws where the work is not ours to go on with. */
export type MayWrite = (manager: EntityManager) => Promise<void>;

/** Copies of Waldur's rows in the directory's own tables, under Waldur's UUIDs. */
@Injectable()
export class MirroredRowsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: MirroredRowsRepository,
    private readonly clock: Clock,
  ) {}

  /** When rows are asked for from now on, as {@link write} is told. */
  askedAt(): Promise<Date> {
    return this.rows.databaseNow();
  }

  /**
   * In one transaction. Rows that name what is not here are passed over; offerings bring their plans along. `askedAt`:
   * when Waldur was asked for the first of them; a resource whose licence was confirmed since stays as it is.
   */
  write<K extends MirroredKind>(
    kind: K,
    rows: readonly WaldurRows[K][],
    mayWrite: MayWrite,
    askedAt?: Date,
  ): Promise<Written> {
    // Of a row that came twice, the later one counts.
    const unique = [...new Map(rows.map((row) => [row.uuid, row])).values()];
    const now = this.clock.now();
    return this.dataSource.transaction(async (manager) => {
      await mayWrite(manager);
      const written = await this.rows.write(manager, kind, unique, now, askedAt);
      if (kind !== 'offerings') return written;
      const offerings = unique as readonly WaldurRows['offerings'][];
      const plans = offerings.flatMap(({ uuid, plans }) => plans.map((plan) => ({ ...plan, offeringUuid: uuid })));
      const planned = await this.rows.write(manager, 'plans', plans, now);
      const gone = await this.rows.retirePlans(
        manager,
        offerings.map(({ uuid }) => uuid),
        plans.map(({ uuid }) => uuid),
        now,
      );
      return {
        created: written.created + planned.created,
        changed: written.changed + planned.changed,
        gone: written.gone + planned.gone + gone,
        ours: written.ours + planned.ours,
        passedOver: written.passedOver,
      };
    });
  }

  /**
   * As part of the manager's transaction: a resource as Waldur has it after a change of its licence that was made from
   * here, at `now`. What is being read of it meanwhile is older. Answers false where what it belongs to is not here.
   */
  async confirm(manager: EntityManager, resource: WaldurResource, now: Date): Promise<boolean> {
    const { passedOver } = await this.rows.write(manager, 'resources', [resource], now);
    await this.rows.grantClaims(manager, now, { uuid: resource.uuid });
    await this.rows.confirm(manager, resource.uuid, now);
    return passedOver.length === 0;
  }

  /**
   * After all resources that changed have been written: licences that only one of them claims become its own. After a
   * first reading these are most of them, so two connections share the work.
   */
  async grantClaims(mayWrite: MayWrite): Promise<void> {
    const grant = (half: 0 | 1) =>
      this.dataSource.transaction(async (manager) => {
        await mayWrite(manager);
        await this.rows.grantClaims(manager, this.clock.now(), { half });
      });
    const granted = await Promise.allSettled([grant(0), grant(1)]);
    for (const each of granted) if (each.status === 'rejected') throw each.reason;
  }

  /** Copies that were not among those seen. */
  unseen(kind: MirroredKind, seen: Iterable<string>): Promise<string[]> {
    return this.rows.unseen(kind, seen);
  }

  /** Answers how many were there until now. */
  markGone(kind: MirroredKind, uuids: readonly string[], mayWrite: MayWrite): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await mayWrite(manager);
      return this.rows.markGone(manager, kind, uuids, this.clock.now());
    });
  }

  /** Licences that several live resources have in Waldur: the first of them, and how many there are. */
  disputes(limit: number): Promise<{ total: number; disputes: Dispute[] }> {
    return this.rows.disputes(limit);
  }
}
