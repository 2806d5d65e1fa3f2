import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  type ArrowCallOptions,
  type ArrowCustomer,
  ArrowGateway,
  type Fetched,
} from '../arrow-gateway/arrow-gateway.js';
import { Clock } from '../common/clock.js';
import type { Customer } from '../directory/customer.entity.js';
import { CustomersService } from '../directory/customers.service.js';
import type { Settings } from '../settings/settings.entity.js';
import { SettingsService } from '../settings/settings.service.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { type CustomerSuggestion, suggestOrganisations } from './customer-suggestions.js';
import { mappingsByCustomer } from './mappings-by-customer.js';

/** Whether to ask ArrowSphere even where a recent answer is at hand. */
type Refresh = Pick<ArrowCallOptions, 'refresh'>;

/** What is suggested for one ArrowSphere customer. */
export interface CustomerMappingSuggestion {
  readonly arrowCustomer: ArrowCustomer;
  readonly suggestion?: CustomerSuggestion;
  /** The mapping that this customer has already, if there is one. */
  readonly mappingUuid?: string;
}

/** What can be mapped, and how old ArrowSphere's part of it is. */
export interface AvailableCustomers {
  readonly settingsUuid: string;
  readonly arrowCustomers: readonly ArrowCustomer[];
  readonly organisations: readonly Customer[];
  /** Their mappings are inactive: customers with an active one are not offered. */
  readonly suggestions: readonly CustomerMappingSuggestion[];
  readonly ageSeconds: number;
}

/** ArrowSphere's customers that have no active mapping yet, with the organisations they might be. */
@Injectable()
export class AvailableCustomersService {
  constructor(
    private readonly settings: SettingsService,
    private readonly mappings: CustomerMappingsService,
    private readonly customers: CustomersService,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
  ) {}

  /**
   * For the active account. A customer with an inactive mapping is offered with that mapping's UUID, because a second
   * mapping of it would be refused. Throws `NoActiveSettingsError` and the gateway's errors.
   */
  async find(options: Refresh, signal?: AbortSignal): Promise<AvailableCustomers> {
    const { settings, fetched } = await this.fetch(options);
    const mappings = mappingsByCustomer(await this.mappings.ofSettings(settings.uuid), fetched.data);
    const arrowCustomers = fetched.data.filter(({ reference }) => !mappings.get(reference)?.isActive);
    const organisations = await this.customers.all();
    return {
      settingsUuid: settings.uuid,
      arrowCustomers,
      organisations,
      suggestions: await this.suggest(arrowCustomers, organisations, mappings, signal),
      ageSeconds: this.clock.secondsSince(fetched.fetchedAt),
    };
  }

  /** Seconds since ArrowSphere was asked, for an answer that is one object and counts as one. Throws as {@link find}. */
  async age(options: Refresh): Promise<number> {
    return this.clock.secondsSince((await this.fetch(options)).fetched.fetchedAt);
  }

  /**
   * The organisation that each customer might be, in their order. One that is mapped already gets no suggestion, but
   * the UUID of its mapping. The one place where suggestions are made.
   */
  async suggest(
    arrowCustomers: readonly ArrowCustomer[],
    organisations: readonly Customer[],
    mappings: ReadonlyMap<string, CustomerMapping>,
    signal?: AbortSignal,
  ): Promise<CustomerMappingSuggestion[]> {
    const open = arrowCustomers.filter(({ reference }) => !mappings.get(reference)?.isActive);
    const suggested = await suggestOrganisations(open, organisations, {
      mapped: organisationsMappedIn(mappings.values()),
      signal,
    });
    // The answer is long, too: whoever waits goes first.
    await setImmediate();
    return arrowCustomers.map((arrowCustomer) => ({
      arrowCustomer,
      suggestion: suggested.get(arrowCustomer.reference),
      mappingUuid: mappings.get(arrowCustomer.reference)?.uuid,
    }));
  }

  private async fetch({ refresh }: Refresh): Promise<{ settings: Settings; fetched: Fetched<ArrowCustomer[]> }> {
    const settings = await this.settings.getActive();
    return { settings, fetched: await this.gateway.listCustomers(this.settings.accountOf(settings), { refresh }) };
  }
}

/** Organisations that are somebody's already. */
export function organisationsMappedIn(mappings: Iterable<CustomerMapping>): Set<string> {
  return new Set([...mappings].filter(({ isActive }) => isActive).map(({ waldurCustomerUuid }) => waldurCustomerUuid));
}
