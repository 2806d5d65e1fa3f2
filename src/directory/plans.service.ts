import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { parseUuid } from '../common/uuid.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { containing, mentions, countOnly, orderOf, paginate } from '../database/paginate.js';
import { PlanNotFoundError } from './directory.errors.js';
import type { CreatePlanDto, ListPlansQuery, UpdatePlanDto } from './plan.dto.js';
import { Plan } from './plan.entity.js';

/** Plans of offerings. */
@Injectable()
export class PlansService {
  constructor(@InjectRepository(Plan) private readonly plans: Repository<Plan>) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListPlansQuery): Promise<Page<Plan>> {
    const order = orderOf(query.o, { name: 'name', created: 'created' }, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) => this.plans.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListPlansQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `PlanNotFoundError`. */
  async get(uuid: string): Promise<Plan> {
    const known = parseUuid(uuid);
    const plan = known && (await this.plans.findOneBy({ uuid: known }));
    if (!plan) throw new PlanNotFoundError();
    return plan;
  }

  async create(dto: CreatePlanDto): Promise<Plan> {
    const { name, unit, offering } = dto;
    const { uuid } = await naming({}, () => this.plans.save(this.plans.create({ name, unit, offeringUuid: offering })));
    return this.get(uuid);
  }

  /** Throws `PlanNotFoundError`. */
  async update(uuid: string, dto: UpdatePlanDto): Promise<Plan> {
    const plan = await this.get(uuid);
    await updateGiven(this.plans, plan.uuid, { name: dto.name, unit: dto.unit });
    return this.get(uuid);
  }

  /** Throws `PlanNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const plan = await this.get(uuid);
    await removing(`The plan "${plan.name}"`, () => this.plans.delete({ uuid: plan.uuid }));
  }

  private filtered(query: ListPlansQuery): SelectQueryBuilder<Plan> {
    const found = this.plans.createQueryBuilder('plan');
    if (query.offering_uuid) found.andWhere('plan.offeringUuid = :offering', { offering: query.offering_uuid });
    if (query.name) found.andWhere(mentions('plan.name', 'name'), { name: containing(query.name) });
    return found;
  }
}
