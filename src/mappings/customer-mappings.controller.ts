import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { ClientGone, StaffOnly } from '../auth/access.js';
import {
  ApiActionRefused,
  ApiCreated,
  ApiDeleted,
  ApiFound,
  ApiListed,
  ApiUpdated,
  Operation,
} from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { PageOrFile } from '../common/csv.js';
import { ListFiles } from '../common/list-files.js';
import { ApiController } from '../auth/api-controller.js';
import { Bulk } from '../auth/priority.js';
import { type Count, Counted } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { AutoMapDto, AutoMapResponse } from './auto-map.dto.js';
import { AutoMapService } from './auto-map.service.js';
import { answerAvailable, AvailableCustomersResponse, RefreshQuery } from './available-customers.dto.js';
import { AvailableCustomersService } from './available-customers.service.js';
import {
  CreateCustomerMappingDto,
  CustomerMappingResponse,
  ListCustomerMappingsQuery,
  NewCustomerMappingResponse,
  KEPT_KEYS,
  PatchCustomerMappingDto,
  UpdateCustomerMappingDto,
} from './customer-mapping.dto.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { CustomerMappingNotFoundError } from './mappings.errors.js';
import { SyncFromArrowDto, SyncFromArrowResponse } from './sync-from-arrow.dto.js';
import { SyncFromArrowService } from './sync-from-arrow.service.js';

@ApiTags('Arrow customer mappings')
@ApiController('api/admin/arrow/customer-mappings')
@StaffOnly()
@Existing(() => CustomerMapping, CustomerMappingNotFoundError)
export class CustomerMappingsController {
  constructor(
    private readonly mappings: CustomerMappingsService,
    private readonly available: AvailableCustomersService,
    private readonly autoMapping: AutoMapService,
    private readonly sync: SyncFromArrowService,
    private readonly files: ListFiles,
  ) {}

  @Head()
  @Operation('admin_arrow_customer_mappings_count', 'Count mappings')
  count(@Query() query: ListCustomerMappingsQuery): Promise<Count> {
    return this.mappings.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_customer_mappings_list', 'List mappings, newest first')
  @ApiListed(CustomerMappingResponse)
  list(@Query() query: ListCustomerMappingsQuery): PageOrFile<CustomerMappingResponse> {
    return this.files.pageOrFile('customer-mappings', query, async (filter) =>
      (await this.mappings.list(filter)).keeping(...KEPT_KEYS).map(CustomerMappingResponse.from),
    );
  }

  @Post()
  @Audited('customer_mapping.create')
  @Operation('admin_arrow_customer_mappings_create', 'Map an ArrowSphere customer to an organisation')
  @ApiCreated(NewCustomerMappingResponse)
  async create(@Body() dto: CreateCustomerMappingDto): Promise<NewCustomerMappingResponse> {
    return NewCustomerMappingResponse.from(await this.mappings.create(commandOf(dto, 'settings', 'waldur_customer')));
  }

  @Head('available_customers')
  @Bulk()
  @Operation(
    'admin_arrow_customer_mappings_available_customers_count',
    'Whether ArrowSphere can be asked: counts the one answer that GET gives',
  )
  async countAvailable(@Query() query: RefreshQuery): Promise<Counted<null>> {
    return new Counted(null, 1, { Age: String(await this.available.age(query)) });
  }

  @Get('available_customers')
  @Bulk()
  @Operation(
    'admin_arrow_customer_mappings_available_customers_retrieve',
    'ArrowSphere customers without an active mapping, and the organisations they might be',
    'Asks ArrowSphere (all pages) for the active account. The header `Age` says how many seconds old its answer is.',
  )
  @ApiOkResponse({ type: AvailableCustomersResponse })
  @ApiActionRefused('No active Arrow settings configured')
  async availableCustomers(
    @Query() query: RefreshQuery,
    @ClientGone() signal: AbortSignal,
  ): Promise<Counted<AvailableCustomersResponse>> {
    return answerAvailable(await this.available.find(query, signal));
  }

  @Post('auto_map')
  @Audited('customer_mapping.auto_map')
  @Bulk()
  @HttpCode(200)
  @Operation(
    'admin_arrow_customer_mappings_auto_map',
    'Map the customers that are beyond doubt',
    'Plans mappings for the customers without one, from the suggestions of `available_customers`: those at least ' +
      '`min_confidence` sure, never an ambiguous one, never an organisation that is mapped already. With ' +
      '`dry_run: false` exactly that plan is written, all of it or nothing.',
  )
  @ApiOkResponse({ type: AutoMapResponse })
  @ApiActionRefused('No Arrow settings found')
  @ApiConflictResponse({ description: 'An organisation of the plan was deleted meanwhile; nothing was written' })
  async autoMap(@Body() dto: AutoMapDto, @ClientGone() signal: AbortSignal): Promise<AutoMapResponse> {
    return AutoMapResponse.from(await this.autoMapping.run(dto.toCommand(), signal));
  }

  @Post('sync_from_arrow')
  @Audited('customer_mapping.sync_from_arrow')
  @Bulk()
  @HttpCode(200)
  @Operation('admin_arrow_customer_mappings_sync_from_arrow', 'Take over company names from ArrowSphere')
  @ApiOkResponse({ type: SyncFromArrowResponse })
  @ApiActionRefused('No Arrow settings found')
  async syncFromArrow(@Body() dto: SyncFromArrowDto): Promise<SyncFromArrowResponse> {
    return SyncFromArrowResponse.from(await this.sync.run(dto.settings_uuid));
  }

  @Get(':uuid')
  @Operation('admin_arrow_customer_mappings_retrieve', 'One mapping')
  @ApiFound(CustomerMappingResponse)
  async get(@Param('uuid') uuid: string): Promise<CustomerMappingResponse> {
    return CustomerMappingResponse.from(await this.mappings.get(uuid));
  }

  @Put(':uuid')
  @Audited('customer_mapping.update')
  @Operation('admin_arrow_customer_mappings_update', 'Change a mapping')
  @ApiUpdated(CustomerMappingResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateCustomerMappingDto): Promise<CustomerMappingResponse> {
    return CustomerMappingResponse.from(
      await this.mappings.update(uuid, commandOf(dto, 'settings', 'waldur_customer')),
    );
  }

  @Patch(':uuid')
  @Audited('customer_mapping.update')
  @Operation('admin_arrow_customer_mappings_partial_update', 'Change parts of a mapping')
  @ApiUpdated(CustomerMappingResponse)
  async patch(@Param('uuid') uuid: string, @Body() dto: PatchCustomerMappingDto): Promise<CustomerMappingResponse> {
    return CustomerMappingResponse.from(
      await this.mappings.update(uuid, commandOf(dto, 'settings', 'waldur_customer')),
    );
  }

  @Delete(':uuid')
  @Audited('customer_mapping.delete')
  @HttpCode(204)
  @Operation('admin_arrow_customer_mappings_destroy', 'Remove a mapping')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.mappings.remove(uuid);
  }
}
