import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Count, Page } from '../common/page.js';
import type { ListVendorOfferingMappingsQuery } from './vendor-offering-mapping.dto.js';
import type {
  ChangeVendorMapping,
  CreateVendorMapping,
  VendorOfferingMapping,
} from './vendor-offering-mapping.entity.js';
import { VendorOfferingMappingsRepository } from './vendor-offering-mappings.repository.js';

/** What licences of a vendor become in Waldur. Rows come with their `offering` and `plan` (or null). */
@Injectable()
export class VendorOfferingMappingsService {
  constructor(
    private readonly mappings: VendorOfferingMappingsRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListVendorOfferingMappingsQuery): Promise<Page<VendorOfferingMapping>> {
    return this.mappings.list(query);
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListVendorOfferingMappingsQuery): Promise<Count> {
    return this.mappings.count(query);
  }

  /** Throws `VendorOfferingMappingNotFoundError`. */
  get(uuid: string): Promise<VendorOfferingMapping> {
    return this.mappings.get(uuid);
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

  /** Throws `ArrowVendorAlreadyMappedError`, `PlanOfAnotherOfferingError`, `RelatedObjectGoneError`. */
  async create(mapping: CreateVendorMapping): Promise<VendorOfferingMapping> {
    return this.get(await this.mappings.insert(mapping));
  }

  /**
   * Another offering needs a plan of its own, or none (`planUuid: null`). Throws as {@link create}, and
   * `VendorOfferingMappingNotFoundError`.
   */
  async update(uuid: string, changes: ChangeVendorMapping): Promise<VendorOfferingMapping> {
    await this.mappings.update(uuid, changes, this.clock.now());
    return this.get(uuid);
  }

  /** Throws `VendorOfferingMappingNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    await this.mappings.remove(await this.get(uuid));
  }
}
