import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { countOnly, orderOf, paginate } from '../database/paginate.js';
import { OrderNotFoundError } from './directory.errors.js';
import { ORDERS_ORDER } from './order.dto.js';
import type { ListOrdersQuery } from './order.dto.js';
import { Order } from './order.entity.js';

const relations = { createdBy: true, resource: { offering: true, project: { customer: true } } };

/** Orders: the audit trail of how resources came to be. */
@Injectable()
export class OrdersService {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListOrdersQuery): Promise<Page<Order>> {
    const order = orderOf(query.o, ORDERS_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.orders.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListOrdersQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `OrderNotFoundError`. */
  get(uuid: string): Promise<Order> {
    return findOrThrow(this.orders, uuid, OrderNotFoundError, { relations });
  }

  /** Writes finished orders in the name of a user, in one statement, as part of the manager's transaction. */
  async recordDone(
    manager: EntityManager,
    type: Order['type'],
    resourceUuids: readonly string[],
    by: { readonly userUuid: string; readonly at: Date },
  ): Promise<void> {
    await manager.insert(
      Order,
      resourceUuids.map((resourceUuid) => ({
        type,
        state: 'done' as const,
        resourceUuid,
        createdByUuid: by.userUuid,
        completedAt: by.at,
      })),
    );
  }

  private filtered({ resource_uuid, project_uuid, state }: ListOrdersQuery): SelectQueryBuilder<Order> {
    const found = this.orders.createQueryBuilder('order_');
    if (resource_uuid) found.andWhere('order_.resourceUuid = :resource_uuid', { resource_uuid });
    if (project_uuid) {
      found.innerJoin('order_.resource', 'resource');
      found.andWhere('resource.projectUuid = :project_uuid', { project_uuid });
    }
    if (state) found.andWhere('order_.state IN (:...state)', { state });
    return found;
  }
}
