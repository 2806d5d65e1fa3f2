import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import type { TokenScope } from '../../auth/scopes.js';
import { BaseEntity } from '../../database/base.entity.js';
import { User } from './user.entity.js';

/**
 * What a user calls the API with; only its SHA-256 is kept. A user has one lasting token, the one answered when the user
 * was made or the token refreshed; one of each login by password, which expires when it is not used; and any number of
 * personal access tokens, which have names.
 */
@Entity()
@Unique(['tokenHash'])
@Unique(['userUuid', 'name'])
@Check('ck_auth_token_name_not_blank', `btrim(name) <> ''`)
@Check('ck_auth_token_scope_known', `scope IN ('read', 'operate', 'admin')`)
@Check('ck_auth_token_without_name_is_for_all', `name IS NOT NULL OR scope = 'admin'`)
@Index('uq_auth_token_lasting', ['userUuid'], { unique: true, where: 'expires_at IS NULL AND name IS NULL' })
@Index(['userUuid', 'expiresAt'])
export class AuthToken extends BaseEntity {
  /** Of personal access tokens; the others have no address. */
  static readonly path = '/api/personal-access-tokens/';
  static readonly isOurs = true;

  @Column('uuid')
  userUuid: string;

  @ManyToOne(() => User, { nullable: false, onDelete: 'CASCADE' })
  user: Relation<User>;

  /** SHA-256 of the token in lower-case hex. */
  @Column({ type: 'char', length: 64 })
  tokenHash: string;

  /** Of a personal access token; null: the lasting one, or one of a login. */
  @Column({ type: 'varchar', length: 150, nullable: true })
  name: string | null;

  /** The widest that it has. */
  @Column({ type: 'varchar', length: 10, default: 'admin' })
  scope: TokenScope;

  /** UTC; that of a login moves on while it is used. Null: it does not expire. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  expiresAt: Date | null;

  /** UTC, an hour too early at most; of personal access tokens only. Null: not yet. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt: Date | null;
}
