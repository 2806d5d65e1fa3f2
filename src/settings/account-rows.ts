import { Injectable } from '@nestjs/common';
import { type EntityManager, In, Not } from 'typeorm';
import type { ArrowAccount, ArrowPartner } from '../arrow-gateway/arrow-gateway.js';
import { normalizedApiUrl } from '../arrow-gateway/api-url.js';
import { Clock } from '../common/clock.js';
import { storable } from '../common/storable.js';
import { isReferenced } from '../database/constraint.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import { Settings } from './settings.entity.js';
import { ApiKeyUnreadableError, PartnerChangedError, SettingsNotFoundError } from './settings.errors.js';

/** Any number; taken while the active account changes, so that two changes at once happen one after the other. */
const ACTIVE_SETTINGS_LOCK = 7_236_115;

/** Rows of accounts within a transaction: what is written of credentials, and which row belongs to which partner. */
@Injectable()
export class AccountRows {
  constructor(
    private readonly cipher: ApiKeyCipher,
    private readonly clock: Clock,
  ) {}

  /** Waits for other changes of the active account, until the transaction ends. */
  async serialize(manager: EntityManager): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [ACTIVE_SETTINGS_LOCK]);
  }

  async deactivateOthers(manager: EntityManager, uuid: string): Promise<void> {
    await this.serialize(manager);
    const modified = this.clock.now();
    await manager.update(Settings, { isActive: true, uuid: Not(uuid) }, { isActive: false, modified });
  }

  /**
   * Whether `uuid` may become the active account: one whose key could not be verified never replaces one that is at
   * work. Waits for other changes of the active account.
   */
  async mayTakeOver(manager: EntityManager, uuid: string, isVerified: boolean): Promise<boolean> {
    await this.serialize(manager);
    return isVerified || !(await manager.existsBy(Settings, { isActive: true, uuid: Not(uuid) }));
  }

  /** The row as it is now, kept from others until the transaction ends. Throws `SettingsNotFoundError`. */
  async lock(manager: EntityManager, uuid: string): Promise<Settings> {
    const settings = await manager.findOne(Settings, { where: { uuid }, lock: { mode: 'pessimistic_write' } });
    if (!settings) throw new SettingsNotFoundError();
    return settings;
  }

  /**
   * The account of this partner. Of several the one at the same address, then the active one, then the oldest. A row
   * saved while ArrowSphere could not say whose it is counts if it holds the same key for the same address. `forChange`:
   * the rows are kept from others until the transaction ends.
   */
  async findOfPartner(
    manager: EntityManager,
    { apiUrl, apiKey }: ArrowAccount,
    { reference }: ArrowPartner,
    { forChange = false } = {},
  ): Promise<Settings | undefined> {
    const found = await manager.find(Settings, {
      // What is written beside the stored key depends on which key it is, so nobody may change it meanwhile.
      ...(forChange ? { lock: { mode: 'pessimistic_write' as const } } : {}),
      where: { partnerReference: In([storable(reference, 255), '']) },
      order: { created: 'ASC', uuid: 'ASC' },
    });
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
    const { partnerReference, partnerName } = current;
    if (partnerReference === '' || partnerReference === storable(partner.reference, 255)) return;
    if (await isReferenced(manager, Settings, current.uuid)) {
      throw new PartnerChangedError(
        `${partnerName} (${partnerReference})`,
        `${partner.companyName} (${partner.reference})`,
      );
    }
  }

  partnerColumns({ reference, companyName }: ArrowPartner): Pick<Settings, 'partnerReference' | 'partnerName'> {
    return { partnerReference: storable(reference, 255), partnerName: storable(companyName, 255) };
  }

  keyColumns(uuid: string, apiKey: string): Pick<Settings, 'encryptedApiKey' | 'keyHint' | 'keyChangedAt'> {
    // A hint of a short key would give too much of it away.
    const keyHint = apiKey.length >= 12 ? apiKey.slice(-4) : '';
    return { encryptedApiKey: this.cipher.encrypt(apiKey, uuid), keyHint, keyChangedAt: this.clock.now() };
  }

  /** As {@link keyColumns}; nothing where the row has that key already, so that `keyChangedAt` tells of real changes. */
  changedKeyColumns(settings: Settings, apiKey: string): Partial<ReturnType<AccountRows['keyColumns']>> {
    return this.readableKey(settings) === apiKey ? {} : this.keyColumns(settings.uuid, apiKey);
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
