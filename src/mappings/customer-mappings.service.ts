import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import { type ArrowCustomer, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { ArrowCallCancelledError, ArrowError } from '../arrow-gateway/arrow-gateway.errors.js';
import { findArrowCustomers, isOwnCustomerReference } from '../arrow-gateway/arrow-reference.js';
import { Clock } from '../common/clock.js';
import { commandOf } from '../common/command.js';
import type { Count, Page } from '../common/page.js';
import { storable } from '../common/storable.js';
import { renderUuid } from '../common/uuid.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, countOnly, mentions, paginate } from '../database/paginate.js';
import { RelatedObjects } from '../database/related-objects.js';
import { ApiKeyUnreadableError } from '../settings/settings.errors.js';
import { SettingsService } from '../settings/settings.service.js';
import {
  CreateCustomerMappingDto,
  type ListCustomerMappingsQuery,
  PatchCustomerMappingDto,
  type SyncFromArrowDto,
  type SyncFromArrowResponse,
} from './customer-mapping.dto.js';
import { CustomerMapping } from './customer-mapping.entity.js';
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

/** A mapping that should be there. */
export interface WantedMapping {
  readonly arrowReference: string;
  readonly arrowCompanyName: string;
  readonly waldurCustomerUuid: string;
}

/**
 * - `created`: it was made
 * - `exists`: it is there
 * - `inactive`: it is there and switched off, and stays so
 * - `mapped_elsewhere`: the ArrowSphere customer is mapped to another organisation, and stays so
 */
export const MAPPING_OUTCOMES = ['created', 'exists', 'inactive', 'mapped_elsewhere'] as const;

export interface MappingOutcome {
  /** As it is in the database now. */
  readonly mapping: CustomerMapping;
  readonly outcome: (typeof MAPPING_OUTCOMES)[number];
  /** Other active mappings of the account lead to the same organisation. */
  readonly sharesOrganisation: boolean;
}

/** Which ArrowSphere customer is which organisation. Rows come with their `waldurCustomer`. */
@Injectable()
export class CustomerMappingsService {
  constructor(
    @InjectRepository(CustomerMapping) private readonly mappings: Repository<CustomerMapping>,
    private readonly settings: SettingsService,
    private readonly gateway: ArrowGateway,
    private readonly related: RelatedObjects,
    private readonly clock: Clock,
  ) {}

  /** Throws `PageNotFoundError`. */
  async list(query: ListCustomerMappingsQuery): Promise<Page<CustomerMapping>> {
    const page = await paginate(this.filtered(query), commandOf(query), [['created', 'DESC']], (uuids) =>
      this.mappings.find({ where: { uuid: In([...uuids]) }, relations }),
    );
    return page.keeping('uuid', 'url', 'settings_uuid', 'waldur_customer_uuid');
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListCustomerMappingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), commandOf(query));
  }

  /** Throws `CustomerMappingNotFoundError`. */
  get(uuid: string): Promise<CustomerMapping> {
    return findOrThrow(this.mappings, uuid, CustomerMappingNotFoundError, { relations });
  }

  /**
   * One mapping with its `settings`, kept from being changed until the transaction ends: what is done under a mapping
   * happens one after another. Throws `CustomerMappingNotFoundError`.
   */
  async lock(manager: EntityManager, uuid: string): Promise<CustomerMapping> {
    await manager.query('SELECT uuid FROM customer_mapping WHERE uuid = $1 FOR NO KEY UPDATE', [uuid]);
    return this.getWithSettings(uuid, manager);
  }

  /** One mapping with its `settings`. Throws `CustomerMappingNotFoundError`. */
  getWithSettings(uuid: string, manager: EntityManager = this.mappings.manager): Promise<CustomerMapping> {
    return findOrThrow(manager.getRepository(CustomerMapping), uuid, CustomerMappingNotFoundError, {
      relations: { ...relations, settings: true },
    });
  }

  /** All mappings of one organisation under any account, oldest first. */
  ofCustomer(waldurCustomerUuid: string): Promise<CustomerMapping[]> {
    return this.mappings.find({ where: { waldurCustomerUuid }, order: { created: 'ASC', uuid: 'ASC' } });
  }

  /** All mappings under one account, active or not. */
  ofSettings(settingsUuid: string): Promise<CustomerMapping[]> {
    return this.mappings.find({ where: { settingsUuid }, relations, order: { arrowReference: 'ASC' } });
  }

  /** The active mappings under the active settings of a partner; where it has none, under the settings given. */
  async activeOfPartner(partnerReference: string | null, settingsUuid: string): Promise<CustomerMapping[]> {
    const active = await this.settings.activeOfPartner(partnerReference ?? '');
    const where = { isActive: true, settingsUuid: active?.uuid ?? settingsUuid };
    return this.mappings.find({ where, order: { created: 'ASC', uuid: 'ASC' } });
  }

  /**
   * ArrowSphere is asked, reading only, which customer a reference that is not in its own spelling means; see
   * {@link ownReference}. Throws `InvalidFieldsError` for what it names and is not there, `ArrowCustomerAlreadyMappedError`.
   */
  async create(dto: CreateCustomerMappingDto): Promise<CustomerMapping> {
    await this.related.mustExist(CreateCustomerMappingDto, dto);
    const arrowReference = await this.ownReference(dto.settings, dto.arrow_reference);
    const row = this.mappings.create({ ...columns(dto), arrowReference });
    await naming(refusals, () => this.mappings.insert(row));
    return this.get(row.uuid);
  }

  /**
   * Makes, in the caller's transaction, the mappings that are not there yet; those that are stay as they are. Three
   * statements, however many. Throws `OrganisationGoneError`.
   */
  async createMissing(
    manager: EntityManager,
    settingsUuid: string,
    wanted: readonly WantedMapping[],
  ): Promise<MappingOutcome[]> {
    if (wanted.length === 0) return [];
    const references = wanted.map(({ arrowReference }) => arrowReference);
    const names = wanted.map(({ arrowCompanyName }) => arrowCompanyName);
    const organisations = wanted.map(({ waldurCustomerUuid }) => waldurCustomerUuid);
    const created: { uuid: string }[] = await naming(refusals, () =>
      manager.query(
        `INSERT INTO customer_mapping (settings_uuid, arrow_reference, arrow_company_name, waldur_customer_uuid)
           SELECT $1, wanted.* FROM unnest($2::text[], $3::text[], $4::uuid[]) AS wanted
           ON CONFLICT (arrow_reference, settings_uuid) DO NOTHING RETURNING uuid`,
        [settingsUuid, references, names, organisations],
      ),
    );
    const rows = await manager
      .createQueryBuilder(CustomerMapping, 'mapping')
      .where('mapping.settingsUuid = :settingsUuid', { settingsUuid })
      .andWhere('mapping.arrowReference = ANY(:references)', { references })
      .getMany();
    const sharing: { uuid: string }[] = await manager.query(
      `SELECT waldur_customer_uuid AS uuid FROM customer_mapping
         WHERE settings_uuid = $1 AND is_active AND waldur_customer_uuid = ANY($2)
         GROUP BY waldur_customer_uuid HAVING count(*) > 1`,
      [settingsUuid, organisations],
    );
    const isNew = new Set(created.map(({ uuid }) => uuid));
    const isShared = new Set(sharing.map(({ uuid }) => uuid));
    const mappingOf = new Map(rows.map((row) => [row.arrowReference, row]));
    return wanted.map(({ arrowReference, waldurCustomerUuid }) => {
      const mapping = mappingOf.get(arrowReference)!;
      const sharesOrganisation = mapping.isActive && isShared.has(mapping.waldurCustomerUuid);
      return { mapping, outcome: outcomeOf(mapping, waldurCustomerUuid, isNew), sharesOrganisation };
    });
  }

  /** As {@link create} for another reference. Throws as it does, and `CustomerMappingNotFoundError`. */
  async update(uuid: string, dto: PatchCustomerMappingDto): Promise<CustomerMapping> {
    await this.related.mustExist(PatchCustomerMappingDto, dto);
    const arrowReference = await this.changedReference(uuid, dto);
    await updateGiven(this.mappings, uuid, { ...columns(dto), arrowReference }, refusals, {
      modified: this.clock.now(),
    });
    return this.get(uuid);
  }

  /** What to write as the reference; `undefined`: it is not given, or the same as before. */
  private async changedReference(uuid: string, dto: PatchCustomerMappingDto): Promise<string | undefined> {
    const { arrow_reference: given } = dto;
    if (given === undefined) return undefined;
    const { settingsUuid, arrowReference } = await this.get(uuid);
    const { settings = settingsUuid } = dto;
    return given === arrowReference && settings === settingsUuid ? undefined : this.ownReference(settings, given);
  }

  /**
   * ArrowSphere's own reference of the one customer that a text means. The text itself where ArrowSphere cannot be asked,
   * knows nobody by it or more than one: the licences of such a mapping say which, and the next synchronisation with
   * ArrowSphere corrects what it can.
   */
  private async ownReference(settingsUuid: string, text: string): Promise<string> {
    if (isOwnCustomerReference(text)) return text;
    try {
      const account = this.settings.accountOf(await this.settings.get(settingsUuid));
      const found = findArrowCustomers((await this.gateway.listCustomers(account, { refresh: true })).data, text);
      return found.length === 1 ? found[0]! : text;
    } catch (error) {
      const unasked = error instanceof ArrowError || error instanceof ApiKeyUnreadableError;
      if (!unasked || error instanceof ArrowCallCancelledError) throw error;
      return text;
    }
  }

  /** Throws `CustomerMappingNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const mapping = await this.get(uuid);
    await removing(
      `The mapping of ${mapping.arrowReference}`,
      () => this.mappings.delete({ uuid: mapping.uuid }),
      'Switch it off with is_active=false instead.',
    );
  }

  /**
   * Takes over references and company names from ArrowSphere, for active mappings. ArrowSphere is asked first, then each
   * kind of change is written in one statement. Throws `SettingsMissingError` and the gateway's errors.
   */
  async syncFromArrow({ settings_uuid }: SyncFromArrowDto): Promise<SyncFromArrowResponse> {
    const settings = await this.settings.resolve(settings_uuid);
    const { data: customers } = await this.gateway.listCustomers(this.settings.accountOf(settings), { refresh: true });
    const names = new Map(customers.map(({ reference, companyName }) => [reference, companyName]));
    const stored = await this.ofSettings(settings.uuid);
    const corrected = await this.correctReferences(stored, customers);
    const ownReferences = new Map(corrected.map(({ uuid, to }) => [uuid, to]));
    const mappings = stored
      .filter(({ isActive }) => isActive)
      .map((row) => ({ ...row, arrowReference: ownReferences.get(renderUuid(row.uuid)) ?? row.arrowReference }));
    const renamed = mappings.flatMap(({ uuid, arrowReference, arrowCompanyName: from }) => {
      const to = storable(names.get(arrowReference) ?? '', 500);
      // A nameless customer says nothing new: blanking the stored name would lose what the operator knows it by.
      return to && to !== from ? [{ uuid: renderUuid(uuid), arrow_reference: arrowReference, from, to }] : [];
    });
    if (renamed.length) {
      await this.mappings.query(
        `UPDATE customer_mapping AS mapping SET arrow_company_name = renamed.name, modified = $3
           FROM unnest($1::uuid[], $2::text[]) AS renamed (uuid, name) WHERE mapping.uuid = renamed.uuid`,
        [renamed.map(({ uuid }) => uuid), renamed.map(({ to }) => to), this.clock.now()],
      );
    }
    const missing = mappings
      .filter(({ arrowReference }) => !names.has(arrowReference))
      .map(({ arrowReference }) => arrowReference);
    return { updated: renamed.length, renamed, corrected, missing };
  }

  /** Active mappings that were made while ArrowSphere could not be asked get its own reference, where nobody has it yet. */
  private async correctReferences(
    mappings: readonly CustomerMapping[],
    customers: readonly ArrowCustomer[],
  ): Promise<SyncFromArrowResponse['corrected']> {
    const known = new Set(customers.map(({ reference }) => reference));
    const taken = new Set(mappings.map(({ arrowReference }) => arrowReference));
    const corrected = mappings.flatMap(({ uuid, arrowReference: from, isActive }) => {
      if (!isActive || known.has(from)) return [];
      const [to, ...others] = findArrowCustomers(customers, from);
      if (to === undefined || others.length > 0 || taken.has(to)) return [];
      taken.add(to);
      return [{ uuid: renderUuid(uuid), from, to }];
    });
    if (corrected.length) {
      await naming(refusals, () =>
        this.mappings.query(
          `UPDATE customer_mapping AS mapping SET arrow_reference = corrected.reference, modified = $3
             FROM unnest($1::uuid[], $2::text[]) AS corrected (uuid, reference) WHERE mapping.uuid = corrected.uuid`,
          [corrected.map(({ uuid }) => uuid), corrected.map(({ to }) => to), this.clock.now()],
        ),
      );
    }
    return corrected;
  }

  private filtered(query: ListCustomerMappingsQuery): SelectQueryBuilder<CustomerMapping> {
    const { arrow_reference, arrow_company_name, waldur_customer_name, is_active } = query;
    const { settings, settings_uuid, waldur_customer, waldur_customer_uuid } = query;
    const found = this.mappings.createQueryBuilder('mapping');
    if (arrow_reference)
      found.andWhere(mentions('mapping.arrowReference', 'reference'), { reference: containing(arrow_reference) });
    if (arrow_company_name)
      found.andWhere(mentions('mapping.arrowCompanyName', 'company'), { company: containing(arrow_company_name) });
    if (is_active !== undefined) found.andWhere('mapping.isActive = :is_active', { is_active });
    if (settings) found.andWhere('mapping.settingsUuid = :settings', { settings });
    if (settings_uuid) found.andWhere('mapping.settingsUuid = :settings_uuid', { settings_uuid });
    if (waldur_customer) found.andWhere('mapping.waldurCustomerUuid = :waldur_customer', { waldur_customer });
    if (waldur_customer_uuid)
      found.andWhere('mapping.waldurCustomerUuid = :waldur_customer_uuid', { waldur_customer_uuid });
    if (waldur_customer_name) {
      found.innerJoin('mapping.waldurCustomer', 'customer');
      found.andWhere(mentions('customer.name', 'customer_name'), { customer_name: containing(waldur_customer_name) });
    }
    return found;
  }
}

function outcomeOf(mapping: CustomerMapping, wanted: string, isNew: Set<string>): MappingOutcome['outcome'] {
  if (isNew.has(mapping.uuid)) return 'created';
  if (mapping.waldurCustomerUuid !== wanted) return 'mapped_elsewhere';
  return mapping.isActive ? 'exists' : 'inactive';
}

function columns(dto: PatchCustomerMappingDto): Partial<CustomerMapping> {
  return {
    settingsUuid: dto.settings,
    arrowReference: dto.arrow_reference,
    arrowCompanyName: dto.arrow_company_name,
    waldurCustomerUuid: dto.waldur_customer,
    isActive: dto.is_active,
  };
}
