import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ArrowAccount, ArrowPartner } from '../arrow-gateway/arrow-gateway.js';
import { normalizedApiUrl } from '../arrow-gateway/api-url.js';
import { Clock } from '../common/clock.js';
import { sanitizeText } from '../common/sanitize-text.js';
import { isReferenced } from '../database/constraint.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import { Settings } from './settings.entity.js';
import { ApiKeyUnreadableError, KeyOfAnotherPartnerError, PartnerChangedError } from './settings.errors.js';
import { SettingsRepository } from './settings.repository.js';

/** What is written of credentials, and which account belongs to which partner. */
@Injectable()
export class AccountRows {
  constructor(
    private readonly settings: SettingsRepository,
    private readonly cipher: ApiKeyCipher,
    private readonly clock: Clock,
  ) {}

  /**
   * The account of this partner. Of several the one at the same address, then the active one, then the oldest. A row
   * saved while ArrowSphere could not name its partner counts if it holds the same key for the same address. `forChange`:
   * the rows are kept from others until the transaction ends, as what is written beside a key depends on which it is.
   */
  async findOfPartner(
    { apiUrl, apiKey }: ArrowAccount,
    { reference }: ArrowPartner,
    options: { readonly manager?: EntityManager; readonly forChange?: boolean } = {},
  ): Promise<Settings | undefined> {
    const found = await this.settings.ofPartner(sanitizeText(reference, 255), options);
    const isHere = (row: Settings) => Number(normalizedApiUrl(row.apiUrl) === normalizedApiUrl(apiUrl));
    return found
      .filter((row) => row.partnerReference !== '' || (isHere(row) && this.readableKey(row) === apiKey))
      .sort((a, b) => isHere(b) - isHere(a) || Number(b.isActive) - Number(a.isActive))[0];
  }

  /**
   * Mappings, licences and bills are a partner's own, so a row that has any keeps its partner.
   * Throws `PartnerChangedError`. The row has to be locked.
   */
  async assertSamePartner(manager: EntityManager, current: Settings, partner: ArrowPartner): Promise<void> {
    if (isKeyOf(current, partner)) return;
    if (await isReferenced(manager, Settings, current.uuid)) {
      throw new PartnerChangedError(nameOf(current), ownerOf(partner));
    }
  }

  /** Throws `KeyOfAnotherPartnerError`. */
  assertKeyOfPartner(settings: Settings, partner: ArrowPartner): void {
    if (!isKeyOf(settings, partner)) throw new KeyOfAnotherPartnerError(ownerOf(partner), nameOf(settings));
  }

  partnerColumns({ reference, companyName }: ArrowPartner): Pick<Settings, 'partnerReference' | 'partnerName'> {
    return { partnerReference: sanitizeText(reference, 255), partnerName: sanitizeText(companyName, 255) };
  }

  /** Within the transaction that writes them. Throws `SecretKeyOutdatedError`. */
  async keyColumns(
    manager: EntityManager,
    uuid: string,
    apiKey: string,
  ): Promise<Pick<Settings, 'encryptedApiKey' | 'keyHint' | 'keyChangedAt'>> {
    // A hint of a short key would give too much of it away.
    const keyHint = apiKey.length >= 12 ? apiKey.slice(-4) : '';
    const encryptedApiKey = await this.cipher.encrypt(apiKey, uuid, manager);
    return { encryptedApiKey, keyHint, keyChangedAt: this.clock.now() };
  }

  /** As {@link keyColumns}; nothing where the row has that key already, so that `keyChangedAt` tells of real changes. */
  async changedKeyColumns(
    manager: EntityManager,
    settings: Settings,
    apiKey: string,
  ): Promise<Partial<Awaited<ReturnType<AccountRows['keyColumns']>>>> {
    return this.readableKey(settings) === apiKey ? {} : this.keyColumns(manager, settings.uuid, apiKey);
  }

  /** The stored key, or `undefined` where it cannot be decrypted any more. */
  readableKey(settings: Settings): string | undefined {
    try {
      return this.cipher.decrypt(settings.encryptedApiKey, settings.uuid);
    } catch (error) {
      if (error instanceof ApiKeyUnreadableError) return undefined;
      throw error;
    }
  }
}

type OfPartner = Pick<Settings, 'partnerReference' | 'partnerName'>;

/** Whether a key that ArrowSphere says is of `partner` is the account's; also where the account's partner is not known yet. */
export function isKeyOf({ partnerReference }: OfPartner, { reference }: ArrowPartner): boolean {
  return partnerReference === '' || partnerReference === sanitizeText(reference, 255);
}

/** The partner of an account, as sentences name it. */
export function nameOf({ partnerName, partnerReference }: OfPartner): string {
  return `${partnerName} (${partnerReference})`;
}

/** The partner that ArrowSphere says a key is of, as sentences name it. */
export function ownerOf({ companyName, reference }: ArrowPartner): string {
  return `${companyName} (${reference})`;
}
