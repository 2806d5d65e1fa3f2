import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';
import { MoneyColumn } from '../../database/money.column.js';
import { Customer } from '../../directory/customer.entity.js';
import { Resource } from '../../directory/resource.entity.js';
import { BillingAccount } from '../accounts/billing-account.entity.js';
import type { PriceSource } from '../../arrow-export/columns.js';

/** What a licence consumed in a month: provisional as the consumption API tells it, final as the closed export does. */
@Entity()
@Check('ck_consumption_record_final_together', `(finalized_at IS NULL) = (final_sell IS NULL AND final_buy IS NULL)`)
@Check('ck_consumption_record_month_is_first_day', `extract(day from month) = 1`)
@Unique('uq_consumption_record_account_month_license', ['accountUuid', 'month', 'licenseReference'])
@Index(['month', 'created', 'uuid'])
@Index(['resourceUuid', 'month'])
@Index(['customerUuid', 'month', 'uuid'])
@Index('ix_consumption_record_pending', ['modified'], { where: 'finalized_at IS NULL' })
export class ConsumptionRecord extends BaseEntity {
  static readonly path = '/api/admin/arrow/consumption-records/';

  @Column('uuid')
  accountUuid: string;

  @ManyToOne(() => BillingAccount, { nullable: false, onDelete: 'RESTRICT' })
  account: Relation<BillingAccount>;

  /** First day of the month. */
  @Column('date')
  month: string;

  @Column({ length: 255 })
  licenseReference: string;

  /** The resource the licence hung on when the record was made. */
  @Column('uuid')
  resourceUuid: string;

  @ManyToOne(() => Resource, { nullable: false, onDelete: 'RESTRICT' })
  resource: Relation<Resource>;

  /** Who pays: decided when the record is made. */
  @Column('uuid')
  customerUuid: string;

  @ManyToOne(() => Customer, { nullable: false, onDelete: 'RESTRICT' })
  customer: Relation<Customer>;

  @Column('uuid')
  projectUuid: string;

  @MoneyColumn({ default: 0 })
  consumedSell: string;

  @MoneyColumn({ default: 0 })
  consumedBuy: string;

  @MoneyColumn({ nullable: true })
  finalSell: string | null;

  @MoneyColumn({ nullable: true })
  finalBuy: string | null;

  /** Which of the two pairs is charged. */
  @Column({ type: 'varchar', length: 4 })
  priceSource: PriceSource;

  @Column({ length: 10 })
  currency: string;

  /** The amounts are ArrowSphere's estimate for the running month, until it says what was really consumed. */
  @Column({ default: false })
  isEstimate: boolean;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastSyncAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  finalizedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  reconciledAt: Date | null;

  /** Taken back on request: it charges nothing and is not listed any more. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  reversedAt: Date | null;

  @Column({ length: 150, default: '' })
  reversedBy: string;

  @Column({ type: 'jsonb', default: {} })
  rawData: Record<string, unknown>;
}
