import { Check, Column, Entity, Index, ManyToOne, type Relation } from 'typeorm';
import { Customer } from './customer.entity.js';
import { MirroredEntity } from './mirrored.entity.js';

/** A part of an organisation that resources belong to. */
@Entity()
@Check('ck_project_owner', `owner IN ('local', 'waldur')`)
@Check('ck_project_name_not_blank', `btrim(name) <> ''`)
@Index(['customerUuid'])
@Index(['created', 'uuid'])
export class Project extends MirroredEntity {
  static readonly path = '/api/projects/';

  @Column({ length: 500 })
  name: string;

  /** The project's id in the operator's own systems. */
  @Column({ length: 255, default: '' })
  backendId: string;

  @Column('uuid')
  customerUuid: string;

  @ManyToOne(() => Customer, { nullable: false, onDelete: 'RESTRICT' })
  customer: Relation<Customer>;
}
