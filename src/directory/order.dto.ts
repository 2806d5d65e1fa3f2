import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../common/date-time.js';
import { hyperlink } from '../common/links.js';
import { ListQuery } from '../common/page.js';
import { ChoicesFilter, type Order as Sorting, OrderFilter, UuidFilter } from '../common/validation/query-fields.js';
import { renderUuid } from '../common/uuid.js';
import { Order, ORDER_STATES, type OrderState } from './order.entity.js';

export class ListOrdersQuery extends ListQuery {
  @OrderFilter({ created: 'created', state: 'state' }) declare o?: Sorting;
  @UuidFilter() resource_uuid?: string;
  @UuidFilter() project_uuid?: string;
  @ChoicesFilter(ORDER_STATES) state?: OrderState[];
}

@ApiSchema({ name: 'OrderDetails' })
export class OrderResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ enum: ['Create', 'Update', 'Terminate'] }) type: string;
  @ApiProperty({ enum: ORDER_STATES, enumName: 'OrderState' }) state: OrderState;
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty({ format: 'uuid' }) project_uuid: string;
  @ApiProperty() project_name: string;
  @ApiProperty({ format: 'uuid' }) customer_uuid: string;
  @ApiProperty() customer_name: string;
  @ApiProperty({ format: 'uuid' }) offering_uuid: string;
  @ApiProperty() offering_name: string;
  @ApiProperty({ required: false, description: 'Left out when the user is gone' }) created_by_username?: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) completed_at: string | null;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, order: Order): OrderResponse {
    const { resource } = order;
    return {
      url: hyperlink(Order, order.uuid),
      uuid: renderUuid(order.uuid),
      type: order.type,
      state: order.state,
      resource_uuid: renderUuid(resource.uuid),
      resource_name: resource.name,
      project_uuid: renderUuid(resource.project.uuid),
      project_name: resource.project.name,
      customer_uuid: renderUuid(resource.project.customer.uuid),
      customer_name: resource.project.customer.name,
      offering_uuid: renderUuid(resource.offering.uuid),
      offering_name: resource.offering.name,
      created_by_username: order.createdBy?.username,
      completed_at: order.completedAt && renderDateTime(order.completedAt),
      created: renderDateTime(order.created),
    };
  }
}
