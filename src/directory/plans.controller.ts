import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { pick } from '../common/answer.interceptor.js';
import {
  ApiCounted,
  ApiCreated,
  ApiDeleted,
  ApiFound,
  ApiListed,
  ApiUpdated,
  Operation,
} from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import { type Count, Counted, FieldsQuery, type Page } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { PlanNotFoundError } from './directory.errors.js';
import { CreatePlanDto, ListPlansQuery, PlanResponse, UpdatePlanDto } from './plan.dto.js';
import { Plan } from './plan.entity.js';
import { PlansService } from './plans.service.js';

@ApiTags('Directory: plans')
@ApiController('api/marketplace-plans')
@StaffOnly()
@Existing(() => Plan, PlanNotFoundError)
export class PlansController {
  constructor(private readonly plans: PlansService) {}

  @Head()
  @Operation('marketplace_plans_count', 'Count plans')
  count(@Query() query: ListPlansQuery): Promise<Count> {
    return this.plans.count(commandOf(query));
  }

  @Get()
  @Operation('marketplace_plans_list', 'List plans')
  @ApiListed(PlanResponse)
  async list(@Query() query: ListPlansQuery): Promise<Page<PlanResponse>> {
    return (await this.plans.list(commandOf(query))).map(PlanResponse.from);
  }

  @Post()
  @Audited('plan.create')
  @Operation('marketplace_plans_create', 'Create a plan')
  @ApiCreated(PlanResponse)
  async create(@Body() dto: CreatePlanDto): Promise<PlanResponse> {
    return PlanResponse.from(await this.plans.create(commandOf(dto, 'offering')));
  }

  @Get(':uuid')
  @Operation('marketplace_plans_retrieve', 'One plan')
  @ApiFound(PlanResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<PlanResponse>> {
    return pick(PlanResponse.from(await this.plans.get(uuid)), query.field);
  }

  @Patch(':uuid')
  @Audited('plan.update')
  @Operation('marketplace_plans_partial_update', 'Change a plan')
  @ApiUpdated(PlanResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdatePlanDto): Promise<PlanResponse> {
    return PlanResponse.from(await this.plans.update(uuid, dto));
  }

  @Delete(':uuid')
  @Audited('plan.delete')
  @HttpCode(204)
  @Operation('marketplace_plans_destroy', 'Delete a plan that is not in use')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.plans.remove(uuid);
  }
}

@ApiTags('Directory: plans')
@ApiController('api/marketplace-public-offerings')
@StaffOnly()
export class OfferingPlansController {
  constructor(private readonly plans: PlansService) {}

  @Get(':uuid/plans')
  @Operation('marketplace_public_offerings_plans_list', 'All plans of an offering, by name; not in pages')
  @ApiCounted(PlanResponse)
  async list(@Param('uuid') uuid: string): Promise<Counted<PlanResponse[]>> {
    const plans = (await this.plans.ofOffering(uuid)).map(PlanResponse.from);
    return new Counted(plans, plans.length);
  }
}
