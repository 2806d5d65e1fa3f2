import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { narrow } from '../database/paginate.js';
import { OrderNotFoundError } from './directory.errors.js';
import { Order, type OrderState } from './order.entity.js';

/** Which orders are meant; what is left out does not matter. */
export interface OrdersFilter extends Paging {
  readonly resourceUuid?: string;
  readonly projectUuid?: string;
  readonly state?: readonly OrderState[];
}

@Injectable()
export class OrdersRepository extends EntityRepository<Order, OrdersFilter> {
  constructor(@InjectRepository(Order) rows: Repository<Order>) {
    super(rows, OrderNotFoundError, {
      relations: { createdBy: true, resource: { offering: true, project: { customer: true } } },
    });
  }

  protected filtered({ resourceUuid, projectUuid, state }: OrdersFilter): SelectQueryBuilder<Order> {
    const found = this.rows.createQueryBuilder('order_');
    if (projectUuid) found.innerJoin('order_.resource', 'resource');
    return narrow(found, {
      'order_.resourceUuid = :resourceUuid': resourceUuid,
      'resource.projectUuid = :projectUuid': projectUuid,
      'order_.state = ANY(:state)': state,
    });
  }
}
