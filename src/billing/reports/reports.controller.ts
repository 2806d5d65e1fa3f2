import { Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiFound, ApiListed, Operation } from '../../common/api-answers.js';
import type { PageOrFile } from '../../common/csv.js';
import { ExplainedLineResponse } from './explain.dto.js';
import { ExplainService } from './explain.service.js';
import {
  BillingSummaryResponse,
  ExplainQuery,
  MarginQuery,
  MarginRow,
  UnlinkedSpendQuery,
  UnlinkedSpendRow,
} from './report.dto.js';
import { ReportsService } from './reports.service.js';

@ApiController('api/admin/arrow')
@StaffOnly()
export class ReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly explanations: ExplainService,
  ) {}

  @Get('billing-syncs/unlinked_spend')
  @ApiTags('Arrow billing syncs')
  @Operation('admin_arrow_billing_syncs_unlinked_spend', 'Unlinked licence spend, largest first')
  @ApiListed(UnlinkedSpendRow)
  unlinkedSpend(@Query() query: UnlinkedSpendQuery): PageOrFile<UnlinkedSpendRow> {
    return this.reports.unlinkedSpend(query);
  }

  @Get('billing-syncs/:uuid/explain')
  @ApiTags('Arrow billing syncs')
  @Operation('admin_arrow_billing_syncs_explain', "Every line of a statement, from ArrowSphere's cells to the invoice")
  @ApiListed(ExplainedLineResponse)
  explain(@Param('uuid') uuid: string, @Query() query: ExplainQuery): PageOrFile<ExplainedLineResponse> {
    return this.explanations.explain(uuid, query);
  }

  @Get('customer-mappings/:uuid/billing_summary')
  @ApiTags('Arrow customer mappings')
  @Operation('admin_arrow_customer_mappings_billing_summary_retrieve', 'What the customer consumed and was billed')
  @ApiFound(BillingSummaryResponse)
  async summary(@Param('uuid') uuid: string): Promise<BillingSummaryResponse> {
    return BillingSummaryResponse.from(await this.reports.summary(uuid));
  }

  @Get('customer-mappings/:uuid/margin')
  @ApiTags('Arrow customer mappings')
  @Operation('admin_arrow_customer_mappings_margin', 'Buy, sell and margin per month, vendor and currency')
  @ApiListed(MarginRow)
  margin(@Param('uuid') uuid: string, @Query() query: MarginQuery): PageOrFile<MarginRow> {
    return this.reports.margin(uuid, query);
  }
}
