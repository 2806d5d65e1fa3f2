import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { RelatedObjects } from '../database/related-objects.js';
import { EntityService } from '../database/entity.service.js';
import { Offering } from '../directory/offering.entity.js';
import { Plan } from '../directory/plan.entity.js';
import { Settings } from '../settings/settings.entity.js';
import type { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';
import { type VendorMappingFilter, VendorOfferingMappingsRepository } from './vendor-offering-mappings.repository.js';

/** What of a vendor mapping may be changed; what is left out stays. */
export type ChangeVendorMapping = Partial<
  Pick<VendorOfferingMapping, 'settingsUuid' | 'arrowVendorName' | 'offeringUuid' | 'planUuid' | 'isActive'>
>;

/** A vendor mapping to make; what is left out takes its default. */
export type CreateVendorMapping = ChangeVendorMapping &
  Pick<VendorOfferingMapping, 'settingsUuid' | 'arrowVendorName' | 'offeringUuid'>;

/** What licences of a vendor become in Waldur. Rows come with their `offering` and `plan` (or null). */
@Injectable()
export class VendorOfferingMappingsService extends EntityService<VendorOfferingMapping, VendorMappingFilter> {
  constructor(
    private readonly mappings: VendorOfferingMappingsRepository,
    private readonly related: RelatedObjects,
    private readonly clock: Clock,
  ) {
    super(mappings);
  }

  /**
   * For each of these, in their order, the UUID of the plan that licences of `vendorName` get when they become resources
   * of the offering; `null` where no active mapping of that vendor leads to that offering, or it names no plan. Letter
   * case counts only where two mappings differ in nothing else. One statement, however many.
   */
  async findPlans(
    settingsUuid: string,
    wanted: readonly { readonly vendorName: string; readonly offeringUuid: string }[],
  ): Promise<(string | null)[]> {
    if (wanted.length === 0) return [];
    const planAt = await this.mappings.plans(settingsUuid, wanted);
    return wanted.map((_, at) => planAt.get(at) ?? null);
  }

  /**
   * Throws `InvalidFieldsError` for what it names and is not there, `ArrowVendorAlreadyMappedError`,
   * `PlanOfAnotherOfferingError`.
   */
  async create(mapping: CreateVendorMapping): Promise<VendorOfferingMapping> {
    await this.assertRelated(mapping, 'uuid');
    return this.get(await this.mappings.create(mapping));
  }

  /**
   * Another offering needs a plan of its own, or none (`planUuid: null`). Throws as {@link create}, and
   * `VendorOfferingMappingNotFoundError`.
   */
  async update(uuid: string, changes: ChangeVendorMapping): Promise<VendorOfferingMapping> {
    await this.assertRelated(changes, 'link');
    await this.mappings.change(uuid, changes, this.clock.now());
    return this.get(uuid);
  }

  /** Throws `VendorOfferingMappingNotFoundError`, `ObjectInUseError`. */
  remove(uuid: string): Promise<void> {
    return this.mappings.remove(uuid, ({ arrowVendorName }) => `The mapping of ${arrowVendorName}`);
  }

  private assertRelated(mapping: ChangeVendorMapping, form: 'uuid' | 'link'): Promise<void> {
    const { settingsUuid, offeringUuid, planUuid } = mapping;
    const named = {
      settings: [Settings, settingsUuid],
      offering: [Offering, offeringUuid],
      plan: [Plan, planUuid],
    } as const;
    return this.related.assertExist(named, form);
  }
}
