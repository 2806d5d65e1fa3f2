/** Personal access tokens and those of an identity provider; the others are 40 hex digits. */
export function isBearer(token: string): boolean {
  return /^w_\d+_/.test(token) || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

/** The header by which Waldur takes a token: each kind under its own scheme only. */
export function authorization(token: string): { readonly Authorization: string } {
  return { Authorization: `${isBearer(token) ? 'Bearer' : 'Token'} ${token}` };
}
