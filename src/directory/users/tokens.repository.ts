import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { Gathered } from '../../common/gathered.js';
import { Requests } from '../../common/requests.js';
import { EntityReader } from '../../database/entity-reader.js';
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
  private readonly byHash: Gathered<string, AuthToken>;

  constructor(
    @InjectRepository(AuthToken) private readonly tokens: Repository<AuthToken>,
    private readonly requests: Requests,
  ) {
    const reader = new EntityReader(tokens, { user: true });
    this.byHash = new Gathered(async (hashes) => {
      const found = await reader.find('item.token_hash = ANY($1)', [hashes]);
      return new Map(found.map((token) => [token.tokenHash, token]));
    });
  }

  /** Remembers the lasting token of a user as one that never opens again. */
  async retireLasting(manager: EntityManager, userUuid: string, at: Date): Promise<void> {
    await manager.query(RETIRE_LASTING, [userUuid, at]);
  }

  /** The token of this hash with its `user`. Requests that come in together are answered by one statement, of none of them. */
  withUser(tokenHash: string): Promise<AuthToken | undefined> {
    return this.requests.apart(() => this.byHash.get(tokenHash));
  }

  activeUser(uuid: string): Promise<User | null> {
    return this.tokens.manager.findOneBy(User, { uuid, isActive: true });
  }

  /** Writes down that a token was used. */
  async noteUse(uuid: string, columns: Partial<Pick<AuthToken, 'expiresAt' | 'lastUsedAt'>>): Promise<void> {
    await this.tokens.update({ uuid }, columns);
  }
}
