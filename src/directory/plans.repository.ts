import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, mentions, narrow } from '../database/paginate.js';
import { PlanNotFoundError } from './directory.errors.js';
import { Plan } from './plan.entity.js';

/** Which plans are meant; what is left out does not matter. */
export interface PlanFilter extends Paging {
  readonly offering?: string;
  readonly offeringUuid?: string;
  /** Part of it. */
  readonly name?: string;
}

const COUNT_RESOURCES = `
  SELECT plan_uuid AS uuid, count(*)::int AS count
  FROM resource
  WHERE plan_uuid = ANY($1::uuid[])
    AND state <> 'Terminated'
  GROUP BY plan_uuid`;

@Injectable()
export class PlansRepository extends EntityRepository<Plan, PlanFilter> {
  constructor(@InjectRepository(Plan) rows: Repository<Plan>) {
    super(rows, PlanNotFoundError);
  }

  /** All plans of an offering, by name. */
  ofOffering(offeringUuid: string): Promise<Plan[]> {
    return this.rows.find({ where: { offeringUuid, goneAt: IsNull() }, order: { name: 'ASC', uuid: 'ASC' } });
  }

  /** Live resources by plan, in one statement; plans without any are left out. */
  async countResources(plans: readonly Plan[]): Promise<Map<string, number>> {
    if (plans.length === 0) return new Map();
    const uuids = plans.map(({ uuid }) => uuid);
    const counts = await this.rows.query<{ uuid: string; count: number }[]>(COUNT_RESOURCES, [uuids]);
    return new Map(counts.map(({ uuid, count }) => [uuid, count]));
  }

  protected filtered(filter: PlanFilter): SelectQueryBuilder<Plan> {
    return narrow(this.rows.createQueryBuilder('plan').where('plan.goneAt IS NULL'), {
      'plan.offeringUuid = :offering': filter.offering,
      'plan.offeringUuid = :offeringUuid': filter.offeringUuid,
      [mentions('plan.name', 'name')]: containing(filter.name),
    });
  }
}
