import { Body, Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { Actor, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiActionConflict, ApiActionRefused, ApiFound, ApiListed, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { PageOrFile } from '../common/csv.js';
import type { Count, Page } from '../common/page.js';
import {
  ComparePushedQuery,
  ListPushedItemsQuery,
  PushChargesAccepted,
  PushChargesDto,
  PushedComparisonRow,
  PushedItemResponse,
} from './pushed-item.dto.js';
import { PushedItemsService } from './pushed-items.service.js';
import { WaldurChargesService } from './waldur-charges.service.js';

@ApiTags('Arrow: charges on invoices of Waldur')
@ApiController('api/admin/arrow/pushed-items')
@StaffOnly()
export class PushedItemsController {
  constructor(
    private readonly items: PushedItemsService,
    private readonly charges: WaldurChargesService,
  ) {}

  @Head()
  @Operation('admin_arrow_pushed_items_count', 'Count items of Waldur invoices')
  count(@Query() query: ListPushedItemsQuery): Promise<Count> {
    return this.items.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_pushed_items_list', 'Items of Waldur invoices: sent, to be sent, refused, and why')
  @ApiListed(PushedItemResponse)
  async list(@Query() query: ListPushedItemsQuery): Promise<Page<PushedItemResponse>> {
    return (await this.items.list(commandOf(query))).map(PushedItemResponse.from);
  }

  @Get('comparison')
  @Operation('admin_arrow_pushed_items_comparison', 'What is charged here beside what Waldur shows, month by month')
  @ApiListed(PushedComparisonRow)
  compare(@Query() query: ComparePushedQuery): PageOrFile<PushedComparisonRow> {
    return this.items.compare(query);
  }

  @Post('push')
  @Audited('charges.push')
  @HttpCode(202)
  @Operation('admin_arrow_pushed_items_push', 'Put charges of closed months on invoices of Waldur')
  @ApiAcceptedResponse({ type: PushChargesAccepted })
  @ApiActionRefused('WALDUR_PUSH_CHARGES is not set: …')
  @ApiActionConflict('A run is under way that does less than is asked for')
  async push(@Body() dto: PushChargesDto, @Actor() by: string): Promise<PushChargesAccepted> {
    return PushChargesAccepted.from(await this.charges.request(commandOf(dto), by));
  }

  @Get(':uuid')
  @Operation('admin_arrow_pushed_items_retrieve', 'One item')
  @ApiFound(PushedItemResponse)
  async get(@Param('uuid') uuid: string): Promise<PushedItemResponse> {
    return PushedItemResponse.from(await this.items.get(uuid));
  }
}
