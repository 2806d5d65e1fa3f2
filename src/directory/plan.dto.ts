import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../common/date-time.js';
import { hyperlink } from '../common/links.js';
import { ListQuery } from '../common/page.js';
import { ChoiceField, RelationField, TextField } from '../common/validation/body-fields.js';
import { TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { renderUuid } from '../common/uuid.js';
import { Offering } from './offering.entity.js';
import { Plan, PLAN_UNITS, type PlanUnit } from './plan.entity.js';

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
}

/** A plan stays with its offering. */
@ApiSchema({ name: 'PatchedPlanRequest' })
export class UpdatePlanDto {
  @TextField({ max: 150 })
  name?: string;

  @ChoiceField(PLAN_UNITS)
  unit?: PlanUnit;
}

export class ListPlansQuery extends ListQuery {
  @UuidFilter() offering_uuid?: string;
  @TextFilter({ description: 'Part of the name' }) name?: string;
}

@ApiSchema({ name: 'Plan' })
export class PlanResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ maxLength: 150 }) name: string;
  @ApiProperty({ enum: PLAN_UNITS, enumName: 'PlanUnit' }) unit: PlanUnit;
  @ApiProperty({ format: 'uri' }) offering: string;
  @ApiProperty({ format: 'uuid' }) offering_uuid: string;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, plan: Plan): PlanResponse {
    return {
      url: hyperlink(Plan, plan.uuid),
      uuid: renderUuid(plan.uuid),
      name: plan.name,
      unit: plan.unit,
      offering: hyperlink(Offering, plan.offeringUuid),
      offering_uuid: renderUuid(plan.offeringUuid),
      created: renderDateTime(plan.created),
    };
  }
}
