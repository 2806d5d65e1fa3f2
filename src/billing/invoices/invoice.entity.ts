import { Check, Column, Entity, Generated, Index, ManyToOne, type Relation } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';
import { Customer } from '../../directory/customer.entity.js';

export const INVOICE_STATES = ['open', 'issued', 'paid', 'cancelled'] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

/**
 * What an organisation pays for a month, in one currency: the sum of the postings on it. Once it is not open any more,
 * the database takes no further posting on it.
 */
@Entity()
@Check('ck_invoice_state', `state IN ('open', 'issued', 'paid', 'cancelled')`)
@Check('ck_invoice_month_is_first_day', `extract(day from month) = 1`)
@Index('uq_invoice_customer_month', ['customerUuid', 'month'], { unique: true })
@Index('uq_invoice_number', ['number'], { unique: true })
@Index(['month', 'uuid'])
@Index(['created', 'uuid'])
export class Invoice extends BaseEntity {
  static readonly path = '/api/invoices/';

  @Column('uuid')
  customerUuid: string;

  @ManyToOne(() => Customer, { nullable: false, onDelete: 'RESTRICT' })
  customer: Relation<Customer>;

  /** First day of the month. */
  @Column('date')
  month: string;

  @Column()
  @Generated('increment')
  number: number;

  @Column({ type: 'varchar', length: 16, default: 'open' })
  state: InvoiceState;

  /** ISO 4217; postings in another are refused. */
  @Column({ length: 10 })
  currency: string;

  @Column({ type: 'numeric', precision: 5, scale: 2, default: 0 })
  taxPercent: string;

  @Column({ type: 'date', nullable: true })
  dueDate: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  issuedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  paidAt: Date | null;

  /** Who issued, paid or cancelled it last. */
  @Column({ length: 150, default: '' })
  changedBy: string;
}
