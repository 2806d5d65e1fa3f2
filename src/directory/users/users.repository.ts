import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../../common/page.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { findOrThrow } from '../../database/find-or-throw.js';
import { parseUuid } from '../../common/uuid.js';
import { containing, mentions, narrow } from '../../database/paginate.js';
import { LastStaffUserError, UserNotFoundError } from '../directory.errors.js';
import { User } from './user.entity.js';

/** Which users are meant; what is left out does not matter. */
export interface UserFilter extends Paging {
  /** The whole user name. */
  readonly username?: string;
  /** Part of it. */
  readonly email?: string;
  /** Part of first and last name with a space between. */
  readonly fullName?: string;
  readonly isActive?: boolean;
  readonly isStaff?: boolean;
  readonly isSupport?: boolean;
  /** Part of any of the texts above. */
  readonly query?: string;
  readonly userKeyword?: string;
  /** Any of these user names. */
  readonly usernameList?: readonly string[];
  /** Then or later. */
  readonly dateJoined?: Date;
  readonly modified?: Date;
}

const FULL_NAME = `(user.firstName || ' ' || user.lastName)`;

@Injectable()
export class UsersRepository extends EntityRepository<User, UserFilter> {
  constructor(@InjectRepository(User) rows: Repository<User>) {
    super(rows, UserNotFoundError, {}, [['username', 'ASC']]);
  }

  exists(): Promise<boolean> {
    return this.rows.exists();
  }

  /** Keeps a user from being changed by others until the transaction ends. Throws `UserNotFoundError`. */
  lock(manager: EntityManager, uuid: string): Promise<User> {
    const lock = { mode: 'pessimistic_write' } as const;
    return findOrThrow(manager.getRepository(User), uuid, UserNotFoundError, { lock });
  }

  /**
   * There are active staff users besides this one, and no other transaction can take that from them until this one ends;
   * always in the same order, so that two of them wait for each other instead of standing in each other's way. Without
   * staff nobody could make anybody staff. Throws `LastStaffUserError`.
   */
  async assertStaffBeside(manager: EntityManager, uuid: string): Promise<void> {
    const staff = await manager.find(User, {
      select: { uuid: true },
      where: { isStaff: true, isActive: true },
      order: { uuid: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    if (staff.length === 1 && staff[0]!.uuid === parseUuid(uuid)) throw new LastStaffUserError();
  }

  protected filtered(filter: UserFilter): SelectQueryBuilder<User> {
    const found = narrow(this.rows.createQueryBuilder('user'), {
      'user.username = :username': filter.username,
      [mentions('user.email', 'email')]: containing(filter.email),
      [mentions(FULL_NAME, 'fullName')]: containing(filter.fullName),
      'user.isActive = :isActive': filter.isActive,
      'user.isStaff = :isStaff': filter.isStaff,
      'user.isSupport = :isSupport': filter.isSupport,
      'user.username = ANY(:usernameList)': filter.usernameList,
      'user.created >= :dateJoined': filter.dateJoined,
      'user.modified >= :modified': filter.modified,
    });
    for (const [name, words] of Object.entries({ query: filter.query, userKeyword: filter.userKeyword }))
      if (words) found.andWhere(called(name, words));
    return found;
  }
}

/** Part of user name, e-mail, first and last name; or the UUID. `name`: which parameter asks for it. */
const called = (name: string, words: string) => {
  const uuid = parseUuid(words);
  return new Brackets((any) => {
    for (const property of ['user.username', 'user.email', FULL_NAME])
      any.orWhere(mentions(property, name), { [name]: containing(words) });
    if (uuid) any.orWhere(`user.uuid = :${name}Uuid`, { [`${name}Uuid`]: uuid });
  });
};
