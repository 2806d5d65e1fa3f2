import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type ArrowCustomer, ArrowGateway, type Fetched } from '../arrow-gateway/arrow-gateway.js';
import { Clock } from '../common/clock.js';
import type { Customer } from '../directory/customer.entity.js';
import { CustomersService } from '../directory/customers.service.js';
import type { Settings } from '../settings/settings.entity.js';
import { SettingsService } from '../settings/settings.service.js';
import type { AvailableCustomers, CustomerMappingSuggestion, RefreshQuery } from './available-customers.dto.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { suggestOrganisations } from './customer-suggestions.js';

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
  async find(query: RefreshQuery, signal?: AbortSignal): Promise<AvailableCustomers> {
    const { settings, fetched, available, mappings } = await this.unmapped(query);
    const organisations = await this.customers.all();
    return {
      settingsUuid: settings.uuid,
      arrowCustomers: available,
      organisations,
      suggestions: await this.suggest(available, organisations, mappings, signal),
      ageSeconds: this.ageOf(fetched),
    };
  }

  /** Seconds since ArrowSphere was asked, for an answer that is one object and counts as one. Throws as {@link find}. */
  async age(query: RefreshQuery): Promise<number> {
    return this.ageOf((await this.fetch(query)).fetched);
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

  private ageOf({ fetchedAt }: Fetched<unknown>): number {
    return Math.max(0, Math.round((this.clock.now().getTime() - fetchedAt.getTime()) / 1000));
  }

  private async fetch({ refresh }: RefreshQuery): Promise<{ settings: Settings; fetched: Fetched<ArrowCustomer[]> }> {
    const settings = await this.settings.getActive();
    return { settings, fetched: await this.gateway.listCustomers(this.settings.accountOf(settings), { refresh }) };
  }

  private async unmapped(query: RefreshQuery): Promise<{
    settings: Settings;
    fetched: Fetched<ArrowCustomer[]>;
    available: ArrowCustomer[];
    mappings: Map<string, CustomerMapping>;
  }> {
    const { settings, fetched } = await this.fetch(query);
    const mappings = new Map((await this.mappings.ofSettings(settings.uuid)).map((row) => [row.arrowReference, row]));
    const available = fetched.data.filter(({ reference }) => !mappings.get(reference)?.isActive);
    return { settings, fetched, available, mappings };
  }
}

/** Organisations that are somebody's already. */
export function organisationsMappedIn(mappings: Iterable<CustomerMapping>): Set<string> {
  return new Set([...mappings].filter(({ isActive }) => isActive).map(({ waldurCustomerUuid }) => waldurCustomerUuid));
}
