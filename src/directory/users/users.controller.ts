import { Body, Get, Head, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../../audit/audited.js';
import { AdminScope, AnyUser, CurrentUser, StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import type { Caller } from '../../auth/caller.js';
import {
  ApiActionConflict,
  ApiDone,
  ApiFound,
  ApiListed,
  ApiMissing,
  ApiUpdated,
  Operation,
} from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import { type Count, Counted, FieldsQuery, type Page } from '../../common/page.js';
import { pick } from '../../common/answer.interceptor.js';
import { Existing } from '../../database/refusal.interceptor.js';
import { UserNotFoundError } from '../directory.errors.js';
import {
  ChangePasswordDto,
  CreateUserDto,
  ListUsersQuery,
  MeResponse,
  PasswordResponse,
  UpdateUserDto,
  UserAuthTokenResponse,
  UserResponse,
  UserWithTokenResponse,
} from './user.dto.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

@ApiTags('Directory: users')
@ApiController('api/users')
@AdminScope()
@Existing(() => User, UserNotFoundError)
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @AnyUser()
  @Operation('users_me_retrieve', 'Who am I?')
  @ApiOkResponse({ type: MeResponse })
  async me(@CurrentUser() caller: Caller, @Query() query: FieldsQuery): Promise<Counted<Partial<MeResponse>>> {
    return new Counted(pick(MeResponse.fromCall(await this.users.whoIs(caller), caller), query.field), 1);
  }

  @Head()
  @StaffOnly()
  @Operation('users_count', 'Count users')
  count(@Query() query: ListUsersQuery): Promise<Count> {
    return this.users.count(commandOf(query));
  }

  @Get()
  @StaffOnly()
  @Operation('users_list', 'List users')
  @ApiListed(UserResponse)
  async list(@Query() query: ListUsersQuery): Promise<Page<UserResponse>> {
    return (await this.users.list(commandOf(query))).map(UserResponse.from);
  }

  @Post()
  @Audited('user.create')
  @StaffOnly()
  @Operation('users_create', 'Create a user and its token')
  @ApiCreatedResponse({ type: UserWithTokenResponse })
  async create(@Body() dto: CreateUserDto): Promise<UserWithTokenResponse> {
    return UserWithTokenResponse.fromNew(await this.users.create(commandOf(dto)));
  }

  @Get(':uuid')
  @StaffOnly()
  @Operation('users_retrieve', 'One user')
  @ApiFound(UserResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<UserResponse>> {
    return pick(UserResponse.from(await this.users.get(uuid)), query.field);
  }

  @Patch(':uuid')
  @Audited('user.update')
  @StaffOnly()
  @Operation('users_partial_update', 'Change a user, or withdraw it: inactive users are refused at once')
  @ApiUpdated(UserResponse)
  @ApiActionConflict('It is the last active staff user')
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateUserDto): Promise<UserResponse> {
    return UserResponse.from(await this.users.update(uuid, commandOf(dto)));
  }

  @Post(':uuid/refresh_token')
  @Audited('user.refresh_token')
  @HttpCode(200)
  @StaffOnly()
  @Operation('users_refresh_token', 'Replace the token; every old one stops working at once')
  @ApiDone(UserAuthTokenResponse)
  @ApiMissing()
  async refreshToken(@Param('uuid') uuid: string): Promise<UserAuthTokenResponse> {
    return UserAuthTokenResponse.from(await this.users.refreshToken(uuid));
  }

  @Post(':uuid/change_password')
  @Audited('user.change_password')
  @HttpCode(200)
  @StaffOnly()
  @Operation('users_change_password', 'Set the password; logins by the old one end at once')
  @ApiDone(PasswordResponse)
  @ApiMissing()
  changePassword(@Param('uuid') uuid: string, @Body() { new_password }: ChangePasswordDto): Promise<PasswordResponse> {
    return this.users.changePassword(uuid, new_password).then(() => PasswordResponse.changed);
  }

  @Post(':uuid/remove_password')
  @Audited('user.remove_password')
  @HttpCode(200)
  @StaffOnly()
  @Operation('users_remove_password', 'Take the password away; logins by it end at once')
  @ApiDone(PasswordResponse)
  @ApiMissing()
  removePassword(@Param('uuid') uuid: string): Promise<PasswordResponse> {
    return this.users.removePassword(uuid).then(() => PasswordResponse.removed);
  }
}
