import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type DeepPartial, type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { translateConstraintErrors, updateDefined } from '../database/constraint.js';
import { EntityRepository } from '../database/entity.repository.js';
import { insertFreeRows } from '../database/insert-rows.js';
import { containing, mentions, narrow } from '../database/paginate.js';
import { PlanOfAnotherOfferingError } from '../directory/directory.errors.js';
import { ArrowVendorAlreadyMappedError, VendorOfferingMappingNotFoundError } from './mappings.errors.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';

/** Which vendor mappings are meant; what is left out does not matter. */
export interface VendorMappingFilter extends Paging {
  /** Part of it. */
  readonly arrowVendorName?: string;
  readonly isActive?: boolean;
  readonly settings?: string;
  readonly settingsUuid?: string;
  readonly offering?: string;
  readonly offeringUuid?: string;
}

const refusals = {
  uq_vendor_offering_mapping_settings_arrow_vendor_name: () => new ArrowVendorAlreadyMappedError(),
  fk_vendor_offering_mapping_plan_of_offering: () => new PlanOfAnotherOfferingError(),
};

/** A vendor mapping that was made elsewhere, with the UUID that it has there. */
export type ImportedVendorMapping = Pick<
  VendorOfferingMapping,
  'uuid' | 'arrowVendorName' | 'offeringUuid' | 'planUuid' | 'isActive'
>;

/** Letter case counts only where two mappings differ in nothing else. */
const PLANS = `
  SELECT DISTINCT ON (wanted.at) wanted.at::integer - 1 AS at, mapping.plan_uuid AS "planUuid"
  FROM unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS wanted (name, offering_uuid, at)
  JOIN vendor_offering_mapping mapping
    ON mapping.settings_uuid = $1
    AND mapping.is_active
    AND mapping.offering_uuid = wanted.offering_uuid
    AND lower(mapping.arrow_vendor_name COLLATE "und-x-icu") = lower(wanted.name COLLATE "und-x-icu")
  ORDER BY wanted.at, mapping.arrow_vendor_name = wanted.name DESC, mapping.arrow_vendor_name`;

/** Vendor mappings. Rows come with their `offering` and `plan` (or null). */
@Injectable()
export class VendorOfferingMappingsRepository extends EntityRepository<VendorOfferingMapping, VendorMappingFilter> {
  constructor(@InjectRepository(VendorOfferingMapping) rows: Repository<VendorOfferingMapping>) {
    super(rows, VendorOfferingMappingNotFoundError, { offering: true, plan: true });
  }

  /** By position among those wanted, which plan the active mapping of that vendor to that offering names. */
  async plans(
    settingsUuid: string,
    wanted: readonly { readonly vendorName: string; readonly offeringUuid: string }[],
  ): Promise<Map<number, string | null>> {
    const vendors = wanted.map(({ vendorName }) => vendorName.trim());
    const offerings = wanted.map(({ offeringUuid }) => offeringUuid);
    const found = await this.rows.query<{ at: number; planUuid: string | null }[]>(PLANS, [
      settingsUuid,
      vendors,
      offerings,
    ]);
    return new Map(found.map(({ at, planUuid }) => [at, planUuid]));
  }

  /**
   * Answers the new UUID. Throws `ArrowVendorAlreadyMappedError`, `PlanOfAnotherOfferingError`,
   * `RelatedObjectGoneError`.
   */
  create(mapping: DeepPartial<VendorOfferingMapping>): Promise<string> {
    return this.insert(mapping, refusals);
  }

  /** Under one account, by vendor; the rows alone. */
  ofSettings(settingsUuid: string, manager: EntityManager): Promise<VendorOfferingMapping[]> {
    return manager.find(VendorOfferingMapping, { where: { settingsUuid }, order: { arrowVendorName: 'ASC' } });
  }

  /** Makes, with their UUIDs, those that nothing stands in the way of; answers which. Throws as {@link create}. */
  insertImported(
    manager: EntityManager,
    settingsUuid: string,
    mappings: readonly ImportedVendorMapping[],
  ): Promise<Set<string>> {
    const rows = mappings.map((row) => ({ ...row, settingsUuid }));
    return translateConstraintErrors(refusals, () => insertFreeRows(manager, VendorOfferingMapping, rows));
  }

  /** Writes what is given. Throws as {@link create}. */
  change(uuid: string, changes: Partial<VendorOfferingMapping>, modified: Date): Promise<void> {
    return updateDefined(this.rows, uuid, changes, refusals, { modified });
  }

  protected filtered(filter: VendorMappingFilter): SelectQueryBuilder<VendorOfferingMapping> {
    return narrow(this.rows.createQueryBuilder('mapping'), {
      [mentions('mapping.arrowVendorName', 'vendor')]: containing(filter.arrowVendorName),
      'mapping.isActive = :isActive': filter.isActive,
      'mapping.settingsUuid = :settings': filter.settings,
      'mapping.settingsUuid = :settingsUuid': filter.settingsUuid,
      'mapping.offeringUuid = :offering': filter.offering,
      'mapping.offeringUuid = :offeringUuid': filter.offeringUuid,
    });
  }
}
