import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { StaffOnly } from '../auth/access.js';
import { ApiCreated, ApiDeleted, ApiFound, ApiListed, ApiUpdated, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { PageOrFile } from '../common/csv.js';
import { ListFiles } from '../common/list-files.js';
import { ApiController } from '../auth/api-controller.js';
import type { Count } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { VendorOfferingMappingNotFoundError } from './mappings.errors.js';
import {
  CreateVendorOfferingMappingDto,
  ListVendorOfferingMappingsQuery,
  NewVendorOfferingMappingResponse,
  PatchVendorOfferingMappingDto,
  UpdateVendorOfferingMappingDto,
  VendorOfferingMappingResponse,
} from './vendor-offering-mapping.dto.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';
import { VendorOfferingMappingsService } from './vendor-offering-mappings.service.js';

@ApiTags('Arrow vendor offering mappings')
@ApiController('api/admin/arrow/vendor-offering-mappings')
@StaffOnly()
@Existing(() => VendorOfferingMapping, VendorOfferingMappingNotFoundError)
export class VendorOfferingMappingsController {
  constructor(
    private readonly mappings: VendorOfferingMappingsService,
    private readonly files: ListFiles,
  ) {}

  @Head()
  @Operation('admin_arrow_vendor_offering_mappings_count', 'Count vendor mappings')
  count(@Query() query: ListVendorOfferingMappingsQuery): Promise<Count> {
    return this.mappings.count(commandOf(query));
  }

  @Get()
  @Operation(
    'admin_arrow_vendor_offering_mappings_list',
    'List which offering licences of a vendor become resources of, newest first',
  )
  @ApiListed(VendorOfferingMappingResponse)
  list(@Query() query: ListVendorOfferingMappingsQuery): PageOrFile<VendorOfferingMappingResponse> {
    return this.files.pageOrFile('vendor-offering-mappings', query, async (filter) =>
      (await this.mappings.list(filter)).map(VendorOfferingMappingResponse.from),
    );
  }

  @Post()
  @Audited('vendor_offering_mapping.create')
  @Operation('admin_arrow_vendor_offering_mappings_create', 'Map a vendor to an offering')
  @ApiCreated(NewVendorOfferingMappingResponse)
  async create(@Body() dto: CreateVendorOfferingMappingDto): Promise<NewVendorOfferingMappingResponse> {
    return NewVendorOfferingMappingResponse.from(
      await this.mappings.create(commandOf(dto, 'settings', 'offering', 'plan')),
    );
  }

  @Get(':uuid')
  @Operation('admin_arrow_vendor_offering_mappings_retrieve', 'One vendor mapping')
  @ApiFound(VendorOfferingMappingResponse)
  async get(@Param('uuid') uuid: string): Promise<VendorOfferingMappingResponse> {
    return VendorOfferingMappingResponse.from(await this.mappings.get(uuid));
  }

  @Put(':uuid')
  @Audited('vendor_offering_mapping.update')
  @Operation('admin_arrow_vendor_offering_mappings_update', 'Change a vendor mapping')
  @ApiUpdated(VendorOfferingMappingResponse)
  async update(
    @Param('uuid') uuid: string,
    @Body() dto: UpdateVendorOfferingMappingDto,
  ): Promise<VendorOfferingMappingResponse> {
    return VendorOfferingMappingResponse.from(
      await this.mappings.update(uuid, commandOf(dto, 'settings', 'offering', 'plan')),
    );
  }

  @Patch(':uuid')
  @Audited('vendor_offering_mapping.update')
  @Operation('admin_arrow_vendor_offering_mappings_partial_update', 'Change parts of a vendor mapping')
  @ApiUpdated(VendorOfferingMappingResponse)
  async patch(
    @Param('uuid') uuid: string,
    @Body() dto: PatchVendorOfferingMappingDto,
  ): Promise<VendorOfferingMappingResponse> {
    return VendorOfferingMappingResponse.from(
      await this.mappings.update(uuid, commandOf(dto, 'settings', 'offering', 'plan')),
    );
  }

  @Delete(':uuid')
  @Audited('vendor_offering_mapping.delete')
  @HttpCode(204)
  @Operation('admin_arrow_vendor_offering_mappings_destroy', 'Remove a vendor mapping')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.mappings.remove(uuid);
  }
}
