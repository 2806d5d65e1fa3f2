import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { ChoiceField, OwnUuidField, RelationField, TextField } from '../common/validation/body-fields.js';
import { LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { Offering } from './offering.entity.js';
import { PLAN_UNITS, type PlanUnit } from './plan-units.js';
import { Plan } from './plan.entity.js';
import type { PlanInUse } from './plans.service.js';
import { UNKEPT } from './unkept-filters.js';

@ApiSchema({ name: 'PlanRequest' })
export class CreatePlanDto {
  @RelationField(() => Offering, {
    required: true,
    form: 'link',
    aliases: Offering.aliases,
    description: 'Offering: UUID or hyperlink',
  })
  offering: string;

  @TextField({ required: true, max: 150, example: 'Pay as you go' })
  name: string;

  @ChoiceField(PLAN_UNITS)
  unit?: PlanUnit;

  @OwnUuidField()
  uuid?: string;
}

/** A plan stays with its offering. */
@ApiSchema({ name: 'PatchedPlanRequest' })
export class UpdatePlanDto {
  @TextField({ max: 150 })
  name?: string;

  @ChoiceField(PLAN_UNITS)
  unit?: PlanUnit;
}

@Unkept(UNKEPT.plans)
export class ListPlansQuery extends ListQuery {
  @OrderFilter({ name: 'name', created: 'created' }) declare o?: Order;
  @LinkFilter(() => Offering, { aliases: Offering.aliases }) offering?: string;
  @UuidFilter() offering_uuid?: string;
  @TextFilter({ description: 'Part of the name' }) name?: string;
}

const USAGE_BASED = {
  is_active: true,
  init_price: 0,
  switch_price: 0,
  organization_groups: [],
  components: [],
  prices: {},
  future_prices: {},
  quotas: {},
  plan_type: 'usage-based',
  minimal_price: '0.00',
};

/** A plan where it stands with its offering: the keys of Waldur's `BaseProviderPlan`, but for counts. */
@ApiSchema({ name: 'OfferingPlan' })
export class OfferingPlanResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ maxLength: 150 }) name: string;
  @ApiProperty({ enum: PLAN_UNITS, enumName: 'PlanUnit' }) unit: PlanUnit;
  @ApiProperty({ description: 'Always true: plans of this service are not archived' }) is_active: boolean;
  @ApiProperty({ type: Number, description: 'Always 0: prices come from ArrowSphere, month by month' })
  init_price: number;
  @ApiProperty({ type: Number, description: 'Always 0, as `init_price`' }) switch_price: number;
  @ApiProperty({ type: [Object], description: 'Always empty: plans are open to every organisation' })
  organization_groups: object[];
  @ApiProperty({ type: [Object], description: 'Always empty, as `prices`' }) components: object[];
  @ApiProperty({ type: Object, description: 'Always empty: prices come from ArrowSphere, month by month' })
  prices: object;
  @ApiProperty({ type: Object, description: 'Always empty, as `prices`' }) future_prices: object;
  @ApiProperty({ type: Object, description: 'Always empty: nothing is limited by a plan' }) quotas: object;
  @ApiProperty({ description: 'Always `usage-based`: what was used is what is charged' }) plan_type: string;
  @ApiProperty({ format: 'decimal', description: 'Always 0.00, as `init_price`' }) minimal_price: string;

  static ofOffering(this: void, plan: Offering['plans'][number]): OfferingPlanResponse {
    return answerOf(OfferingPlanResponse, plan, { url: hyperlink(Plan, plan), ...USAGE_BASED });
  }
}

/** The keys of Waldur's `ProviderPlanDetails`, which its clients cannot do without. */
@ApiSchema({ name: 'Plan' })
export class PlanResponse extends OfferingPlanResponse {
  @ApiProperty({ format: 'uri' }) offering: string;
  @ApiProperty({ format: 'uuid' }) offering_uuid: string;
  @ApiProperty({ type: 'integer', description: 'Resources with this plan, terminated ones left out' })
  resources_count: number;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, { plan, resourcesCount }: PlanInUse): PlanResponse {
    return answerOf(PlanResponse, plan, {
      url: hyperlink(Plan, plan),
      offering: hyperlink(Offering, { uuid: plan.offeringUuid, owner: plan.owner }),
      resources_count: resourcesCount,
      ...USAGE_BASED,
    });
  }
}

/** What an answer says of the plan of a resource. */
export const planKeys = (plan: Plan | null) => ({
  plan: plan ? hyperlink(Plan, plan) : undefined,
  plan_uuid: plan && plan.uuid,
  plan_name: plan && plan.name,
  plan_unit: plan && plan.unit,
});
