import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, type EntityManager, In, IsNull, Repository, type SelectQueryBuilder } from 'typeorm';
import { groupBy } from '../common/group-by.js';
import type { Page, Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, type CreatedModified, mentioning, mentions, narrow, within } from '../database/paginate.js';
import { OfferingNotFoundError } from './directory.errors.js';
import { Offering, type OfferingState } from './offering.entity.js';
import { Plan } from './plan.entity.js';

/** Which offerings are meant; what is left out does not matter. */
export interface OfferingFilter extends Paging, CreatedModified {
  /** Part of it, as `query`. */
  readonly name?: string;
  readonly nameExact?: string;
  readonly customer?: string;
  readonly customerUuid?: string;
  readonly type?: readonly string[];
  readonly state?: readonly OfferingState[];
  /** Part of the name, or of what the providing organisation is called. */
  readonly keyword?: string;
  /** Has live resources of it. */
  readonly resourceCustomerUuid?: string;
  readonly resourceProjectUuid?: string;
  /** Any of these offerings. */
  readonly uuidList?: readonly string[];
  readonly query?: string;
}

const LIVE_RESOURCES = `
  SELECT 1
  FROM resource bought
  JOIN project owned ON owned.uuid = bought.project_uuid
  WHERE bought.offering_uuid = offering.uuid
    AND bought.state <> 'Terminated'`;

@Injectable()
export class OfferingsRepository extends EntityRepository<Offering, OfferingFilter> {
  constructor(@InjectRepository(Offering) rows: Repository<Offering>) {
    super(rows, OfferingNotFoundError, { customer: true });
  }

  override async list(filter: OfferingFilter): Promise<Page<Offering>> {
    const page = await super.list(filter);
    return page.with(await this.withPlans(page.items, this.rows.manager));
  }

  override async findAll(uuids: readonly string[], manager: EntityManager = this.rows.manager): Promise<Offering[]> {
    return this.withPlans(await super.findAll(uuids, manager), manager);
  }

  /** Plans that Waldur has no more stay here for what has them, and are none to choose from. */
  private async withPlans(offerings: readonly Offering[], manager: EntityManager): Promise<Offering[]> {
    const offeringUuid = In(offerings.map(({ uuid }) => uuid));
    const order = { name: 'ASC', uuid: 'ASC' } as const;
    const plans = groupBy(
      await manager.find(Plan, { where: { offeringUuid, goneAt: IsNull() }, order }),
      (plan) => plan.offeringUuid,
    );
    return offerings.map((offering) => Object.assign(offering, { plans: plans.get(offering.uuid) ?? [] }));
  }

  protected filtered(filter: OfferingFilter): SelectQueryBuilder<Offering> {
    const found = this.rows.createQueryBuilder('offering').where('offering.goneAt IS NULL');
    if (filter.keyword) found.leftJoin('offering.customer', 'customer').andWhere(ofKeyword(filter.keyword));
    return narrow(found, {
      [mentions('offering.name', 'name')]: containing(filter.name),
      [mentions('offering.name', 'query')]: containing(filter.query),
      'offering.name = :nameExact': filter.nameExact,
      'offering.customerUuid = :customer': filter.customer,
      'offering.customerUuid = :customerUuid': filter.customerUuid,
      'offering.type = ANY(:type)': filter.type,
      'offering.state = ANY(:state)': filter.state,
      'offering.uuid = ANY(:uuidList)': filter.uuidList,
      [`EXISTS (${LIVE_RESOURCES} AND owned.customer_uuid = :resourceCustomerUuid)`]: filter.resourceCustomerUuid,
      [`EXISTS (${LIVE_RESOURCES} AND owned.uuid = :resourceProjectUuid)`]: filter.resourceProjectUuid,
      ...within('offering', filter),
    });
  }
}

const ofKeyword = (keyword: string) =>
  new Brackets((any) =>
    any
      .where(mentioning('offering', ['name'], keyword))
      .orWhere(mentioning('customer', ['name', 'abbreviation', 'nativeName'], keyword)),
  );
