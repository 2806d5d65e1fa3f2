import { Get, Head, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import type { Count, Page } from '../../common/page.js';
import { BillingSyncResponse, ListBillingSyncsQuery } from './billing-sync.dto.js';
import { BillingSyncsService } from './billing-syncs.service.js';

@ApiTags('Arrow billing syncs')
@ApiController('api/admin/arrow/billing-syncs')
@StaffOnly()
export class BillingSyncsController {
  constructor(private readonly syncs: BillingSyncsService) {}

  @Head()
  @ApiOperation({ operationId: 'admin_arrow_billing_syncs_count', summary: 'Count statements' })
  count(@Query() query: ListBillingSyncsQuery): Promise<Count> {
    return this.syncs.count(commandOf(query));
  }

  @Get()
  @ApiOperation({ operationId: 'admin_arrow_billing_syncs_list', summary: 'List statements, newest month first' })
  @ApiListed(BillingSyncResponse)
  async list(@Query() query: ListBillingSyncsQuery): Promise<Page<BillingSyncResponse>> {
    return (await this.syncs.list(commandOf(query))).map(BillingSyncResponse.from);
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'admin_arrow_billing_syncs_retrieve', summary: 'One statement with its first lines' })
  @ApiFound(BillingSyncResponse)
  async get(@Param('uuid') uuid: string): Promise<BillingSyncResponse> {
    return BillingSyncResponse.from(await this.syncs.get(uuid));
  }
}
