import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
  Unique,
} from 'typeorm';
import { MoneyColumn } from '../../database/money.column.js';
import { BillingRule } from '../accounts/billing-rule.entity.js';
import { Invoice } from '../invoices/invoice.entity.js';
import { Charge, type ChargeBasis } from './charge.entity.js';

/**
 * `charge`: the spend itself and its changes on a draft. `compensation`: a correction after issue, or of what was posted
 * before the charge was closed. `rounding`: of a rounding charge. `reversal`: by a cleanup.
 */
export const POSTING_KINDS = ['charge', 'compensation', 'rounding', 'reversal'] as const;
export type PostingKind = (typeof POSTING_KINDS)[number];

/**
 * One entry of the ledger: an amount put on an invoice for one charge. Entries are never changed or removed (a trigger
 * refuses it); what is charged for anything is the sum of its entries.
 */
@Entity()
@Check('ck_invoice_posting_kind', `kind IN ('charge', 'compensation', 'rounding', 'reversal')`)
@Check('ck_invoice_posting_revision', `revision > 0`)
@Check('ck_invoice_posting_amount_not_zero', `amount <> 0`)
// The idempotency key: whoever computes the same next entry for the same charge a second time is refused.
@Unique('uq_invoice_posting_charge_revision', ['chargeUuid', 'revision'])
@Index(['invoiceUuid', 'name', 'uuid'])
export class InvoicePosting {
  @PrimaryGeneratedColumn('uuid')
  uuid: string;

  @CreateDateColumn({ type: 'timestamptz', precision: 3 })
  created: Date;

  @Column('uuid')
  @ForeignKey(() => Charge, { onDelete: 'RESTRICT' })
  chargeUuid: string;

  /** 1, 2, 3 … per charge. */
  @Column('integer')
  revision: number;

  @Column({ type: 'varchar', length: 16 })
  kind: PostingKind;

  /** In the digits of the charge's currency; negative for credits. */
  @MoneyColumn()
  amount: string;

  /** The exact amount that the charge stood at when this was posted. */
  @MoneyColumn()
  target: string;

  /** What the target was taken from then: `lines`, `consumption`, … */
  @Column({ type: 'varchar', length: 16 })
  basis: ChargeBasis;

  @Column('uuid')
  invoiceUuid: string;

  @ManyToOne(() => Invoice, { onDelete: 'RESTRICT' })
  invoice: Relation<Invoice>;

  /** The issued invoice whose amount it corrects. */
  @Column({ type: 'uuid', nullable: true })
  @ForeignKey(() => Invoice, { onDelete: 'RESTRICT' })
  correctsInvoiceUuid: string | null;

  @Column('uuid')
  @ForeignKey(() => BillingRule, { onDelete: 'RESTRICT' })
  ruleUuid: string;

  /** A correction keeps the rate of what it corrects. */
  @Column({ type: 'numeric', precision: 5, scale: 2 })
  taxPercent: string;

  /** As it stands on the invoice. */
  @Column({ length: 255 })
  name: string;

  @Column('date')
  start: string;

  @Column('date')
  end: string;

  /** The job that posted it. */
  @Column({ type: 'uuid', nullable: true })
  jobUuid: string | null;
}
