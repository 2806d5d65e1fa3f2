import { Column, ForeignKey } from 'typeorm';
import { BaseEntity } from '../../database/base.entity.js';
import { BillingAccount } from '../accounts/billing-account.entity.js';

/** What belongs to one month of an account. */
export abstract class AccountMonthEntity extends BaseEntity {
  @Column('uuid')
  @ForeignKey(() => BillingAccount, { onDelete: 'RESTRICT' })
  accountUuid: string;

  /** First day of the month. */
  @Column('date')
  month: string;
}
