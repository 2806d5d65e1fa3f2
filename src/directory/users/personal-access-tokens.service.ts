import { Injectable, Logger } from '@nestjs/common';
import { actorOf, type Caller } from '../../auth/caller.js';
import { type TokenScope, widestOf } from '../../auth/scopes.js';
import { hashToken, newToken } from '../../auth/token.js';
import { Clock } from '../../common/clock.js';
import type { Count, Page } from '../../common/page.js';
import { RelatedObjects } from '../../database/related-objects.js';
import { TokenExpiresInThePastError, TokenNameTakenError } from '../directory.errors.js';
import type { AuthToken } from './auth-token.entity.js';
import { type PersonalAccessTokenFilter, PersonalAccessTokensRepository } from './personal-access-tokens.repository.js';
import { User } from './user.entity.js';

/** What is said of a new personal access token. */
export interface PersonalAccessTokenFields {
  /** No other one of the user has it. */
  readonly name: string;
  /** The widest of them counts. */
  readonly scopes: readonly TokenScope[];
  /** UTC; null: it does not expire. */
  readonly expiresAt?: Date | null;
  /** UUID of the user it is for; the caller's own by default. */
  readonly user?: string;
}

/** A personal access token, with its user. */
export type PersonalAccessToken = AuthToken & {
  readonly name: string;
  /** Whether it opens anything at this moment. */
  readonly isActive: boolean;
};

/** One that was made just now: the only time that the token itself is known. */
export type NewPersonalAccessToken = PersonalAccessToken & { readonly token: string };

/** Tokens with names and scopes, any number for each user: for scripts and other services. */
@Injectable()
export class PersonalAccessTokensService {
  private readonly logger = new Logger(PersonalAccessTokensService.name);

  constructor(
    private readonly tokens: PersonalAccessTokensRepository,
    private readonly related: RelatedObjects,
    private readonly clock: Clock,
  ) {}

  /** Everybody's, the newest first. Throws `PageNotFoundError`. */
  async list(filter: PersonalAccessTokenFilter): Promise<Page<PersonalAccessToken>> {
    return (await this.tokens.list(filter)).map((token) => this.shown(token));
  }

  /** Throws `PageNotFoundError`. */
  count(filter: PersonalAccessTokenFilter): Promise<Count> {
    return this.tokens.count(filter);
  }

  /** Throws `PersonalAccessTokenNotFoundError`. */
  async get(uuid: string): Promise<PersonalAccessToken> {
    return this.shown(await this.tokens.get(uuid));
  }

  /**
   * Throws `TokenNameTakenError`, `TokenExpiresInThePastError`, and `InvalidFieldsError` for a user that is not there.
   */
  async create(
    { name, scopes, expiresAt = null, user }: PersonalAccessTokenFields,
    caller: Caller,
  ): Promise<NewPersonalAccessToken> {
    // A user of Waldur has no row here, and makes its own tokens there.
    await this.related.assertExist({ user: [User, user ?? (caller.profile && caller.uuid)] });
    if (expiresAt && expiresAt <= this.clock.now()) throw new TokenExpiresInThePastError();
    const token = newToken();
    const uuid = await this.tokens.insert(
      { userUuid: user ?? caller.uuid, name, scope: widestOf(scopes), expiresAt, tokenHash: hashToken(token) },
      { uq_auth_token_user_uuid_name: () => new TokenNameTakenError() },
    );
    return { ...this.logged('made', await this.get(uuid), caller), token };
  }

  /** Gives a new token the place of an old one, which stops working at once. Throws `PersonalAccessTokenNotFoundError`. */
  async rotate(uuid: string, caller: Caller): Promise<NewPersonalAccessToken> {
    const token = newToken();
    await this.tokens.replace(await this.tokens.get(uuid), hashToken(token));
    return { ...this.logged('replaced', await this.get(uuid), caller), token };
  }

  /** It stops working at once. Throws `PersonalAccessTokenNotFoundError`. */
  async revoke(uuid: string, caller: Caller): Promise<void> {
    const token = await this.get(uuid);
    await this.tokens.remove(uuid, ({ name }) => `The token "${name}"`);
    this.logged('revoked', token, caller);
  }

  private logged(what: string, token: PersonalAccessToken, caller: Caller): PersonalAccessToken {
    this.logger.log(`${actorOf(caller)} ${what} the token ${token.uuid} of ${token.user.username}.`);
    return token;
  }

  private shown(token: AuthToken): PersonalAccessToken {
    const holds = !token.expiresAt || token.expiresAt > this.clock.now();
    return { ...token, name: token.name!, isActive: holds && token.user.isActive };
  }
}
