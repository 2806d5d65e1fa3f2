import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type ArrowCustomer, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { ArrowCallCancelledError, ArrowError } from '../arrow-gateway/arrow-gateway.errors.js';
import { arrowCustomersBy, isOwnCustomerReference } from '../arrow-gateway/arrow-reference.js';
import { Clock } from '../common/clock.js';
import { groupBy } from '../common/group-by.js';
import { RelatedObjects } from '../database/related-objects.js';
import { EntityService } from '../database/entity.service.js';
import { Customer } from '../directory/customer.entity.js';
import { Settings } from '../settings/settings.entity.js';
import { ApiKeyUnreadableError } from '../settings/settings.errors.js';
import { SettingsService } from '../settings/settings.service.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import {
  type CustomerMappingFilter,
  CustomerMappingsRepository,
  type WantedMapping,
} from './customer-mappings.repository.js';
import { mappingsByCustomer } from './mappings-by-customer.js';

/** What of a mapping may be changed; what is left out stays. */
export type ChangeMapping = Partial<WantedMapping & Pick<CustomerMapping, 'settingsUuid' | 'isActive'>>;

/** A mapping to make; what is left out takes its default. */
export type CreateMapping = ChangeMapping &
  Pick<CustomerMapping, 'settingsUuid' | 'arrowReference' | 'waldurCustomerUuid'>;

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

/**
 * Which ArrowSphere customer is which organisation. Rows come with their `waldurCustomer` where nothing else is said.
 */
@Injectable()
export class CustomerMappingsService extends EntityService<CustomerMapping, CustomerMappingFilter> {
  constructor(
    private readonly mappings: CustomerMappingsRepository,
    private readonly settings: SettingsService,
    private readonly gateway: ArrowGateway,
    private readonly related: RelatedObjects,
    private readonly clock: Clock,
  ) {
    super(mappings);
  }

  /** One mapping with its `settings`. Throws `CustomerMappingNotFoundError`. */
  getWithSettings(uuid: string): Promise<CustomerMapping> {
    return this.mappings.getWithSettings(uuid);
  }

  /**
   * One mapping with its `settings`, kept from being changed until the transaction ends: what is done under a mapping
   * happens one after another. Throws `CustomerMappingNotFoundError`.
   */
  async lock(manager: EntityManager, uuid: string): Promise<CustomerMapping> {
    await this.mappings.lock(manager, uuid);
    return this.mappings.getWithSettings(uuid, manager);
  }

  /** All mappings of one organisation under any account, oldest first; the rows alone. */
  ofCustomer(waldurCustomerUuid: string): Promise<CustomerMapping[]> {
    return this.mappings.ofCustomer(waldurCustomerUuid);
  }

  /** All mappings under one account, active or not, by reference; the rows alone. */
  ofSettings(settingsUuid: string): Promise<CustomerMapping[]> {
    return this.mappings.ofSettings(settingsUuid);
  }

  /**
   * The active mappings under the active settings of a partner; where it has none, under the settings given. The rows
   * alone.
   */
  async activeOfPartner(partnerReference: string | null, settingsUuid: string): Promise<CustomerMapping[]> {
    return this.mappings.activeOf(await this.billedBy(partnerReference, settingsUuid));
  }

  /** Those of these Arrow customers that are switched off, under the same settings as {@link activeOfPartner}. */
  async inactiveOfPartner(
    partnerReference: string | null,
    settingsUuid: string,
    references: readonly string[],
  ): Promise<CustomerMapping[]> {
    return this.mappings.inactiveOf(await this.billedBy(partnerReference, settingsUuid), references);
  }

  private async billedBy(partnerReference: string | null, settingsUuid: string): Promise<string> {
    return (await this.settings.activeOfPartner(partnerReference ?? ''))?.uuid ?? settingsUuid;
  }

  /**
   * ArrowSphere is asked, reading only, which customer a reference that is not in its own spelling means; see
   * {@link ownReference}. Throws `InvalidFieldsError` for what it names and is not there, `ArrowCustomerAlreadyMappedError`.
   */
  async create(mapping: CreateMapping): Promise<CustomerMapping> {
    await this.assertRelated(mapping, 'uuid');
    const arrowReference = await this.ownReference(mapping.settingsUuid, mapping.arrowReference);
    return this.get(await this.mappings.create({ ...mapping, arrowReference }));
  }

  /**
   * Makes, in the caller's transaction, the mappings that are not there yet; those that are stay as they are, also under
   * another text that means the customer. Three statements, however many. Throws `OrganisationGoneError`.
   */
  async createMissing(
    manager: EntityManager,
    settingsUuid: string,
    wanted: readonly WantedMapping[],
    customers: readonly ArrowCustomer[] = [],
  ): Promise<MappingOutcome[]> {
    if (wanted.length === 0) return [];
    const before = mappingsByCustomer(await this.mappings.ofSettings(settingsUuid, manager), customers);
    const missing = wanted.filter(({ arrowReference }) => !before.has(arrowReference));
    const created = await this.mappings.insertMissing(manager, settingsUuid, missing);
    const rows = await this.mappings.ofSettings(settingsUuid, manager);
    const mappingOf = mappingsByCustomer(rows, customers);
    const active = groupBy(
      rows.filter(({ isActive }) => isActive),
      (row) => row.waldurCustomerUuid,
    );
    return wanted.map(({ arrowReference, waldurCustomerUuid }) => {
      const mapping = mappingOf.get(arrowReference)!;
      const sharesOrganisation = mapping.isActive && active.get(mapping.waldurCustomerUuid)!.length > 1;
      const outcome = created.has(arrowReference) ? 'created' : outcomeOf(mapping, waldurCustomerUuid);
      return { mapping, outcome, sharesOrganisation };
    });
  }

  /** As {@link create} for another reference. Throws as it does, and `CustomerMappingNotFoundError`. */
  async update(uuid: string, changes: ChangeMapping): Promise<CustomerMapping> {
    await this.assertRelated(changes, 'link');
    const arrowReference = await this.changedReference(uuid, changes);
    await this.mappings.change(uuid, { ...changes, arrowReference }, this.clock.now());
    return this.get(uuid);
  }

  /** What to write as the reference; `undefined`: it is not given, or the same as before. */
  private async changedReference(uuid: string, changes: ChangeMapping): Promise<string | undefined> {
    const given = changes.arrowReference;
    if (given === undefined) return undefined;
    const { settingsUuid: before, arrowReference } = await this.get(uuid);
    const { settingsUuid = before } = changes;
    return given === arrowReference && settingsUuid === before ? undefined : this.ownReference(settingsUuid, given);
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
      const found = arrowCustomersBy((await this.gateway.listCustomers(account, { refresh: true })).data)(text);
      return found.length === 1 ? found[0]! : text;
    } catch (error) {
      const unasked = error instanceof ArrowError || error instanceof ApiKeyUnreadableError;
      if (!unasked || error instanceof ArrowCallCancelledError) throw error;
      return text;
    }
  }

  /** Throws `CustomerMappingNotFoundError`, `ObjectInUseError`. */
  remove(uuid: string): Promise<void> {
    const advice = 'Switch it off with is_active=false instead.';
    return this.mappings.remove(uuid, ({ arrowReference }) => `The mapping of ${arrowReference}`, advice);
  }

  private assertRelated({ settingsUuid, waldurCustomerUuid }: ChangeMapping, form: 'uuid' | 'link'): Promise<void> {
    const named = { settings: [Settings, settingsUuid], waldur_customer: [Customer, waldurCustomerUuid] } as const;
    return this.related.assertExist(named, form);
  }
}

/** Of a mapping that was there already. */
function outcomeOf(mapping: CustomerMapping, wanted: string): MappingOutcome['outcome'] {
  if (mapping.waldurCustomerUuid !== wanted) return 'mapped_elsewhere';
  return mapping.isActive ? 'exists' : 'inactive';
}
