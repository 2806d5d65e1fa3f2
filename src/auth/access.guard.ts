import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
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
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { caller?: Caller }>();
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
    const context = currentRequest();
    if (context) context.caller = caller.uuid;
    return caller;
  }
}

/** `Token KEY`, `Bearer KEY` and `Bearer Token KEY`: the official JavaScript client sends each of them. */
function tokenIn(header: string | undefined): string {
  const [scheme, ...words] = (header ?? '').trim().split(/\s+/);
  const isToken = scheme?.toLowerCase() === 'token';
  if (!isToken && scheme?.toLowerCase() !== 'bearer') {
    throw new NotAuthenticatedError('Authentication credentials were not provided.');
  }
  const keys = !isToken && words[0]?.toLowerCase() === 'token' && words.length > 1 ? words.slice(1) : words;
  if (keys.length === 0) throw new NotAuthenticatedError('Invalid token. No credentials provided.');
  if (keys.length > 1) throw new NotAuthenticatedError('Invalid token. Token string should not contain spaces.');
  return keys[0]!;
}
