import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, IsNull, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, mentioning, mentions, narrow } from '../database/paginate.js';
import { Customer } from './customer.entity.js';
import { CustomerNotFoundError } from './directory.errors.js';

/** Which organisations are meant; what is left out does not matter. */
export interface CustomerFilter extends Paging {
  /** Part of it, as all texts here but `…Exact` and the backend id. */
  readonly name?: string;
  readonly nameExact?: string;
  readonly nativeName?: string;
  readonly abbreviation?: string;
  readonly backendId?: string;
  /** The whole of it. */
  readonly registrationCode?: string;
  readonly hasResources?: boolean;
  /** Provides an offering. */
  readonly isServiceProvider?: boolean;
  /** Has resources of what this organisation offers. */
  readonly serviceProviderUuid?: string;
  /** In any of the texts. */
  readonly query?: string;
  /** True: none, as nothing is archived here. */
  readonly archived?: boolean;
}

const OFFERINGS = `
  SELECT 1
  FROM offering
  WHERE offering.customer_uuid = customer.uuid`;

const RESOURCES = `
  SELECT 1
  FROM resource bought
  JOIN project owned ON owned.uuid = bought.project_uuid
  JOIN offering offered ON offered.uuid = bought.offering_uuid
  WHERE owned.customer_uuid = customer.uuid`;

@Injectable()
export class CustomersRepository extends EntityRepository<Customer, CustomerFilter> {
  constructor(@InjectRepository(Customer) rows: Repository<Customer>) {
    super(rows, CustomerNotFoundError, {}, [['name', 'ASC']]);
  }

  /** At most so many by name, those after `last`. */
  byName(limit: number, last?: Customer): Promise<Customer[]> {
    const query = this.rows
      .createQueryBuilder('customer')
      .where('customer.goneAt IS NULL')
      .orderBy({ 'customer.name': 'ASC', 'customer.uuid': 'ASC' })
      .limit(limit);
    if (last) query.andWhere('(customer.name, customer.uuid) > (:name, :uuid)', { name: last.name, uuid: last.uuid });
    return query.getMany();
  }

  /** Those of these UUIDs that are organisations; one statement, however many. */
  async existing(uuids: readonly string[]): Promise<Set<string>> {
    const found = await this.rows.find({ select: { uuid: true }, where: { uuid: Any([...uuids]), goneAt: IsNull() } });
    return new Set(found.map(({ uuid }) => uuid));
  }

  protected filtered(filter: CustomerFilter): SelectQueryBuilder<Customer> {
    const found = narrow(this.rows.createQueryBuilder('customer').where('customer.goneAt IS NULL'), {
      [mentions('customer.name', 'name')]: containing(filter.name),
      'customer.name = :nameExact': filter.nameExact,
      [mentions('customer.nativeName', 'nativeName')]: containing(filter.nativeName),
      [mentions('customer.abbreviation', 'abbreviation')]: containing(filter.abbreviation),
      'customer.backendId = :backendId': filter.backendId,
      'customer.registrationCode = :registrationCode': filter.registrationCode,
      [`EXISTS (${OFFERINGS}) = :isServiceProvider`]: filter.isServiceProvider,
      [`EXISTS (${RESOURCES}) = :hasResources`]: filter.hasResources,
      [`EXISTS (${RESOURCES} AND offered.customer_uuid = :serviceProviderUuid)`]: filter.serviceProviderUuid,
      'false = :archived': filter.archived,
    });
    const texts = ['name', 'nativeName', 'abbreviation', 'email', 'registrationCode'];
    return filter.query ? found.andWhere(mentioning('customer', texts, filter.query)) : found;
  }
}
