import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, mentions, countOnly, orderOf, paginate } from '../database/paginate.js';
import { RelatedObjects } from '../database/related-objects.js';
import { PlanNotFoundError } from './directory.errors.js';
import { CreatePlanDto, type ListPlansQuery, PLAN_ORDER, type PlanInUse, type UpdatePlanDto } from './plan.dto.js';
import { Plan } from './plan.entity.js';

/** Plans of offerings. */
@Injectable()
export class PlansService {
  constructor(
    @InjectRepository(Plan) private readonly plans: Repository<Plan>,
    private readonly related: RelatedObjects,
  ) {}

  /** Throws `PageNotFoundError`. */
  async list(query: ListPlansQuery): Promise<Page<PlanInUse>> {
    const order = orderOf(query.o, PLAN_ORDER, [['created', 'DESC']]);
    const page = await paginate(this.filtered(query), query, order, (uuids) =>
      this.plans.findBy({ uuid: In([...uuids]) }),
    );
    const counts = await this.countResources(page.items);
    return page.map((plan) => ({ plan, resourcesCount: counts.get(plan.uuid) ?? 0 }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListPlansQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `PlanNotFoundError`. */
  async get(uuid: string): Promise<PlanInUse> {
    const plan = await findOrThrow(this.plans, uuid, PlanNotFoundError);
    return { plan, resourcesCount: (await this.countResources([plan])).get(plan.uuid) ?? 0 };
  }

  /** Throws `InvalidFieldsError` for an offering that is not there. */
  async create(dto: CreatePlanDto): Promise<PlanInUse> {
    await this.related.mustExist(CreatePlanDto, dto);
    const { name, unit, offering } = dto;
    const { uuid } = await naming({}, () => this.plans.save(this.plans.create({ name, unit, offeringUuid: offering })));
    return this.get(uuid);
  }

  /** Throws `PlanNotFoundError`. */
  async update(uuid: string, dto: UpdatePlanDto): Promise<PlanInUse> {
    await updateGiven(this.plans, uuid, { name: dto.name, unit: dto.unit });
    return this.get(uuid);
  }

  /** Throws `PlanNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const { plan } = await this.get(uuid);
    await removing(`The plan "${plan.name}"`, () => this.plans.delete({ uuid: plan.uuid }));
  }

  /** Live resources by plan, in one statement; plans without any are left out. */
  private async countResources(plans: readonly Plan[]): Promise<Map<string, number>> {
    if (plans.length === 0) return new Map();
    const counts: { uuid: string; count: number }[] = await this.plans.query(
      `SELECT plan_uuid AS uuid, count(*)::int AS count FROM resource
        WHERE plan_uuid = ANY($1::uuid[]) AND state <> 'Terminated' GROUP BY plan_uuid`,
      [plans.map(({ uuid }) => uuid)],
    );
    return new Map(counts.map(({ uuid, count }) => [uuid, count]));
  }

  private filtered(query: ListPlansQuery): SelectQueryBuilder<Plan> {
    const found = this.plans.createQueryBuilder('plan');
    if (query.offering) found.andWhere('plan.offeringUuid = :link', { link: query.offering });
    if (query.offering_uuid) found.andWhere('plan.offeringUuid = :offering', { offering: query.offering_uuid });
    if (query.name) found.andWhere(mentions('plan.name', 'name'), { name: containing(query.name) });
    return found;
  }
}
