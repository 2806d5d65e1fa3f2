import { Get, Head, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { pick } from '../common/answer.interceptor.js';
import { ApiFound, ApiListed, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import { type Count, FieldsQuery, type Page } from '../common/page.js';
import { ListOrdersQuery, OrderResponse } from './order.dto.js';
import { OrdersService } from './orders.service.js';

@ApiTags('Directory: orders')
@ApiController('api/marketplace-orders')
@StaffOnly()
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Head()
  @Operation('marketplace_orders_count', 'Count orders')
  count(@Query() query: ListOrdersQuery): Promise<Count> {
    return this.orders.count(commandOf(query));
  }

  @Get()
  @Operation('marketplace_orders_list', 'List orders: the audit trail of imports')
  @ApiListed(OrderResponse)
  async list(@Query() query: ListOrdersQuery): Promise<Page<OrderResponse>> {
    return (await this.orders.list(commandOf(query))).map(OrderResponse.from);
  }

  @Get(':uuid')
  @Operation('marketplace_orders_retrieve', 'One order')
  @ApiFound(OrderResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<OrderResponse>> {
    return pick(OrderResponse.from(await this.orders.get(uuid)), query.field);
  }
}
