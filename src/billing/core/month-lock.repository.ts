import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BillingContext } from './billing-context.js';

/** A month in the transaction that has locked it: whoever writes for the month is given this. */
export interface LockedMonth extends BillingContext {
  readonly manager: EntityManager;
  /** The newest export that was begun to be applied; 0: none. */
  readonly snapshotNumber: number;
}

/**
 * Rows written a moment ago may have no statistics yet: PostgreSQL would take sets of many rows for one row each. And
 * whole exports are sorted and joined: without memory, by way of temporary files.
 */
const PLAN_FOR_MANY_ROWS = `SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)`;

const CREATE = `
  INSERT INTO billing_month (account_uuid, month)
  VALUES ($1, $2)
  ON CONFLICT DO NOTHING`;

const LOCK = `
  SELECT snapshot_number AS "snapshotNumber"
  FROM billing_month
  WHERE account_uuid = $1 AND month = $2
  FOR UPDATE`;

/** The one lock of everything that posts for a month of an account. */
@Injectable()
export class MonthLockRepository {
  /**
   * Nobody else posts for the month until the transaction ends. Also makes sure that the job that runs still may write.
   * Throws `LeaseLostError`.
   */
  async take(manager: EntityManager, context: BillingContext): Promise<LockedMonth> {
    await manager.query(CREATE, context.scope);
    const [row] = await manager.query<Pick<LockedMonth, 'snapshotNumber'>[]>(LOCK, context.scope);
    await context.lease?.check(manager);
    await manager.query(PLAN_FOR_MANY_ROWS);
    return { ...context, manager, ...row! };
  }
}
