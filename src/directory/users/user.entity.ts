import { Check, Column, Entity, Unique } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';

/** Somebody who may call the API, with an `AuthToken`. */
@Entity('core_user')
@Unique(['username'])
@Check('ck_core_user_password_is_hashed', `password_hash LIKE '$scrypt$%'`)
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

  /** A PHC string; null: no login by password. Read only where it is asked for. */
  @Column({ type: 'varchar', length: 255, nullable: true, select: false })
  passwordHash: string | null;
}

/** First and last name; `""` where neither is known. */
export const fullNameOf = ({ firstName, lastName }: User): string => `${firstName} ${lastName}`.trim();
