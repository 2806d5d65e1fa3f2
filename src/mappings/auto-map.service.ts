import { Injectable } from '@nestjs/common';
import { type ArrowCustomer, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { InvalidFieldsError } from '../common/app.error.js';
import { sanitizeText } from '../common/sanitize-text.js';
import { CustomersService } from '../directory/customers.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { organisationsMappedIn } from './available-customers.service.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsRepository, type WantedMapping } from './customer-mappings.repository.js';
import { type CustomerSuggestion, suggestOrganisations } from './customer-suggestions.js';
import { mappingsByCustomer } from './mappings-by-customer.js';
import { AutoMapPlanOutdatedError } from './mappings.errors.js';

/** What to map automatically. */
export interface AutoMap {
  /** The active account by default. */
  readonly settingsUuid?: string;
  /** Suggestions that are less sure are left to a person; 0 to 1. */
  readonly minConfidence: number;
  /** Only plan, write nothing. */
  readonly dryRun: boolean;
}

/** Why a customer is left to a person, and the sentence that says so. */
export const SKIPPED = {
  no_match: 'No organisation is similar enough, or the one that is suits another customer as well or better.',
  below_min_confidence: 'The best suggestion is less sure than asked for.',
  ambiguous: 'Another choice is as good or nearly as good.',
  organization_mapped: 'The organisation is mapped to another customer already.',
  inactive_mapping: 'The customer has an inactive mapping.',
  unusable_reference: 'The customer has no reference that can be stored.',
  mapped_meanwhile: 'The customer or the organisation was mapped meanwhile.',
} as const;

export type SkipReason = keyof typeof SKIPPED;

/** A customer and the organisation it is to be mapped to. */
export interface PlannedMapping {
  readonly arrowCustomer: ArrowCustomer;
  readonly suggestion: CustomerSuggestion;
}

/** A customer left to a person. */
export interface SkippedCustomer {
  readonly arrowCustomer: ArrowCustomer;
  readonly reason: SkipReason;
  readonly suggestion?: CustomerSuggestion;
}

/** What auto-mapping would do or has done. */
export interface AutoMapping {
  readonly settingsUuid: string;
  readonly dryRun: boolean;
  readonly minConfidence: number;
  readonly planned: readonly PlannedMapping[];
  readonly created: readonly { readonly uuid: string; readonly planned: PlannedMapping }[];
  readonly skipped: readonly SkippedCustomer[];
  /** Customers that have an active mapping. */
  readonly alreadyMapped: number;
}

const outdated = () => new AutoMapPlanOutdatedError();
const refusals = {
  fk_customer_mapping_waldur_customer_uuid: outdated,
  fk_customer_mapping_settings_uuid: outdated,
};

/** Maps the customers that are beyond doubt, and leaves the others to a person. */
@Injectable()
export class AutoMapService {
  constructor(
    private readonly mappings: CustomerMappingsRepository,
    private readonly settings: SettingsService,
    private readonly customers: CustomersService,
    private readonly gateway: ArrowGateway,
  ) {}

  /**
   * Plans mappings for all customers of the account that have none: those whose suggestion is at least `minConfidence`
   * sure and not ambiguous, for organisations that are not mapped yet. Without `dryRun` exactly that plan is
   * written, in one transaction after ArrowSphere has answered; a second run then finds nothing to do. Where somebody
   * else maps at the same time, what they took is skipped as `mapped_meanwhile`. `signal` ends the search.
   *
   * Throws `SettingsMissingError` (none is active), `InvalidFieldsError` (settings_uuid), `AutoMapPlanOutdatedError` (nothing is written then),
   * `KeyOfAnotherPartnerError` and the gateway's errors.
   */
  async run({ settingsUuid, minConfidence, dryRun }: AutoMap, signal?: AbortSignal): Promise<AutoMapping> {
    const settings = await this.settings.resolve(settingsUuid, unknownSettings);
    const account = await this.settings.ownAccountOf(settings);
    const { data } = await this.gateway.listCustomers(account, { refresh: true });
    const arrowCustomers = [...new Map(data.map((customer) => [customer.reference, customer])).values()];
    const existing = await this.mappings.ofSettings(settings.uuid);
    const { planned, skipped, alreadyMapped } = await this.plan(arrowCustomers, existing, minConfidence, signal);

    const created = dryRun || !planned.length ? [] : await this.create(settings.uuid, planned);
    const done = new Set(created.map((one) => one.planned));
    const missed = dryRun ? [] : planned.filter((one) => !done.has(one));
    return {
      settingsUuid: settings.uuid,
      dryRun,
      minConfidence,
      planned,
      created,
      skipped: [...skipped, ...missed.map((one): SkippedCustomer => ({ ...one, reason: 'mapped_meanwhile' }))],
      alreadyMapped,
    };
  }

  private async plan(
    arrowCustomers: readonly ArrowCustomer[],
    existing: readonly CustomerMapping[],
    minConfidence: number,
    signal: AbortSignal | undefined,
  ): Promise<Pick<AutoMapping, 'planned' | 'skipped' | 'alreadyMapped'>> {
    const mappingOf = mappingsByCustomer(existing, arrowCustomers);
    const mapped = organisationsMappedIn(existing);
    const unmapped = arrowCustomers.filter(({ reference }) => !mappingOf.get(reference)?.isActive);
    const suggestions = await suggestOrganisations(unmapped, await this.customers.all(), {
      mapped,
      signal,
    });

    const planned: PlannedMapping[] = [];
    const skipped: SkippedCustomer[] = [];
    for (const arrowCustomer of unmapped) {
      const suggestion = suggestions.get(arrowCustomer.reference);
      const reason =
        hindrance(arrowCustomer, mappingOf.has(arrowCustomer.reference)) ?? doubt(suggestion, mapped, minConfidence);
      if (reason) skipped.push({ arrowCustomer, reason, suggestion });
      else planned.push({ arrowCustomer, suggestion: suggestion! });
    }
    return { planned, skipped, alreadyMapped: arrowCustomers.length - unmapped.length };
  }

  private create(settingsUuid: string, planned: readonly PlannedMapping[]): Promise<AutoMapping['created'][number][]> {
    return this.mappings.autoMapping(settingsUuid, async (manager) => {
      const taken = organisationsMappedIn(await this.mappings.ofSettings(settingsUuid, manager));
      const free = planned.filter(({ suggestion }) => !taken.has(suggestion.organisation.uuid));
      const uuids = await this.mappings.insertMissing(manager, settingsUuid, free.map(wantedMapping), refusals);
      return free.flatMap((one) => {
        const uuid = uuids.get(one.arrowCustomer.reference);
        return uuid ? [{ uuid, planned: one }] : [];
      });
    });
  }
}

function wantedMapping({ arrowCustomer, suggestion }: PlannedMapping): WantedMapping {
  return {
    arrowReference: arrowCustomer.reference,
    arrowCompanyName: sanitizeText(arrowCustomer.companyName, 500),
    waldurCustomerUuid: suggestion.organisation.uuid,
  };
}

function unknownSettings(uuid: string): InvalidFieldsError {
  return new InvalidFieldsError({ settings_uuid: [`Object with uuid=${uuid} does not exist.`] });
}

function hindrance({ reference }: ArrowCustomer, hasMapping: boolean): SkipReason | undefined {
  if (hasMapping) return 'inactive_mapping';
  return reference.trim() === '' || reference.length > 255 ? 'unusable_reference' : undefined;
}

function doubt(
  suggestion: CustomerSuggestion | undefined,
  mapped: ReadonlySet<string>,
  minConfidence: number,
): SkipReason | undefined {
  if (!suggestion) return 'no_match';
  if (mapped.has(suggestion.organisation.uuid)) return 'organization_mapped';
  if (suggestion.ambiguous) return 'ambiguous';
  return suggestion.confidence < minConfidence ? 'below_min_confidence' : undefined;
}
