import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Customer } from './customer.entity.js';
import { AbsentRows } from '../database/absent-rows.js';
import type { New } from '../database/base.entity.js';
import { EntityService } from '../database/entity.service.js';
import { WaldurOwnership } from './mirror/waldur-ownership.js';
import { type CustomerFilter, CustomersRepository } from './customers.repository.js';

const PART = 500;

/** What may be said of an organisation. */
export type CustomerFields = Partial<
  Pick<Customer, 'name' | 'abbreviation' | 'nativeName' | 'email' | 'backendId' | 'registrationCode' | 'country'>
>;

/** Organisations. */
@Injectable()
export class CustomersService extends EntityService<Customer, CustomerFilter> {
  constructor(
    private readonly customers: CustomersRepository,
    private readonly ownership: WaldurOwnership,
    private readonly absent: AbsentRows,
  ) {
    super(customers);
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
  override get(uuid: string): Promise<Customer> {
    return this.absent.orBring(Customer, uuid, () => super.get(uuid));
  }

  /** Throws `UuidTakenError`, `OwnedByWaldurError`. */
  async create(fields: CustomerFields & New & Pick<Customer, 'name'>): Promise<Customer> {
    this.ownership.ensureMadeHere('organisations');
    return this.get(await this.customers.insert(fields));
  }

  /** Throws `CustomerNotFoundError`. */
  async update(uuid: string, fields: CustomerFields): Promise<Customer> {
    await this.ownership.ensureOneOurs('organisations', this.customers, uuid);
    await this.customers.update(uuid, fields);
    return this.get(uuid);
  }

  /** Throws `CustomerNotFoundError`, `ObjectInUseError`, `OwnedByWaldurError`. */
  async remove(uuid: string): Promise<void> {
    await this.ownership.ensureOneOurs('organisations', this.customers, uuid);
    return this.customers.remove(uuid, ({ name }) => `The organisation "${name}"`);
  }
}
