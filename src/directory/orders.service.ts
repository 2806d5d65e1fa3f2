import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import { EntityService } from '../database/entity.service.js';
import { Order } from './order.entity.js';
import { type OrdersFilter, OrdersRepository } from './orders.repository.js';

/** Orders: the audit trail of how resources came to be. */
@Injectable()
export class OrdersService extends EntityService<Order, OrdersFilter> {
  constructor(orders: OrdersRepository) {
    super(orders);
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
