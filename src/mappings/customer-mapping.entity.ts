import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { BaseEntity } from '../database/base.entity.js';
import { Customer } from '../directory/customer.entity.js';
import { Settings } from '../settings/settings.entity.js';

/** Which ArrowSphere customer is which Waldur organisation, under one account. */
@Entity()
@Unique('uq_customer_mapping_arrow_reference_settings', ['arrowReference', 'settingsUuid'])
@Check('ck_customer_mapping_arrow_reference_not_blank', `btrim(arrow_reference) <> ''`)
@Index(['created', 'uuid'])
@Index(['settingsUuid'])
@Index(['waldurCustomerUuid'])
export class CustomerMapping extends BaseEntity {
  static readonly path = '/api/admin/arrow/customer-mappings/';

  @Column('uuid')
  settingsUuid: string;

  @ManyToOne(() => Settings, { nullable: false, onDelete: 'RESTRICT' })
  settings: Relation<Settings>;

  /** `XSP…` */
  @Column({ length: 255 })
  arrowReference: string;

  @Column({ length: 500, default: '' })
  arrowCompanyName: string;

  @Column('uuid')
  waldurCustomerUuid: string;

  @ManyToOne(() => Customer, { nullable: false, onDelete: 'RESTRICT' })
  waldurCustomer: Relation<Customer>;

  @Column({ default: true })
  isActive: boolean;
}
