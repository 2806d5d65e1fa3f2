import { Check, Column, Entity, Index, ManyToOne, type Relation } from 'typeorm';
import { BaseEntity } from '../database/base.entity.js';
import type { OrderState, OrderType } from './order-states.js';
import { Resource } from './resource.entity.js';
import { User } from './users/user.entity.js';

/** How a resource came to be, and in whose name: the audit trail of imports. */
@Entity('marketplace_order')
@Check('ck_marketplace_order_type', `type IN ('Create', 'Update', 'Terminate')`)
@Check(
  'ck_marketplace_order_state',
  `state IN ('pending-provider', 'executing', 'done', 'erred', 'canceled', 'rejected')`,
)
@Index(['resourceUuid'])
@Index(['created', 'uuid'])
export class Order extends BaseEntity {
  static readonly path = '/api/marketplace-orders/';
  static readonly isOurs = true;

  @Column({ type: 'varchar', length: 16, default: 'Create' })
  type: OrderType;

  @Column({ type: 'varchar', length: 16 })
  state: OrderState;

  @Column('uuid')
  resourceUuid: string;

  @ManyToOne(() => Resource, { nullable: false, onDelete: 'RESTRICT' })
  resource: Relation<Resource>;

  @Column({ type: 'uuid', nullable: true })
  createdByUuid: string | null;

  @ManyToOne(() => User, { nullable: true, onDelete: 'SET NULL' })
  createdBy: Relation<User> | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  completedAt: Date | null;
}
