import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiForbiddenResponse, ApiSecurity, ApiUnauthorizedResponse } from '@nestjs/swagger';
import type { Act } from '../common/acts.js';
import type { KnownRequest } from '../common/requests.js';
import type { Place } from '../limits/load-gate.js';
import { actorOf, type Caller } from './caller.js';

export type AccessRule = 'public' | 'token-optional' | 'any-user' | 'staff';
export const ACCESS_RULE = 'access-rule';
export const ADMIN_SCOPE = 'admin-scope';

const detail = (example: string) => ({
  schema: { type: 'object', required: ['detail'], properties: { detail: { type: 'string', example } } },
});

const unauthorized = () =>
  ApiUnauthorizedResponse({
    description: 'Who calls is not known: the sentence says why',
    ...detail('Authentication credentials were not provided.'),
  });

const secured = () => [ApiSecurity('tokenAuth'), ApiBearerAuth('waldurOIDCAuth'), unauthorized()];

/** Open to everybody, without a token. */
export const Public = () => SetMetadata(ACCESS_RULE, 'public' satisfies AccessRule);

/** Open to everybody; but a token that is sent has to be good, as Waldur asks of a login. */
export const TokenOptional = () =>
  applyDecorators(SetMetadata(ACCESS_RULE, 'token-optional' satisfies AccessRule), unauthorized());

/** For every active user with a token. */
export const AnyUser = () => applyDecorators(SetMetadata(ACCESS_RULE, 'any-user' satisfies AccessRule), ...secured());

/** For staff users only. */
export const StaffOnly = () =>
  applyDecorators(
    SetMetadata(ACCESS_RULE, 'staff' satisfies AccessRule),
    ...secured(),
    ApiForbiddenResponse({
      description: 'Not staff, or not with this token: the sentence names the scope that is needed',
      ...detail('You do not have permission to perform this action.'),
    }),
  );

/** On controllers and routes of users, tokens and keys: whoever changes something needs a token of the scope `admin`. */
export const AdminScope = () => SetMetadata(ADMIN_SCOPE, true);

/** A request, and what the guard says of it. */
export interface GuardedRequest extends KnownRequest {
  caller?: Caller;
  /** Where the route states an action. */
  act?: Act;
  /** Its share of what the process does at once. */
  place?: Place;
}

const callerOf = (context: ExecutionContext): Caller => context.switchToHttp().getRequest<GuardedRequest>().caller!;

/** The user who makes the request. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext) => callerOf(context));

/** Who makes the request, as it is written down: a user name, or `admin as mari`. */
export const Actor = createParamDecorator((_: unknown, context: ExecutionContext) => actorOf(callerOf(context)));

/** An `AbortSignal` that aborts when the client goes away: for services whose work then has no use any more. */
export const ClientGone = createParamDecorator(
  (_: unknown, context: ExecutionContext): AbortSignal =>
    context.switchToHttp().getRequest<GuardedRequest>().about!.signal,
);
