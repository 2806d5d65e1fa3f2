/**
 * What a token is for, the narrowest first; each scope includes those before it. A scope only narrows what the user of
 * the token may do, it never opens anything.
 *
 * - `read`: see what the user may see
 * - `operate`: also change it
 * - `admin`: also users, tokens, and the keys of accounts
 */
export const TOKEN_SCOPES = ['read', 'operate', 'admin'] as const;

export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The widest of these scopes. */
export function widestOf(scopes: readonly TokenScope[]): TokenScope {
  return TOKEN_SCOPES.findLast((scope) => scopes.includes(scope))!;
}

/** A scope, and every one that it includes. */
export function includedIn(scope: TokenScope): TokenScope[] {
  return TOKEN_SCOPES.slice(0, TOKEN_SCOPES.indexOf(scope) + 1);
}

/** Which scope a request needs: by its method, and by whether its route is one of `@AdminScope()`. */
export function scopeNeeded(method: string, isAdminRoute: boolean): TokenScope {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return 'read';
  return isAdminRoute ? 'admin' : 'operate';
}
