import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Always, answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { visibleText } from '../common/normalize-arrow-reference.js';
import { type ListFormat, ListFormatFilter } from '../common/list-files.js';
import { type Order, OrderFilter } from '../common/page.js';
import { ChoiceField, OwnUuidField, RelationField, TextField } from '../common/validation/body-fields.js';
import { ChoicesFilter, LinkFilter, TextFilter, UuidFilter, UuidsFilter } from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { CreatedModifiedQuery } from './created-modified.js';
import { Customer } from './customer.entity.js';
import { providerKeys } from './offering.dto.js';
import { Offering, OFFERING_STATES, type OfferingState } from './offering.entity.js';
import { ASKED_ORDER_STATES, type AskedOrderState } from './order-states.js';
import { planKeys } from './plan.dto.js';
import type { PlanUnit } from './plan-units.js';
import { Plan } from './plan.entity.js';
import { Project } from './project.entity.js';
import { Resource, RESOURCE_STATES, type ResourceState } from './resource.entity.js';
import { UNKEPT } from './unkept-filters.js';

@ApiSchema({ name: 'ResourceRequest' })
export class CreateResourceDto {
  @TextField({ required: true, max: 150, example: 'Azure plan' })
  name: string;

  @RelationField(() => Project, { required: true, form: 'link', description: 'Project: UUID or hyperlink' })
  project: string;

  @RelationField(() => Offering, {
    required: true,
    form: 'link',
    aliases: Offering.aliases,
    description: 'Offering: UUID or hyperlink',
  })
  offering: string;

  @RelationField(() => Plan, { form: 'link', nullable: true, description: 'Plan of that offering: UUID or hyperlink' })
  plan?: string | null;

  @TextField({ max: 255, blank: true, clean: visibleText, description: 'Licence reference of a linked resource' })
  backend_id?: string;

  @ChoiceField(RESOURCE_STATES)
  state?: ResourceState;

  @OwnUuidField()
  uuid?: string;
}

/** What may change about a resource from outside; its licence has an action of its own. */
@ApiSchema({ name: 'PatchedResourceRequest' })
export class UpdateResourceDto {
  @TextField({ max: 150 })
  name?: string;

  @ChoiceField(RESOURCE_STATES)
  state?: ResourceState;
}

@ApiSchema({ name: 'ResourceBackendIDRequest' })
export class SetBackendIdDto {
  @TextField({ required: true, max: 255, blank: true, clean: visibleText })
  backend_id: string;
}

@ApiSchema({ name: 'Status' })
export class StatusResponse {
  @ApiProperty({ example: 'Resource backend_id has been changed.' }) status: string;

  static changed(this: void, _resource: Resource): StatusResponse {
    return { status: 'Resource backend_id has been changed.' };
  }
}

@Unkept(UNKEPT.resources)
export class ListResourcesQuery extends CreatedModifiedQuery {
  @OrderFilter({
    name: 'name',
    created: 'created',
    state: 'state',
    backend_id: 'backendId',
    project_name: 'project.name',
    customer_name: 'project.customer.name',
    offering_name: 'offering.name',
    plan_name: 'plan.name',
  })
  declare o?: Order;
  @ListFormatFilter() format?: ListFormat[];
  @TextFilter({ description: 'Part of the name' }) name?: string;
  @TextFilter({ description: 'The whole name' }) name_exact?: string;
  @TextFilter({ description: 'The whole backend id' }) backend_id?: string;
  @ChoicesFilter(RESOURCE_STATES) state?: ResourceState[];
  @LinkFilter(() => Customer) customer?: string;
  @UuidFilter() customer_uuid?: string;
  @UuidFilter() project_uuid?: string;
  @LinkFilter(() => Offering, { aliases: Offering.aliases }) offering?: string;
  @UuidsFilter() offering_uuid?: string[];
  @TextFilter({ description: 'The whole type of the offering' }) offering_type?: string;
  @UuidFilter() plan_uuid?: string;
  @TextFilter({ description: 'The whole name of the project' }) project_name?: string;
  @UuidFilter({ description: 'The organisation that provides the offering' }) provider_uuid?: string;
  @ChoicesFilter(ASKED_ORDER_STATES, { description: 'Has an order in any of these states' })
  order_state?: AskedOrderState[];
  @TextFilter({ description: 'Part of the name or the whole backend id' }) query?: string;
}

@ApiSchema({ name: 'Resource' })
@Always({
  lists: ['report', 'endpoints', 'available_actions', 'offering_components'],
  objects: [
    'attributes',
    'limits',
    'current_usages',
    'limit_usage',
    'backend_metadata',
    'options',
    'offering_plugin_options',
  ],
  texts: [
    'description',
    'effective_id',
    'offering_description',
    'project_description',
    'offering_backend_id',
    'error_message',
    'error_traceback',
    'usage_limit_restriction',
  ],
  nulls: [
    'resource_uuid',
    'resource_type',
    'plan_description',
    'project_end_date',
    'project_effective_end_date',
    'resource_effective_end_date',
    'project_end_date_requested_by',
    'end_date',
    'end_date_requested_by',
    'end_date_updated_at',
    'username',
    'order_in_progress',
    'renewal_date',
  ],
  falses: [
    'project_is_in_grace_period',
    'is_limit_based',
    'restrict_member_access',
    'can_terminate',
    'user_requires_reconsent',
    'has_api_keys',
  ],
  trues: ['offering_shared', 'offering_billable', 'is_usage_based'],
})
export class ResourceResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ maxLength: 150 }) name: string;
  @ApiProperty({ enum: RESOURCE_STATES, enumName: 'ResourceState' }) state: ResourceState;
  @ApiProperty({ description: 'Licence reference, or blank' }) backend_id: string;
  @ApiProperty({ format: 'uri' }) offering: string;
  @ApiProperty({ format: 'uuid' }) offering_uuid: string;
  @ApiProperty() offering_name: string;
  @ApiProperty() offering_type: string;
  @ApiProperty({ enum: OFFERING_STATES, enumName: 'OfferingState' }) offering_state: OfferingState;
  @ApiProperty({ format: 'uri', required: false, description: 'Left out when there is none' }) plan?: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) plan_uuid: string | null;
  @ApiProperty({ type: String, nullable: true }) plan_name: string | null;
  @ApiProperty({ type: String, example: 'month', nullable: true }) plan_unit: PlanUnit | null;
  @ApiProperty({
    format: 'uuid',
    required: false,
    description: 'Left out where nobody is known to provide the offering',
  })
  provider_uuid?: string;

  @ApiProperty({ required: false, description: 'As `provider_uuid`' }) provider_name?: string;
  @ApiProperty({ format: 'uri' }) project: string;
  @ApiProperty({ format: 'uuid' }) project_uuid: string;
  @ApiProperty() project_name: string;
  @ApiProperty({ format: 'uuid' }) customer_uuid: string;
  @ApiProperty() customer_name: string;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ format: 'date-time' }) modified: string;

  static from(this: void, resource: Resource): ResourceResponse {
    const { offering, project, plan } = resource;
    return answerOf(ResourceResponse, resource, {
      url: hyperlink(Resource, resource),
      backend_id: resource.claimedBackendId,
      offering: hyperlink(Offering, offering),
      offering_name: offering.name,
      offering_type: offering.type,
      offering_state: offering.state,
      ...planKeys(plan),
      ...providerKeys(offering),
      project: hyperlink(Project, project),
      project_name: project.name,
      customer_uuid: project.customer.uuid,
      customer_name: project.customer.name,
    });
  }
}
