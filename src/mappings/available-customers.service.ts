import { Injectable } from '@nestjs/common';
import { type ArrowCustomer, ArrowGateway, type Fetched } from '../arrow-gateway/arrow-gateway.js';
import { Clock } from '../common/clock.js';
import { Count } from '../common/page.js';
import { CustomersService } from '../directory/customers.service.js';
import type { Settings } from '../settings/settings.entity.js';
import { SettingsService } from '../settings/settings.service.js';
import type { AvailableCustomers, RefreshQuery } from './available-customers.dto.js';
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
    const suggested = suggestByName(
      available.map(({ companyName }) => companyName),
      organisations,
    );
    return {
      settingsUuid: settings.uuid,
      arrowCustomers: available,
      organisations,
      suggestions: available.map((arrowCustomer, i) => ({
        arrowCustomer,
        organisation: suggested[i]?.organisation,
        confidence: suggested[i]?.confidence ?? 0,
        mappingUuid: mappings.get(arrowCustomer.reference)?.uuid,
      })),
      ageSeconds: Math.max(0, Math.round((this.clock.now().getTime() - fetched.fetchedAt.getTime()) / 1000)),
    };
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
