import { Check, Column, Entity, Index, ManyToOne, type Relation } from 'typeorm';
import { Customer } from './customer.entity.js';
import { MirroredEntity } from './mirrored.entity.js';
import type { PlanUnit } from './plan-units.js';

export const OFFERING_STATES = ['Draft', 'Active', 'Paused', 'Archived', 'Unavailable'] as const;
export type OfferingState = (typeof OFFERING_STATES)[number];

/** What is sold: resources are made of offerings. */
@Entity()
@Check('ck_offering_owner', `owner IN ('local', 'waldur')`)
@Check('ck_offering_name_not_blank', `btrim(name) <> ''`)
@Check('ck_offering_state', `state IN ('Draft', 'Active', 'Paused', 'Archived', 'Unavailable')`)
@Index(['created', 'uuid'])
export class Offering extends MirroredEntity {
  static readonly path = '/api/marketplace-provider-offerings/';
  /** The same offerings as the public sees them; Waldur's links use either. */
  static readonly aliases = ['/api/marketplace-public-offerings/'];

  @Column({ length: 150 })
  name: string;

  /** The offering's id in the operator's own systems. */
  @Column({ length: 255, default: '' })
  backendId: string;

  @Column({ length: 100, default: 'Marketplace.Basic' })
  type: string;

  @Column({ type: 'varchar', length: 16, default: 'Active' })
  state: OfferingState;

  /** The organisation that provides it; null: the operator itself. */
  @Column({ type: 'uuid', nullable: true })
  customerUuid: string | null;

  @ManyToOne(() => Customer, { nullable: true, onDelete: 'RESTRICT' })
  customer: Relation<Customer> | null;

  /** Rows of `Plan`, which builds on this entity, by name: where offerings themselves are read. */
  plans: readonly (Pick<MirroredEntity, 'uuid' | 'owner'> & { readonly name: string; readonly unit: PlanUnit })[];
}
