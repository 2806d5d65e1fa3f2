import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import { Clock } from '../common/clock.js';
import { commandOf } from '../common/command.js';
import type { Count, Page } from '../common/page.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, mentions, countOnly, paginate } from '../database/paginate.js';
import { RelatedObjects } from '../database/related-objects.js';
import { PlanOfAnotherOfferingError } from '../directory/directory.errors.js';
import { ArrowVendorAlreadyMappedError, VendorOfferingMappingNotFoundError } from './mappings.errors.js';
import {
  CreateVendorOfferingMappingDto,
  type ListVendorOfferingMappingsQuery,
  PatchVendorOfferingMappingDto,
} from './vendor-offering-mapping.dto.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';

const relations = { offering: true, plan: true };
const refusals = {
  uq_vendor_offering_mapping_settings_arrow_vendor_name: () => new ArrowVendorAlreadyMappedError(),
  fk_vendor_offering_mapping_plan_of_offering: () => new PlanOfAnotherOfferingError(),
};

/** What licences of a vendor become in Waldur. Rows come with their `offering` and `plan` (or null). */
@Injectable()
export class VendorOfferingMappingsService {
  constructor(
    @InjectRepository(VendorOfferingMapping) private readonly mappings: Repository<VendorOfferingMapping>,
    private readonly related: RelatedObjects,
    private readonly clock: Clock,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListVendorOfferingMappingsQuery): Promise<Page<VendorOfferingMapping>> {
    return paginate(this.filtered(query), commandOf(query), [['created', 'DESC']], (uuids) =>
      this.mappings.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListVendorOfferingMappingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), commandOf(query));
  }

  /** Throws `VendorOfferingMappingNotFoundError`. */
  get(uuid: string): Promise<VendorOfferingMapping> {
    return findOrThrow(this.mappings, uuid, VendorOfferingMappingNotFoundError, { relations });
  }

  /** All mappings under one account, active or not, by vendor name. */
  ofSettings(settingsUuid: string): Promise<VendorOfferingMapping[]> {
    return this.mappings.find({ where: { settingsUuid }, relations, order: { arrowVendorName: 'ASC' } });
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
    const found: { at: number; plan_uuid: string | null }[] = await this.mappings.query(
      `SELECT DISTINCT ON (wanted.at) wanted.at::int AS at, mapping.plan_uuid
         FROM unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS wanted (name, offering_uuid, at)
         JOIN vendor_offering_mapping mapping ON mapping.settings_uuid = $1 AND mapping.is_active
              AND mapping.offering_uuid = wanted.offering_uuid AND lower(mapping.arrow_vendor_name COLLATE "und-x-icu") = lower(wanted.name COLLATE "und-x-icu")
        ORDER BY wanted.at, mapping.arrow_vendor_name = wanted.name DESC, mapping.arrow_vendor_name`,
      [settingsUuid, wanted.map(({ vendorName }) => vendorName.trim()), wanted.map(({ offeringUuid }) => offeringUuid)],
    );
    const planAt = new Map(found.map(({ at, plan_uuid }) => [at, plan_uuid]));
    return wanted.map((_, at) => planAt.get(at + 1) ?? null);
  }

  /**
   * Throws `InvalidFieldsError` for what it names and is not there, `ArrowVendorAlreadyMappedError`,
   * `PlanOfAnotherOfferingError`.
   */
  async create(dto: CreateVendorOfferingMappingDto): Promise<VendorOfferingMapping> {
    await this.related.mustExist(CreateVendorOfferingMappingDto, dto);
    const row = this.mappings.create(columns(dto));
    await naming(refusals, () => this.mappings.insert(row));
    return this.get(row.uuid);
  }

  /**
   * Another offering needs a plan of its own, or none (`plan: null`). Throws as {@link create}, and
   * `VendorOfferingMappingNotFoundError`.
   */
  async update(uuid: string, dto: PatchVendorOfferingMappingDto): Promise<VendorOfferingMapping> {
    await this.related.mustExist(PatchVendorOfferingMappingDto, dto);
    await updateGiven(this.mappings, uuid, columns(dto), refusals, { modified: this.clock.now() });
    return this.get(uuid);
  }

  /** Throws `VendorOfferingMappingNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const mapping = await this.get(uuid);
    await removing(`The mapping of ${mapping.arrowVendorName}`, () => this.mappings.delete({ uuid: mapping.uuid }));
  }

  private filtered(query: ListVendorOfferingMappingsQuery): SelectQueryBuilder<VendorOfferingMapping> {
    const { arrow_vendor_name, is_active, settings, settings_uuid, offering, offering_uuid } = query;
    const found = this.mappings.createQueryBuilder('mapping');
    if (arrow_vendor_name)
      found.andWhere(mentions('mapping.arrowVendorName', 'vendor'), { vendor: containing(arrow_vendor_name) });
    if (is_active !== undefined) found.andWhere('mapping.isActive = :is_active', { is_active });
    if (settings) found.andWhere('mapping.settingsUuid = :settings', { settings });
    if (settings_uuid) found.andWhere('mapping.settingsUuid = :settings_uuid', { settings_uuid });
    if (offering) found.andWhere('mapping.offeringUuid = :offering', { offering });
    if (offering_uuid) found.andWhere('mapping.offeringUuid = :offering_uuid', { offering_uuid });
    return found;
  }
}

function columns(dto: PatchVendorOfferingMappingDto): Partial<VendorOfferingMapping> {
  return {
    settingsUuid: dto.settings,
    arrowVendorName: dto.arrow_vendor_name,
    offeringUuid: dto.offering,
    planUuid: dto.plan,
    isActive: dto.is_active,
  };
}
