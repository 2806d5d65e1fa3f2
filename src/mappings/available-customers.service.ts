import { Injectable } from '@nestjs/common';
import { type ArrowCustomer, ArrowGateway, type Fetched } from '../arrow-gateway/arrow-gateway.js';
import { Clock } from '../common/clock.js';
import { Count } from '../common/page.js';
import type { Customer } from '../directory/customer.entity.js';
import { CustomersService } from '../directory/customers.service.js';
import type { Settings } from '../settings/settings.entity.js';
import { SettingsService } from '../settings/settings.service.js';
import type { AvailableCustomers, CustomerSuggestion, RefreshQuery } from './available-customers.dto.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { suggestByName } from './customer-suggestions.js';

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
  async find(query: RefreshQuery): Promise<AvailableCustomers> {
    const { settings, fetched, available, mappings } = await this.unmapped(query);
    const organisations = await this.customers.all();
    return {
      settingsUuid: settings.uuid,
      arrowCustomers: available,
      organisations,
      suggestions: this.suggest(available, organisations, mappings),
      ageSeconds: Math.max(0, Math.round((this.clock.now().getTime() - fetched.fetchedAt.getTime()) / 1000)),
    };
  }

  /**
   * The organisation that each customer might be, in their order. One that is mapped already gets no suggestion, but
   * the UUID of its mapping. The one place where suggestions are made.
   */
  suggest(
    arrowCustomers: readonly ArrowCustomer[],
    organisations: readonly Customer[],
    mappings: ReadonlyMap<string, CustomerMapping>,
  ): CustomerSuggestion[] {
    const suggested = suggestByName(
      arrowCustomers.map(({ companyName }) => companyName),
      organisations,
    );
    return arrowCustomers.map((arrowCustomer, i) => {
      const mapping = mappings.get(arrowCustomer.reference);
      const { organisation, confidence = 0 } = (!mapping?.isActive && suggested[i]) || {};
      return { arrowCustomer, organisation, confidence, mappingUuid: mapping?.uuid };
    });
  }

  /** How many there are. Throws as {@link find}. */
  async count(query: RefreshQuery): Promise<Count> {
    const { available } = await this.unmapped(query);
    return new Count(available.length, 1, Math.max(1, available.length));
  }

  private async unmapped({ refresh }: RefreshQuery): Promise<{
    settings: Settings;
    fetched: Fetched<ArrowCustomer[]>;
    available: ArrowCustomer[];
    mappings: Map<string, CustomerMapping>;
  }> {
    const settings = await this.settings.getActive();
    const fetched = await this.gateway.listCustomers(this.settings.accountOf(settings), { refresh });
    const mappings = new Map((await this.mappings.ofSettings(settings.uuid)).map((row) => [row.arrowReference, row]));
    const available = fetched.data.filter(({ reference }) => !mappings.get(reference)?.isActive);
    return { settings, fetched, available, mappings };
  }
}
