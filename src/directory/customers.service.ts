import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, countOnly, mentioning, mentions, orderOf, paginate } from '../database/paginate.js';
import { CUSTOMER_ORDER } from './customer.dto.js';
import type { CreateCustomerDto, ListCustomersQuery, UpdateCustomerDto } from './customer.dto.js';
import { Customer } from './customer.entity.js';
import { CustomerNotFoundError } from './directory.errors.js';

const PART = 500;

/** Organisations. */
@Injectable()
export class CustomersService {
  constructor(@InjectRepository(Customer) private readonly customers: Repository<Customer>) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListCustomersQuery): Promise<Page<Customer>> {
    const order = orderOf(query.o, CUSTOMER_ORDER, [['name', 'ASC']]);
    return paginate(this.filtered(query), query, order, (uuids) => this.customers.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListCustomersQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Every organisation, by name: for matching. Read in parts, so that others are served between them. */
  async all(): Promise<Customer[]> {
    const all: Customer[] = [];
    for (let part: Customer[] | undefined; !part || part.length === PART; all.push(...part)) {
      const last = all.at(-1);
      const query = this.customers
        .createQueryBuilder('customer')
        .orderBy('customer.name')
        .addOrderBy('customer.uuid')
        .limit(PART);
      if (last) query.where('(customer.name, customer.uuid) > (:name, :uuid)', { name: last.name, uuid: last.uuid });
      part = await query.getMany();
      // The embedded database answers without letting go of the thread.
      await setImmediate();
    }
    return all;
  }

  /** Those of these UUIDs that are organisations; one statement, however many. */
  async existing(uuids: readonly string[]): Promise<Set<string>> {
    const found = await this.customers
      .createQueryBuilder('customer')
      .select('customer.uuid', 'uuid')
      .where('customer.uuid = ANY(:uuids)', { uuids })
      .getRawMany<{ uuid: string }>();
    return new Set(found.map(({ uuid }) => uuid));
  }

  /** Throws `CustomerNotFoundError`. */
  get(uuid: string): Promise<Customer> {
    return findOrThrow(this.customers, uuid, CustomerNotFoundError);
  }

  async create(dto: CreateCustomerDto): Promise<Customer> {
    const { uuid } = await this.customers.save(this.customers.create(columns(dto)));
    return this.get(uuid);
  }

  /** Throws `CustomerNotFoundError`. */
  async update(uuid: string, dto: UpdateCustomerDto): Promise<Customer> {
    await updateGiven(this.customers, uuid, columns(dto));
    return this.get(uuid);
  }

  /** Throws `CustomerNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const customer = await this.get(uuid);
    await removing(`The organisation "${customer.name}"`, () => this.customers.delete({ uuid: customer.uuid }));
  }

  private filtered(query: ListCustomersQuery): SelectQueryBuilder<Customer> {
    const { name, name_exact, native_name, abbreviation, backend_id, query: words, archived } = query;
    const found = this.customers.createQueryBuilder('customer');
    if (name) found.andWhere(mentions('customer.name', 'name'), { name: containing(name) });
    if (name_exact) found.andWhere('customer.name = :name_exact', { name_exact });
    if (native_name)
      found.andWhere(mentions('customer.nativeName', 'native_name'), { native_name: containing(native_name) });
    if (abbreviation)
      found.andWhere(mentions('customer.abbreviation', 'abbreviation'), { abbreviation: containing(abbreviation) });
    if (backend_id) found.andWhere('customer.backendId = :backend_id', { backend_id });
    if (archived) found.andWhere('false');
    const searched = ['name', 'nativeName', 'abbreviation', 'email', 'registrationCode'];
    if (words) found.andWhere(mentioning('customer', searched, words));
    return found;
  }
}

function columns(dto: Partial<CreateCustomerDto>): Partial<Customer> {
  return {
    name: dto.name,
    abbreviation: dto.abbreviation,
    nativeName: dto.native_name,
    email: dto.email,
    backendId: dto.backend_id,
    registrationCode: dto.registration_code,
    country: dto.country?.toUpperCase(),
  };
}
