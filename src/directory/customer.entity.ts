import { Check, Column, Entity, Index } from 'typeorm';
import { MirroredEntity } from './mirrored.entity.js';

/** A Waldur organisation: who is charged. */
@Entity()
@Check('ck_customer_owner', `owner IN ('local', 'waldur')`)
@Check('ck_customer_name_not_blank', `btrim(name) <> ''`)
@Index(['name', 'uuid'])
@Index(['created', 'uuid'])
export class Customer extends MirroredEntity {
  static readonly path = '/api/customers/';

  @Column({ length: 150 })
  name: string;

  @Column({ length: 12, default: '' })
  abbreviation: string;

  @Column({ length: 160, default: '' })
  nativeName: string;

  @Column({ length: 75, default: '' })
  email: string;

  /** The organisation's id in the operator's own systems. */
  @Column({ length: 255, default: '' })
  backendId: string;

  @Column({ length: 160, default: '' })
  registrationCode: string;

  /** ISO 3166-1 alpha-2, or blank. */
  @Column({ length: 2, default: '' })
  country: string;
}
