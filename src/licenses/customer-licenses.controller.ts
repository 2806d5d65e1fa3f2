import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientGone, CurrentUser, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import type { Caller } from '../auth/caller.js';
import { ApiActionConflict, ApiActionRefused, ApiFound, ApiMissing, ApiThingMissing } from '../common/api-answers.js';
import type { Counted } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerMappingNotFoundError } from '../mappings/mappings.errors.js';
import { ArrowDataResponse, FetchArrowDataQuery } from './arrow-data.dto.js';
import { ArrowDataService } from './arrow-data.service.js';
import { answerDiscovered, DiscoverLicensesQuery, DiscoverLicensesResponse } from './discover-licenses.dto.js';
import { DiscoverLicensesService } from './discover-licenses.service.js';
import {
  BulkResponse,
  ImportLicenseDto,
  ImportLicenseResponse,
  ImportLicensesDto,
  LinkResourceDto,
  LinkResourceResponse,
  LinkResourcesDto,
  UnlinkResourceDto,
} from './license-linking.dto.js';
import { LicenseLinkingService } from './license-linking.service.js';

const CONTENDED = 'Others keep changing the same licences; nothing was written';

@ApiTags('Arrow customer mappings: licences')
@ApiController('api/admin/arrow/customer-mappings')
@StaffOnly()
@Existing(() => CustomerMapping, CustomerMappingNotFoundError)
export class CustomerLicensesController {
  constructor(
    private readonly discovery: DiscoverLicensesService,
    private readonly arrowData: ArrowDataService,
    private readonly linking: LicenseLinkingService,
  ) {}

  @Get(':uuid/discover_licenses')
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_discover_licenses_retrieve',
    summary: "The customer's licences in ArrowSphere, the organisation's resources, and which might be which",
    description: 'The header `Age` says how many seconds old the answer of ArrowSphere is.',
  })
  @ApiFound(DiscoverLicensesResponse)
  @ApiActionRefused('Must be a valid boolean.')
  async discoverLicenses(
    @Param('uuid') uuid: string,
    @Query() query: DiscoverLicensesQuery,
    @ClientGone() signal: AbortSignal,
  ): Promise<Counted<DiscoverLicensesResponse>> {
    return answerDiscovered(await this.discovery.discover(uuid, query, { signal }));
  }

  @Get(':uuid/fetch_arrow_data')
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_fetch_arrow_data_retrieve',
    summary: "The customer's billing lines and the consumption of its linked licences, as ArrowSphere has them now",
  })
  @ApiFound(ArrowDataResponse)
  @ApiActionRefused('Enter a month as YYYY-MM, from 2000-01 to 2100-12.')
  async fetchArrowData(@Param('uuid') uuid: string, @Query() query: FetchArrowDataQuery): Promise<ArrowDataResponse> {
    return ArrowDataResponse.from(await this.arrowData.fetch(uuid, query));
  }

  @Post(':uuid/link_resource')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_link_resource',
    summary: 'Link a resource to a licence; linking the same again changes nothing',
  })
  @ApiOkResponse({ type: LinkResourceResponse })
  @ApiActionRefused('License XSP12345 is already linked to the resource "Azure plan" (…).')
  @ApiThingMissing('Resource 6b1f4a30-… not found for this customer')
  @ApiActionConflict(CONTENDED)
  async linkResource(
    @Param('uuid') uuid: string,
    @Body() dto: LinkResourceDto,
    @CurrentUser() caller: Caller,
  ): Promise<LinkResourceResponse> {
    return LinkResourceResponse.from(await this.linking.settleOne(uuid, LinkResourceDto.wish(dto), caller));
  }

  @Post(':uuid/link_resources')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_link_resources',
    summary: 'Link up to 500 resources, each with its own outcome',
  })
  @ApiOkResponse({ type: BulkResponse })
  @ApiActionRefused('The mapping of XSP661245 is not active. Activate it first.')
  @ApiMissing()
  @ApiActionConflict(CONTENDED)
  async linkResources(
    @Param('uuid') uuid: string,
    @Body() { items, dry_run = true }: LinkResourcesDto,
    @CurrentUser() caller: Caller,
  ): Promise<BulkResponse> {
    const options = { dryRun: dry_run, repeatable: true };
    return BulkResponse.from(
      await this.linking.settle(uuid, items.map(LinkResourceDto.wish), caller, options),
      dry_run,
    );
  }

  @Post(':uuid/unlink_resource')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_unlink_resource',
    summary: 'Take the licence off a resource; also under a mapping that is not active',
  })
  @ApiOkResponse({ type: LinkResourceResponse })
  @ApiThingMissing('Resource 6b1f4a30-… not found for this customer')
  @ApiActionConflict(CONTENDED)
  async unlinkResource(
    @Param('uuid') uuid: string,
    @Body() dto: UnlinkResourceDto,
    @CurrentUser() caller: Caller,
  ): Promise<LinkResourceResponse> {
    return LinkResourceResponse.from(await this.linking.settleOne(uuid, UnlinkResourceDto.wish(dto), caller));
  }

  @Post(':uuid/import_license')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_import_license',
    summary: 'Make a resource of a licence, with a finished order in the name of the caller',
  })
  @ApiOkResponse({ type: ImportLicenseResponse })
  @ApiActionRefused('License XSP12345 has already been imported')
  @ApiThingMissing('Offering 6b1f4a30-… not found')
  @ApiActionConflict(CONTENDED)
  async importLicense(
    @Param('uuid') uuid: string,
    @Body() dto: ImportLicenseDto,
    @CurrentUser() caller: Caller,
  ): Promise<ImportLicenseResponse> {
    return ImportLicenseResponse.from(await this.linking.settleOne(uuid, ImportLicenseDto.wish(dto), caller));
  }

  @Post(':uuid/import_licenses')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_arrow_customer_mappings_import_licenses',
    summary: 'Import up to 500 licences, each with its own outcome; sent again, nothing changes',
  })
  @ApiOkResponse({ type: BulkResponse })
  @ApiActionRefused('The mapping of XSP661245 is not active. Activate it first.')
  @ApiMissing()
  @ApiActionConflict(CONTENDED)
  async importLicenses(
    @Param('uuid') uuid: string,
    @Body() { items, dry_run = true }: ImportLicensesDto,
    @CurrentUser() caller: Caller,
  ): Promise<BulkResponse> {
    const options = { dryRun: dry_run, repeatable: true, ownNames: true };
    return BulkResponse.from(
      await this.linking.settle(uuid, items.map(ImportLicenseDto.wish), caller, options),
      dry_run,
    );
  }
}
