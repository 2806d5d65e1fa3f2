import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { pick } from '../common/answer.interceptor.js';
import { ApiCreated, ApiDeleted, ApiFound, ApiListed, ApiUpdated, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { PageOrFile } from '../common/csv.js';
import { ListFiles } from '../common/list-files.js';
import { type Count, FieldsQuery } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { OfferingNotFoundError } from './directory.errors.js';
import { CreateOfferingDto, ListOfferingsQuery, OfferingResponse, UpdateOfferingDto } from './offering.dto.js';
import { Offering } from './offering.entity.js';
import { OfferingsService } from './offerings.service.js';

@ApiTags('Directory: offerings')
@ApiController('api/marketplace-provider-offerings')
@StaffOnly()
@Existing(() => Offering, OfferingNotFoundError)
export class OfferingsController {
  constructor(
    private readonly offerings: OfferingsService,
    private readonly files: ListFiles,
  ) {}

  @Head()
  @Operation('marketplace_provider_offerings_count', 'Count offerings')
  count(@Query() query: ListOfferingsQuery): Promise<Count> {
    return this.offerings.count(commandOf(query));
  }

  @Get()
  @Operation('marketplace_provider_offerings_list', 'List offerings')
  @ApiListed(OfferingResponse)
  list(@Query() query: ListOfferingsQuery): PageOrFile<OfferingResponse> {
    return this.files.pageOrFile('offerings', query, async (filter) =>
      (await this.offerings.list(filter)).map(OfferingResponse.from),
    );
  }

  @Post()
  @Audited('offering.create')
  @Operation('marketplace_provider_offerings_create', 'Create an offering')
  @ApiCreated(OfferingResponse)
  async create(@Body() dto: CreateOfferingDto): Promise<OfferingResponse> {
    return OfferingResponse.from(await this.offerings.create(commandOf(dto, 'customer')));
  }

  @Get(':uuid')
  @Operation('marketplace_provider_offerings_retrieve', 'One offering')
  @ApiFound(OfferingResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<OfferingResponse>> {
    return pick(OfferingResponse.from(await this.offerings.get(uuid)), query.field);
  }

  @Patch(':uuid')
  @Audited('offering.update')
  @Operation('marketplace_provider_offerings_partial_update', 'Change an offering')
  @ApiUpdated(OfferingResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateOfferingDto): Promise<OfferingResponse> {
    return OfferingResponse.from(await this.offerings.update(uuid, commandOf(dto, 'customer')));
  }

  @Delete(':uuid')
  @Audited('offering.delete')
  @HttpCode(204)
  @Operation('marketplace_provider_offerings_destroy', 'Delete an offering that is not in use')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.offerings.remove(uuid);
  }
}

/** The same offerings under the path that public links use. */
@ApiExcludeController()
@ApiController('api/marketplace-public-offerings')
export class PublicOfferingsController extends OfferingsController {}
