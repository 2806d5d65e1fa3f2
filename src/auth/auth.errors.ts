import { appError } from '../common/app.error.js';
import { RequestError } from '../common/http-errors.js';
import type { TokenScope } from './scopes.js';

/** Nobody, or nobody we know (401). The sentences are Waldur's: its own UI tells them apart. */
export class NotAuthenticatedError extends RequestError {
  constructor(
    detail:
      | 'Authentication credentials were not provided.'
      | 'Authentication credentials were not provided. Write "Token" and a space before the key.'
      | 'Invalid token.'
      | 'Invalid token. No credentials provided.'
      | 'Invalid token. Token string should not contain spaces.'
      | 'User inactive or deleted.'
      | 'Token has expired.'
      | 'Invalid username/password.'
      | 'User account is disabled.'
      | 'Username is locked out. Try in 10 minutes.'
      | 'Authentication method is disabled. Please use another authentication method or contact staff.',
  ) {
    super(401, detail, { 'WWW-Authenticate': 'Token' });
  }
}

/** Staff wants to act as somebody who is not there (400): going on as staff would do what nobody meant. */
export class NobodyToImpersonateError extends RequestError {
  constructor() {
    super(400, 'X-Impersonated-User-Uuid names no active user.');
  }
}

/** Somebody, who may not (403). Never 401: Waldur's UI logs the user out on that. */
export class StaffOnlyError extends RequestError {
  constructor() {
    super(403, 'You do not have permission to perform this action.');
  }
}

/** The user may, but not with this token (403). */
export class ScopeMissingError extends RequestError {
  constructor(needed: TokenScope, given: TokenScope) {
    super(403, `This request needs a token with the scope "${needed}"; this one has "${given}".`);
  }
}

/** A route that states no access rule: a programming error, refused rather than left open. */
export class AccessRuleMissingError extends appError(
  'forbidden',
  'access_rule_missing',
  (route: string) => `${route} states no access rule.`,
) {}
