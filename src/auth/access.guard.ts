import { type CanActivate, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AUDITED } from '../audit/audited.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Act } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { closeWithConnection, type HttpReply, type HttpRequest, responseOf } from '../common/http.js';
import { Requests } from '../common/requests.js';
import { parseUuid } from '../common/uuid.js';
import { UuidFormatter } from '../common/uuid-formatter.js';
import { ACCESS_RULE, type AccessRule, ADMIN_SCOPE, type GuardedRequest } from './access.js';
import {
  AccessRuleMissingError,
  NobodyToImpersonateError,
  NotAuthenticatedError,
  ScopeMissingError,
  StaffOnlyError,
} from './auth.errors.js';
import { FailedAttemptsService } from '../limits/failed-attempts.service.js';
import { OverloadedError } from '../limits/limits.errors.js';
import { LoadGate } from '../limits/load-gate.js';
import { placeOf } from '../limits/place.js';
import { RequestLimits } from '../limits/request-limits.js';
import { Authenticator, type Caller, type PresentedToken } from './caller.js';
import { PRIORITY, priorityOf, type StatedPriority } from './priority.js';
import { includedIn, scopeNeeded } from './scopes.js';
import { hashToken } from './token.js';

/** Handler and controller. */
type Route = [ReturnType<ExecutionContext['getHandler']>, ReturnType<ExecutionContext['getClass']>];

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
    private readonly limits: RequestLimits,
    private readonly attempts: FailedAttemptsService,
    private readonly gate: LoadGate,
    private readonly trail: AuditTrail,
    private readonly uuids: UuidFormatter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const reply = context.switchToHttp().getResponse<HttpReply>();
    const route: Route = [context.getHandler(), context.getClass()];
    await this.admit(request, reply, this.reflector.getAllAndOverride<StatedPriority | undefined>(PRIORITY, route));
    request.place?.hold();
    try {
      return await this.mayPass(request, reply, route);
    } finally {
      request.place?.release();
    }
  }

  private async mayPass(request: GuardedRequest, reply: HttpReply, route: Route): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, route);
    const action = this.reflector.get<string | undefined>(AUDITED, route[0]);
    const actOf = (caller?: Caller) => action && this.actOf(action, request, reply, caller);
    if (rule === 'public' || (rule === 'token-optional' && !wordsAfterScheme(request.headers.authorization))) {
      request.act = actOf() || undefined;
      return true;
    }
    const presented = presentedBy(request);
    const known = await this.known(request, presented);
    try {
      request.caller = await this.impersonated(
        this.admitted(known, request, reply),
        request.headers[IMPERSONATED],
        reply,
        presented,
      );
      if (!rule) throw new AccessRuleMissingError(`${route[1].name}.${route[0].name}`);
      if (rule === 'staff' && !request.caller.isStaff) throw new StaffOnlyError();
      if (rule !== 'token-optional') {
        const needed = scopeNeeded(request.method, this.reflector.getAllAndOverride<boolean>(ADMIN_SCOPE, route));
        const { tokenScope } = request.caller;
        if (!includedIn(tokenScope).includes(needed)) throw new ScopeMissingError(needed, tokenScope);
      }
    } catch (error) {
      const refused = actOf(request.caller ?? known);
      if (refused) await this.trail.refused(refused);
      throw error;
    }
    request.act = actOf(request.caller) || undefined;
    return true;
  }

  /** Lets a request in when it is its turn. Throws `RequestsLimitedError` and `OverloadedError`. */
  async admit(request: GuardedRequest, reply: HttpReply, stated?: StatedPriority): Promise<void> {
    const answer = responseOf(reply);
    closeWithConnection(answer);
    const priority = priorityOf(request, stated);
    if (priority === 'first') return;
    if (this.limits.areOn('address')) await this.limits.count('address', placeOf(request.ip));
    if (this.requests.of(request, reply).isClientGone) throw new OverloadedError();
    request.place = await this.gate.enter(priority, answer);
  }

  private actOf(action: string, request: HttpRequest, reply: HttpReply, caller?: Caller): Act {
    const { uuid } = (request.params ?? {}) as { uuid?: string };
    return new Act(
      {
        action,
        actor: caller?.username ?? '',
        impersonator: caller?.impersonator?.username,
        token: caller?.tokenName,
        address: request.ip,
        requestId: this.requests.of(request, reply).requestId,
        objectType: action.split('.')[0],
        objectUuid: uuid && parseUuid(uuid),
      },
      this.clock.now(),
    );
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
    reply.header('X-impersonator-uuid', this.uuids.text(caller.uuid));
    this.logger.log(`${caller.username} acts as ${other.username}.`);
    return other;
  }

  /**
   * The user that the `Authorization` header of a request names. Throws {@link NotAuthenticatedError},
   * `FailedAttemptsLimitedError` and `RequestsLimitedError`.
   */
  async authenticate(request: HttpRequest, reply: HttpReply): Promise<Caller> {
    return this.admitted(await this.known(request, presentedBy(request)), request, reply);
  }

  /**
   * Whose token it is, whether it opens or not. Throws {@link NotAuthenticatedError}, `FailedAttemptsLimitedError` and
   * `RequestsLimitedError`.
   */
  private async known(request: HttpRequest, presented: PresentedToken): Promise<Caller> {
    const { hash } = presented;
    this.limits.check('token', hash);
    const caller = await this.authenticator.findCaller(presented);
    if (!caller) {
      await this.attempts.noteUnknownToken(request.ip);
      throw new NotAuthenticatedError('Invalid token.');
    }
    await this.limits.count('token', hash);
    return caller;
  }

  /** Throws {@link NotAuthenticatedError}. */
  private admitted(caller: Caller, request: HttpRequest, reply: HttpReply): Caller {
    if (!caller.isActive) throw new NotAuthenticatedError('User inactive or deleted.');
    if (caller.tokenExpiresAt && caller.tokenExpiresAt <= this.clock.now())
      throw new NotAuthenticatedError('Token has expired.');
    this.requests.of(request, reply).caller = caller.uuid;
    return caller;
  }
}

/** Throws {@link NotAuthenticatedError}. */
function presentedBy({ headers, ip }: HttpRequest): PresentedToken {
  const token = tokenIn(headers.authorization);
  return { token, hash: hashToken(token), address: ip };
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
