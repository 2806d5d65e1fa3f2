import { applyDecorators, Body, Get, HttpCode, Param, Post, Query, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { ClientGone, CurrentUser, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { Bulk } from '../auth/priority.js';
import type { Caller } from '../auth/caller.js';
import {
  ApiActionConflict,
  ApiActionRefused,
  ApiFound,
  ApiMissing,
  ApiThingMissing,
  Operation,
} from '../common/api-answers.js';
import type { Counted } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { RefreshQuery } from '../mappings/available-customers.dto.js';
import { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerMappingNotFoundError } from '../mappings/mappings.errors.js';
import { ArrowDataResponse, FetchArrowDataQuery } from './arrow-data.dto.js';
import { ArrowDataService } from './arrow-data.service.js';
import { answerDiscovered, DiscoverLicensesResponse } from './discover-licenses.dto.js';
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

const Action = (path: string, answer: Type<unknown>, summary: string) =>
  applyDecorators(
    Post(`:uuid/${path}`),
    Audited(`customer_mapping.${path}`),
    HttpCode(200),
    Operation(`admin_arrow_customer_mappings_${path}`, summary),
    ApiOkResponse({ type: answer }),
    ApiActionConflict('Others keep changing the same licences, or have changed the mapping; nothing was written'),
  );

@ApiTags('Arrow customer mappings: licences')
@ApiController('api/admin/arrow/customer-mappings')
@StaffOnly()
@Bulk()
@Existing(() => CustomerMapping, CustomerMappingNotFoundError)
export class CustomerLicensesController {
  constructor(
    private readonly discovery: DiscoverLicensesService,
    private readonly arrowData: ArrowDataService,
    private readonly linking: LicenseLinkingService,
  ) {}

  @Get(':uuid/discover_licenses')
  @Operation(
    'admin_arrow_customer_mappings_discover_licenses_retrieve',
    "The customer's licences in ArrowSphere, the organisation's resources, and which might be which",
    'The header `Age` says how many seconds old the answer of ArrowSphere is.',
  )
  @ApiFound(DiscoverLicensesResponse)
  @ApiActionRefused('Must be a valid boolean.')
  async discoverLicenses(
    @Param('uuid') uuid: string,
    @Query() query: RefreshQuery,
    @ClientGone() signal: AbortSignal,
  ): Promise<Counted<DiscoverLicensesResponse>> {
    return answerDiscovered(await this.discovery.discover(uuid, query, { signal }));
  }

  @Get(':uuid/fetch_arrow_data')
  @Operation(
    'admin_arrow_customer_mappings_fetch_arrow_data_retrieve',
    "The customer's billing lines and the consumption of its linked licences, as ArrowSphere has them now",
  )
  @ApiFound(ArrowDataResponse)
  @ApiActionRefused('Enter a month as YYYY-MM, from 2000-01 to 2100-12.')
  async fetchArrowData(@Param('uuid') uuid: string, @Query() query: FetchArrowDataQuery): Promise<ArrowDataResponse> {
    return ArrowDataResponse.from(await this.arrowData.fetch(uuid, query.period));
  }

  @Action('link_resource', LinkResourceResponse, 'Link a resource to a licence; linking the same again changes nothing')
  @ApiActionRefused('License XSP12345 is already linked to the resource "Azure plan" (…).')
  @ApiThingMissing('Resource 6b1f4a30-… not found for this customer')
  async linkResource(
    @Param('uuid') uuid: string,
    @Body() dto: LinkResourceDto,
    @CurrentUser() caller: Caller,
  ): Promise<LinkResourceResponse> {
    return LinkResourceResponse.from(await this.linking.executeOne(uuid, dto.toCommand(), caller));
  }

  @Action('link_resources', BulkResponse, 'Link up to 500 resources, each with its own outcome')
  @ApiActionRefused('The mapping of XSP661245 is not active. Activate it first.')
  @ApiMissing()
  async linkResources(
    @Param('uuid') uuid: string,
    @Body() dto: LinkResourcesDto,
    @CurrentUser() caller: Caller,
  ): Promise<BulkResponse> {
    return BulkResponse.from(await this.linking.executeAll(uuid, dto.toCommand(), caller));
  }

  @Action(
    'unlink_resource',
    LinkResourceResponse,
    'Take the licence off a resource; also under a mapping that is not active',
  )
  @ApiThingMissing('Resource 6b1f4a30-… not found for this customer')
  async unlinkResource(
    @Param('uuid') uuid: string,
    @Body() dto: UnlinkResourceDto,
    @CurrentUser() caller: Caller,
  ): Promise<LinkResourceResponse> {
    return LinkResourceResponse.from(await this.linking.executeOne(uuid, dto.toCommand(), caller));
  }

  @Action(
    'import_license',
    ImportLicenseResponse,
    'Make a resource of a licence, with a finished order in the name of the caller',
  )
  @ApiActionRefused('License XSP12345 has already been imported')
  @ApiThingMissing('Offering 6b1f4a30-… not found')
  async importLicense(
    @Param('uuid') uuid: string,
    @Body() dto: ImportLicenseDto,
    @CurrentUser() caller: Caller,
  ): Promise<ImportLicenseResponse> {
    return ImportLicenseResponse.from(await this.linking.executeOne(uuid, dto.toCommand(), caller));
  }

  @Action(
    'import_licenses',
    BulkResponse,
    'Import up to 500 licences, each with its own outcome; sent again, nothing changes',
  )
  @ApiActionRefused('The mapping of XSP661245 is not active. Activate it first.')
  @ApiMissing()
  async importLicenses(
    @Param('uuid') uuid: string,
    @Body() dto: ImportLicensesDto,
    @CurrentUser() caller: Caller,
  ): Promise<BulkResponse> {
    return BulkResponse.from(await this.linking.executeAll(uuid, dto.toCommand(), caller));
  }
}
