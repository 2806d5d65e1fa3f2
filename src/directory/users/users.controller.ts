import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AnyUser, CurrentUser, StaffOnly } from '../../auth/access.js';
import type { Caller } from '../../auth/caller.js';
import { FieldsQuery } from '../../common/page.js';
import { pick } from '../../common/answer.interceptor.js';
import { CreateUserDto, TokenResponse, UserResponse, UserWithTokenResponse } from './user.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('Directory: users')
@Controller('api/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @AnyUser()
  @ApiOperation({ operationId: 'users_me_retrieve', summary: 'Who am I?' })
  @ApiOkResponse({ type: UserResponse })
  async me(@CurrentUser() caller: Caller, @Query() query: FieldsQuery): Promise<Partial<UserResponse>> {
    return pick(UserResponse.from(await this.users.get(caller.uuid)), query.field);
  }

  @Post()
  @StaffOnly()
  @ApiOperation({ operationId: 'users_create', summary: 'Create a user and its token' })
  @ApiCreatedResponse({ type: UserWithTokenResponse })
  async create(@Body() dto: CreateUserDto): Promise<UserWithTokenResponse> {
    return UserWithTokenResponse.fromNew(await this.users.create(dto));
  }

  @Get(':uuid')
  @StaffOnly()
  @ApiOperation({ operationId: 'users_retrieve', summary: 'One user' })
  @ApiOkResponse({ type: UserResponse })
  async get(@Param('uuid') uuid: string): Promise<UserResponse> {
    return UserResponse.from(await this.users.get(uuid));
  }

  @Post(':uuid/refresh_token')
  @StaffOnly()
  @ApiOperation({ operationId: 'users_refresh_token', summary: 'Replace the token; the old one stops working at once' })
  @ApiCreatedResponse({ type: TokenResponse })
  refreshToken(@Param('uuid') uuid: string): Promise<TokenResponse> {
    return this.users.refreshToken(uuid);
  }
}
