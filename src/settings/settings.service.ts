import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import { type ArrowAccount, ArrowGateway, type ArrowPartner } from '../arrow-gateway/arrow-gateway.js';
import {
  ArrowCredentialsRejectedError,
  ArrowError,
  ArrowNotAllowedError,
  ArrowRefusedError,
} from '../arrow-gateway/arrow-gateway.errors.js';
import { assertAllowedApiUrl } from '../arrow-gateway/api-url.js';
import { Clock } from '../common/clock.js';
import type { Count, Page } from '../common/page.js';
import { parseUuid } from '../common/uuid.js';
import { Env } from '../config/env.js';
import { removing } from '../database/constraint.js';
import { countOnly, orderOf, paginate } from '../database/paginate.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import type {
  CheckedCredentials,
  CreateSettingsDto,
  CredentialsDto,
  ListSettingsQuery,
  PatchSettingsDto,
  SavedSettings,
} from './settings.dto.js';
import { Settings } from './settings.entity.js';
import {
  ApiKeyNeededForNewUrlError,
  ApiKeyRefusedError,
  NoActiveSettingsError,
  SettingsMissingError,
  SettingsNotFoundError,
} from './settings.errors.js';

/** Any number; taken while the active account changes, so that two changes at once happen one after the other. */
const ACTIVE_SETTINGS_LOCK = 7_236_115;

/** ArrowSphere accounts: their credentials, which one is active, and how billing reads them. */
@Injectable()
export class SettingsService {
  constructor(
    @InjectRepository(Settings) private readonly repository: Repository<Settings>,
    private readonly cipher: ApiKeyCipher,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListSettingsQuery): Promise<Page<Settings>> {
    const order = orderOf(undefined, {}, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) => this.repository.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListSettingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `SettingsNotFoundError`. */
  async get(uuid: string): Promise<Settings> {
    const known = parseUuid(uuid);
    const settings = known && (await this.repository.findOneBy({ uuid: known }));
    if (!settings) throw new SettingsNotFoundError();
    return settings;
  }

  /** The active account. Throws `NoActiveSettingsError`. */
  async getActive(): Promise<Settings> {
    const settings = await this.repository.findOneBy({ isActive: true });
    if (!settings) throw new NoActiveSettingsError();
    return settings;
  }

  /** The account named, or the active one where none is. Throws `SettingsMissingError`. */
  async resolve(uuid?: string): Promise<Settings> {
    const settings = await this.repository.findOneBy(uuid ? { uuid } : { isActive: true });
    if (!settings) throw new SettingsMissingError();
    return settings;
  }

  /** What the gateway needs to call ArrowSphere for this account. Throws `ApiKeyUnreadableError`. */
  accountOf(settings: Settings): ArrowAccount {
    return { apiUrl: settings.apiUrl, apiKey: this.cipher.decrypt(settings.encryptedApiKey, settings.uuid) };
  }

  /** Tries credentials without saving them; a failure is part of the answer. Throws `InvalidFieldsError` (api_url). */
  async validateCredentials(dto: CredentialsDto): Promise<CheckedCredentials> {
    assertAllowedApiUrl(dto.api_url, this.env.ARROW_ALLOW_PRIVATE_HOSTS);
    const account = { apiUrl: dto.api_url, apiKey: dto.api_key };
    try {
      const partner = await this.gateway.whoAmI(account, { refresh: true });
      return { partner, exportTypes: await this.exportTypesOf(account) };
    } catch (error) {
      if (error instanceof ArrowError) return { error: error.message };
      throw error;
    }
  }

  /** Asks ArrowSphere who the key belongs to, then saves. Throws `ApiKeyRefusedError`. */
  async create(dto: CreateSettingsDto): Promise<SavedSettings> {
    assertAllowedApiUrl(dto.api_url, this.env.ARROW_ALLOW_PRIVATE_HOSTS);
    const uuid = randomUUID();
    const { partner, unverifiedBecause } = await this.verify({ apiUrl: dto.api_url, apiKey: dto.api_key });
    await this.write(dto.is_active ?? true, uuid, (manager) =>
      manager.insert(Settings, {
        uuid,
        ...columns(dto),
        ...this.keyColumns(uuid, dto.api_key),
        apiUrl: dto.api_url,
        partnerReference: partner?.reference,
        partnerName: partner?.companyName,
      }),
    );
    return { settings: await this.get(uuid), unverifiedBecause };
  }

  /**
   * Changes what is given. A changed address or key is checked with ArrowSphere first.
   * Throws `SettingsNotFoundError`, `ApiKeyRefusedError`, `ApiKeyNeededForNewUrlError`.
   */
  async update(uuid: string, dto: PatchSettingsDto): Promise<SavedSettings> {
    const settings = await this.get(uuid);
    const apiUrl = dto.api_url ?? settings.apiUrl;
    assertAllowedApiUrl(apiUrl, this.env.ARROW_ALLOW_PRIVATE_HOSTS);
    if (apiUrl !== settings.apiUrl && !dto.api_key) throw new ApiKeyNeededForNewUrlError();
    const apiKey = dto.api_key || this.accountOf(settings).apiKey;
    const { partner, unverifiedBecause } = await this.verify({ apiUrl, apiKey });
    await this.write(dto.is_active ?? settings.isActive, settings.uuid, (manager) =>
      manager.update(
        Settings,
        { uuid: settings.uuid },
        {
          ...columns(dto),
          ...(dto.api_key ? this.keyColumns(settings.uuid, dto.api_key) : {}),
          apiUrl,
          ...(partner ? { partnerReference: partner.reference, partnerName: partner.companyName } : {}),
          modified: this.clock.now(),
        },
      ),
    );
    this.gateway.forget(this.accountOf(settings));
    return { settings: await this.get(uuid), unverifiedBecause };
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

  private async verify(account: ArrowAccount): Promise<{ partner?: ArrowPartner; unverifiedBecause?: string }> {
    try {
      return { partner: await this.gateway.whoAmI(account, { refresh: true }) };
    } catch (error) {
      if (!(error instanceof ArrowError)) throw error;
      const refused = [ArrowCredentialsRejectedError, ArrowNotAllowedError, ArrowRefusedError].some(
        (kind) => error instanceof kind,
      );
      if (refused) throw new ApiKeyRefusedError(error.message);
      return { unverifiedBecause: error.message };
    }
  }

  /** Export types are a courtesy here: a key that may not see them is still a good key. */
  private async exportTypesOf(account: ArrowAccount) {
    try {
      return await this.gateway.listExportTypes(account);
    } catch (error) {
      if (error instanceof ArrowError) return [];
      throw error;
    }
  }

  private async write(
    isActive: boolean,
    uuid: string,
    work: (manager: EntityManager) => Promise<unknown>,
  ): Promise<void> {
    await this.repository.manager.transaction(async (manager) => {
      if (isActive) {
        await manager.query('SELECT pg_advisory_xact_lock($1)', [ACTIVE_SETTINGS_LOCK]);
        await manager.update(Settings, { isActive: true, uuid: Not(uuid) }, { isActive: false });
      }
      await work(manager);
    });
  }

  private keyColumns(uuid: string, apiKey: string): Pick<Settings, 'encryptedApiKey' | 'keyHint' | 'keyChangedAt'> {
    // A hint of a short key would give too much of it away.
    const keyHint = apiKey.length >= 12 ? apiKey.slice(-4) : '';
    return { encryptedApiKey: this.cipher.encrypt(apiKey, uuid), keyHint, keyChangedAt: this.clock.now() };
  }

  private filtered({ is_active, sync_enabled }: ListSettingsQuery): SelectQueryBuilder<Settings> {
    const found = this.repository.createQueryBuilder('settings');
    if (is_active !== undefined) found.andWhere('settings.isActive = :is_active', { is_active });
    if (sync_enabled !== undefined) found.andWhere('settings.syncEnabled = :sync_enabled', { sync_enabled });
    return found;
  }
}

function columns(dto: PatchSettingsDto): Partial<Settings> {
  return {
    exportTypeReference: dto.export_type_reference,
    classificationFilter: dto.classification_filter,
    isActive: dto.is_active,
    syncEnabled: dto.sync_enabled,
    invoicePriceSource: dto.invoice_price_source,
    invoiceItemPrefix: dto.invoice_item_prefix,
  };
}
