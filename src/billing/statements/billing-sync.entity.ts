import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { MoneyColumn } from '../../database/money.column.js';
import { Customer } from '../../directory/customer.entity.js';
import { CustomerMapping } from '../../mappings/customer-mapping.entity.js';
import { AccountMonthEntity } from '../core/account-month.entity.js';
import { TimeColumn } from '../../database/time.column.js';

/** Waldur's numbers and labels. Closed is `reconciled`; `validated` only notes what ArrowSphere says. */
export const SYNC_STATE_LABELS = { 1: 'Pending', 2: 'Synced', 3: 'Validated', 4: 'Reconciled' } as const;
export type SyncState = keyof typeof SYNC_STATE_LABELS;

/**
 * A statement: what ArrowSphere bills one Arrow customer in one month. Those of customers that are not mapped are kept
 * too, as their lines may decide whether a licence is closed; lists show the mapped ones.
 */
@Entity()
@Check('ck_billing_sync_state', `state BETWEEN 1 AND 4`)
@Check('ck_billing_sync_arrow_state', `arrow_state IN ('pending', 'validated', 'rejected')`)
@Unique('uq_billing_sync_statement', ['accountUuid', 'month', 'arrowCustomer', 'statementReference'])
@Index(['customerMappingUuid', 'month'])
@Index(['month', 'created', 'uuid'])
export class BillingSync extends AccountMonthEntity {
  static readonly path = '/api/admin/arrow/billing-syncs/';

  /** `XSP…`; `""` where its lines name nobody. */
  @Column({ length: 255 })
  arrowCustomer: string;

  /** The mapping that it is billed through; null while the Arrow customer is not mapped. */
  @Column({ type: 'uuid', nullable: true })
  customerMappingUuid: string | null;

  @ManyToOne(() => CustomerMapping, { onDelete: 'RESTRICT' })
  customerMapping: Relation<CustomerMapping> | null;

  /** The organisation that is charged. */
  @Column({ type: 'uuid', nullable: true })
  customerUuid: string | null;

  @ManyToOne(() => Customer, { onDelete: 'RESTRICT' })
  customer: Relation<Customer> | null;

  /** Arrow's, or one made of month and customer where the export names none. */
  @Column({ length: 255 })
  statementReference: string;

  @Column({ type: 'varchar', length: 16, default: 'pending' })
  arrowState: 'pending' | 'validated' | 'rejected';

  @Column({ type: 'smallint', default: 1 })
  state: SyncState;

  /** Of its billable lines in the latest accepted export that are in `currency`, exact. */
  @MoneyColumn({ default: 0 })
  buyTotal: string;

  @MoneyColumn({ default: 0 })
  sellTotal: string;

  @Column({ length: 10, default: 'EUR' })
  currency: string;

  @Column({ type: 'integer', default: 0 })
  itemCount: number;

  /** Why the last attempt changed nothing, or what a person should look at; `""` when all is well. */
  @Column({ type: 'text', default: '' })
  errorMessage: string;

  @TimeColumn({ nullable: true })
  syncedAt: Date | null;

  @TimeColumn({ nullable: true })
  validatedAt: Date | null;

  @TimeColumn({ nullable: true })
  reconciledAt: Date | null;
}
