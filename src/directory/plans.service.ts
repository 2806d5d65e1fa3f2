import { Injectable } from '@nestjs/common';
import type { Count, Page } from '../common/page.js';
import type { New } from '../database/base.entity.js';
import { RelatedObjects } from '../database/related-objects.js';
import { Offering } from './offering.entity.js';
import { OfferingsService } from './offerings.service.js';
import { Plan } from './plan.entity.js';
import { WaldurOwnership } from './mirror/waldur-ownership.js';
import { type PlanFilter, PlansRepository } from './plans.repository.js';

/** A plan and how many live resources have it. */
export interface PlanInUse {
  readonly plan: Plan;
  readonly resourcesCount: number;
}

/** What may change about a plan: it stays with its offering. */
export type PlanFields = Partial<Pick<Plan, 'name' | 'unit'>>;

/** Plans of offerings. */
@Injectable()
export class PlansService {
  constructor(
    private readonly plans: PlansRepository,
    private readonly offerings: OfferingsService,
    private readonly related: RelatedObjects,
    private readonly ownership: WaldurOwnership,
  ) {}

  /** Throws `PageNotFoundError`. */
  async list(filter: PlanFilter): Promise<Page<PlanInUse>> {
    const page = await this.plans.list(filter);
    return page.with(await this.inUse(page.items));
  }

  /** Throws `PageNotFoundError`. */
  count(filter: PlanFilter): Promise<Count> {
    return this.plans.count(filter);
  }

  /** All plans of an offering, by name. Throws `OfferingNotFoundError`. */
  async ofOffering(offeringUuid: string): Promise<PlanInUse[]> {
    const { uuid } = await this.offerings.get(offeringUuid);
    return this.inUse(await this.plans.ofOffering(uuid));
  }

  /** Throws `PlanNotFoundError`. */
  async get(uuid: string): Promise<PlanInUse> {
    return (await this.inUse([await this.plans.get(uuid)]))[0]!;
  }

  /** Throws `InvalidFieldsError` for an offering that is not there, `UuidTakenError`, `OwnedByWaldurError`. */
  async create(plan: PlanFields & New & Pick<Plan, 'name' | 'offeringUuid'>): Promise<PlanInUse> {
    this.ownership.ensureMadeHere('plans');
    await this.related.assertExist({ offering: [Offering, plan.offeringUuid] });
    return this.get(await this.plans.insert(plan));
  }

  /** Throws `PlanNotFoundError`. */
  async update(uuid: string, fields: PlanFields): Promise<PlanInUse> {
    await this.ownership.ensureOneOurs('plans', this.plans, uuid);
    await this.plans.update(uuid, fields);
    return this.get(uuid);
  }

  /** Throws `PlanNotFoundError`, `ObjectInUseError`, `OwnedByWaldurError`. */
  async remove(uuid: string): Promise<void> {
    await this.ownership.ensureOneOurs('plans', this.plans, uuid);
    return this.plans.remove(uuid, ({ name }) => `The plan "${name}"`);
  }

  private async inUse(plans: readonly Plan[]): Promise<PlanInUse[]> {
    const counts = await this.plans.countResources(plans);
    return plans.map((plan) => ({ plan, resourcesCount: counts.get(plan.uuid) ?? 0 }));
  }
}
