import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull, LessThan, Not } from 'typeorm';
import { Authenticator, type Caller, type PresentedToken } from '../../auth/caller.js';
import { hashToken, newToken, sameHash } from '../../auth/token.js';
import { Clock } from '../../common/clock.js';
import { Env } from '../../config/env.js';
import { translateConstraintErrors } from '../../database/constraint.js';
import { TokenTakenError } from '../directory.errors.js';
import { AuthToken } from './auth-token.entity.js';
import { RetiredToken } from './retired-token.entity.js';
import { WaldurTokensService } from './waldur-tokens.service.js';
import { TokensRepository } from './tokens.repository.js';

/** For so long an expired token is told from an unknown one. */
const REMEMBERED_MS = 24 * 3_600_000;
/** The last use is known to the hour: writing it down with every request would cost each a statement. */
const USE_NOTED_EVERY_MS = 3_600_000;

/**
 * What users call the API with. A user has one lasting token, and one more of each login by password, which expires when
 * it is not used for `LOGIN_TOKEN_LIFETIME_SECONDS`. A token is answered once, when it is made. Those that have names
 * are made and revoked by `PersonalAccessTokensService`.
 */
@Injectable()
export class TokensService extends Authenticator {
  constructor(
    private readonly tokens: TokensRepository,
    private readonly waldurTokens: WaldurTokensService,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {
    super();
  }

  /**
   * Makes this the lasting token of a user and ends every other one; the lasting one there was never opens again. Within the transaction that made or locked the
   * user. Throws `TokenTakenError`.
   */
  async replaceAll(manager: EntityManager, userUuid: string, token: string): Promise<void> {
    await this.endAll(manager, userUuid);
    await translateConstraintErrors({ uq_auth_token_token_hash: () => new TokenTakenError() }, () =>
      manager.insert(AuthToken, { userUuid, tokenHash: hashToken(token), expiresAt: null }),
    );
  }

  /** Ends every token of a user for ever. Within the transaction that locked the user. */
  async endAll(manager: EntityManager, userUuid: string): Promise<void> {
    await this.tokens.retireLasting(manager, userUuid, this.clock.now());
    await manager.delete(AuthToken, { userUuid });
  }

  /** Whether this is the lasting token of a user. */
  isLasting(manager: EntityManager, userUuid: string, token: string): Promise<boolean> {
    const lasting = { expiresAt: IsNull(), name: IsNull() };
    return manager.existsBy(AuthToken, { userUuid, tokenHash: hashToken(token), ...lasting });
  }

  /** Whether this was the lasting token of a user, and was replaced. */
  isRetired(manager: EntityManager, token: string): Promise<boolean> {
    return manager.existsBy(RetiredToken, { tokenHash: hashToken(token) });
  }

  /** Makes a token for one login. Within the transaction that locked the user. */
  async addLogin(manager: EntityManager, userUuid: string): Promise<string> {
    const token = newToken();
    const forgotten = new Date(this.clock.now().getTime() - REMEMBERED_MS);
    await manager.delete(AuthToken, { userUuid, name: IsNull(), expiresAt: LessThan(forgotten) });
    await manager.insert(AuthToken, { userUuid, tokenHash: hashToken(token), expiresAt: this.expiry() });
    return token;
  }

  /** Ends every login of a user; the lasting token and those that have names stay. */
  async endLogins(manager: EntityManager, userUuid: string): Promise<void> {
    await manager.delete(AuthToken, { userUuid, name: IsNull(), expiresAt: Not(IsNull()) });
  }

  /** Ours first: they go on opening while Waldur is away. Throws as {@link WaldurTokensService.find}. */
  override async findCaller(presented: PresentedToken): Promise<Caller | undefined> {
    const { hash } = presented;
    const token = await this.tokens.withUser(hash);
    if (!token || !sameHash(token.tokenHash, hash)) return this.waldurTokens.find(presented);
    const { uuid, username, isStaff, isSupport, isActive } = token.user;
    const tokenExpiresAt = await this.afterUse(token);
    const tokenLifetime = token.name === null ? tokenExpiresAt && this.env.LOGIN_TOKEN_LIFETIME_SECONDS : null;
    const tokenName = token.name ?? (token.expiresAt ? '(login)' : '(lasting)');
    const use = { tokenName, tokenScope: token.scope, tokenLifetime, tokenExpiresAt };
    return { uuid, username, isStaff, isSupport, isActive, ...use };
  }

  override async findImpersonated(
    uuid: string,
    caller: Caller,
    presented: PresentedToken,
  ): Promise<Caller | undefined> {
    if (caller.profile) return this.waldurTokens.findImpersonated(uuid, caller, presented);
    const user = await this.tokens.activeUser(uuid);
    if (!user) return undefined;
    const { username, isStaff, isSupport, isActive } = user;
    const impersonator = { uuid: caller.uuid, username: caller.username };
    return { ...caller, uuid, username, isStaff, isSupport, isActive, impersonator };
  }

  /** Until when a token holds, this use counted. */
  private async afterUse({ uuid, user, name, expiresAt, lastUsedAt }: AuthToken): Promise<Date | null> {
    const now = this.clock.now();
    if (!user.isActive || (expiresAt && expiresAt <= now)) return expiresAt;
    if (name === null) return expiresAt && this.renewed(uuid, expiresAt, now);
    if (!lastUsedAt || now.getTime() - lastUsedAt.getTime() >= USE_NOTED_EVERY_MS)
      await this.tokens.noteUse(uuid, { lastUsedAt: now });
    return expiresAt;
  }

  /** Until when a login holds. Written at most twice in a lifetime, not with every request. */
  private async renewed(uuid: string, expiresAt: Date, now: Date): Promise<Date> {
    const until = this.expiry();
    if (until.getTime() - expiresAt.getTime() < (until.getTime() - now.getTime()) / 2) return expiresAt;
    await this.tokens.noteUse(uuid, { expiresAt: until });
    return until;
  }

  private expiry(): Date {
    return new Date(this.clock.now().getTime() + this.env.LOGIN_TOKEN_LIFETIME_SECONDS * 1000);
  }
}
