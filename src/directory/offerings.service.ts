import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, mentions, countOnly, orderOf, paginate } from '../database/paginate.js';
import { RelatedObjects } from '../database/related-objects.js';
import { OfferingNotFoundError } from './directory.errors.js';
import { CreateOfferingDto, type ListOfferingsQuery, OFFERING_ORDER, UpdateOfferingDto } from './offering.dto.js';
import { Offering } from './offering.entity.js';

const relations = { customer: true, plans: true };

/** Offerings. Rows come with their `customer` (or null) and `plans`. */
@Injectable()
export class OfferingsService {
  constructor(
    @InjectRepository(Offering) private readonly offerings: Repository<Offering>,
    private readonly related: RelatedObjects,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListOfferingsQuery): Promise<Page<Offering>> {
    const order = orderOf(query.o, OFFERING_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.offerings.find({ where: { uuid: In([...uuids]) }, relations, order: { plans: { name: 'ASC' } } }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListOfferingsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Those of these offerings that exist, without their plans. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager: EntityManager = this.offerings.manager): Promise<Offering[]> {
    return manager.find(Offering, { where: { uuid: Any([...uuids]) } });
  }

  /** Throws `OfferingNotFoundError`. */
  get(uuid: string): Promise<Offering> {
    return findOrThrow(this.offerings, uuid, OfferingNotFoundError, { relations, order: { plans: { name: 'ASC' } } });
  }

  /** Throws `InvalidFieldsError` for an organisation that is not there. */
  async create(dto: CreateOfferingDto): Promise<Offering> {
    await this.related.mustExist(CreateOfferingDto, dto);
    const { name, type, state, customer } = dto;
    const { uuid } = await naming({}, () =>
      this.offerings.save(this.offerings.create({ name, type, state, customerUuid: customer })),
    );
    return this.get(uuid);
  }

  /** Throws `OfferingNotFoundError`, `InvalidFieldsError` for an organisation that is not there. */
  async update(uuid: string, dto: UpdateOfferingDto): Promise<Offering> {
    await this.related.mustExist(UpdateOfferingDto, dto);
    const { name, type, state, customer } = dto;
    await updateGiven(this.offerings, uuid, { name, type, state, customerUuid: customer });
    return this.get(uuid);
  }

  /** Throws `OfferingNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const offering = await this.get(uuid);
    await removing(`The offering "${offering.name}"`, () => this.offerings.delete({ uuid: offering.uuid }));
  }

  private filtered(query: ListOfferingsQuery): SelectQueryBuilder<Offering> {
    const { name, name_exact, customer, customer_uuid, type, state, keyword, query: words } = query;
    const found = this.offerings.createQueryBuilder('offering');
    for (const [parameter, part] of Object.entries({ name, keyword, words })) {
      if (part) found.andWhere(mentions('offering.name', parameter), { [parameter]: containing(part) });
    }
    if (name_exact) found.andWhere('offering.name = :name_exact', { name_exact });
    if (customer) found.andWhere('offering.customerUuid = :customer', { customer });
    if (customer_uuid) found.andWhere('offering.customerUuid = :customer_uuid', { customer_uuid });
    if (type) found.andWhere('offering.type IN (:...type)', { type });
    if (state) found.andWhere('offering.state IN (:...state)', { state });
    return found;
  }
}
