import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import { type ArrowAccount, ArrowGateway, type ArrowPartner } from '../arrow-gateway/arrow-gateway.js';
import { assertAllowedApiUrl, normalizedApiUrl } from '../arrow-gateway/api-url.js';
import type { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import type { Count, Page } from '../common/page.js';
import { Env } from '../config/env.js';
import { removing } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { countOnly, orderOf, paginate } from '../database/paginate.js';
import { AccountRows } from './account-rows.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import { CredentialsService, type VerifiedCredentials } from './credentials.service.js';
import { SETTINGS_ORDER } from './settings.dto.js';
import type { CreateSettingsDto, ListSettingsQuery, PatchSettingsDto, SavedSettings } from './settings.dto.js';
import { Settings } from './settings.entity.js';
import {
  ApiKeyNeededForNewUrlError,
  NoActiveSettingsError,
  SettingsMissingError,
  SettingsNotFoundError,
} from './settings.errors.js';

/** What is to be saved of an account; what is left out stays, or takes its default in a new one. */
export type SettingsChoices = Partial<
  Pick<
    Settings,
    'exportTypeReference' | 'classificationFilter' | 'syncEnabled' | 'invoicePriceSource' | 'invoiceItemPrefix'
  >
>;

/** An account as the set-up left it. */
export interface StoredAccount {
  readonly settings: Settings;
  /** The account as it was; `undefined` for a new one. */
  readonly before?: Settings;
}

/** ArrowSphere accounts: their credentials, which one is active, and how billing reads them. */
@Injectable()
export class SettingsService {
  constructor(
    @InjectRepository(Settings) private readonly repository: Repository<Settings>,
    private readonly rows: AccountRows,
    private readonly credentials: CredentialsService,
    private readonly cipher: ApiKeyCipher,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListSettingsQuery): Promise<Page<Settings>> {
    const order = orderOf(query.o, SETTINGS_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) => this.repository.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListSettingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `SettingsNotFoundError`. */
  get(uuid: string): Promise<Settings> {
    return findOrThrow(this.repository, uuid, SettingsNotFoundError);
  }

  /** The active account, if there is one. */
  findActive(): Promise<Settings | null> {
    return this.repository.findOneBy({ isActive: true });
  }

  /** The active account. `how` is what the endpoint says of it: not `configured` or not `found`. Throws `NoActiveSettingsError`. */
  async getActive(how?: 'configured' | 'found'): Promise<Settings> {
    const settings = await this.findActive();
    if (!settings) throw new NoActiveSettingsError(how);
    return settings;
  }

  /** The active settings of a partner (`XSP…`), if they are active. */
  async activeOfPartner(partnerReference: string): Promise<Settings | null> {
    return partnerReference ? this.repository.findOneBy({ isActive: true, partnerReference }) : null;
  }

  /**
   * The account that a request means: the one it names, else the active one. Throws `SettingsMissingError`; endpoints that
   * say otherwise that a named one is not there give their own error.
   */
  async resolve(
    uuid?: string,
    notThere: (uuid: string) => AppError = () => new SettingsMissingError(),
  ): Promise<Settings> {
    const settings = await (uuid ? this.repository.findOneBy({ uuid }) : this.findActive());
    if (!settings) throw uuid ? notThere(uuid) : new SettingsMissingError();
    return settings;
  }

  /** What the gateway needs to call ArrowSphere for this account. Throws `ApiKeyUnreadableError`. */
  accountOf(settings: Settings): ArrowAccount {
    return { apiUrl: settings.apiUrl, apiKey: this.cipher.decrypt(settings.encryptedApiKey, settings.uuid) };
  }

  /** The account that the set-up of this partner would change, if there is one already. */
  findOfPartner(account: ArrowAccount, partner: ArrowPartner): Promise<Settings | undefined> {
    return this.rows.findOfPartner(this.repository.manager, account, partner);
  }

  /**
   * Asks ArrowSphere who the key belongs to, then saves. Where it could not be asked, the account is active only if no
   * other one is.
   * Throws `ApiKeyRefusedError`, `InvalidFieldsError` (api_url).
   */
  async create(dto: CreateSettingsDto): Promise<SavedSettings> {
    const { partner, unverifiedBecause } = await this.credentials.verify(
      this.credentials.accountOf({ apiUrl: dto.api_url, apiKey: dto.api_key }),
    );
    const uuid = randomUUID();
    await this.repository.manager.transaction(async (manager) => {
      const isActive = (dto.is_active ?? true) && (await this.rows.mayTakeOver(manager, uuid, !!partner));
      if (isActive) await this.rows.deactivateOthers(manager, uuid);
      await manager.insert(Settings, {
        ...{ uuid, isActive, apiUrl: dto.api_url },
        ...columns(dto),
        ...this.rows.keyColumns(uuid, dto.api_key),
        ...(partner && this.rows.partnerColumns(partner)),
      });
    });
    return { settings: await this.get(uuid), verified: !unverifiedBecause, unverifiedBecause };
  }

  /**
   * Changes what is given. A new address or key is tried at ArrowSphere first, and has to belong to the same partner
   * as long as anything hangs on the account. So is the key of an account that is to become the active one: where
   * ArrowSphere could not be asked about it, it does not replace another.
   * Throws `SettingsNotFoundError`, `ApiKeyRefusedError`, `ApiKeyNeededForNewUrlError`, `PartnerChangedError`,
   * `InvalidFieldsError` (api_url).
   */
  async update(uuid: string, dto: PatchSettingsDto): Promise<SavedSettings> {
    const known = await this.get(uuid);
    const { api_key: apiKey, api_url: apiUrl = known.apiUrl } = dto;
    this.assertKeyMayTravel(known, dto);
    let verified: VerifiedCredentials | undefined;
    if (apiKey) verified = await this.credentials.verify({ apiUrl, apiKey });
    else if (dto.is_active && !known.isActive) verified = await this.credentials.verify(this.accountOf(known));
    await this.repository.manager.transaction(async (manager) => {
      const takesOver =
        dto.is_active && (await this.rows.mayTakeOver(manager, known.uuid, !verified?.unverifiedBecause));
      if (takesOver) await this.rows.deactivateOthers(manager, known.uuid);
      const current = await this.rows.lock(manager, known.uuid);
      // Once more, as the address may have changed while ArrowSphere was asked.
      this.assertKeyMayTravel(current, dto);
      if (verified?.partner) await this.rows.assertSamePartner(manager, current, verified.partner);
      await manager.update(
        Settings,
        { uuid: current.uuid },
        {
          ...columns(dto),
          isActive: dto.is_active && !takesOver ? undefined : dto.is_active,
          ...(apiKey ? { apiUrl, ...this.rows.changedKeyColumns(current, apiKey) } : { apiUrl: dto.api_url }),
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
   * For the set-up, in its transaction: the account of that partner is made, or changed in place so that everything
   * that hangs on it stays, and is the active one afterwards. Set-ups at once happen one after the other.
   */
  async storeActive(
    manager: EntityManager,
    account: ArrowAccount,
    partner: ArrowPartner,
    choices: SettingsChoices,
  ): Promise<StoredAccount> {
    await this.rows.serialize(manager);
    const before = await this.rows.findOfPartner(manager, account, partner, { forChange: true });
    const uuid = before?.uuid ?? randomUUID();
    await this.rows.deactivateOthers(manager, uuid);
    const common = { ...choices, ...this.rows.partnerColumns(partner), apiUrl: account.apiUrl, isActive: true };
    if (before) {
      const key = this.rows.changedKeyColumns(before, account.apiKey);
      await manager.update(Settings, { uuid }, { ...common, ...key, modified: this.clock.now() });
    } else {
      await manager.insert(Settings, { uuid, ...common, ...this.rows.keyColumns(uuid, account.apiKey) });
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
    return this.repository.find({ where: { isActive: true, syncEnabled: true }, order: { created: 'ASC' } });
  }

  /** Throws `SettingsNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const settings = await this.get(uuid);
    await removing(`The account "${settings.partnerName || settings.apiUrl}"`, () =>
      this.repository.delete({ uuid: settings.uuid }),
    );
  }

  /** A stored key goes to the address it was given for, and to no other. Spellings of one address are one address. */
  private assertKeyMayTravel(settings: Settings, { api_url, api_key }: PatchSettingsDto): void {
    if (api_url === undefined) return;
    assertAllowedApiUrl(api_url, this.env.ARROW_ALLOW_PRIVATE_HOSTS);
    if (!api_key && normalizedApiUrl(api_url) !== normalizedApiUrl(settings.apiUrl)) {
      throw new ApiKeyNeededForNewUrlError();
    }
  }

  private filtered({ is_active, sync_enabled }: ListSettingsQuery): SelectQueryBuilder<Settings> {
    const found = this.repository.createQueryBuilder('settings');
    if (is_active !== undefined) found.andWhere('settings.isActive = :is_active', { is_active });
    if (sync_enabled !== undefined) found.andWhere('settings.syncEnabled = :sync_enabled', { sync_enabled });
    return found;
  }
}

/** The columns that operators choose, from a request. */
function columns(dto: PatchSettingsDto): SettingsChoices {
  return {
    exportTypeReference: dto.export_type_reference,
    classificationFilter: dto.classification_filter,
    syncEnabled: dto.sync_enabled,
    invoicePriceSource: dto.invoice_price_source,
    invoiceItemPrefix: dto.invoice_item_prefix,
  };
}
