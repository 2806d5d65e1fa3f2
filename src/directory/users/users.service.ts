import type { Caller } from '../../auth/caller.js';
import { Injectable } from '@nestjs/common';
import { dictionary } from '@zxcvbn-ts/language-common';
import { bulkhead } from 'cockatiel';
import { DataSource, type EntityManager } from 'typeorm';
import { hashPassword } from '../../auth/password.js';
import { newToken } from '../../auth/token.js';
import { Clock } from '../../common/clock.js';
import { translateConstraintErrors, updateDefined } from '../../database/constraint.js';
import { EntityService } from '../../database/entity.service.js';
import { UnfitPasswordError, UsernameTakenError } from '../directory.errors.js';
import { TokensService } from './tokens.service.js';
import { User } from './user.entity.js';
import { type UserFilter, UsersRepository } from './users.repository.js';

const SHORTEST_PASSWORD = 8;
/** A password that is little more than the user name is among the first to be guessed. */
const SHORTEST_BESIDE_USERNAME = 5;

/** What may be said of a user. */
export type UserFields = Partial<
  Pick<User, 'username' | 'email' | 'firstName' | 'lastName' | 'isStaff' | 'isSupport' | 'isActive'>
>;

/** A token that was made just now, in place of every other. */
export interface NewToken {
  readonly user: User;
  readonly token: string;
  readonly created: Date;
}

/** Users: who they are, what they may, and what they log in with. */
@Injectable()
export class UsersService extends EntityService<User, UserFilter> {
  /** With the one of a login there are two at most, however many change their passwords: hashing takes a processor. */
  private readonly oneHashAtATime = bulkhead(1, Infinity);

  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UsersRepository,
    private readonly tokens: TokensService,
    private readonly clock: Clock,
  ) {
    super(users);
  }

  /** The user who calls; one of Waldur's is as Waldur says. */
  async whoIs({ profile, uuid, username, isStaff, isSupport, isActive }: Caller): Promise<User> {
    if (!profile) return this.get(uuid);
    const { dateJoined, ...names } = profile;
    const user = { uuid, username, isStaff, isSupport, isActive, ...names, created: dateJoined, modified: dateJoined };
    return Object.assign(new User(), user);
  }

  /** Creates a user and its lasting token. Throws `UsernameTakenError`. */
  async create(fields: UserFields & Pick<User, 'username'>): Promise<{ user: User; token: string }> {
    const token = newToken();
    const uuid = await this.dataSource.transaction(async (manager) => {
      const user = manager.create(User, fields);
      await translateConstraintErrors({ uq_core_user_username: () => new UsernameTakenError() }, () =>
        manager.insert(User, user),
      );
      await this.tokens.replaceAll(manager, user.uuid, token);
      return user.uuid;
    });
    return { user: await this.get(uuid), token };
  }

  /**
   * What is given of a user. One that is not active any more is refused from its next request on, with whatever token;
   * made active again, it has those tokens again. Throws `UserNotFoundError`, `LastStaffUserError`.
   */
  async update(uuid: string, fields: Omit<UserFields, 'username'>): Promise<User> {
    await this.dataSource.transaction(async (manager) => {
      if (fields.isStaff === false || fields.isActive === false) await this.users.assertStaffBeside(manager, uuid);
      await updateDefined(manager.getRepository(User), uuid, fields);
    });
    return this.get(uuid);
  }

  /** Makes a new lasting token; every old one, those of logins too, stops working at once. Throws `UserNotFoundError`. */
  async refreshToken(uuid: string): Promise<NewToken> {
    const token = newToken();
    const user = await this.locked(uuid, (manager, { uuid }) => this.tokens.replaceAll(manager, uuid, token));
    return { user, token, created: this.clock.now() };
  }

  /**
   * Sets the password; logins by an old one end at once, the lasting token stays. Throws `UserNotFoundError` and
   * `UnfitPasswordError`.
   */
  async changePassword(uuid: string, password: string): Promise<void> {
    const { username } = await this.get(uuid);
    const faults = faultsOf(password, username);
    if (faults.length) throw new UnfitPasswordError(faults);
    await this.setPasswordHash(uuid, await this.oneHashAtATime.execute(() => hashPassword(password)));
  }

  /** Takes the password away; logins by it end at once. Throws `UserNotFoundError`. */
  async removePassword(uuid: string): Promise<void> {
    await this.setPasswordHash(uuid, null);
  }

  /**
   * Sees to it that `username` is an active staff user whose lasting token is this one. Answers false, and changes
   * nothing, where the token was replaced by another one before. Throws `TokenTakenError`.
   */
  async ensureStaff(username: string, token: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if (await this.tokens.isRetired(manager, token)) return false;
      await manager.upsert(User, { username, isStaff: true, isActive: true }, ['username']);
      const { uuid } = await manager.findOneByOrFail(User, { username });
      if (!(await this.tokens.isLasting(manager, uuid, token))) await this.tokens.replaceAll(manager, uuid, token);
      return true;
    });
  }

  hasUsers(): Promise<boolean> {
    return this.users.exists();
  }

  private async setPasswordHash(uuid: string, passwordHash: string | null): Promise<void> {
    await this.locked(uuid, async (manager, user) => {
      await manager.update(User, { uuid: user.uuid }, { passwordHash });
      await this.tokens.endLogins(manager, user.uuid);
    });
  }

  /** What happens to a user's tokens happens one after the other. Throws `UserNotFoundError`. */
  private async locked(uuid: string, work: (manager: EntityManager, user: User) => Promise<void>): Promise<User> {
    return this.dataSource.transaction(async (manager) => {
      const user = await this.users.lock(manager, uuid);
      await work(manager, user);
      return user;
    });
  }
}

/** In lower case. */
const COMMON_PASSWORDS = new Set(dictionary['passwords-common']);

/** Django's rules and words, which Waldur's users know; with a longer list of common passwords. */
function faultsOf(password: string, username: string): string[] {
  const short = [...password].length < SHORTEST_PASSWORD;
  const common = COMMON_PASSWORDS.has(password.toLowerCase().trim());
  const digits = /^\d+$/.test(password);
  const named = password.toLowerCase().includes(username.toLowerCase());
  const name = named && password.length - username.length < SHORTEST_BESIDE_USERNAME;
  return [
    ...(short ? [`This password is too short. It must contain at least ${SHORTEST_PASSWORD} characters.`] : []),
    ...(common ? ['This password is too common.'] : []),
    ...(digits ? ['This password is entirely numeric.'] : []),
    ...(name ? ['The password is too similar to the username.'] : []),
  ];
}
