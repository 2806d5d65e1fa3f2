import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { type CreatedModified, mentioning, narrow, within } from '../database/paginate.js';
import { OrderNotFoundError } from './directory.errors.js';
import type { AskedOrderState, AskedOrderType } from './order-states.js';
import { Order } from './order.entity.js';

/** Which orders are meant; what is left out does not matter. */
export interface OrdersFilter extends Paging, CreatedModified {
  readonly resource?: string;
  readonly resourceUuid?: string;
  /** The whole of it. */
  readonly resourceName?: string;
  readonly projectUuid?: string;
  readonly customerUuid?: string;
  readonly offering?: string;
  readonly offeringUuid?: string;
  /** Any of these. */
  readonly offeringType?: readonly string[];
  /** The organisation that provides the offering. */
  readonly providerUuid?: string;
  readonly state?: readonly AskedOrderState[];
  readonly type?: readonly AskedOrderType[];
  /** Part of the name of the resource or the project, or the UUID of one. */
  readonly query?: string;
}

@Injectable()
export class OrdersRepository extends EntityRepository<Order, OrdersFilter> {
  constructor(@InjectRepository(Order) rows: Repository<Order>) {
    super(rows, OrderNotFoundError, {
      createdBy: true,
      resource: { offering: { customer: true }, plan: true, project: { customer: true } },
    });
  }

  protected filtered(filter: OrdersFilter): SelectQueryBuilder<Order> {
    const found = this.rows.createQueryBuilder('order_');
    const { resourceName, projectUuid, customerUuid, offering, offeringUuid, offeringType, providerUuid, query } =
      filter;
    const ofOffering = offeringType ?? providerUuid;
    const ofProject = customerUuid ?? query;
    if (ofProject ?? ofOffering ?? resourceName ?? projectUuid ?? offering ?? offeringUuid)
      found.innerJoin('order_.resource', 'resource');
    if (ofProject) found.innerJoin('resource.project', 'project');
    if (ofOffering) found.innerJoin('resource.offering', 'offering');
    if (query) found.andWhere(ofQuery(query));
    return narrow(found, {
      'order_.resourceUuid = :resource': filter.resource,
      'order_.resourceUuid = :resourceUuid': filter.resourceUuid,
      'resource.name = :resourceName': resourceName,
      'resource.projectUuid = :projectUuid': projectUuid,
      'project.customerUuid = :customerUuid': customerUuid,
      'resource.offeringUuid = :offering': offering,
      'resource.offeringUuid = :offeringUuid': offeringUuid,
      'offering.type = ANY(:offeringType)': offeringType,
      'offering.customerUuid = :providerUuid': providerUuid,
      'order_.state = ANY(:state)': filter.state,
      'order_.type = ANY(:type)': filter.type,
      ...within('order_', filter),
    });
  }
}

const ofQuery = (query: string) =>
  new Brackets((any) =>
    any.where(mentioning('project', ['name'], query)).orWhere(mentioning('resource', ['name'], query)),
  );
