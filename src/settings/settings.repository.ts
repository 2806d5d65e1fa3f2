import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, type FindOptionsWhere, In, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { narrow } from '../database/paginate.js';
import { Settings } from './settings.entity.js';
import { SettingsNotFoundError } from './settings.errors.js';

/** Which accounts are meant; what is left out does not matter. */
export interface SettingsFilter extends Paging {
  readonly isActive?: boolean;
  readonly syncEnabled?: boolean;
}

/** Any number; taken while the active account changes, so that two changes at once happen one after the other. */
const ACTIVE_SETTINGS_LOCK = 7_236_115;

const REMEMBER_DIGEST = `
  INSERT INTO secret_key_check (digest)
  VALUES ($1)
  ON CONFLICT ("only") DO UPDATE SET digest = $1`;

/** ArrowSphere accounts, and which secret key their API keys are encrypted with. */
@Injectable()
export class SettingsRepository extends EntityRepository<Settings, SettingsFilter> {
  constructor(@InjectRepository(Settings) rows: Repository<Settings>) {
    super(rows, SettingsNotFoundError);
  }

  find(where: FindOptionsWhere<Settings>): Promise<Settings | null> {
    return this.rows.findOneBy(where);
  }

  /** Those whose schedules are on, oldest first. */
  scheduled(): Promise<Settings[]> {
    return this.rows.find({ where: { isActive: true, syncEnabled: true }, order: { created: 'ASC' } });
  }

  /**
   * The accounts of this partner and those whose partner is not known, oldest first. `forChange`: kept from others until
   * the transaction ends.
   */
  ofPartner(
    partnerReference: string,
    { manager = this.rows.manager, forChange = false }: { manager?: EntityManager; forChange?: boolean },
  ): Promise<Settings[]> {
    return manager.find(Settings, {
      ...(forChange ? { lock: { mode: 'pessimistic_write' as const } } : {}),
      where: { partnerReference: In([partnerReference, '']) },
      order: { created: 'ASC', uuid: 'ASC' },
    });
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.rows.manager.transaction(work);
  }

  /** Waits for other changes of the active account, until the transaction ends. */
  async serialize(manager: EntityManager): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [ACTIVE_SETTINGS_LOCK]);
  }

  async deactivateOthers(manager: EntityManager, uuid: string, modified: Date): Promise<void> {
    await this.serialize(manager);
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

  /** The API key stored last, to try a secret key on. */
  newestKey(): Promise<Settings | null> {
    return this.rows.findOne({ where: { encryptedApiKey: Not('') }, order: { keyChangedAt: 'DESC' } });
  }

  /** Digest of the secret key that the stored API keys were encrypted with; nothing before the first start. */
  async secretKeyDigest(): Promise<string | undefined> {
    const [stored] = await this.rows.query<{ digest: string }[]>('SELECT digest FROM secret_key_check');
    return stored?.digest;
  }

  async rememberSecretKey(digest: string): Promise<void> {
    await this.rows.query(REMEMBER_DIGEST, [digest]);
  }

  protected filtered({ isActive, syncEnabled }: SettingsFilter): SelectQueryBuilder<Settings> {
    return narrow(this.rows.createQueryBuilder('settings'), {
      'settings.isActive = :isActive': isActive,
      'settings.syncEnabled = :syncEnabled': syncEnabled,
    });
  }
}
