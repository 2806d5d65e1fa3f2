import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const VERSION = 'v1';

/** One key that API keys are encrypted with: 32 bytes. It is never shown; its digest tells it from others. */
export class SecretKey {
  /** HMAC-SHA256 of a constant text in lower-case hex: what the database knows of the key. */
  readonly digest: string;
  private readonly bytes: Buffer;

  /** `text`: the key in base64. */
  constructor(text: string) {
    this.bytes = Buffer.from(text, 'base64');
    this.digest = createHmac('sha256', this.bytes).update('waldur-arrowsphere: this is the key').digest('hex');
  }

  /** The first eight digits of the digest, for people to tell keys apart. */
  get id(): string {
    return this.digest.slice(0, 8);
  }

  /** AES-256-GCM, bound to the row. Written `v1.<nonce>.<tag>.<text>`, each in base64url. */
  encrypt(apiKey: string, settingsUuid: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.bytes, nonce).setAAD(Buffer.from(settingsUuid));
    const text = Buffer.concat([cipher.update(apiKey, 'utf8'), cipher.final()]);
    return [VERSION, ...[nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url'))].join('.');
  }

  /** `undefined` where it was encrypted with another key or for another row, or is damaged. */
  decrypt(encrypted: string, settingsUuid: string): string | undefined {
    try {
      const [version, nonce, tag, text] = encrypted.split('.');
      if (version !== VERSION) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', this.bytes, Buffer.from(nonce!, 'base64url'), {
        authTagLength: 16,
      })
        .setAAD(Buffer.from(settingsUuid))
        .setAuthTag(Buffer.from(tag!, 'base64url'));
      return Buffer.concat([decipher.update(Buffer.from(text!, 'base64url')), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
