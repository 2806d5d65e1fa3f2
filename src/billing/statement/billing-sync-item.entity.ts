import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';
import { MoneyColumn } from '../../database/money.column.js';
import { BillingAccount } from '../accounts/billing-account.entity.js';
import { BillingSync } from './billing-sync.entity.js';

/** `billable`: somebody pays for it. `unmatched`: it reaches nobody yet. `excluded`: not to be billed, by configuration. */
export const ITEM_STATUSES = ['billable', 'unmatched', 'excluded'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/**
 * `present`: in the export applied last. `missing`: it was, and is not any more, but may come back. `gone`: it was not in
 * the final export, and what was charged for it has been credited.
 */
export const ITEM_PRESENCES = ['present', 'missing', 'gone'] as const;
export type ItemPresence = (typeof ITEM_PRESENCES)[number];

/**
 * A line of an account's export. It is the same line for ever, whatever statement it stands under and in whatever order
 * it comes. Who pays is decided when it first becomes billable and stays, so that corrections reach whom they correct.
 */
@Entity()
@Check('ck_billing_sync_item_status', `status IN ('billable', 'unmatched', 'excluded')`)
@Check('ck_billing_sync_item_presence', `presence IN ('present', 'missing', 'gone')`)
@Check(
  'ck_billing_sync_item_party',
  `status <> 'billable' OR (billing_sync_uuid IS NOT NULL AND customer_uuid IS NOT NULL)`,
)
// Several lines may carry one key; they are told apart by their number.
@Unique('uq_billing_sync_item_line', [
  'accountUuid',
  'month',
  'licenseReference',
  'arrowLineReference',
  'currency',
  'occurrence',
])
@Index(['billingSyncUuid'])
@Index(['created', 'uuid'])
export class BillingSyncItem extends BaseEntity {
  static readonly path = '/api/admin/arrow/billing-sync-items/';

  @Column('uuid')
  accountUuid: string;

  @ManyToOne(() => BillingAccount, { nullable: false, onDelete: 'RESTRICT' })
  account: Relation<BillingAccount>;

  /** First day of the month. */
  @Column('date')
  month: string;

  /** `""`: the line names none. */
  @Column({ length: 255 })
  licenseReference: string;

  @Column({ length: 255 })
  arrowLineReference: string;

  /** 1, 2, 3 … among lines of the same licence, key and currency. */
  @Column('integer')
  occurrence: number;

  @Column({ type: 'uuid', nullable: true })
  billingSyncUuid: string | null;

  @ManyToOne(() => BillingSync, { nullable: true, onDelete: 'RESTRICT' })
  billingSync: Relation<BillingSync> | null;

  @Column({ type: 'varchar', length: 16 })
  status: ItemStatus;

  /** Why it is unmatched or excluded; `""` when billable. */
  @Column({ length: 40, default: '' })
  reason: string;

  @Column({ type: 'varchar', length: 8, default: 'present' })
  presence: ItemPresence;

  /** True once it was billable: from then on who pays does not change any more. */
  @Column({ default: false })
  partyFixed: boolean;

  @Column({ type: 'uuid', nullable: true })
  customerUuid: string | null;

  @Column({ type: 'uuid', nullable: true })
  projectUuid: string | null;

  @Column({ type: 'uuid', nullable: true })
  resourceUuid: string | null;

  /** Last amounts that an export gave; null: none ever did. */
  @MoneyColumn({ nullable: true })
  sell: string | null;

  @MoneyColumn({ nullable: true })
  buy: string | null;

  /** The amount to charge, by the account's price source, when the line was first seen. */
  @MoneyColumn({ default: 0 })
  originalPrice: string;

  /** False: the export has the line now, but no amount to charge for it. */
  @Column({ default: true })
  priced: boolean;

  @Column({ length: 10 })
  currency: string;

  @Column({ length: 255, default: '' })
  statementReference: string;

  @Column({ length: 255, default: '' })
  vendorName: string;

  @Column({ length: 255, default: '' })
  subscriptionReference: string;

  @Column({ length: 50, default: '' })
  classification: string;

  @Column({ length: 500, default: '' })
  description: string;

  @Column({ length: 500, default: '' })
  endCustomerName: string;

  /** For information; amounts are totals and are not multiplied by it. */
  @MoneyColumn({ default: 1 })
  quantity: string;

  @Column({ type: 'date', nullable: true })
  serviceStart: string | null;

  @Column({ type: 'date', nullable: true })
  serviceEnd: string | null;

  /** Where its raw cells are: page of an export, and row in it, when it last changed. */
  @Column({ length: 64, default: '' })
  pageHash: string;

  @Column({ type: 'integer', default: 0 })
  pageRow: number;
}
