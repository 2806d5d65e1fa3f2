import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { makeFolder } from '../common/make-folder.js';
import { Env, SECRET_KEY_FORM } from '../config/env.js';
import { SecretKey } from './secret-key.js';
import { ApiKeyUnreadableError, SecretKeyError, SecretKeyOutdatedError } from './settings.errors.js';
import { SettingsRepository } from './settings.repository.js';

/**
 * Encrypts ArrowSphere keys at rest, bound to the row they belong to, so that a copied value is useless in another row.
 *
 * Which key is written with, the database says (`secret_key_check`): after `SECRET_KEY` has become another one, API keys
 * are stored under `SECRET_KEY_PREVIOUS` until a rotation begins. So instances with the old and the new configuration
 * work beside each other. Whatever was stored under either is read.
 */
@Injectable()
export class ApiKeyCipher implements OnModuleInit {
  /** `SECRET_KEY`, or the one kept in `DATA_DIR`. */
  private current: SecretKey;
  private previous: SecretKey | undefined;
  /** How the key is called where somebody has to mend it. */
  private source: string;

  constructor(
    private readonly env: Env,
    private readonly settings: SettingsRepository,
  ) {}

  /** Throws `SecretKeyError` for another key than the stored API keys were encrypted with, and for none. */
  async onModuleInit(): Promise<void> {
    const { SECRET_KEY, SECRET_KEY_PREVIOUS, SECRET_KEY_REPLACED, DATA_DIR } = this.env;
    const path = join(resolve(DATA_DIR), 'secret.key');
    this.source = SECRET_KEY ? 'SECRET_KEY' : path;
    const mayBeNew = SECRET_KEY_REPLACED || !(await this.settings.newestKey());
    const text = SECRET_KEY ?? keptKey(path) ?? (mayBeNew ? newKey(path) : undefined);
    if (text === undefined) throw new SecretKeyError(`There is no SECRET_KEY, and ${path} is missing.`);
    if (!SECRET_KEY_FORM.test(text))
      throw new SecretKeyError(`${path} is damaged: it does not hold 32 bytes in base64.`);
    this.current = new SecretKey(text);
    const previous = SECRET_KEY_PREVIOUS && new SecretKey(SECRET_KEY_PREVIOUS);
    this.previous = previous && previous.digest !== this.current.digest ? previous : undefined;
    // Without a lock, so that a service starts while its database takes no changes.
    if (!(await this.settings.secretKeyAmong(this.digests)))
      await this.settings.transaction((manager) => this.takeUp(manager, SECRET_KEY_REPLACED));
  }

  /** The keys that this process was given. */
  get keys(): { readonly current: SecretKey; readonly previous?: SecretKey } {
    return { current: this.current, previous: this.previous };
  }

  /**
   * Within the transaction that stores it: until that has ended, no rotation begins. Throws {@link SecretKeyOutdatedError}.
   */
  async encrypt(apiKey: string, settingsUuid: string, manager: EntityManager): Promise<string> {
    return (await this.keyInUse(manager)).encrypt(apiKey, settingsUuid);
  }

  /** Throws {@link ApiKeyUnreadableError}. */
  decrypt(encrypted: string, settingsUuid: string): string {
    const apiKey = this.current.decrypt(encrypted, settingsUuid) ?? this.previous?.decrypt(encrypted, settingsUuid);
    if (apiKey === undefined) throw new ApiKeyUnreadableError();
    return apiKey;
  }

  private get mine(): SecretKey[] {
    return this.previous ? [this.current, this.previous] : [this.current];
  }

  private get digests(): string[] {
    return this.mine.map(({ digest }) => digest);
  }

  /** The key that API keys are stored under. */
  private async keyInUse(manager: EntityManager): Promise<SecretKey> {
    const inUse = await this.settings.secretKeyAmong(this.digests, manager);
    if (inUse) return this.mine.find(({ digest }) => digest === inUse.digest)!;
    try {
      return await this.takeUp(manager, false);
    } catch (error) {
      throw error instanceof SecretKeyError ? new SecretKeyOutdatedError() : error;
    }
  }

  /**
   * Makes the database remember which of the keys of this process opens what is stored; before any API key was stored,
   * `SECRET_KEY`. Throws `SecretKeyError` where none does.
   */
  private async takeUp(manager: EntityManager, isReplaced: boolean): Promise<SecretKey> {
    const inUse = await this.settings.lockSecretKey(manager);
    const sample = await this.settings.newestKey(manager);
    const mayBeNew = isReplaced || !sample;
    // While a rotation is under way, the newest API key does not tell.
    if (inUse?.previousDigest && !mayBeNew) throw new SecretKeyError(this.whyNotInRotation(inUse.digest));
    const opens = mayBeNew
      ? this.current
      : this.mine.find((key) => key.decrypt(sample.encryptedApiKey, sample.uuid) !== undefined);
    if (!opens) throw new SecretKeyError(`${this.source} is not the key it was.`);
    await this.settings.rememberSecretKey(manager, opens.digest);
    return opens;
  }

  private whyNotInRotation(rotatedTo: string): string {
    return this.digests.includes(rotatedTo)
      ? 'Some API keys still stand under the key before, as its rotation has not ended, and SECRET_KEY_PREVIOUS is not that key.'
      : `${this.source} has been rotated, and this is not the key that it became.`;
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
