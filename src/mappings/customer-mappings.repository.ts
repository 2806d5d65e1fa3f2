import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type DeepPartial, type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { translateConstraintErrors, updateDefined } from '../database/constraint.js';
import { columnsOf } from '../database/columns-of.js';
import { EntityRepository } from '../database/entity.repository.js';
import { insertFreeRows } from '../database/insert-rows.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, mentions, narrow } from '../database/paginate.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import {
  ArrowCustomerAlreadyMappedError,
  CustomerMappingNotFoundError,
  OrganisationGoneError,
} from './mappings.errors.js';

/** Which mappings are meant; what is left out does not matter. */
export interface CustomerMappingFilter extends Paging {
  /** Part of it, as all names here. */
  readonly arrowReference?: string;
  readonly arrowCompanyName?: string;
  readonly waldurCustomerName?: string;
  readonly isActive?: boolean;
  readonly settings?: string;
  readonly settingsUuid?: string;
  readonly waldurCustomer?: string;
  readonly waldurCustomerUuid?: string;
}

/** A mapping that should be there. */
export type WantedMapping = Pick<CustomerMapping, 'arrowReference' | 'arrowCompanyName' | 'waldurCustomerUuid'>;

/** A mapping that was made elsewhere, with the UUID that it has there. */
export type ImportedCustomerMapping = WantedMapping & Pick<CustomerMapping, 'uuid' | 'isActive'>;

const relations = { waldurCustomer: true };
const refusals = {
  uq_customer_mapping_arrow_reference_settings: () => new ArrowCustomerAlreadyMappedError(),
  fk_customer_mapping_waldur_customer_uuid: () => new OrganisationGoneError(),
};
const OLDEST_FIRST = { created: 'ASC', uuid: 'ASC' } as const;

const INSERT_MISSING = `
  INSERT INTO customer_mapping (settings_uuid, arrow_reference, arrow_company_name, waldur_customer_uuid)
  SELECT $1, wanted.*
  FROM unnest($2::text[], $3::text[], $4::uuid[]) AS wanted
  ON CONFLICT (arrow_reference, settings_uuid) DO NOTHING
  RETURNING uuid, arrow_reference AS reference`;

const rewrite = (column: 'arrow_reference' | 'arrow_company_name') => `
  UPDATE customer_mapping AS mapping
  SET ${column} = changed.value, modified = $3
  FROM unnest($1::uuid[], $2::text[]) AS changed (uuid, value)
  WHERE mapping.uuid = changed.uuid`;

/** Mappings of customers. Rows come with their `waldurCustomer` where nothing else is said. */
@Injectable()
export class CustomerMappingsRepository extends EntityRepository<CustomerMapping, CustomerMappingFilter> {
  constructor(@InjectRepository(CustomerMapping) rows: Repository<CustomerMapping>) {
    super(rows, CustomerMappingNotFoundError, relations);
  }

  /** With its `settings`, too. Throws `CustomerMappingNotFoundError`. */
  getWithSettings(uuid: string, manager: EntityManager = this.rows.manager): Promise<CustomerMapping> {
    return findOrThrow(manager.getRepository(CustomerMapping), uuid, CustomerMappingNotFoundError, {
      relations: { ...relations, settings: true },
    });
  }

  /** Keeps a mapping from being changed until the transaction ends. */
  async lock(manager: EntityManager, uuid: string): Promise<void> {
    await manager.query('SELECT FROM customer_mapping WHERE uuid = $1 FOR NO KEY UPDATE', [uuid]);
  }

  /** Of one organisation under any account, oldest first; the rows alone. */
  ofCustomer(waldurCustomerUuid: string): Promise<CustomerMapping[]> {
    return this.rows.find({ where: { waldurCustomerUuid }, order: OLDEST_FIRST });
  }

  /** Under one account, active or not, by reference; the rows alone. */
  ofSettings(settingsUuid: string, manager: EntityManager = this.rows.manager): Promise<CustomerMapping[]> {
    return manager.find(CustomerMapping, { where: { settingsUuid }, order: { arrowReference: 'ASC' } });
  }

  /** The active ones under one account, oldest first; the rows alone. */
  activeOf(settingsUuid: string): Promise<CustomerMapping[]> {
    return this.rows.find({ where: { isActive: true, settingsUuid }, order: OLDEST_FIRST });
  }

  /** Those of these Arrow customers under one account that are switched off; the rows alone. */
  inactiveOf(settingsUuid: string, references: readonly string[]): Promise<CustomerMapping[]> {
    return this.rows.findBy({ isActive: false, settingsUuid, arrowReference: Any([...references]) });
  }

  /**
   * Answers the new UUID. Throws `ArrowCustomerAlreadyMappedError`, `OrganisationGoneError`, `RelatedObjectGoneError`.
   */
  create(mapping: DeepPartial<CustomerMapping>): Promise<string> {
    return this.insert(mapping, refusals);
  }

  /**
   * Makes those that are not there yet, in one statement; answers the new UUIDs by reference. Throws the errors of
   * `broken`, by constraint; `OrganisationGoneError` by default.
   */
  async insertMissing(
    manager: EntityManager,
    settingsUuid: string,
    wanted: readonly WantedMapping[],
    broken: Readonly<Record<string, () => Error>> = refusals,
  ): Promise<Map<string, string>> {
    const made = await translateConstraintErrors(broken, () =>
      manager.query<{ uuid: string; reference: string }[]>(INSERT_MISSING, [
        settingsUuid,
        ...columnsOf(wanted, 'arrowReference', 'arrowCompanyName', 'waldurCustomerUuid'),
      ]),
    );
    return new Map(made.map(({ uuid, reference }) => [reference, uuid]));
  }

  /** Makes, with their UUIDs, those that nothing stands in the way of; answers which. Throws `OrganisationGoneError`. */
  insertImported(
    manager: EntityManager,
    settingsUuid: string,
    mappings: readonly ImportedCustomerMapping[],
  ): Promise<Set<string>> {
    const rows = mappings.map((row) => ({ ...row, settingsUuid }));
    return translateConstraintErrors(refusals, () => insertFreeRows(manager, CustomerMapping, rows));
  }

  /** Writes what is given. Throws as {@link create}. */
  change(uuid: string, changes: Partial<CustomerMapping>, modified: Date): Promise<void> {
    return updateDefined(this.rows, uuid, changes, refusals, { modified });
  }

  /** Writes one column of many, in one statement. Throws `ArrowCustomerAlreadyMappedError`. */
  async rewrite(
    column: 'arrow_reference' | 'arrow_company_name',
    changes: readonly { readonly uuid: string; readonly to: string }[],
    modified: Date,
  ): Promise<void> {
    if (changes.length === 0) return;
    const values = [...columnsOf(changes, 'uuid', 'to'), modified];
    await translateConstraintErrors(refusals, () => this.rows.query(rewrite(column), values));
  }

  /** Auto-mapping happens one at a time under one account, so that the second sees what the first has mapped. */
  autoMapping<T>(settingsUuid: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.rows.manager.transaction(async (manager) => {
      const lock = `auto_map ${settingsUuid}`;
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]);
      return work(manager);
    });
  }

  protected filtered(filter: CustomerMappingFilter): SelectQueryBuilder<CustomerMapping> {
    const found = this.rows.createQueryBuilder('mapping');
    if (filter.waldurCustomerName) found.innerJoin('mapping.waldurCustomer', 'customer');
    return narrow(found, {
      [mentions('mapping.arrowReference', 'reference')]: containing(filter.arrowReference),
      [mentions('mapping.arrowCompanyName', 'company')]: containing(filter.arrowCompanyName),
      [mentions('customer.name', 'name')]: containing(filter.waldurCustomerName),
      'mapping.isActive = :isActive': filter.isActive,
      'mapping.settingsUuid = :settings': filter.settings,
      'mapping.settingsUuid = :settingsUuid': filter.settingsUuid,
      'mapping.waldurCustomerUuid = :customer': filter.waldurCustomer,
      'mapping.waldurCustomerUuid = :customerUuid': filter.waldurCustomerUuid,
    });
  }
}
