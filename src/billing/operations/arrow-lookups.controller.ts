import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser, StaffOnly } from '../../auth/access.js';
import { actorOf, type Caller } from '../../auth/caller.js';
import { ApiActionRefused } from '../../common/api-answers.js';
import {
  FetchBillingExportDto,
  FetchBillingExportResponse,
  FetchConsumptionDto,
  FetchConsumptionResponse,
  FetchLicenseInfoDto,
  FetchLicenseInfoResponse,
} from './arrow-lookup.dto.js';
import { ArrowLookupsService } from './arrow-lookups.service.js';
import { SyncResourcesDto, SyncResourcesResponse } from './resource-sync.dto.js';
import { ResourceSyncService } from './resource-sync.service.js';

const PATH = 'admin_arrow_billing_syncs';

@ApiTags('Arrow billing syncs')
@Controller('api/admin/arrow/billing-syncs')
@StaffOnly()
export class ArrowLookupsController {
  constructor(
    private readonly lookups: ArrowLookupsService,
    private readonly resources: ResourceSyncService,
  ) {}

  @Post('fetch_consumption')
  @HttpCode(200)
  @ApiOperation({
    operationId: `${PATH}_fetch_consumption`,
    summary: 'Consumption of a licence as ArrowSphere says it',
  })
  @ApiOkResponse({ type: FetchConsumptionResponse })
  @ApiActionRefused('No active Arrow settings found')
  consumption(@Body() dto: FetchConsumptionDto): Promise<FetchConsumptionResponse> {
    return this.lookups.consumption(dto);
  }

  @Post('fetch_billing_export')
  @HttpCode(200)
  @ApiOperation({ operationId: `${PATH}_fetch_billing_export`, summary: 'Export lines as ArrowSphere sends them' })
  @ApiOkResponse({ type: FetchBillingExportResponse })
  @ApiActionRefused('No active Arrow settings found')
  billingExport(@Body() dto: FetchBillingExportDto): Promise<FetchBillingExportResponse> {
    return this.lookups.billingExport(dto);
  }

  @Post('fetch_license_info')
  @HttpCode(200)
  @ApiOperation({ operationId: `${PATH}_fetch_license_info`, summary: 'A licence as ArrowSphere sends it' })
  @ApiOkResponse({ type: FetchLicenseInfoResponse })
  @ApiActionRefused('No active Arrow settings found')
  license(@Body() dto: FetchLicenseInfoDto): Promise<FetchLicenseInfoResponse> {
    return this.lookups.license(dto);
  }

  @Post('sync_resources')
  @HttpCode(200)
  @ApiOperation({
    operationId: `${PATH}_sync_resources`,
    summary: 'Make resources for licences that bill and are not linked',
    description:
      'Reads the lines synced already. A licence of a mapped customer gets a resource in the project and offering given; no organisation, ' +
      'project, mapping or invoice is ever made of ArrowSphere data: what is missing for that stands in `errors`.',
  })
  @ApiOkResponse({ type: SyncResourcesResponse })
  @ApiActionRefused('No Arrow settings found')
  async syncResources(@Body() dto: SyncResourcesDto, @CurrentUser() caller: Caller): Promise<SyncResourcesResponse> {
    return SyncResourcesResponse.from(await this.resources.sync(dto.toCommand(), actorOf(caller)));
  }
}
