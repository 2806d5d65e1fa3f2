import { Check, Column, Entity, Index, Unique } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';
import { MoneyColumn } from '../../database/money.column.js';

/** `billable`: it counts towards a charge. `unmatched`: nobody can be charged yet. `excluded`: deliberately not charged. */
export type ItemStatus = 'billable' | 'unmatched' | 'excluded';

/** Whether the latest accepted export has the line. */
export type ItemPresence = 'present' | 'missing';

/** What the charged cell says: an amount, nothing, or something that cannot be read. */
export type AmountState = 'value' | 'absent' | 'invalid';

/**
 * A line of an account's billing export. Lines are evidence: they say what a charge ought to be and are never charged by
 * themselves, so it does not matter much which line is the same line again. Without foreign keys, which cost as much as
 * the row: account, statement and charge are those that the statement which writes the line joins, and are never deleted.
 */
@Entity()
@Check('ck_billing_sync_item_status', `status IN ('billable', 'unmatched', 'excluded')`)
@Check('ck_billing_sync_item_presence', `presence IN ('present', 'missing')`)
@Check('ck_billing_sync_item_amount_state', `amount_state IN ('value', 'absent', 'invalid')`)
@Check('ck_billing_sync_item_charge', `presence = 'missing' OR status <> 'billable' OR charge_uuid IS NOT NULL`)
// Several lines may carry one key; they are told apart by a number that follows their content.
@Unique('uq_billing_sync_item_line', ['accountUuid', 'month', 'licenseReference', 'arrowLineReference', 'occurrence'])
@Index(['billingSyncUuid'])
@Index(['chargeUuid'])
@Index(['created', 'uuid'])
export class BillingSyncItem extends BaseEntity {
  static readonly path = '/api/admin/arrow/billing-sync-items/';

  @Column('uuid')
  accountUuid: string;

  /** First day of the month. */
  @Column('date')
  month: string;

  /** `""`: the line names none. */
  @Column({ length: 255 })
  licenseReference: string;

  @Column({ length: 255 })
  arrowLineReference: string;

  /** 1, 2, 3 … among lines of the same licence and key. */
  @Column('integer')
  occurrence: number;

  /** Its statement; null where it names neither statement nor customer. */
  @Column({ type: 'uuid', nullable: true })
  billingSyncUuid: string | null;

  @Column({ type: 'varchar', length: 16 })
  status: ItemStatus;

  /** Why it is unmatched or excluded, a code of core/reasons.ts; `""` when billable. */
  @Column({ length: 40, default: '' })
  reason: string;

  @Column({ type: 'varchar', length: 8, default: 'present' })
  presence: ItemPresence;

  /** The charge that it counts towards, or did while it was present and billable; who pays stands there. */
  @Column({ type: 'uuid', nullable: true })
  chargeUuid: string | null;

  /** The Arrow customer it belongs to (`XSP…`), by the line, the history of owners or the owner of today; `""`: unknown. */
  @Column({ length: 255, default: '' })
  arrowCustomer: string;

  /** What the line itself says of its customer, as sent. */
  @Column({ length: 255, default: '' })
  customerReference: string;

  @MoneyColumn({ nullable: true })
  sell: string | null;

  @MoneyColumn({ nullable: true })
  buy: string | null;

  @Column({ type: 'varchar', length: 8, default: 'value' })
  amountState: AmountState;

  /** The charged amount when the line was first seen. */
  @MoneyColumn({ default: 0 })
  originalPrice: string;

  /** As the line says it, upper case; the account's default where it says nothing. */
  @Column({ length: 10 })
  currency: string;

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
