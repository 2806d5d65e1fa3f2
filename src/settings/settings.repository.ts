import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  type EntityManager,
  type FindOptionsWhere,
  In,
  MoreThan,
  Not,
  Repository,
  type SelectQueryBuilder,
} from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { findOrThrow } from '../database/find-or-throw.js';
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

/** Which secret key API keys are stored under, as digests. */
export interface SecretKeyInUse {
  readonly digest: string;
  /** While a rotation is under way: of the key that some API keys still stand under. */
  readonly previousDigest: string | null;
}

const SECRET_KEY_IN_USE = `
  SELECT digest, previous_digest AS "previousDigest"
  FROM secret_key_check`;

/** One that another transaction changes is looked at again once that has ended. */
const SECRET_KEY_AMONG = `
  ${SECRET_KEY_IN_USE}
  WHERE digest = ANY($1::text[])
    AND (previous_digest IS NULL OR previous_digest = ANY($1::text[]))`;

const REMEMBER_SECRET_KEY = `
  INSERT INTO secret_key_check (digest)
  VALUES ($1)
  ON CONFLICT ("only") DO UPDATE SET digest = $1, previous_digest = NULL`;

const BEGIN_ROTATION = `
  UPDATE secret_key_check
  SET digest = $2, previous_digest = $1
  WHERE digest = $1`;

const END_ROTATION = `
  UPDATE secret_key_check
  SET previous_digest = NULL
  WHERE digest = $1`;

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
  lock(manager: EntityManager, uuid: string): Promise<Settings> {
    const lock = { mode: 'pessimistic_write' } as const;
    return findOrThrow(manager.getRepository(Settings), uuid, SettingsNotFoundError, { lock });
  }

  /** The API key stored last, to try a secret key on. */
  newestKey(manager: EntityManager = this.rows.manager): Promise<Settings | null> {
    return manager.findOne(Settings, { where: { encryptedApiKey: Not('') }, order: { keyChangedAt: 'DESC' } });
  }

  /** API keys in the order of their rows' UUIDs, those behind `after`. */
  keysAfter(after: string, count: number): Promise<Settings[]> {
    const where = { encryptedApiKey: Not(''), ...(after && { uuid: MoreThan(after) }) };
    return this.rows.find({ where, order: { uuid: 'ASC' }, take: count });
  }

  /** The row as it is now, if it is still there and has an API key. */
  keyOf(manager: EntityManager, uuid: string): Promise<Settings | null> {
    return manager.findOneBy(Settings, { uuid, encryptedApiKey: Not('') });
  }

  countKeys(): Promise<number> {
    return this.rows.countBy({ encryptedApiKey: Not('') });
  }

  /** Whether the row still had `before`; nothing else of it changes. */
  async replaceEncryptedKey(manager: EntityManager, uuid: string, before: string, after: string): Promise<boolean> {
    const { affected } = await manager.update(
      Settings,
      { uuid, encryptedApiKey: before },
      { encryptedApiKey: after, modified: () => 'modified' },
    );
    return !!affected;
  }

  /**
   * The key in use, where it is one of these, and so is the one before it as long as that is needed. `manager`: it stays
   * the one in use until this transaction has ended.
   */
  async secretKeyAmong(digests: readonly string[], manager?: EntityManager): Promise<SecretKeyInUse | undefined> {
    const [inUse] = manager
      ? await manager.query<SecretKeyInUse[]>(`${SECRET_KEY_AMONG} FOR SHARE`, [digests])
      : await this.rows.query<SecretKeyInUse[]>(SECRET_KEY_AMONG, [digests]);
    return inUse;
  }

  async secretKeyInUse(): Promise<SecretKeyInUse | undefined> {
    return (await this.rows.query<SecretKeyInUse[]>(SECRET_KEY_IN_USE))[0];
  }

  /** The key in use, whichever it is; others wait until the transaction has ended. */
  async lockSecretKey(manager: EntityManager): Promise<SecretKeyInUse | undefined> {
    return (await manager.query<SecretKeyInUse[]>(`${SECRET_KEY_IN_USE} FOR UPDATE`))[0];
  }

  async rememberSecretKey(manager: EntityManager, digest: string): Promise<void> {
    await manager.query(REMEMBER_SECRET_KEY, [digest]);
  }

  /** From now on API keys are stored under `to`; nothing where they are already. Waits for those being stored. */
  async beginRotation(manager: EntityManager, from: string, to: string): Promise<void> {
    await manager.query(BEGIN_ROTATION, [from, to]);
  }

  /** Nothing stands under the key before any more. */
  async endRotation(manager: EntityManager, to: string): Promise<void> {
    await manager.query(END_ROTATION, [to]);
  }

  protected filtered({ isActive, syncEnabled }: SettingsFilter): SelectQueryBuilder<Settings> {
    return narrow(this.rows.createQueryBuilder('settings'), {
      'settings.isActive = :isActive': isActive,
      'settings.syncEnabled = :syncEnabled': syncEnabled,
    });
  }
}
