import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Env } from '../config/env.js';
import { ApiKeyUnreadableError } from './settings.errors.js';

const VERSION = 'v1';

/**
 * Encrypts ArrowSphere keys at rest: AES-256-GCM, bound to the row they belong to, so that a copied value is useless
 * in another row. Written `v1.<nonce>.<tag>.<text>`, each in base64url.
 */
@Injectable()
export class ApiKeyCipher {
  private readonly key: Buffer;

  constructor(env: Env) {
    this.key = Buffer.from(env.SECRET_KEY ?? generatedKey(resolve(env.DATA_DIR)), 'base64');
  }

  encrypt(apiKey: string, settingsUuid: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(settingsUuid));
    const text = Buffer.concat([cipher.update(apiKey, 'utf8'), cipher.final()]);
    return [VERSION, ...[nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url'))].join('.');
  }

  /** Throws {@link ApiKeyUnreadableError}. */
  decrypt(encrypted: string, settingsUuid: string): string {
    try {
      const [version, nonce, tag, text] = encrypted.split('.');
      if (version !== VERSION) throw new Error(`unknown version ${version}`);
      const decipher = createDecipheriv('aes-256-gcm', this.key, Buffer.from(nonce!, 'base64url'), {
        authTagLength: 16,
      })
        .setAAD(Buffer.from(settingsUuid))
        .setAuthTag(Buffer.from(tag!, 'base64url'));
      return Buffer.concat([decipher.update(Buffer.from(text!, 'base64url')), decipher.final()]).toString('utf8');
    } catch {
      throw new ApiKeyUnreadableError();
    }
  }
}

/** The key kept in `DATA_DIR`, made at the first start; for the embedded database only. */
function generatedKey(dataDir: string): string {
  const path = join(dataDir, 'secret.key');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
