import { Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';
import { User } from './user.entity.js';

/**
 * What a user calls the API with; only its SHA-256 is kept. A user has one token that does not expire, the one answered
 * when the user was made or the token refreshed, and one of each login by password, which expires when it is not used.
 */
@Entity()
@Unique(['tokenHash'])
@Index('uq_auth_token_lasting', ['userUuid'], { unique: true, where: 'expires_at IS NULL' })
@Index(['userUuid', 'expiresAt'])
export class AuthToken extends BaseEntity {
  @Column('uuid')
  userUuid: string;

  @ManyToOne(() => User, { nullable: false, onDelete: 'CASCADE' })
  user: Relation<User>;

  /** SHA-256 of the token in lower-case hex. */
  @Column({ type: 'char', length: 64 })
  tokenHash: string;

  /** UTC; moves on while the token is used. Null: it does not expire. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  expiresAt: Date | null;
}
