import { Get, Head, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import type { Count, Page } from '../../common/page.js';
import { BillingSyncItemDetailResponse, ListBillingSyncItemsQuery } from './billing-sync.dto.js';
import { BillingSyncsService } from './billing-syncs.service.js';

@ApiTags('Arrow billing sync items')
@ApiController('api/admin/arrow/billing-sync-items')
@StaffOnly()
export class BillingSyncItemsController {
  constructor(private readonly syncs: BillingSyncsService) {}

  @Head()
  @ApiOperation({ operationId: 'admin_arrow_billing_sync_items_count', summary: 'Count lines' })
  count(@Query() query: ListBillingSyncItemsQuery): Promise<Count> {
    return this.syncs.countItems(commandOf(query));
  }

  @Get()
  @ApiOperation({ operationId: 'admin_arrow_billing_sync_items_list', summary: 'List lines, newest first' })
  @ApiListed(BillingSyncItemDetailResponse)
  async list(@Query() query: ListBillingSyncItemsQuery): Promise<Page<BillingSyncItemDetailResponse>> {
    return (await this.syncs.listItems(commandOf(query))).map(BillingSyncItemDetailResponse.detail);
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'admin_arrow_billing_sync_items_retrieve', summary: 'One line' })
  @ApiFound(BillingSyncItemDetailResponse)
  async get(@Param('uuid') uuid: string): Promise<BillingSyncItemDetailResponse> {
    return BillingSyncItemDetailResponse.detail(await this.syncs.getItem(uuid));
  }
}
