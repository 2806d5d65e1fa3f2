import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { AdminScope, StaffOnly } from '../auth/access.js';
import { ApiCreated, ApiDeleted, ApiDone, ApiFound, ApiListed, ApiUpdated, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import { ApiController } from '../auth/api-controller.js';
import { Bulk } from '../auth/priority.js';
import type { Count, Page } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { CredentialsService } from './credentials.service.js';
import {
  CreateSettingsDto,
  CredentialsDto,
  CredentialsResponse,
  ListSettingsQuery,
  PatchSettingsDto,
  SavedSettingsResponse,
  SettingsResponse,
  UpdateSettingsDto,
} from './settings.dto.js';
import { Settings } from './settings.entity.js';
import { SettingsNotFoundError } from './settings.errors.js';
import { SettingsService } from './settings.service.js';

@ApiTags('Arrow settings')
@ApiController('api/admin/arrow/settings')
@StaffOnly()
@AdminScope()
@Existing(() => Settings, SettingsNotFoundError)
export class SettingsController {
  constructor(
    private readonly settings: SettingsService,
    private readonly credentials: CredentialsService,
  ) {}

  @Head()
  @Operation('admin_arrow_settings_count', 'Count accounts')
  count(@Query() query: ListSettingsQuery): Promise<Count> {
    return this.settings.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_settings_list', 'List ArrowSphere accounts; their keys are never shown')
  @ApiListed(SettingsResponse)
  async list(@Query() query: ListSettingsQuery): Promise<Page<SettingsResponse>> {
    return (await this.settings.list(commandOf(query))).map(SettingsResponse.from);
  }

  @Post()
  @Audited('settings.create')
  @Operation('admin_arrow_settings_create', 'Add an account, after asking ArrowSphere whose key it is')
  @ApiCreated(SavedSettingsResponse)
  async create(@Body() dto: CreateSettingsDto): Promise<SavedSettingsResponse> {
    return SavedSettingsResponse.fromSaved(await this.settings.create(commandOf(dto)));
  }

  @Post('validate_credentials')
  @Audited('settings.validate_credentials')
  @Bulk()
  @HttpCode(200)
  @Operation('admin_arrow_settings_validate_credentials', 'Try credentials without saving them')
  @ApiDone(CredentialsResponse)
  async validateCredentials(@Body() dto: CredentialsDto): Promise<CredentialsResponse> {
    return CredentialsResponse.from(await this.credentials.validate(commandOf(dto)));
  }

  @Get(':uuid')
  @Operation('admin_arrow_settings_retrieve', 'One account')
  @ApiFound(SettingsResponse)
  async get(@Param('uuid') uuid: string): Promise<SettingsResponse> {
    return SettingsResponse.from(await this.settings.get(uuid));
  }

  @Put(':uuid')
  @Audited('settings.update')
  @Operation('admin_arrow_settings_update', 'Change an account; what is left out stays')
  @ApiUpdated(SavedSettingsResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateSettingsDto): Promise<SavedSettingsResponse> {
    return SavedSettingsResponse.fromSaved(await this.settings.update(uuid, commandOf(dto)));
  }

  @Patch(':uuid')
  @Audited('settings.update')
  @Operation('admin_arrow_settings_partial_update', 'Change parts of an account')
  @ApiUpdated(SavedSettingsResponse)
  async patch(@Param('uuid') uuid: string, @Body() dto: PatchSettingsDto): Promise<SavedSettingsResponse> {
    return SavedSettingsResponse.fromSaved(await this.settings.update(uuid, commandOf(dto)));
  }

  @Delete(':uuid')
  @Audited('settings.delete')
  @HttpCode(204)
  @Operation('admin_arrow_settings_destroy', 'Delete an account that is not in use')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.settings.remove(uuid);
  }
}
