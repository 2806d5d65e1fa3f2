import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { makeFolder } from '../common/make-folder.js';
import { Env, SECRET_KEY_FORM } from '../config/env.js';
import type { Settings } from './settings.entity.js';
import { ApiKeyUnreadableError, SecretKeyError } from './settings.errors.js';
import { SettingsRepository } from './settings.repository.js';

const VERSION = 'v1';

/**
 * Encrypts ArrowSphere keys at rest: AES-256-GCM, bound to the row they belong to, so that a copied value is useless
 * in another row. Written `v1.<nonce>.<tag>.<text>`, each in base64url.
 */
@Injectable()
export class ApiKeyCipher implements OnModuleInit {
  private key: Buffer;

  constructor(
    private readonly env: Env,
    private readonly settings: SettingsRepository,
  ) {}

  /** Throws `SecretKeyError` for another key than the stored API keys were encrypted with, and for none. */
  async onModuleInit(): Promise<void> {
    const stored = await this.settings.secretKeyDigest();
    const sample = await this.settings.newestKey();
    const mayBeNew = !sample || this.env.SECRET_KEY_REPLACED;
    const path = join(resolve(this.env.DATA_DIR), 'secret.key');
    const text = this.env.SECRET_KEY ?? keptKey(path) ?? (mayBeNew ? newKey(path) : undefined);
    if (text === undefined) throw new SecretKeyError(`There is no SECRET_KEY, and ${path} is missing.`);
    if (!SECRET_KEY_FORM.test(text))
      throw new SecretKeyError(`${path} is damaged: it does not hold 32 bytes in base64.`);
    this.key = Buffer.from(text, 'base64');
    const digest = createHmac('sha256', this.key).update('waldur-arrowsphere: this is the key').digest('hex');
    if (stored === digest) return;
    if (!mayBeNew && !this.decrypts(sample))
      throw new SecretKeyError(`${this.env.SECRET_KEY ? 'SECRET_KEY' : path} is not the key it was.`);
    await this.settings.rememberSecretKey(digest);
  }

  encrypt(apiKey: string, settingsUuid: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(settingsUuid));
    const text = Buffer.concat([cipher.update(apiKey, 'utf8'), cipher.final()]);
    return [VERSION, ...[nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url'))].join('.');
  }

  private decrypts({ uuid, encryptedApiKey }: Settings): boolean {
    try {
      return this.decrypt(encryptedApiKey, uuid) !== '';
    } catch {
      return false;
    }
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

/** The key kept in `DATA_DIR`, for the embedded database only. */
function keptKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function newKey(path: string): string {
  const key = randomBytes(32).toString('base64');
  makeFolder(dirname(path));
  writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}
