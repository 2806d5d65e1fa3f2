import { Controller, Get, Param, Query, type StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import type { Page } from '../../common/page.js';
import { BillingSummaryService } from './billing-summary.service.js';
import { BillingSummaryResponse, MarginQuery, MarginRow } from './report.dto.js';
import { ReportsService } from './reports.service.js';

@ApiTags('Arrow customer mappings')
@Controller('api/admin/arrow/customer-mappings')
@StaffOnly()
export class CustomerBillingController {
  constructor(
    private readonly summaries: BillingSummaryService,
    private readonly reports: ReportsService,
  ) {}

  @Get(':uuid/billing_summary')
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_billing_summary_retrieve',
    summary: 'What the customer consumed and was billed',
  })
  @ApiFound(BillingSummaryResponse)
  async summary(@Param('uuid') uuid: string): Promise<BillingSummaryResponse> {
    return BillingSummaryResponse.from(await this.summaries.of(uuid));
  }

  @Get(':uuid/margin')
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_margin',
    summary: 'Buy, sell and margin per month, vendor and currency',
  })
  @ApiListed(MarginRow)
  margin(@Param('uuid') uuid: string, @Query() query: MarginQuery): Promise<Page<MarginRow> | StreamableFile> {
    return this.reports.margin(uuid, query);
  }
}
