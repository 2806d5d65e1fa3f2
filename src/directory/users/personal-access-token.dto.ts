import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { includedIn, TOKEN_SCOPES, type TokenScope } from '../../auth/scopes.js';
import { answerOf, Shown, ShownOrNull } from '../../common/answer.js';
import { hyperlink } from '../../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../../common/page.js';
import {
  ChoicesField,
  DateTimeOrNullField,
  EmptyListField,
  RelationField,
  TextField,
} from '../../common/validation/body-fields.js';
import { UuidFilter } from '../../common/validation/query-fields.js';
import { AuthToken } from './auth-token.entity.js';
import type { NewPersonalAccessToken, PersonalAccessToken } from './personal-access-tokens.service.js';
import { User } from './user.entity.js';

const MEANING: Record<TokenScope, string> = {
  read: 'See whatever the user of the token may see.',
  operate: 'As read, and change it, but for users, tokens and the keys of accounts.',
  admin: 'Everything that the user of the token may do.',
};

@ApiSchema({ name: 'PersonalAccessTokenCreateRequest' })
export class CreatePersonalAccessTokenDto {
  @TextField({ required: true, max: 150, example: 'nightly report', description: 'No other token of the user has it' })
  name: string;

  @ChoicesField(TOKEN_SCOPES, { required: true, description: 'Each includes those before it', example: ['read'] })
  scopes: TokenScope[];

  @DateTimeOrNullField({ description: 'Without it the token does not expire', example: '2027-01-31T00:00:00Z' })
  expires_at?: Date | null;

  @RelationField(() => User, {
    form: 'link',
    description: 'Whose token it will be: UUID or hyperlink; your own by default',
  })
  user?: string;

  @EmptyListField({ description: 'Tokens are not bound to single objects here' })
  allowed_scopes?: [];

  @EmptyListField({ description: 'Tokens are not bound to networks here' })
  allowed_networks?: [];
}

export class ListPersonalAccessTokensQuery extends ListQuery {
  @OrderFilter({
    name: 'name',
    created: 'created',
    expires_at: 'expiresAt',
    last_used_at: 'lastUsedAt',
    user_username: 'user.username',
  })
  declare o?: Order;

  @UuidFilter({ description: 'Tokens of this user' }) user_uuid?: string;
}

@ApiSchema({ name: 'PersonalAccessToken' })
export class PersonalAccessTokenResponse {
  @Shown('uri') url: string;
  @Shown('uuid') uuid: string;
  @Shown() name: string;
  @Shown('uri') user: string;
  @Shown('uuid') user_uuid: string;
  @Shown() user_username: string;
  @Shown({ description: 'Always empty: nothing of a token is kept but its hash' }) token_prefix: string;
  @Shown({ enum: [...TOKEN_SCOPES], isArray: true, description: 'The one it was made for, and those it includes' })
  scopes: TokenScope[];

  @Shown({ type: 'array', items: {}, description: 'Always empty: tokens are not bound to single objects here' })
  allowed_scopes: [];

  @Shown({ type: 'array', items: {}, description: 'Always empty: tokens are not bound to networks here' })
  allowed_networks: [];

  @ShownOrNull('date-time', { description: 'Null: it does not expire' }) expires_at: string | null;
  @Shown({ description: 'Not expired, and its user is active' }) is_active: boolean;
  @ShownOrNull('date-time', { description: 'To the hour; null: not yet' }) last_used_at: string | null;
  @Shown({ description: 'Always empty: addresses are not kept' }) last_used_ip: string;
  @ApiProperty({ type: 'integer', nullable: true, description: 'Always null: uses are not counted' }) use_count: null;
  @Shown('date-time') created: string;

  static from(this: void, token: PersonalAccessToken): PersonalAccessTokenResponse {
    return answerOf(PersonalAccessTokenResponse, token, {
      url: hyperlink(AuthToken, token.uuid),
      user: hyperlink({ path: User.path, isOurs: true }, token.userUuid),
      user_username: token.user.username,
      token_prefix: '',
      scopes: includedIn(token.scope),
      allowed_scopes: [],
      allowed_networks: [],
      last_used_ip: '',
      use_count: null,
    });
  }
}

@ApiSchema({ name: 'PersonalAccessTokenCreated' })
export class PersonalAccessTokenCreatedResponse extends PersonalAccessTokenResponse {
  @Shown({ description: 'Shown in this answer only; afterwards only its hash is known.' }) token: string;

  static fromNew(this: void, made: NewPersonalAccessToken): PersonalAccessTokenCreatedResponse {
    return { ...PersonalAccessTokenResponse.from(made), token: made.token };
  }
}

@ApiSchema({ name: 'AvailableScope' })
export class AvailableScopeResponse {
  static readonly all: AvailableScopeResponse[] = TOKEN_SCOPES.map((permission) => ({
    permission,
    description: MEANING[permission],
  }));

  @Shown({ enum: [...TOKEN_SCOPES] }) permission: TokenScope;
  @Shown() description: string;
}
