import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiExcludeController, ApiOkResponse, ApiTags } from '@nestjs/swagger';
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
import { ResourceNotFoundError } from './directory.errors.js';
import {
  CreateResourceDto,
  ListResourcesQuery,
  ResourceResponse,
  SetBackendIdDto,
  StatusResponse,
  UpdateResourceDto,
} from './resource.dto.js';
import { Resource } from './resource.entity.js';
import { ResourcesService } from './resources.service.js';

@ApiTags('Directory: resources')
@ApiController('api/marketplace-resources')
@StaffOnly()
@Existing(() => Resource, ResourceNotFoundError)
export class ResourcesController {
  constructor(
    private readonly resources: ResourcesService,
    private readonly files: ListFiles,
  ) {}

  @Head()
  @Operation('marketplace_resources_count', 'Count resources')
  count(@Query() query: ListResourcesQuery): Promise<Count> {
    return this.resources.count(commandOf(query));
  }

  @Get()
  @Operation('marketplace_resources_list', 'List resources')
  @ApiListed(ResourceResponse)
  list(@Query() query: ListResourcesQuery): PageOrFile<ResourceResponse> {
    return this.files.pageOrFile('resources', query, async (filter) =>
      (await this.resources.list(filter)).map(ResourceResponse.from),
    );
  }

  @Post()
  @Audited('resource.create')
  @Operation('marketplace_resources_create', 'Create a resource')
  @ApiCreated(ResourceResponse)
  async create(@Body() dto: CreateResourceDto): Promise<ResourceResponse> {
    return ResourceResponse.from(await this.resources.create(commandOf(dto, 'project', 'offering', 'plan')));
  }

  @Get(':uuid')
  @Operation('marketplace_resources_retrieve', 'One resource')
  @ApiFound(ResourceResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<ResourceResponse>> {
    return pick(ResourceResponse.from(await this.resources.get(uuid)), query.field);
  }

  @Patch(':uuid')
  @Audited('resource.update')
  @Operation('marketplace_resources_partial_update', 'Change a resource')
  @ApiUpdated(ResourceResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateResourceDto): Promise<ResourceResponse> {
    return ResourceResponse.from(await this.resources.update(uuid, dto));
  }

  @Delete(':uuid')
  @Audited('resource.delete')
  @HttpCode(204)
  @Operation('marketplace_resources_destroy', 'Delete a resource that is not in use')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.resources.remove(uuid);
  }
}

@ApiTags('Directory: resources')
@ApiController('api/marketplace-provider-resources')
@StaffOnly()
@Existing(() => Resource, ResourceNotFoundError)
export class ResourceActionsController {
  constructor(private readonly resources: ResourcesService) {}

  @Post(':uuid/set_backend_id')
  @Audited('resource.set_backend_id')
  @HttpCode(200)
  @Operation('marketplace_provider_resources_set_backend_id', 'Set the licence reference')
  @ApiOkResponse({ type: StatusResponse })
  async setBackendId(@Param('uuid') uuid: string, @Body() { backend_id }: SetBackendIdDto): Promise<StatusResponse> {
    return StatusResponse.changed(await this.resources.setBackendId(uuid, backend_id));
  }
}

/** The same resources under the path that providers' links use. */
@ApiExcludeController()
@ApiController('api/marketplace-provider-resources')
export class ProviderResourcesController extends ResourcesController {}
