import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, countOnly, mentions, narrow, orderOf, paginate } from '../database/paginate.js';
import { PlanOfAnotherOfferingError } from '../directory/directory.errors.js';
import { ArrowVendorAlreadyMappedError, VendorOfferingMappingNotFoundError } from './mappings.errors.js';
import { type ListVendorOfferingMappingsQuery, VENDOR_MAPPING_ORDER } from './vendor-offering-mapping.dto.js';
import {
  type ChangeVendorMapping,
  type CreateVendorMapping,
  VendorOfferingMapping,
} from './vendor-offering-mapping.entity.js';

const relations = { offering: true, plan: true };
const refusals = {
  uq_vendor_offering_mapping_settings_arrow_vendor_name: () => new ArrowVendorAlreadyMappedError(),
  fk_vendor_offering_mapping_plan_of_offering: () => new PlanOfAnotherOfferingError(),
};

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
export class VendorOfferingMappingsRepository {
  constructor(@InjectRepository(VendorOfferingMapping) private readonly mappings: Repository<VendorOfferingMapping>) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListVendorOfferingMappingsQuery): Promise<Page<VendorOfferingMapping>> {
    const order = orderOf(query.o, VENDOR_MAPPING_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.mappings.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListVendorOfferingMappingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `VendorOfferingMappingNotFoundError`. */
  get(uuid: string): Promise<VendorOfferingMapping> {
    return findOrThrow(this.mappings, uuid, VendorOfferingMappingNotFoundError, { relations });
  }

  /** By position among those wanted, which plan the active mapping of that vendor to that offering names. */
  async plans(
    settingsUuid: string,
    wanted: readonly { readonly vendorName: string; readonly offeringUuid: string }[],
  ): Promise<Map<number, string | null>> {
    const vendors = wanted.map(({ vendorName }) => vendorName.trim());
    const offerings = wanted.map(({ offeringUuid }) => offeringUuid);
    const found = await this.mappings.query<{ at: number; planUuid: string | null }[]>(PLANS, [
      settingsUuid,
      vendors,
      offerings,
    ]);
    return new Map(found.map(({ at, planUuid }) => [at, planUuid]));
  }

  /** Answers the new UUID. Throws `ArrowVendorAlreadyMappedError`, `PlanOfAnotherOfferingError`, `RelatedObjectGoneError`. */
  async insert(mapping: CreateVendorMapping): Promise<string> {
    const row = this.mappings.create(mapping);
    await naming(refusals, () => this.mappings.insert(row));
    return row.uuid;
  }

  /** Writes what is given. Throws as {@link insert}. */
  update(uuid: string, changes: ChangeVendorMapping, modified: Date): Promise<void> {
    return updateGiven(this.mappings, uuid, changes, refusals, { modified });
  }

  /** Throws `ObjectInUseError`. */
  async remove({ uuid, arrowVendorName }: VendorOfferingMapping): Promise<void> {
    await removing(`The mapping of ${arrowVendorName}`, () => this.mappings.delete({ uuid }));
  }

  private filtered(query: ListVendorOfferingMappingsQuery): SelectQueryBuilder<VendorOfferingMapping> {
    return narrow(this.mappings.createQueryBuilder('mapping'), {
      [mentions('mapping.arrowVendorName', 'vendor')]: query.arrow_vendor_name && containing(query.arrow_vendor_name),
      'mapping.isActive = :is_active': query.is_active,
      'mapping.settingsUuid = :settings': query.settings,
      'mapping.settingsUuid = :settings_uuid': query.settings_uuid,
      'mapping.offeringUuid = :offering': query.offering,
      'mapping.offeringUuid = :offering_uuid': query.offering_uuid,
    });
  }
}
