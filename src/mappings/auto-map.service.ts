import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { type ArrowCustomer, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { storable } from '../common/storable.js';
import { naming } from '../database/constraint.js';
import { CustomersService } from '../directory/customers.service.js';
import { SettingsService } from '../settings/settings.service.js';
import {
  type AutoMapDto,
  type AutoMapping,
  DEFAULT_MIN_CONFIDENCE,
  type PlannedMapping,
  type SkippedCustomer,
  type SkipReason,
} from './auto-map.dto.js';
import { organisationsMappedIn } from './available-customers.service.js';
import { CustomerMapping } from './customer-mapping.entity.js';
import { type CustomerSuggestion, suggestOrganisations } from './customer-suggestions.js';
import { AutoMapPlanOutdatedError } from './mappings.errors.js';

const outdated = () => new AutoMapPlanOutdatedError();
const refusals = {
  fk_customer_mapping_waldur_customer_uuid: outdated,
  fk_customer_mapping_settings_uuid: outdated,
};

/** Maps the customers that are beyond doubt, and leaves the others to a person. */
@Injectable()
export class AutoMapService {
  constructor(
    @InjectRepository(CustomerMapping) private readonly mappings: Repository<CustomerMapping>,
    private readonly settings: SettingsService,
    private readonly customers: CustomersService,
    private readonly gateway: ArrowGateway,
  ) {}

  /**
   * Plans mappings for all customers of the account that have none: those whose suggestion is at least `min_confidence`
   * sure and not ambiguous, for organisations that are not mapped yet. With `dry_run: false` exactly that plan is
   * written, in one transaction after ArrowSphere has answered; a second run then finds nothing to do. Where somebody
   * else maps at the same time, what they took is skipped as `mapped_meanwhile`. `signal` ends the search.
   *
   * Throws `SettingsMissingError` (none is active), `InvalidFieldsError` (settings_uuid), `AutoMapPlanOutdatedError` (nothing is written then) and the gateway's errors.
   */
  async run(dto: AutoMapDto, signal?: AbortSignal): Promise<AutoMapping> {
    const { dry_run: dryRun = true, min_confidence: minConfidence = DEFAULT_MIN_CONFIDENCE } = dto;
    const settings = await this.settings.resolveNamed(dto.settings_uuid);
    const { data } = await this.gateway.listCustomers(this.settings.accountOf(settings), { refresh: true });
    const arrowCustomers = [...new Map(data.map((customer) => [customer.reference, customer])).values()];
    const existing = await this.mappings.findBy({ settingsUuid: settings.uuid });
    const { planned, skipped, alreadyMapped } = await this.plan(arrowCustomers, existing, minConfidence, signal);

    const created = dryRun ? [] : await this.create(settings.uuid, planned);
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
    const mappingOf = new Map(existing.map((mapping) => [mapping.arrowReference, mapping]));
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
    if (!planned.length) return Promise.resolve([]);
    return naming(refusals, () =>
      this.mappings.manager.transaction(async (manager) => {
        // One at a time under one account, so that the second sees what the first has mapped.
        await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`auto_map ${settingsUuid}`]);
        const taken = organisationsMappedIn(await manager.findBy(CustomerMapping, { settingsUuid }));
        const free = planned.filter(({ suggestion }) => !taken.has(suggestion.organisation.uuid));
        const rows = await insert(manager, settingsUuid, free);
        return free.flatMap((one) => {
          const uuid = rows.get(one.arrowCustomer.reference);
          return uuid ? [{ uuid, planned: one }] : [];
        });
      }),
    );
  }
}

/** One statement however many there are; answers the new rows' UUIDs by reference, without those that were there. */
async function insert(
  manager: EntityManager,
  settingsUuid: string,
  planned: readonly PlannedMapping[],
): Promise<Map<string, string>> {
  const rows: { uuid: string; arrow_reference: string }[] = await manager.query(
    `INSERT INTO customer_mapping (settings_uuid, arrow_reference, arrow_company_name, waldur_customer_uuid)
     SELECT $1, planned.* FROM unnest($2::text[], $3::text[], $4::uuid[]) AS planned
         ON CONFLICT ON CONSTRAINT uq_customer_mapping_arrow_reference_settings DO NOTHING
  RETURNING uuid, arrow_reference`,
    [
      settingsUuid,
      planned.map(({ arrowCustomer }) => arrowCustomer.reference),
      planned.map(({ arrowCustomer }) => storable(arrowCustomer.companyName, 500)),
      planned.map(({ suggestion }) => suggestion.organisation.uuid),
    ],
  );
  return new Map(rows.map(({ uuid, arrow_reference }) => [arrow_reference, uuid]));
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
