import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new token: 40 hex digits, as Waldur's. Shown once, then known by its hash only. */
export function newToken(): string {
  return randomBytes(20).toString('hex');
}

/** What is stored of a token: its SHA-256 in lower-case hex. Tokens are random, so they need no salt. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Compares two hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
