import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { New } from '../database/base.entity.js';
import { AbsentRows } from '../database/absent-rows.js';
import { RelatedObjects } from '../database/related-objects.js';
import { EntityService } from '../database/entity.service.js';
import { Customer } from './customer.entity.js';
import { Offering } from './offering.entity.js';
import { WaldurOwnership } from './mirror/waldur-ownership.js';
import { type OfferingFilter, OfferingsRepository } from './offerings.repository.js';

/** What may be said of an offering. */
export type OfferingFields = Partial<Pick<Offering, 'name' | 'type' | 'state' | 'customerUuid' | 'backendId'>>;

/** Offerings. Rows come with their `customer` (or null) and `plans`. */
@Injectable()
export class OfferingsService extends EntityService<Offering, OfferingFilter> {
  constructor(
    private readonly offerings: OfferingsRepository,
    private readonly related: RelatedObjects,
    private readonly ownership: WaldurOwnership,
    private readonly absent: AbsentRows,
  ) {
    super(offerings);
  }

  /** Those of these offerings that exist. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager?: EntityManager): Promise<Offering[]> {
    return this.offerings.findAll(uuids, manager);
  }

  /** Throws `OfferingNotFoundError`. */
  override get(uuid: string): Promise<Offering> {
    return this.absent.orBring(Offering, uuid, () => super.get(uuid));
  }

  /** Throws `InvalidFieldsError` for an organisation that is not there, `UuidTakenError`, `OwnedByWaldurError`. */
  async create(fields: OfferingFields & New & Pick<Offering, 'name'>): Promise<Offering> {
    this.ownership.ensureMadeHere('offerings');
    await this.related.assertExist({ customer: [Customer, fields.customerUuid] });
    return this.get(await this.offerings.insert(fields));
  }

  /** Throws `OfferingNotFoundError`, `InvalidFieldsError` for an organisation that is not there. */
  async update(uuid: string, fields: OfferingFields): Promise<Offering> {
    await this.ownership.ensureOneOurs('offerings', this.offerings, uuid);
    await this.related.assertExist({ customer: [Customer, fields.customerUuid] });
    await this.offerings.update(uuid, fields);
    return this.get(uuid);
  }

  /** Throws `OfferingNotFoundError`, `ObjectInUseError`, `OwnedByWaldurError`. */
  async remove(uuid: string): Promise<void> {
    await this.ownership.ensureOneOurs('offerings', this.offerings, uuid);
    return this.offerings.remove(uuid, ({ name }) => `The offering "${name}"`);
  }
}
