import { Column, Entity, Unique } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';

/** Somebody who may call the API. One token per user; only its SHA-256 is kept. */
@Entity('core_user')
@Unique(['username'])
@Unique(['tokenHash'])
export class User extends BaseEntity {
  static readonly path = '/api/users/';

  @Column({ length: 128 })
  username: string;

  @Column({ length: 254, default: '' })
  email: string;

  @Column({ length: 100, default: '' })
  firstName: string;

  @Column({ length: 100, default: '' })
  lastName: string;

  @Column({ default: false })
  isStaff: boolean;

  @Column({ default: false })
  isSupport: boolean;

  @Column({ default: true })
  isActive: boolean;

  /** SHA-256 of the token in lower-case hex; null: no token has been made yet. */
  @Column({ type: 'char', length: 64, nullable: true })
  tokenHash: string | null;
}
