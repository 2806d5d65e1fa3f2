import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import { ACTOR_LENGTH } from '../../auth/caller.js';
import { BaseEntity } from '../../database/base.entity.js';
import { MoneyColumn } from '../../database/money.column.js';
import { TimeColumn } from '../../database/time.column.js';
import { Customer } from '../../directory/customer.entity.js';
import { Resource } from '../../directory/resource.entity.js';
import { BillingAccount } from '../accounts/billing-account.entity.js';
import { Charge } from '../ledger/charge.entity.js';

/**
 * What a licence consumed in a month, as the consumption API tells it: one amount, the target of one charge, its first
 * bill-to party's. What became final stands on that charge and is not kept here again.
 */
@Entity()
@Check('ck_consumption_record_month_is_first_day', `extract(day from month) = 1`)
@Unique('uq_consumption_record_account_month_license', ['accountUuid', 'month', 'licenseReference'])
@Index(['month', 'created', 'uuid'])
@Index(['resourceUuid', 'month'])
@Index(['customerUuid', 'month', 'uuid'])
@Index(['chargeUuid'])
export class ConsumptionRecord extends BaseEntity {
  static readonly path = '/api/admin/arrow/consumption-records/';

  @Column('uuid')
  accountUuid: string;

  @ManyToOne(() => BillingAccount, { nullable: false, onDelete: 'RESTRICT' })
  account: Relation<BillingAccount>;

  /** First day of the month. */
  @Column('date')
  month: string;

  @Column({ length: 255, collation: 'C' })
  licenseReference: string;

  /** The charge it is the target of: of its organisation, project and currency. */
  @Column('uuid')
  chargeUuid: string;

  @ManyToOne(() => Charge, { nullable: false, onDelete: 'RESTRICT' })
  charge: Relation<Charge>;

  @Column('uuid')
  resourceUuid: string;

  @ManyToOne(() => Resource, { nullable: false, onDelete: 'RESTRICT' })
  resource: Relation<Resource>;

  /** The organisation of the first bill-to party. */
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

  /** Which of the two is charged. */
  @Column({ type: 'varchar', length: 4 })
  priceSource: PriceSource;

  @Column({ length: 3 })
  currency: string;

  /** The amounts are ArrowSphere's estimate for the running month, until it says what was really consumed. */
  @Column({ default: false })
  isEstimate: boolean;

  /** When the request was sent whose answer this is: an older answer never replaces a newer one. */
  @TimeColumn()
  askedAt: Date;

  @TimeColumn({ nullable: true })
  lastSyncAt: Date | null;

  /** Somebody reopened the month for this licence: it is provisional until the next reconcile. */
  @TimeColumn({ nullable: true })
  reopenedAt: Date | null;

  /** Reversed by a cleanup: it charges nothing and is not listed, until new consumption or the close. */
  @TimeColumn({ nullable: true })
  reversedAt: Date | null;

  @Column({ length: ACTOR_LENGTH, default: '' })
  reversedBy: string;

  @Column({ type: 'jsonb', default: {} })
  rawData: Record<string, unknown>;
}
