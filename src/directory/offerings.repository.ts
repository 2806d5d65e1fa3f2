import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, mentions, narrow } from '../database/paginate.js';
import { OfferingNotFoundError } from './directory.errors.js';
import { Offering, type OfferingState } from './offering.entity.js';

/** Which offerings are meant; what is left out does not matter. */
export interface OfferingFilter extends Paging {
  /** Part of it, as `keyword` and `query`. */
  readonly name?: string;
  readonly nameExact?: string;
  readonly customer?: string;
  readonly customerUuid?: string;
  readonly type?: readonly string[];
  readonly state?: readonly OfferingState[];
  readonly keyword?: string;
  readonly query?: string;
}

@Injectable()
export class OfferingsRepository extends EntityRepository<Offering, OfferingFilter> {
  constructor(@InjectRepository(Offering) rows: Repository<Offering>) {
    super(rows, OfferingNotFoundError, {
      relations: { customer: true, plans: true },
      order: { plans: { name: 'ASC' } },
    });
  }

  protected filtered(filter: OfferingFilter): SelectQueryBuilder<Offering> {
    return narrow(this.rows.createQueryBuilder('offering'), {
      [mentions('offering.name', 'name')]: containing(filter.name),
      [mentions('offering.name', 'keyword')]: containing(filter.keyword),
      [mentions('offering.name', 'query')]: containing(filter.query),
      'offering.name = :nameExact': filter.nameExact,
      'offering.customerUuid = :customer': filter.customer,
      'offering.customerUuid = :customerUuid': filter.customerUuid,
      'offering.type = ANY(:type)': filter.type,
      'offering.state = ANY(:state)': filter.state,
    });
  }
}
