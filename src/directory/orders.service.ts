import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import type { Count, Page } from '../common/page.js';
import { Order } from './order.entity.js';
import { type OrdersFilter, OrdersRepository } from './orders.repository.js';

/** Orders: the audit trail of how resources came to be. */
@Injectable()
export class OrdersService {
  constructor(private readonly orders: OrdersRepository) {}

  /** Throws `PageNotFoundError`. */
  list(filter: OrdersFilter): Promise<Page<Order>> {
    return this.orders.list(filter);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: OrdersFilter): Promise<Count> {
    return this.orders.count(filter);
  }

  /** Throws `OrderNotFoundError`. */
  get(uuid: string): Promise<Order> {
    return this.orders.get(uuid);
  }

  /** Writes finished orders in the name of a user, in one statement, as part of the manager's transaction. */
  async recordDone(
    manager: EntityManager,
    type: Order['type'],
    resourceUuids: readonly string[],
    by: { readonly caller: Caller; readonly at: Date },
  ): Promise<void> {
    // Users of Waldur have no row here.
    const createdByUuid = by.caller.profile ? null : by.caller.uuid;
    const done = { type, state: 'done', createdByUuid, completedAt: by.at } as const;
    await manager.insert(
      Order,
      resourceUuids.map((resourceUuid) => ({ ...done, resourceUuid })),
    );
  }
}
