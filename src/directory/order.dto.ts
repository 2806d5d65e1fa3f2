import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Always, answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { type Order as Sorting, OrderFilter } from '../common/page.js';
import { ChoicesFilter, LinkFilter, TextFilter, TextsFilter, UuidFilter } from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { CreatedModifiedQuery } from './created-modified.js';
import { providerKeys } from './offering.dto.js';
import { Offering } from './offering.entity.js';
import {
  ASKED_ORDER_STATES,
  ASKED_ORDER_TYPES,
  type AskedOrderState,
  type AskedOrderType,
  ORDER_STATES,
  ORDER_TYPES,
  type OrderState,
  type OrderType,
} from './order-states.js';
import { Order } from './order.entity.js';
import { planKeys } from './plan.dto.js';
import type { PlanUnit } from './plan-units.js';
import { Resource } from './resource.entity.js';
import { UNKEPT } from './unkept-filters.js';
import { fullNameOf } from './users/user.entity.js';

@Unkept(UNKEPT.orders)
export class ListOrdersQuery extends CreatedModifiedQuery {
  @OrderFilter({ created: 'created', state: 'state' }) declare o?: Sorting;
  @LinkFilter(() => Resource, { aliases: Resource.aliases }) resource?: string;
  @UuidFilter() resource_uuid?: string;
  @TextFilter({ description: 'The whole name of the resource' }) resource_name?: string;
  @UuidFilter() project_uuid?: string;
  @UuidFilter() customer_uuid?: string;
  @LinkFilter(() => Offering, { aliases: Offering.aliases }) offering?: string;
  @UuidFilter() offering_uuid?: string;
  @TextsFilter({ description: 'The whole type of the offering; repeat it for any of several' })
  offering_type?: string[];
  @UuidFilter({ description: 'The organisation that provides the offering' }) provider_uuid?: string;
  @ChoicesFilter(ASKED_ORDER_STATES) state?: AskedOrderState[];
  @ChoicesFilter(ASKED_ORDER_TYPES) type?: AskedOrderType[];
  @TextFilter({ description: 'Part of the name of the resource or the project' }) query?: string;
}

@ApiSchema({ name: 'OrderDetails' })
@Always({
  objects: ['attributes', 'limits', 'offering_plugin_options'],
  texts: [
    'output',
    'error_message',
    'error_traceback',
    'offering_description',
    'project_description',
    'consumer_rejection_comment',
    'provider_rejection_comment',
  ],
  nulls: [
    'resource_type',
    'cost',
    'output_updated_at',
    'error_updated_at',
    'consumer_reviewed_by',
    'consumer_reviewed_by_full_name',
    'consumer_reviewed_by_username',
    'consumer_reviewed_at',
    'provider_reviewed_by',
    'provider_reviewed_by_full_name',
    'provider_reviewed_by_username',
    'provider_reviewed_at',
    'created_by_civil_number',
    'created_by_organization',
    'created_by_organization_country',
    'created_by_organization_registry_code',
    'created_by_organization_vat_code',
    'created_by_organization_address',
    'plan_description',
    'old_plan_name',
    'new_plan_name',
    'old_plan_uuid',
    'new_plan_uuid',
    'new_cost_estimate',
    'termination_comment',
    'order_subtype',
    'provider_message_updated_at',
    'consumer_message_updated_at',
    'auto_approved_by_rule_uuid',
    'auto_approved_cost_limit_snapshot',
    'issue',
  ],
  falses: ['can_terminate', 'auto_approved'],
  trues: ['offering_shared', 'offering_billable'],
})
export class OrderResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ enum: ORDER_TYPES }) type: OrderType;
  @ApiProperty({ enum: ORDER_STATES, enumName: 'OrderState' }) state: OrderState;
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty({ format: 'uuid', description: 'The same' }) marketplace_resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty({ format: 'uuid' }) project_uuid: string;
  @ApiProperty() project_name: string;
  @ApiProperty({ format: 'uuid' }) customer_uuid: string;
  @ApiProperty() customer_name: string;
  @ApiProperty({ format: 'uri' }) offering: string;
  @ApiProperty({ format: 'uuid' }) offering_uuid: string;
  @ApiProperty() offering_name: string;
  @ApiProperty() offering_type: string;
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
  @ApiProperty({ required: false, description: 'Left out when the user is gone' }) created_by_username?: string;
  @ApiProperty({ required: false, description: 'As `created_by_username`' }) created_by_full_name?: string;
  @ApiProperty({ required: false, description: 'As `created_by_username`' }) created_by_email?: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) completed_at: string | null;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ format: 'date-time' }) modified: string;

  static from(this: void, order: Order): OrderResponse {
    const { createdBy: maker } = order;
    const { project, offering, plan } = order.resource;
    return answerOf(OrderResponse, order, {
      url: hyperlink(Order, order.uuid),
      marketplace_resource_uuid: order.resourceUuid,
      resource_name: order.resource.name,
      project_uuid: project.uuid,
      project_name: project.name,
      customer_uuid: project.customer.uuid,
      customer_name: project.customer.name,
      offering: hyperlink(Offering, offering),
      offering_uuid: offering.uuid,
      offering_name: offering.name,
      offering_type: offering.type,
      ...planKeys(plan),
      ...providerKeys(offering),
      created_by_username: maker?.username,
      created_by_full_name: maker ? fullNameOf(maker) : undefined,
      created_by_email: maker?.email,
    });
  }
}
