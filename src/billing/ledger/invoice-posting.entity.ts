import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
  Unique,
} from 'typeorm';
import { MoneyColumn } from '../../database/money.column.js';
import { Project } from '../../directory/project.entity.js';
import { Resource } from '../../directory/resource.entity.js';
import { Invoice } from '../invoices/invoice.entity.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import { type ChargePath, LicenseCharge } from './license-charge.entity.js';

/**
 * `charge`: the spend itself and its changes while nothing is final. `compensation`: a correction of something final or
 * already issued. `rounding`: what rounding every line took or gave. `reversal`: taken back on request.
 */
export const POSTING_KINDS = ['charge', 'compensation', 'rounding', 'reversal'] as const;
export type PostingKind = (typeof POSTING_KINDS)[number];

/**
 * One entry of the ledger: an amount, in cents, put on an invoice for one charge. Entries are never changed or removed
 * (a trigger refuses it); what is charged for anything is the sum of its entries.
 */
@Entity()
@Check('ck_invoice_posting_kind', `kind IN ('charge', 'compensation', 'rounding', 'reversal')`)
@Check('ck_invoice_posting_amount_in_cents', `amount = round(amount, 2)`)
@Check('ck_invoice_posting_revision', `revision > 0`)
// The idempotency key: whoever computes the same next entry for the same charge a second time is refused.
@Unique('uq_invoice_posting_charge_revision', ['accountUuid', 'month', 'chargeKey', 'currency', 'revision'])
@Index(['invoiceUuid'])
export class InvoicePosting {
  @PrimaryGeneratedColumn('uuid')
  uuid: string;

  @CreateDateColumn({ type: 'timestamptz', precision: 3 })
  created: Date;

  @Column('uuid')
  invoiceUuid: string;

  @ManyToOne(() => Invoice, { nullable: false, onDelete: 'RESTRICT' })
  invoice: Relation<Invoice>;

  @Column('uuid')
  accountUuid: string;

  /** First day of the month that is charged; the invoice may be a later month's. */
  @Column('date')
  month: string;

  /** `line:…`, `license:…` or `rounding:…`: what is charged, within account and month. */
  @Column({ length: 600 })
  chargeKey: string;

  /** 1, 2, 3 … per charge and currency. */
  @Column('integer')
  revision: number;

  @Column({ type: 'varchar', length: 16 })
  kind: PostingKind;

  /** Two decimals, in the invoice's currency; negative for credits. */
  @MoneyColumn()
  amount: string;

  /** The exact amount that the charge stood at when this was posted. */
  @MoneyColumn()
  target: string;

  @Column({ type: 'varchar', length: 4 })
  priceSource: PriceSource;

  @Column({ length: 10 })
  currency: string;

  @Column({ type: 'varchar', length: 255, nullable: true })
  licenseReference: string | null;

  @Column({ type: 'varchar', length: 8, nullable: true })
  path: ChargePath | null;

  /** One spend, one way of charging it: the other way is refused by the database. */
  @ManyToOne(() => LicenseCharge, { nullable: true, onDelete: 'RESTRICT' })
  @JoinColumn([
    {
      name: 'account_uuid',
      referencedColumnName: 'accountUuid',
      foreignKeyConstraintName: 'fk_invoice_posting_license_charge_path',
    },
    {
      name: 'month',
      referencedColumnName: 'month',
      foreignKeyConstraintName: 'fk_invoice_posting_license_charge_path',
    },
    {
      name: 'license_reference',
      referencedColumnName: 'licenseReference',
      foreignKeyConstraintName: 'fk_invoice_posting_license_charge_path',
    },
    { name: 'path', referencedColumnName: 'path', foreignKeyConstraintName: 'fk_invoice_posting_license_charge_path' },
  ])
  licenseCharge: Relation<LicenseCharge> | null;

  @Column({ type: 'uuid', nullable: true })
  projectUuid: string | null;

  @ManyToOne(() => Project, { nullable: true, onDelete: 'RESTRICT' })
  project: Relation<Project> | null;

  @Column({ type: 'uuid', nullable: true })
  resourceUuid: string | null;

  @ManyToOne(() => Resource, { nullable: true, onDelete: 'RESTRICT' })
  resource: Relation<Resource> | null;

  /** As it stands on the invoice. */
  @Column({ length: 255 })
  name: string;

  /** What the spend is for: first and last day. */
  @Column('date')
  start: string;

  @Column('date')
  end: string;

  /** The job that posted it. */
  @Column({ type: 'uuid', nullable: true })
  jobUuid: string | null;
}
