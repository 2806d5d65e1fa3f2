import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, countOnly, mentions, narrow, orderOf, paginate } from '../database/paginate.js';
import { CUSTOMER_MAPPING_ORDER, type ListCustomerMappingsQuery } from './customer-mapping.dto.js';
import {
  type ChangeMapping,
  type CreateMapping,
  CustomerMapping,
  type WantedMapping,
} from './customer-mapping.entity.js';
import {
  ArrowCustomerAlreadyMappedError,
  CustomerMappingNotFoundError,
  OrganisationGoneError,
} from './mappings.errors.js';

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
export class CustomerMappingsRepository {
  constructor(@InjectRepository(CustomerMapping) private readonly mappings: Repository<CustomerMapping>) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListCustomerMappingsQuery): Promise<Page<CustomerMapping>> {
    const order = orderOf(query.o, CUSTOMER_MAPPING_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.mappings.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListCustomerMappingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `CustomerMappingNotFoundError`. */
  get(uuid: string): Promise<CustomerMapping> {
    return findOrThrow(this.mappings, uuid, CustomerMappingNotFoundError, { relations });
  }

  /** With its `settings`, too. Throws `CustomerMappingNotFoundError`. */
  getWithSettings(uuid: string, manager: EntityManager = this.mappings.manager): Promise<CustomerMapping> {
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
    return this.mappings.find({ where: { waldurCustomerUuid }, order: OLDEST_FIRST });
  }

  /** Under one account, active or not, by reference; the rows alone. */
  ofSettings(settingsUuid: string, manager: EntityManager = this.mappings.manager): Promise<CustomerMapping[]> {
    return manager.find(CustomerMapping, { where: { settingsUuid }, order: { arrowReference: 'ASC' } });
  }

  /** The active ones under one account, oldest first; the rows alone. */
  activeOf(settingsUuid: string): Promise<CustomerMapping[]> {
    return this.mappings.find({ where: { isActive: true, settingsUuid }, order: OLDEST_FIRST });
  }

  /** Answers the new UUID. Throws `ArrowCustomerAlreadyMappedError`, `OrganisationGoneError`, `RelatedObjectGoneError`. */
  async insert(mapping: CreateMapping): Promise<string> {
    const row = this.mappings.create(mapping);
    await naming(refusals, () => this.mappings.insert(row));
    return row.uuid;
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
    const made = await naming(broken, () =>
      manager.query<{ uuid: string; reference: string }[]>(INSERT_MISSING, [
        settingsUuid,
        wanted.map(({ arrowReference }) => arrowReference),
        wanted.map(({ arrowCompanyName }) => arrowCompanyName),
        wanted.map(({ waldurCustomerUuid }) => waldurCustomerUuid),
      ]),
    );
    return new Map(made.map(({ uuid, reference }) => [reference, uuid]));
  }

  /** Writes what is given. Throws as {@link insert}. */
  update(uuid: string, changes: ChangeMapping, modified: Date): Promise<void> {
    return updateGiven(this.mappings, uuid, changes, refusals, { modified });
  }

  /** Writes one column of many, in one statement. Throws `ArrowCustomerAlreadyMappedError`. */
  async rewrite(
    column: 'arrow_reference' | 'arrow_company_name',
    changes: readonly { readonly uuid: string; readonly to: string }[],
    modified: Date,
  ): Promise<void> {
    if (changes.length === 0) return;
    const [uuids, values] = [changes.map(({ uuid }) => uuid), changes.map(({ to }) => to)];
    await naming(refusals, () => this.mappings.query(rewrite(column), [uuids, values, modified]));
  }

  /** Throws `ObjectInUseError`. */
  async remove({ uuid, arrowReference }: CustomerMapping): Promise<void> {
    const advice = 'Switch it off with is_active=false instead.';
    await removing(`The mapping of ${arrowReference}`, () => this.mappings.delete({ uuid }), advice);
  }

  /** Auto-mapping happens one at a time under one account, so that the second sees what the first has mapped. */
  autoMapping<T>(settingsUuid: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.mappings.manager.transaction(async (manager) => {
      const lock = `auto_map ${settingsUuid}`;
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]);
      return work(manager);
    });
  }

  private filtered(query: ListCustomerMappingsQuery): SelectQueryBuilder<CustomerMapping> {
    const { arrow_reference, arrow_company_name, waldur_customer_name } = query;
    const found = narrow(this.mappings.createQueryBuilder('mapping'), {
      [mentions('mapping.arrowReference', 'reference')]: arrow_reference && containing(arrow_reference),
      [mentions('mapping.arrowCompanyName', 'company')]: arrow_company_name && containing(arrow_company_name),
      [mentions('customer.name', 'name')]: waldur_customer_name && containing(waldur_customer_name),
      'mapping.isActive = :is_active': query.is_active,
      'mapping.settingsUuid = :settings': query.settings,
      'mapping.settingsUuid = :settings_uuid': query.settings_uuid,
      'mapping.waldurCustomerUuid = :customer': query.waldur_customer,
      'mapping.waldurCustomerUuid = :customer_uuid': query.waldur_customer_uuid,
    });
    return waldur_customer_name ? found.innerJoin('mapping.waldurCustomer', 'customer') : found;
  }
}
