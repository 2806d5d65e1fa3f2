import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { AuthToken } from './auth-token.entity.js';
import { User } from './user.entity.js';

const RETIRE_LASTING = `
  INSERT INTO retired_token (token_hash, retired_at)
  SELECT token_hash, $2
  FROM auth_token
  WHERE user_uuid = $1
    AND expires_at IS NULL
    AND name IS NULL
  ON CONFLICT DO NOTHING`;

@Injectable()
export class TokensRepository {
  constructor(@InjectRepository(AuthToken) private readonly tokens: Repository<AuthToken>) {}

  /** Remembers the lasting token of a user as one that never opens again. */
  async retireLasting(manager: EntityManager, userUuid: string, at: Date): Promise<void> {
    await manager.query(RETIRE_LASTING, [userUuid, at]);
  }

  /** The token of this hash with its `user`. */
  async withUser(tokenHash: string): Promise<AuthToken | undefined> {
    return (await this.tokens.find({ where: { tokenHash }, relations: { user: true } }))[0];
  }

  activeUser(uuid: string): Promise<User | null> {
    return this.tokens.manager.findOneBy(User, { uuid, isActive: true });
  }

  /** Writes down that a token was used. */
  async noteUse(uuid: string, columns: Partial<Pick<AuthToken, 'expiresAt' | 'lastUsedAt'>>): Promise<void> {
    await this.tokens.update({ uuid }, columns);
  }
}
