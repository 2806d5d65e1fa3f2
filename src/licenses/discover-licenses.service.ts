import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { runInSlices } from '../common/time-slices.js';
import { ResourcesService } from '../directory/resources.service.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../mappings/customer-mappings.service.js';
import { type CustomerLicenses, CustomerLicensesService, sentenceOf } from './customer-licenses.service.js';
import type { DiscoveredLicenses, DiscoverLicensesQuery } from './discover-licenses.dto.js';
import { suggestLinks } from './suggest-links.js';

/** A mapped customer's licences in ArrowSphere beside the organisation's resources, and which might be which. */
@Injectable()
export class DiscoverLicensesService {
  constructor(
    private readonly mappings: CustomerMappingsService,
    private readonly arrow: CustomerLicensesService,
    private readonly resources: ResourcesService,
    private readonly clock: Clock,
  ) {}

  /**
   * Where ArrowSphere fails, `error` says so and the resources are there all the same; licences are all there or none.
   * Throws `CustomerMappingNotFoundError`.
   */
  async discover(mappingUuid: string, { refresh }: DiscoverLicensesQuery): Promise<DiscoveredLicenses> {
    const mapping = await this.mappings.getWithSettings(mappingUuid);
    const { found, error } = await this.ask(mapping, refresh);
    const resources = await this.resources.ofCustomer(mapping.waldurCustomerUuid);
    const licenses = found?.data ?? [];
    const holders = await this.resources.liveHolders(licenses.map(({ licenseReference }) => licenseReference));
    const unlinked = resources.filter(({ backendId, state }) => backendId === '' && state !== 'Terminated');
    const free = licenses.filter(({ licenseReference }) => !holders.has(licenseReference));
    const suggestions = await runInSlices(
      suggestLinks(
        unlinked.map(({ uuid, name, offering }) => ({ uuid, name, offeringName: offering.name })),
        free,
      ),
    );
    return {
      mapping,
      arrowReference: found?.reference ?? mapping.arrowReference,
      licenses,
      holders,
      resources,
      suggestions,
      error,
      ageSeconds: found && this.ageOf(found),
    };
  }

  private async ask(
    mapping: CustomerMapping,
    refresh?: boolean,
  ): Promise<{ found?: CustomerLicenses; error: string | null }> {
    try {
      return { found: await this.arrow.list(mapping, { refresh }), error: null };
    } catch (error) {
      return { error: sentenceOf(error) };
    }
  }

  private ageOf({ fetchedAt }: CustomerLicenses): number {
    return Math.max(0, Math.round((this.clock.now().getTime() - fetchedAt.getTime()) / 1000));
  }
}
