import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { InvoicePosting } from '../billing/ledger/invoice-posting.entity.js';
import { Charge } from '../billing/ledger/charge.entity.js';
import { BaseEntity } from '../database/base.entity.js';
import { MoneyColumn } from '../database/money.column.js';
import { TimeColumn } from '../database/time.column.js';
import { Customer } from '../directory/customer.entity.js';

/**
 * `intended`: to be sent. `sending`: it was sent, and what Waldur did is not known yet. `sent`: Waldur has it. `refused`:
 * by Waldur. `not_sent`: by our own rules.
 */
export const PUSH_STATES = ['intended', 'sending', 'sent', 'refused', 'not_sent'] as const;
export type PushState = (typeof PUSH_STATES)[number];

/** Why an item is not at Waldur. */
export const PUSH_REASONS = [
  'before_push_from',
  'other_currency',
  'customer_not_in_waldur',
  'plan_has_price',
  'plan_price_unknown',
  'unknown_items',
  'invoice_closed',
  'refused_by_waldur',
] as const;
export type PushReason = (typeof PUSH_REASONS)[number];

/**
 * What a charge was moved by, as one item of a Waldur invoice: the sum of its postings from one revision to another. Each
 * posting is part of one item, and Waldur takes one item of each name, which ends in the last posting's short id.
 */
@Entity()
@Check('ck_pushed_item_revisions', 'after_revision >= 0 AND revision > after_revision')
@Check('ck_pushed_item_amount_not_zero', 'amount <> 0')
@Check(
  'ck_pushed_item_months',
  'extract(day from charge_month) = 1 AND extract(day from invoice_month) = 1 AND invoice_month >= charge_month',
)
@Check('ck_pushed_item_state', `state IN ('intended', 'sending', 'sent', 'refused', 'not_sent')`)
@Check('ck_pushed_item_reason', `(state IN ('refused', 'not_sent')) = (reason <> '')`)
@Check('ck_pushed_item_sent', `(state = 'sent') = (sent_at IS NOT NULL)`)
@Check('ck_pushed_item_sending', `state <> 'sending' OR tried_at IS NOT NULL`)
@Unique('uq_pushed_item_charge_revision', ['chargeUuid', 'revision'])
@Unique('uq_pushed_item_charge_after_revision', ['chargeUuid', 'afterRevision'])
@Unique('uq_pushed_item_posting', ['postingUuid'])
@Unique('uq_pushed_item_customer_name', ['customerUuid', 'name'])
@Index(['created', 'uuid'])
@Index(['customerUuid', 'invoiceMonth'])
@Index('ix_pushed_item_not_sent', ['customerUuid', 'invoiceMonth'], { where: `state <> 'sent'` })
export class PushedItem extends BaseEntity {
  static readonly path = '/api/admin/arrow/pushed-items/';

  @Column('uuid')
  chargeUuid: string;

  @ManyToOne(() => Charge, { onDelete: 'RESTRICT' })
  charge: Relation<Charge>;

  /** Postings after this revision … */
  @Column('integer')
  afterRevision: number;

  /** … up to this one. */
  @Column('integer')
  revision: number;

  /** The last of them. */
  @Column('uuid')
  postingUuid: string;

  @ManyToOne(() => InvoicePosting, { onDelete: 'RESTRICT' })
  posting: Relation<InvoicePosting>;

  @Column('uuid')
  customerUuid: string;

  @ManyToOne(() => Customer, { onDelete: 'RESTRICT' })
  customer: Relation<Customer>;

  /** First day of the month that is charged. */
  @Column('date')
  chargeMonth: string;

  /** First day of the month of the Waldur invoice: the one that is charged, or a later one for what came later. */
  @Column('date')
  invoiceMonth: string;

  /** As Waldur has it. */
  @Column({ length: 282 })
  name: string;

  /** ISO 4217 */
  @Column({ length: 3 })
  currency: string;

  /** Net; negative for a credit. */
  @MoneyColumn()
  amount: string;

  @Column({ type: 'varchar', length: 16, default: 'intended' })
  state: PushState;

  @Column({ type: 'varchar', length: 40, default: '' })
  reason: PushReason | '';

  /** Waldur's own sentence of a refusal. */
  @Column({ type: 'text', default: '' })
  said: string;

  /** When it was sent last (UTC). */
  @TimeColumn({ nullable: true })
  triedAt: Date | null;

  /** Since when it is known to be at Waldur (UTC). */
  @TimeColumn({ nullable: true })
  sentAt: Date | null;

  /** What Waldur shows under its name; null: nothing, or it was not looked. */
  @MoneyColumn({ nullable: true })
  seenAmount: string | null;

  /** When it was looked last (UTC). */
  @TimeColumn({ nullable: true })
  seenAt: Date | null;

  /** The job that sent it last. */
  @Column({ type: 'uuid', nullable: true })
  jobUuid: string | null;
}
