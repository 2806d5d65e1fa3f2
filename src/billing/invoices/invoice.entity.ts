import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { ACTOR_LENGTH } from '../../auth/caller.js';
import { TimeColumn } from '../../database/time.column.js';
import { Customer } from '../../directory/customer.entity.js';
import { AccountMonthEntity } from '../core/account-month.entity.js';

/** Waldur's names: `pending` is a draft, `created` an issued invoice. */
export const INVOICE_STATES = ['pending', 'created', 'paid', 'canceled'] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

/** One rate of an issued invoice. Amounts in the digits of its currency. */
export interface InvoiceTax {
  /** `"24.00"` */
  readonly percent: string;
  readonly price: string;
  readonly tax: string;
}

/** Sums of an invoice, in the digits of its currency. */
export interface InvoiceAmounts {
  /** Net. */
  readonly price: string;
  readonly taxes: readonly InvoiceTax[];
  readonly tax: string;
  readonly total: string;
}

/** What an invoice says for ever, kept when it was issued. */
export interface IssuedDocument extends InvoiceAmounts {
  readonly customer: Pick<Customer, 'name' | 'nativeName' | 'abbreviation' | 'registrationCode' | 'country' | 'email'>;
}

/**
 * One account, one organisation, one month, one currency: the sum of the postings on it. Once it is issued the database
 * takes no further posting on it.
 */
@Entity()
@Check('ck_invoice_state', `state IN ('pending', 'created', 'paid', 'canceled')`)
@Check('ck_invoice_month_is_first_day', `extract(day from month) = 1`)
@Check(
  'ck_invoice_issued_is_complete',
  `(state = 'pending') = (number IS NULL AND document IS NULL AND issued_at IS NULL)`,
)
@Unique('uq_invoice_account_customer_month_currency', ['accountUuid', 'customerUuid', 'month', 'currency'])
@Unique('uq_invoice_account_number', ['accountUuid', 'number'])
@Index(['customerUuid', 'month'])
@Index(['month', 'uuid'])
@Index(['created', 'uuid'])
export class Invoice extends AccountMonthEntity {
  static readonly path = '/api/invoices/';
  static readonly isOurs = true;

  @Column('uuid')
  customerUuid: string;

  @ManyToOne(() => Customer, { nullable: false, onDelete: 'RESTRICT' })
  customer: Relation<Customer>;

  /** ISO 4217; postings in another are refused. */
  @Column({ length: 3 })
  currency: string;

  /** Given at issue, per account and without gaps. */
  @Column({ type: 'integer', nullable: true })
  number: number | null;

  @Column({ type: 'varchar', length: 16, default: 'pending' })
  state: InvoiceState;

  /** The day of issue on the account's calendar. */
  @Column({ type: 'date', nullable: true })
  invoiceDate: string | null;

  @Column({ type: 'date', nullable: true })
  dueDate: string | null;

  @TimeColumn({ nullable: true })
  issuedAt: Date | null;

  @TimeColumn({ nullable: true })
  paidAt: Date | null;

  /** Who issued or paid it last. */
  @Column({ length: ACTOR_LENGTH, default: '' })
  changedBy: string;

  @Column({ type: 'jsonb', nullable: true })
  document: IssuedDocument | null;
}
