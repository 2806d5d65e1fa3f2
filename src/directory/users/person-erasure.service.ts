import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditTrailRepository } from '../../audit/audit-trail.repository.js';
import { isPerson } from '../../common/acts.js';
import { UserNotFoundError } from '../directory.errors.js';
import { NamesOfPeople, type PersonToErase } from './names-of-people.js';
import { PersonErasureRepository } from './person-erasure.repository.js';
import { TokensService } from './tokens.service.js';
import { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

/** What became of a person. */
export interface ErasedPerson {
  /** Null: no user here. */
  readonly uuid: string | null;
  /** What the user is called from now on. */
  readonly pseudonym: string;
  /** Rows that named the person, by table and column; those of `core_user` are not among them. */
  readonly columns: Readonly<Record<string, number>>;
}

/**
 * Forgets who a user is, on that person's request. The user stays, with its UUID, as somebody without a name who may not
 * call any more; whatever it did stays done, under that pseudonym.
 */
@Injectable()
export class PersonErasureService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly names: NamesOfPeople,
    private readonly rows: PersonErasureRepository,
    private readonly users: UsersRepository,
    private readonly tokens: TokensService,
    private readonly trail: AuditTrailRepository,
  ) {}

  /**
   * All of it or nothing; amounts, postings and numbers of invoices stay, which the database sees to. Throws
   * `UserNotFoundError`, `LastStaffUserError`, and `JobsOfPersonUnderWayError` while jobs of that person would write its name.
   */
  erase(uuid: string): Promise<ErasedPerson> {
    return this.dataSource.transaction(async (manager) => {
      await this.users.assertStaffBeside(manager, uuid);
      const user = await this.users.lock(manager, uuid);
      const { pseudonym, columns } = await this.replaceNames(user, manager);
      await this.tokens.endAll(manager, user.uuid);
      const nobody = { username: pseudonym, email: '', firstName: '', lastName: '', passwordHash: null };
      await manager.update(User, { uuid: user.uuid }, { ...nobody, isStaff: false, isSupport: false, isActive: false });
      return { uuid: user.uuid, pseudonym, columns };
    });
  }

  /**
   * Forgets somebody who is no user here, but was let in by the Waldur beside. Throws `UserNotFoundError` where nothing
   * bears that name, and `JobsOfPersonUnderWayError`.
   */
  eraseStranger(username: string): Promise<ErasedPerson> {
    if (!isPerson(username)) throw new UserNotFoundError();
    return this.dataSource.transaction(async (manager) => {
      const erased = await this.replaceNames({ uuid: randomUUID(), username, email: '' }, manager);
      if (!Object.values(erased.columns).some(Boolean)) throw new UserNotFoundError();
      return { uuid: null, ...erased };
    });
  }

  private async replaceNames(
    person: PersonToErase,
    manager: EntityManager,
  ): Promise<Pick<ErasedPerson, 'pseudonym' | 'columns'>> {
    const pseudonym = `erased-${person.uuid.slice(0, 8)}`;
    const columns: Record<string, number> = {};
    await this.rows.begin(manager);
    for (const erase of this.names.erasures) Object.assign(columns, await erase(person, manager));
    if (person.email) columns['customer.email'] = await this.rows.eraseContact(manager, person.email);
    for (const each of this.names.columns) {
      const { column, rows } = await this.rows.rename(manager, each, person.username, pseudonym);
      columns[column] = rows;
    }
    columns.audit_change = await this.trail.erase(manager, person, pseudonym);
    return { pseudonym, columns };
  }
}
