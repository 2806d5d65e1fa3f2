/** Who makes the request being served. */
export interface Caller {
  readonly uuid: string;
  readonly username: string;
  readonly isStaff: boolean;
  readonly isSupport: boolean;
  readonly isActive: boolean;
}

/** Finds the user behind a token; whoever keeps the users provides it. */
export abstract class Authenticator {
  /** `hash` is the SHA-256 of the token in lower-case hex. Answers the user, active or not, or `undefined`. */
  abstract findCaller(hash: string): Promise<Caller | undefined>;
}
