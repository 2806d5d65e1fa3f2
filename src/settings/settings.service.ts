import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  type ArrowAccount,
  type ArrowCallOptions,
  ArrowGateway,
  type ArrowPartner,
} from '../arrow-gateway/arrow-gateway.js';
import { assertAllowedApiUrl, normalizedApiUrl } from '../arrow-gateway/api-url.js';
import type { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { translateConstraintErrors } from '../database/constraint.js';
import { EntityService } from '../database/entity.service.js';
import { AccountRows } from './account-rows.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import { CredentialsService, type VerifiedCredentials } from './credentials.service.js';
import { Settings } from './settings.entity.js';
import {
  AccountOfAnotherPartnerError,
  ApiKeyNeededForNewUrlError,
  NoActiveSettingsError,
  SettingsMissingError,
} from './settings.errors.js';
import { type SettingsFilter, SettingsRepository } from './settings.repository.js';

/** What is to be saved of an account; what is left out stays, or takes its default in a new one. */
export type SettingsChoices = Partial<
  Pick<
    Settings,
    'exportTypeReference' | 'classificationFilter' | 'syncEnabled' | 'invoicePriceSource' | 'invoiceItemPrefix'
  >
>;

/** What may be changed of an account by hand; without a key, or with a blank one, the key stays. */
export type AccountChanges = SettingsChoices & Partial<ArrowAccount & Pick<Settings, 'isActive'>>;

/** Settings as saved, and whether ArrowSphere could be asked about them. */
export interface SavedSettings {
  readonly settings: Settings;
  /** Whether ArrowSphere took the key; `undefined`: there was nothing new to ask it. */
  readonly verified?: boolean;
  /** Why it could not be asked. */
  readonly unverifiedBecause?: string;
}

/** An account as the set-up left it. */
export interface StoredAccount {
  readonly settings: Settings;
  /** The account as it was; `undefined` for a new one. */
  readonly before?: Settings;
}

/** ArrowSphere accounts: their credentials, which one is active, and how billing reads them. */
@Injectable()
export class SettingsService extends EntityService<Settings, SettingsFilter> {
  constructor(
    private readonly repository: SettingsRepository,
    private readonly rows: AccountRows,
    private readonly credentials: CredentialsService,
    private readonly cipher: ApiKeyCipher,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {
    super(repository);
  }

  /** The active account, if there is one. */
  findActive(): Promise<Settings | null> {
    return this.repository.find({ isActive: true });
  }

  /**
   * The active account. `how` is what the endpoint says of it: not `configured`, or not `found`. Throws
   * `NoActiveSettingsError`.
   */
  async getActive(how?: 'configured' | 'found'): Promise<Settings> {
    const settings = await this.findActive();
    if (!settings) throw new NoActiveSettingsError(how);
    return settings;
  }

  /** The active settings of a partner (`XSP…`), if they are active. */
  async activeOfPartner(partnerReference: string): Promise<Settings | null> {
    return partnerReference ? this.repository.find({ isActive: true, partnerReference }) : null;
  }

  /**
   * The account that a request means: the one it names, else the active one. Throws `SettingsMissingError`; endpoints
   * that say otherwise that a named one is not there give their own error.
   */
  async resolve(
    uuid?: string,
    notThere: (uuid: string) => AppError = () => new SettingsMissingError(),
  ): Promise<Settings> {
    const settings = await this.repository.find(uuid ? { uuid } : { isActive: true });
    if (!settings) throw uuid ? notThere(uuid) : new SettingsMissingError();
    return settings;
  }

  /** What the gateway needs to call ArrowSphere for this account. Throws `ApiKeyUnreadableError`. */
  accountOf(settings: Settings): ArrowAccount {
    return { apiUrl: settings.apiUrl, apiKey: this.cipher.decrypt(settings.encryptedApiKey, settings.uuid) };
  }

  /**
   * The same where ArrowSphere says that the key is the partner's: what is written by its answers must be of this partner.
   * Throws `ApiKeyUnreadableError`, `KeyOfAnotherPartnerError` and the gateway's errors.
   */
  async ownAccountOf(settings: Settings, options: ArrowCallOptions = {}): Promise<ArrowAccount> {
    const account = this.accountOf(settings);
    const partner = await this.gateway.whoAmI(account, { ...options, refresh: true });
    this.rows.assertKeyOfPartner(settings, partner);
    return account;
  }

  /** The account that the set-up of this partner would change, if there is one already. */
  findOfPartner(account: ArrowAccount, partner: ArrowPartner): Promise<Settings | undefined> {
    return this.rows.findOfPartner(account, partner);
  }

  /**
   * Asks ArrowSphere who the key belongs to, then saves. Where it could not be asked, the account is active only if no
   * other one is.
   * Throws `ApiKeyRefusedError`, `InvalidFieldsError` (api_url).
   */
  async create(account: AccountChanges & ArrowAccount): Promise<SavedSettings> {
    const { apiUrl, apiKey, isActive: isWanted = true, ...choices } = account;
    const { partner, unverifiedBecause } = await this.credentials.verify(this.credentials.accountOf(account));
    const uuid = randomUUID();
    await this.repository.transaction(async (manager) => {
      const isActive = isWanted && (await this.repository.mayTakeOver(manager, uuid, !!partner));
      if (isActive) await this.repository.deactivateOthers(manager, uuid, this.clock.now());
      await manager.insert(Settings, {
        ...{ uuid, isActive, apiUrl, ...choices },
        ...(await this.rows.keyColumns(manager, uuid, apiKey)),
        ...(partner && this.rows.partnerColumns(partner)),
      });
    });
    return { settings: await this.get(uuid), verified: !unverifiedBecause, unverifiedBecause };
  }

  /**
   * Changes what is given. A new address or key is tried at ArrowSphere first, and has to belong to the same partner
   * as long as the account is in use. So is the key of an account that is to become the active one: where
   * ArrowSphere could not be asked about it, it does not replace another.
   * Throws `SettingsNotFoundError`, `ApiKeyRefusedError`, `ApiKeyNeededForNewUrlError`, `PartnerChangedError`,
   * `InvalidFieldsError` (api_url).
   */
  async update(uuid: string, changes: AccountChanges): Promise<SavedSettings> {
    const known = await this.get(uuid);
    const { apiKey, apiUrl = known.apiUrl, isActive, ...choices } = changes;
    this.assertKeyMayTravel(known, changes);
    let verified: VerifiedCredentials | undefined;
    if (apiKey) verified = await this.credentials.verify({ apiUrl, apiKey });
    else if (isActive && !known.isActive) verified = await this.credentials.verify(this.accountOf(known));
    await this.repository.transaction(async (manager) => {
      const takesOver =
        isActive && (await this.repository.mayTakeOver(manager, known.uuid, !verified?.unverifiedBecause));
      if (takesOver) await this.repository.deactivateOthers(manager, known.uuid, this.clock.now());
      const current = await this.repository.lock(manager, known.uuid);
      // Once more, as the address may have changed while ArrowSphere was asked.
      this.assertKeyMayTravel(current, changes);
      if (verified?.partner) await this.rows.assertSamePartner(manager, current, verified.partner);
      await manager.update(
        Settings,
        { uuid: current.uuid },
        {
          ...choices,
          isActive: isActive && !takesOver ? undefined : isActive,
          ...(apiKey
            ? { apiUrl, ...(await this.rows.changedKeyColumns(manager, current, apiKey)) }
            : { apiUrl: changes.apiUrl }),
          ...(verified?.partner && this.rows.partnerColumns(verified.partner)),
          modified: this.clock.now(),
        },
      );
    });
    this.forget(known);
    const unverifiedBecause = verified?.unverifiedBecause;
    return { settings: await this.get(uuid), verified: verified && !unverifiedBecause, unverifiedBecause };
  }

  /**
   * For the set-up, in its transaction: the account of that partner is made, or changed in place so that what
   * refers to it stays, and is the active one afterwards. Set-ups at once happen one after the other. `uuid`: of a new
   * one, if it has one elsewhere. Throws `AccountOfAnotherPartnerError` where that is taken.
   */
  async storeActive(
    manager: EntityManager,
    account: ArrowAccount,
    partner: ArrowPartner,
    choices: SettingsChoices,
    newUuid: string = randomUUID(),
  ): Promise<StoredAccount> {
    await this.repository.serialize(manager);
    const before = await this.rows.findOfPartner(account, partner, { manager, forChange: true });
    const uuid = before?.uuid ?? newUuid;
    await this.repository.deactivateOthers(manager, uuid, this.clock.now());
    const common = { ...choices, ...this.rows.partnerColumns(partner), apiUrl: account.apiUrl, isActive: true };
    if (before) {
      const key = await this.rows.changedKeyColumns(manager, before, account.apiKey);
      await manager.update(Settings, { uuid }, { ...common, ...key, modified: this.clock.now() });
    } else {
      const key = await this.rows.keyColumns(manager, uuid, account.apiKey);
      await translateConstraintErrors({ pk_arrow_settings: () => new AccountOfAnotherPartnerError() }, () =>
        manager.insert(Settings, { uuid, ...common, ...key }),
      );
    }
    return { settings: await manager.findOneByOrFail(Settings, { uuid }), before };
  }

  /** What is cached of the account at ArrowSphere is not to be used any more. */
  forget(settings: Settings): void {
    const apiKey = this.rows.readableKey(settings);
    if (apiKey) this.gateway.forget({ apiUrl: settings.apiUrl, apiKey });
  }

  /** Turns the schedules of an account on or off, as part of a larger change. */
  async setSyncEnabled(manager: EntityManager, uuid: string, syncEnabled: boolean): Promise<void> {
    await manager.update(Settings, { uuid }, { syncEnabled, modified: this.clock.now() });
  }

  /** The accounts whose schedules are on. */
  scheduled(): Promise<Settings[]> {
    return this.repository.scheduled();
  }

  /** Throws `SettingsNotFoundError`, `ObjectInUseError`. */
  remove(uuid: string): Promise<void> {
    return this.repository.remove(uuid, ({ partnerName, apiUrl }) => `The account "${partnerName || apiUrl}"`);
  }

  /** A stored key goes to the address it was given for, and to no other. Spellings of one address are one address. */
  private assertKeyMayTravel(settings: Settings, { apiUrl, apiKey }: AccountChanges): void {
    if (apiUrl === undefined) return;
    assertAllowedApiUrl(apiUrl, this.env.ARROW_ALLOW_PRIVATE_HOSTS);
    if (!apiKey && normalizedApiUrl(apiUrl) !== normalizedApiUrl(settings.apiUrl)) {
      throw new ApiKeyNeededForNewUrlError();
    }
  }
}
