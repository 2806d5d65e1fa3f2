import { Body, Delete, Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../../audit/audited.js';
import { AdminScope, CurrentUser, StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import type { Caller } from '../../auth/caller.js';
import {
  ApiCounted,
  ApiCreated,
  ApiDeleted,
  ApiFound,
  ApiListed,
  ApiMissing,
  Operation,
} from '../../common/api-answers.js';
import { pick } from '../../common/answer.interceptor.js';
import { commandOf } from '../../common/command.js';
import { type Count, Counted, FieldsQuery, type Page } from '../../common/page.js';
import { Existing } from '../../database/refusal.interceptor.js';
import { PersonalAccessTokenNotFoundError } from '../directory.errors.js';
import { AuthToken } from './auth-token.entity.js';
import {
  AvailableScopeResponse,
  CreatePersonalAccessTokenDto,
  ListPersonalAccessTokensQuery,
  PersonalAccessTokenCreatedResponse,
  PersonalAccessTokenResponse,
} from './personal-access-token.dto.js';
import { PersonalAccessTokensService } from './personal-access-tokens.service.js';

@ApiTags('Directory: tokens')
@ApiController('api/personal-access-tokens')
@StaffOnly()
@AdminScope()
@Existing(() => AuthToken, PersonalAccessTokenNotFoundError)
export class PersonalAccessTokensController {
  constructor(private readonly tokens: PersonalAccessTokensService) {}

  @Head()
  @Operation('personal_access_tokens_count', 'Count personal access tokens')
  count(@Query() query: ListPersonalAccessTokensQuery): Promise<Count> {
    return this.tokens.count(commandOf(query));
  }

  @Get()
  @Operation('personal_access_tokens_list', "List everybody's personal access tokens")
  @ApiListed(PersonalAccessTokenResponse)
  async list(@Query() query: ListPersonalAccessTokensQuery): Promise<Page<PersonalAccessTokenResponse>> {
    return (await this.tokens.list(commandOf(query))).map(PersonalAccessTokenResponse.from);
  }

  @Get('available_scopes')
  @Operation('personal_access_tokens_available_scopes_list', 'What a token can be for')
  @ApiCounted(AvailableScopeResponse)
  availableScopes(): Counted<AvailableScopeResponse[]> {
    return new Counted(AvailableScopeResponse.all, AvailableScopeResponse.all.length);
  }

  @Post()
  @Audited('auth_token.create')
  @Operation('personal_access_tokens_create', 'Make a personal access token, for yourself or another user')
  @ApiCreated(PersonalAccessTokenCreatedResponse)
  async create(
    @Body() dto: CreatePersonalAccessTokenDto,
    @CurrentUser() caller: Caller,
  ): Promise<PersonalAccessTokenCreatedResponse> {
    return PersonalAccessTokenCreatedResponse.fromNew(await this.tokens.create(commandOf(dto), caller));
  }

  @Get(':uuid')
  @Operation('personal_access_tokens_retrieve', 'One personal access token')
  @ApiFound(PersonalAccessTokenResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<PersonalAccessTokenResponse>> {
    return pick(PersonalAccessTokenResponse.from(await this.tokens.get(uuid)), query.field);
  }

  @Post(':uuid/rotate')
  @Audited('auth_token.rotate')
  @Operation('personal_access_tokens_rotate', 'Replace a personal access token; the old one stops working at once')
  @ApiCreated(PersonalAccessTokenCreatedResponse)
  @ApiMissing()
  async rotate(
    @Param('uuid') uuid: string,
    @CurrentUser() caller: Caller,
  ): Promise<PersonalAccessTokenCreatedResponse> {
    return PersonalAccessTokenCreatedResponse.fromNew(await this.tokens.rotate(uuid, caller));
  }

  @Delete(':uuid')
  @Audited('auth_token.delete')
  @HttpCode(204)
  @Operation('personal_access_tokens_destroy', 'Revoke a personal access token; it stops working at once')
  @ApiDeleted()
  revoke(@Param('uuid') uuid: string, @CurrentUser() caller: Caller): Promise<void> {
    return this.tokens.revoke(uuid, caller);
  }
}
