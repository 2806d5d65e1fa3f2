import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../../common/page.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { containing, mentioning, mentions, narrow } from '../../database/paginate.js';
import { UserNotFoundError } from '../directory.errors.js';
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

  /**
   * The UUIDs of all active staff users, which no other transaction can take that from until this one ends; always in
   * the same order, so that two of them wait for each other instead of standing in each other's way.
   */
  async lockActiveStaff(manager: EntityManager): Promise<string[]> {
    const staff = await manager.find(User, {
      select: { uuid: true },
      where: { isStaff: true, isActive: true },
      order: { uuid: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    return staff.map(({ uuid }) => uuid);
  }

  protected filtered(filter: UserFilter): SelectQueryBuilder<User> {
    const found = narrow(this.rows.createQueryBuilder('user'), {
      'user.username = :username': filter.username,
      [mentions('user.email', 'email')]: containing(filter.email),
      [mentions(FULL_NAME, 'fullName')]: containing(filter.fullName),
      'user.isActive = :isActive': filter.isActive,
      'user.isStaff = :isStaff': filter.isStaff,
      'user.isSupport = :isSupport': filter.isSupport,
    });
    const { query } = filter;
    if (!query) return found;
    return found.andWhere(
      new Brackets((any) =>
        any
          .where(mentioning('user', ['username', 'email'], query))
          .orWhere(mentions(FULL_NAME, 'named'), { named: containing(query) }),
      ),
    );
  }
}
