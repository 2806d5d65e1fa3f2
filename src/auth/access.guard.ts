import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../common/clock.js';
import { currentRequest } from '../common/request-context.js';
import { ACCESS_RULE, type AccessRule } from './access.js';
import { AccessRuleMissingError, NotAuthenticatedError, StaffOnlyError } from './auth.errors.js';
import { Authenticator, type Caller } from './caller.js';
import { hashToken } from './token.js';

/** Stands before every route: who calls, and may they? A route that says nothing is refused. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { caller?: Caller }>();
    if (rule === 'token-optional' && !wordsAfterScheme(request.headers.authorization)) return true;
    request.caller = await this.authenticate(request.headers.authorization);
    if (!rule) throw new AccessRuleMissingError(`${context.getClass().name}.${context.getHandler().name}`);
    if (rule === 'staff' && !request.caller.isStaff) throw new StaffOnlyError();
    return true;
  }

  /** The user an `Authorization` header names. Throws {@link NotAuthenticatedError}. */
  async authenticate(header: string | undefined): Promise<Caller> {
    const caller = await this.authenticator.findCaller(hashToken(tokenIn(header)));
    if (!caller) throw new NotAuthenticatedError('Invalid token.');
    if (!caller.isActive) throw new NotAuthenticatedError('User inactive or deleted.');
    if (caller.tokenExpiresAt && caller.tokenExpiresAt <= this.clock.now())
      throw new NotAuthenticatedError('Token has expired.');
    const context = currentRequest();
    if (context) context.caller = caller.uuid;
    return caller;
  }
}

/** `Token KEY`, `Bearer KEY` and `Bearer Token KEY`: the official JavaScript client sends each of them. */
function tokenIn(header: string | undefined): string {
  const keys = wordsAfterScheme(header);
  if (!keys) throw new NotAuthenticatedError('Authentication credentials were not provided.');
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
