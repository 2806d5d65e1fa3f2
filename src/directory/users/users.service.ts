import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Authenticator, type Caller } from '../../auth/caller.js';
import { hashToken, newToken, sameHash } from '../../auth/token.js';
import { parseUuid } from '../../common/uuid.js';
import { naming } from '../../database/constraint.js';
import { TokenTakenError, UsernameTakenError, UserNotFoundError } from '../directory.errors.js';
import type { CreateUserDto } from './user.dto.js';
import { User } from './user.entity.js';

/** Users and their tokens. A token is answered once, when it is made. */
@Injectable()
export class UsersService extends Authenticator {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {
    super();
  }

  /** Throws `UserNotFoundError`. */
  async get(uuid: string): Promise<User> {
    const known = parseUuid(uuid);
    const user = known && (await this.users.findOneBy({ uuid: known }));
    if (!user) throw new UserNotFoundError();
    return user;
  }

  /** Creates a user and its token. Throws `UsernameTakenError`. */
  async create(dto: CreateUserDto, token = newToken()): Promise<{ user: User; token: string }> {
    const user = this.users.create({
      username: dto.username,
      email: dto.email,
      firstName: dto.first_name,
      lastName: dto.last_name,
      isStaff: dto.is_staff,
      isSupport: dto.is_support,
      isActive: dto.is_active,
      tokenHash: hashToken(token),
    });
    await naming({ uq_core_user_username: () => new UsernameTakenError() }, () => this.users.insert(user));
    return { user: await this.get(user.uuid), token };
  }

  /** Makes a new token; the old one stops working at once. Throws `UserNotFoundError`. */
  async refreshToken(uuid: string): Promise<{ token: string }> {
    const user = await this.get(uuid);
    const token = newToken();
    await this.users.update({ uuid: user.uuid }, { tokenHash: hashToken(token) });
    return { token };
  }

  /** Sees to it that `username` is an active staff user who has exactly this token. Throws `TokenTakenError`. */
  async ensureStaff(username: string, token: string): Promise<void> {
    const tokenHash = hashToken(token);
    await naming({ uq_core_user_token_hash: () => new TokenTakenError() }, () =>
      this.users.upsert({ username, isStaff: true, isActive: true, tokenHash }, ['username']),
    );
  }

  async hasUsers(): Promise<boolean> {
    return this.users.exists();
  }

  override async findCaller(hash: string): Promise<Caller | undefined> {
    const user = await this.users.findOneBy({ tokenHash: hash });
    if (!user?.tokenHash || !sameHash(user.tokenHash, hash)) return undefined;
    const { uuid, username, isStaff, isSupport, isActive } = user;
    return { uuid, username, isStaff, isSupport, isActive };
  }
}
