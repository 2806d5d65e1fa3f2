import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** One of the settings that OWASP's password storage cheat sheet calls equal for scrypt; this one needs 16 MB a guess. */
const COST = { ln: 14, r: 8, p: 5 };
const BYTES = 32;

interface Cost {
  /** Binary logarithm of scrypt's N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/**
 * What is stored of a password: scrypt with a salt of its own, as a PHC string (`$scrypt$ln=14,r=8,p=5$salt$hash`), so
 * that later ones may cost more. Takes a tenth of a second of processor time, on a thread of its own.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const { ln, r, p } = COST;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(await derive(password, salt, COST))}`;
}

/** Whether a password is the one that was hashed; takes the same time either way. Throws on what is no such hash. */
export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const [, ln, r, p, salt, hash] = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ?? [];
  if (!salt || !hash) throw new Error('What is stored of a password cannot be read.');
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost), Buffer.from(hash, 'base64'));
}

/** The same letters can be typed as different code points; NFKC makes them the same. */
function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, BYTES, { N, r, p, maxmem: 2 * 128 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
