import { type CanActivate, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Clock } from '../common/clock.js';
import type { HttpReply, HttpRequest } from '../common/http.js';
import { Requests } from '../common/requests.js';
import { parseUuid, renderUuid } from '../common/uuid.js';
import { ACCESS_RULE, type AccessRule, ADMIN_SCOPE, type GuardedRequest } from './access.js';
import {
  AccessRuleMissingError,
  NobodyToImpersonateError,
  NotAuthenticatedError,
  ScopeMissingError,
  StaffOnlyError,
} from './auth.errors.js';
import { Authenticator, type Caller, type PresentedToken } from './caller.js';
import { includedIn, scopeNeeded } from './scopes.js';
import { hashToken } from './token.js';

const IMPERSONATED = 'x-impersonated-user-uuid';

/** Stands before every route: who calls, and may they? A route that says nothing is refused. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly logger = new Logger(AccessGuard.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly requests: Requests,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const reply = context.switchToHttp().getResponse<HttpReply>();
    request.clientGone = this.requests.of(request, reply).signal;
    const route = [context.getHandler(), context.getClass()];
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, route);
    if (rule === 'public') return true;
    if (rule === 'token-optional' && !wordsAfterScheme(request.headers.authorization)) return true;
    const presented = presentedBy(request);
    request.caller = await this.impersonated(
      await this.authenticate(request, reply, presented),
      request.headers[IMPERSONATED],
      reply,
      presented,
    );
    if (!rule) throw new AccessRuleMissingError(`${context.getClass().name}.${context.getHandler().name}`);
    if (rule === 'staff' && !request.caller.isStaff) throw new StaffOnlyError();
    if (rule === 'token-optional') return true;
    const needed = scopeNeeded(request.method, this.reflector.getAllAndOverride<boolean>(ADMIN_SCOPE, route));
    const { tokenScope } = request.caller;
    if (!includedIn(tokenScope).includes(needed)) throw new ScopeMissingError(needed, tokenScope);
    return true;
  }

  /**
   * Staff may act as another user, as Waldur's own UI lets it; the answer then says who really called. Others stay who
   * they are. Throws {@link NobodyToImpersonateError}.
   */
  private async impersonated(
    caller: Caller,
    uuid: unknown,
    reply: HttpReply,
    presented: PresentedToken,
  ): Promise<Caller> {
    if (typeof uuid !== 'string' || !uuid || !caller.isStaff) return caller;
    const known = parseUuid(uuid);
    const other = known && (await this.authenticator.findImpersonated(known, caller, presented));
    if (!other) throw new NobodyToImpersonateError();
    reply.header('X-impersonator-uuid', renderUuid(caller.uuid));
    this.logger.log(`${caller.username} acts as ${other.username}.`);
    return other;
  }

  /** The user that the `Authorization` header of a request names. Throws {@link NotAuthenticatedError}. */
  async authenticate(
    request: HttpRequest,
    reply: HttpReply,
    presented: PresentedToken = presentedBy(request),
  ): Promise<Caller> {
    const caller = await this.authenticator.findCaller(presented);
    if (!caller) throw new NotAuthenticatedError('Invalid token.');
    if (!caller.isActive) throw new NotAuthenticatedError('User inactive or deleted.');
    if (caller.tokenExpiresAt && caller.tokenExpiresAt <= this.clock.now())
      throw new NotAuthenticatedError('Token has expired.');
    this.requests.of(request, reply).caller = caller.uuid;
    return caller;
  }
}

/** Throws {@link NotAuthenticatedError}. */
function presentedBy({ headers, ip, socket }: HttpRequest): PresentedToken {
  const token = tokenIn(headers.authorization);
  return { token, hash: hashToken(token), address: ip ?? socket.remoteAddress ?? '' };
}

/** `Token KEY`, `Bearer KEY` and `Bearer Token KEY`: the official JavaScript client sends each of them. */
function tokenIn(header: string | undefined): string {
  const keys = wordsAfterScheme(header);
  if (!keys) {
    const isOneWord = /^\S+$/.test(header?.trim() ?? '');
    throw new NotAuthenticatedError(
      isOneWord
        ? 'Authentication credentials were not provided. Write "Token" and a space before the key.'
        : 'Authentication credentials were not provided.',
    );
  }
  if (keys.length === 0) throw new NotAuthenticatedError('Invalid token. No credentials provided.');
  if (keys.length > 1) throw new NotAuthenticatedError('Invalid token. Token string should not contain spaces.');
  return keys[0]!;
}

/** What follows a scheme of ours; `undefined` where there is none. */
function wordsAfterScheme(header = ''): string[] | undefined {
  const [scheme, ...words] = header.trim().split(/\s+/);
  if (scheme?.toLowerCase() === 'token') return words;
  if (scheme?.toLowerCase() !== 'bearer') return undefined;
  return words.length > 1 && words[0]!.toLowerCase() === 'token' ? words.slice(1) : words;
}
