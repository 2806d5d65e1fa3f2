import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Count, Page } from '../common/page.js';
import { Customer } from './customer.entity.js';
import type { New } from '../database/base.entity.js';
import { type CustomerFilter, CustomersRepository } from './customers.repository.js';

const PART = 500;

/** What may be said of an organisation. */
export type CustomerFields = Partial<
  Pick<Customer, 'name' | 'abbreviation' | 'nativeName' | 'email' | 'backendId' | 'registrationCode' | 'country'>
>;

/** Organisations. */
@Injectable()
export class CustomersService {
  constructor(private readonly customers: CustomersRepository) {}

  /** Throws `PageNotFoundError`. */
  list(filter: CustomerFilter): Promise<Page<Customer>> {
    return this.customers.list(filter);
  }

  /** All that a filter leaves, oldest first, read as they are asked for. */
  each(filter: CustomerFilter): AsyncGenerator<Customer> {
    return this.customers.each(filter);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: CustomerFilter): Promise<Count> {
    return this.customers.count(filter);
  }

  /** Every organisation, by name: for matching. Read in parts, so that others are served between them. */
  async all(): Promise<Customer[]> {
    const all: Customer[] = [];
    for (let part: Customer[] | undefined; !part || part.length === PART; all.push(...part)) {
      part = await this.customers.byName(PART, all.at(-1));
      // The embedded database answers without releasing the thread.
      await setImmediate();
    }
    return all;
  }

  /** Those of these UUIDs that are organisations; one statement, however many. */
  existing(uuids: readonly string[]): Promise<Set<string>> {
    return this.customers.existing(uuids);
  }

  /** Throws `CustomerNotFoundError`. */
  get(uuid: string): Promise<Customer> {
    return this.customers.get(uuid);
  }

  /** Throws `UuidTakenError`. */
  async create(fields: CustomerFields & New & Pick<Customer, 'name'>): Promise<Customer> {
    return this.get(await this.customers.insert(columns(fields)));
  }

  /** Throws `CustomerNotFoundError`. */
  async update(uuid: string, fields: CustomerFields): Promise<Customer> {
    await this.customers.update(uuid, columns(fields));
    return this.get(uuid);
  }

  /** Throws `CustomerNotFoundError`, `ObjectInUseError`. */
  remove(uuid: string): Promise<void> {
    return this.customers.remove(uuid, ({ name }) => `The organisation "${name}"`);
  }
}

function columns<F extends CustomerFields>({ country, ...fields }: F) {
  return { ...fields, country: country?.toUpperCase() };
}
