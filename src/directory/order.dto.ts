import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order as Sorting, OrderFilter } from '../common/page.js';
import { ChoicesFilter, UuidFilter } from '../common/validation/query-fields.js';
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
    const { project, offering } = order.resource;
    return answerOf(OrderResponse, order, {
      url: hyperlink(Order, order.uuid),
      resource_name: order.resource.name,
      project_uuid: project.uuid,
      project_name: project.name,
      customer_uuid: project.customer.uuid,
      customer_name: project.customer.name,
      offering_uuid: offering.uuid,
      offering_name: offering.name,
      created_by_username: order.createdBy?.username,
    });
  }
}
