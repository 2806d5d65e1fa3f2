import type { TokenScope } from './scopes.js';

/** Who makes the request being served. */
export interface Caller {
  readonly uuid: string;
  readonly username: string;
  readonly isStaff: boolean;
  readonly isSupport: boolean;
  readonly isActive: boolean;
  /** What the token is called, for the audit trail; never its value. */
  readonly tokenName?: string;
  /** What the token is for, whoever staff acts as with it. */
  readonly tokenScope: TokenScope;
  /** Seconds after which the token expires when it is not used; null: never. */
  readonly tokenLifetime: number | null;
  /** When the token expires (UTC), this use counted; null: never. */
  readonly tokenExpiresAt: Date | null;
  /** Of a user of the Waldur beside us, who has no row here; left out for our own. */
  readonly profile?: CallerProfile;
  /** Who really calls, where staff acts as this user. */
  readonly impersonator?: { readonly uuid: string; readonly username: string };
}

/** What Waldur says of its user, besides who it is. */
export interface CallerProfile {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly dateJoined: Date;
}

/** A token as it came in. */
export interface PresentedToken {
  readonly token: string;
  /** Its SHA-256 in lower-case hex. */
  readonly hash: string;
  /** IP address that it came from. */
  readonly address: string;
}

/** Who acts, as it is written down: the user name; where staff acts as another user, `admin as mari`. */
export function actorOf({ username, impersonator }: Caller): string {
  return impersonator ? `${impersonator.username} as ${username}` : username;
}

/** The user names that an actor may be written of: one, or both of `admin as mari`. */
export function namesIn(actor: string): string[] {
  return [actor, ...actor.split(' as ')];
}

/** The user that an actor acted as, and who really called where that was another. */
export function partiesOf(actor: string): { readonly actor: string; readonly impersonator?: string } {
  const [caller = '', user] = actor.split(' as ');
  return user ? { actor: user, impersonator: caller } : { actor };
}

/** Room for two user names. */
export const ACTOR_LENGTH = 300;

/** Finds the user behind a token; whoever keeps the users provides it. */
export abstract class Authenticator {
  /** Answers the user, active or not, the token expired or not; `undefined` for a token that is nobody's. */
  abstract findCaller(presented: PresentedToken): Promise<Caller | undefined>;

  /** The user of a UUID, as if it called with the token of `caller`; `undefined` where there is no active one. */
  abstract findImpersonated(uuid: string, caller: Caller, presented: PresentedToken): Promise<Caller | undefined>;
}
