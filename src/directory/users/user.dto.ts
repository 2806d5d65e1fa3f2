import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';
import type { Caller } from '../../auth/caller.js';
import { isPerson } from '../../common/acts.js';
import { renderDateTime } from '../../common/date-time.js';
import { Always, answerOf } from '../../common/answer.js';
import { hyperlink } from '../../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../../common/page.js';
import { BooleanField, EmailField, PartialDto, TextField } from '../../common/validation/body-fields.js';
import { BooleanFilter, DateTimeFilter, NamesFilter, TextFilter } from '../../common/validation/query-fields.js';
import { Unkept } from '../../common/validation/unkept-filters.js';
import { UNKEPT } from '../unkept-filters.js';
import { fullNameOf, User } from './user.entity.js';
import type { NewToken } from './users.service.js';

/** Waldur's rule. Nor is anybody called as the audit trail calls what acts without a user: there only one has no space. */
function faultOfUsername(username: string): string | undefined {
  if (!/^[0-9a-z_.@+-]+$/.test(username))
    return 'Enter a valid username. Lowercase letters, numbers and @/./+/-/_ characters.';
  return isPerson(username) ? undefined : 'The service itself acts by this name. Choose another one.';
}

@ApiSchema({ name: 'UserRequest' })
export class CreateUserDto {
  @TextField({
    required: true,
    max: 128,
    check: faultOfUsername,
    example: 'mari',
    description: 'Lowercase letters, numbers and @/./+/-/_ characters',
  })
  username: string;

  @EmailField({ max: 254 })
  email?: string;

  @TextField({ max: 100, blank: true })
  first_name?: string;

  @TextField({ max: 100, blank: true })
  last_name?: string;

  @BooleanField({ default: false, description: 'May use the whole API' })
  is_staff?: boolean;

  @BooleanField({ default: false })
  is_support?: boolean;

  @BooleanField({ default: true, description: 'An inactive user is refused with 401' })
  is_active?: boolean;
}

@ApiSchema({ name: 'PatchedUserRequest' })
export class UpdateUserDto extends PartialDto(OmitType(CreateUserDto, ['username'])) {}

@Unkept(UNKEPT.users)
export class ListUsersQuery extends ListQuery {
  @OrderFilter({
    username: 'username',
    full_name: ['firstName', 'lastName'],
    email: 'email',
    is_active: 'isActive',
    is_staff: 'isStaff',
    is_support: 'isSupport',
  })
  declare o?: Order;

  @TextFilter({ description: 'The whole user name' }) username?: string;
  @TextFilter({ description: 'Part of the e-mail address' }) email?: string;
  @TextFilter({ description: 'Part of first and last name' }) full_name?: string;
  @BooleanFilter() is_active?: boolean;
  @BooleanFilter() is_staff?: boolean;
  @BooleanFilter() is_support?: boolean;
  @TextFilter({ description: 'Part of user name, e-mail, first and last name' }) query?: string;
  @TextFilter({ description: 'As `query`' }) user_keyword?: string;
  @NamesFilter({ description: 'Whole user names, joined by commas', joined: true }) username_list?: string[];
  @DateTimeFilter({ description: 'Made then or later' }) date_joined?: Date;
  @DateTimeFilter({ description: 'Last changed then or later' }) modified?: Date;
}

@ApiSchema({ name: 'User' })
@Always({
  lists: ['permissions', 'identity_provider_fields'],
  texts: [
    'identity_provider_name',
    'identity_provider_label',
    'identity_provider_management_url',
    'identity_source',
    'registration_method',
  ],
  nulls: ['civil_number', 'agreement_date', 'requested_email', 'ip_address', 'uid_number', 'primary_gid'],
  falses: ['should_protect_user_details', 'is_admin_deactivated'],
})
export class UserResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() username: string;
  @ApiProperty() full_name: string;
  @ApiProperty() first_name: string;
  @ApiProperty() last_name: string;
  @ApiProperty({ format: 'email' }) email: string;
  @ApiProperty() is_staff: boolean;
  @ApiProperty() is_support: boolean;
  @ApiProperty() is_active: boolean;
  @ApiProperty({ format: 'date-time' }) date_joined: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: the lasting token never does' })
  token_expires_at: string | null;

  static from(this: void, user: User): UserResponse {
    return UserResponse.of(user, true);
  }

  /** Of a user of Waldur's, `isOurs` is false. */
  static of(this: void, user: User, isOurs: boolean): UserResponse {
    return answerOf(UserResponse, user, {
      url: hyperlink({ path: User.path, isOurs }, user.uuid),
      full_name: fullNameOf(user),
      token_expires_at: null,
      date_joined: renderDateTime(user.created),
    });
  }
}

@ApiSchema({ name: 'UserWithToken' })
export class UserWithTokenResponse extends UserResponse {
  @ApiProperty({ description: 'Shown in this answer only; afterwards only its hash is known.' }) token: string;

  static fromNew(this: void, { user, token }: { user: User; token: string }): UserWithTokenResponse {
    return { ...UserResponse.from(user), token };
  }
}

@ApiSchema({ name: 'UserAuthToken' })
export class UserAuthTokenResponse {
  @ApiProperty({ description: 'Shown in this answer only; afterwards only its hash is known.' }) token: string;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty() user_first_name: string;
  @ApiProperty() user_last_name: string;
  @ApiProperty() user_username: string;
  @ApiProperty() user_is_active: boolean;
  @ApiProperty({ type: 'integer', nullable: true, description: 'Always null: this token does not expire' })
  user_token_lifetime: number | null;

  static from(this: void, { user, token, created }: NewToken): UserAuthTokenResponse {
    return {
      token,
      created: renderDateTime(created),
      user_first_name: user.firstName,
      user_last_name: user.lastName,
      user_username: user.username,
      user_is_active: user.isActive,
      user_token_lifetime: null,
    };
  }
}

class ProfileCompleteness {
  static readonly complete: ProfileCompleteness = {
    is_complete: true,
    missing_fields: [],
    mandatory_fields: [],
    enforcement_enabled: false,
  };

  @ApiProperty({ description: 'Always true: nothing of a profile is mandatory' }) is_complete: boolean;
  @ApiProperty({ type: [String], description: 'Always empty' }) missing_fields: string[];
  @ApiProperty({ type: [String], description: 'Always empty' }) mandatory_fields: string[];
  @ApiProperty({ description: 'Always false' }) enforcement_enabled: boolean;
}

/** The caller, and until when the token of this request holds. */
@ApiSchema({ name: 'Me' })
export class MeResponse extends UserResponse {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Seconds after which this token expires when it is not used; null: never.',
  })
  token_lifetime: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it expires; null: never.' })
  declare token_expires_at: string | null;

  @ApiProperty({ type: ProfileCompleteness }) profile_completeness: ProfileCompleteness;

  @ApiProperty({ description: 'Always empty: addresses are not kept. A text, as in Waldur; of other users it is null' })
  ip_address: string;

  static fromCall(this: void, user: User, { tokenLifetime, tokenExpiresAt, profile }: Caller): MeResponse {
    return {
      ...UserResponse.of(user, !profile),
      token_lifetime: tokenLifetime,
      token_expires_at: tokenExpiresAt && renderDateTime(tokenExpiresAt),
      profile_completeness: ProfileCompleteness.complete,
      ip_address: '',
    };
  }
}

@ApiSchema({ name: 'PasswordChangeRequest' })
export class ChangePasswordDto {
  @TextField({
    required: true,
    max: 128,
    secret: true,
    trim: false,
    description:
      'At least 8 characters, not all of them digits, not the user name, and none of those that many people use.',
  })
  new_password: string;
}

@ApiSchema({ name: 'UserPassword' })
export class PasswordResponse {
  static readonly changed: PasswordResponse = { detail: 'Password has been successfully updated.' };
  static readonly removed: PasswordResponse = { detail: 'Password has been removed.' };

  @ApiProperty() detail: string;
}
