import { Controller, Get, Param, Query, type StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiListed } from '../../common/api-answers.js';
import type { Page } from '../../common/page.js';
import { ExplainService } from './explain.service.js';
import { ExplainedLineResponse } from './explain.dto.js';
import { ReportQuery, UnlinkedSpendQuery, UnlinkedSpendRow } from './report.dto.js';
import { ReportsService } from './reports.service.js';

@ApiTags('Arrow billing syncs')
@Controller('api/admin/arrow/billing-syncs')
@StaffOnly()
export class BillingReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly explanations: ExplainService,
  ) {}

  @Get('unlinked_spend')
  @ApiOperation({
    operationId: 'admin_arrow_billing_syncs_unlinked_spend',
    summary: 'Unlinked licence spend, largest first',
  })
  @ApiListed(UnlinkedSpendRow)
  unlinkedSpend(@Query() query: UnlinkedSpendQuery): Promise<Page<UnlinkedSpendRow> | StreamableFile> {
    return this.reports.unlinkedSpend(query);
  }

  @Get(':uuid/explain')
  @ApiOperation({
    operationId: 'admin_arrow_billing_syncs_explain',
    summary: "Every line of a statement, from ArrowSphere's cells to the invoice",
  })
  @ApiListed(ExplainedLineResponse)
  explain(
    @Param('uuid') uuid: string,
    @Query() query: ReportQuery,
  ): Promise<Page<ExplainedLineResponse> | StreamableFile> {
    return this.explanations.explain(uuid, query);
  }
}
