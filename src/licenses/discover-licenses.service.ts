import { Injectable } from '@nestjs/common';
import type { ArrowCallOptions, ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import { ArrowCallCancelledError } from '../arrow-gateway/arrow-gateway.errors.js';
import { Clock } from '../common/clock.js';
import { runInSlices } from '../common/time-slices.js';
import type { Resource } from '../directory/resource.entity.js';
import { ResourcesService } from '../directory/resources.service.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../mappings/customer-mappings.service.js';
import { type CustomerLicenses, CustomerLicensesService, sentenceOf } from './customer-licenses.service.js';
import { type LinkSuggestion, suggestLinks } from './suggest-links.js';

/** Clients give up after some time as well; by then they have at least the two lists. */
const SUGGEST_WITHIN_MS = 20_000;

export interface DiscoverOptions {
  readonly signal?: AbortSignal;
  readonly suggestWithinMs?: number;
}

/** A mapped customer's licences beside its resources. */
export interface DiscoveredLicenses {
  readonly mapping: CustomerMapping;
  /** As ArrowSphere writes it; the stored one where it could not be asked. */
  readonly arrowReference: string;
  /** All of them; none where {@link error} says why. */
  readonly licenses: readonly ArrowLicense[];
  /** Licence → the live resource that has it, of whatever organisation. */
  readonly holders: ReadonlyMap<string, Resource>;
  readonly resources: readonly Resource[];
  readonly suggestions: readonly LinkSuggestion[];
  readonly error: string | null;
  readonly ageSeconds?: number;
}

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
   * Suggestions that are not found in time are left out, and `error` says that. `signal` ends the work. Throws
   * `CustomerMappingNotFoundError`, `ArrowCallCancelledError`.
   */
  async discover(
    mappingUuid: string,
    { refresh }: Pick<ArrowCallOptions, 'refresh'>,
    { signal, suggestWithinMs = SUGGEST_WITHIN_MS }: DiscoverOptions = {},
  ): Promise<DiscoveredLicenses> {
    const mapping = await this.mappings.getWithSettings(mappingUuid);
    const { found, error } = await this.ask(mapping, { refresh, signal });
    const resources = await this.resources.ofCustomer(mapping.waldurCustomerUuid);
    const licenses = found?.data ?? [];
    const holders = await this.resources.liveHolders(licenses.map(({ licenseReference }) => licenseReference));
    const unlinked = resources.filter((one) => one.claimedBackendId === '' && one.state !== 'Terminated');
    const free = licenses.filter(({ licenseReference }) => !holders.has(licenseReference));
    const search = suggestLinks(
      unlinked.map(({ uuid, name, offering }) => ({ uuid, name, offeringName: offering.name })),
      free,
    );
    const suggestions = await this.within(suggestWithinMs, signal, search);
    return {
      mapping,
      arrowReference: found?.reference ?? mapping.arrowReference,
      licenses,
      holders,
      resources,
      suggestions: suggestions ?? [],
      error: suggestions ? error : `No suggestions: they were not found within ${suggestWithinMs / 1000} s.`,
      ageSeconds: found && this.clock.secondsSince(found.fetchedAt),
    };
  }

  /** What the work comes to, or `undefined` where it takes too long. Throws `ArrowCallCancelledError`. */
  private async within<T>(
    milliseconds: number,
    signal: AbortSignal | undefined,
    work: Generator<void, T>,
  ): Promise<T | undefined> {
    const over = milliseconds > 0 ? AbortSignal.timeout(milliseconds) : AbortSignal.abort();
    try {
      return await runInSlices(work, { signal: signal ? AbortSignal.any([signal, over]) : over });
    } catch (error) {
      if (signal?.aborted) throw new ArrowCallCancelledError();
      if (over.aborted) return undefined;
      throw error;
    }
  }

  private async ask(
    mapping: CustomerMapping,
    options: ArrowCallOptions,
  ): Promise<{ found?: CustomerLicenses; error: string | null }> {
    try {
      return { found: await this.arrow.list(mapping, options), error: null };
    } catch (error) {
      return { error: sentenceOf(error) };
    }
  }
}
