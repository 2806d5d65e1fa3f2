import { Check, Column, Entity, ForeignKey, Index } from 'typeorm';
import { ACTOR_LENGTH } from '../../auth/caller.js';
import { BaseEntity } from '../../database/base.entity.js';
import { TimeColumn } from '../../database/time.column.js';
import { Settings } from '../../settings/settings.entity.js';

/**
 * An ArrowSphere account as billing knows it: the partner, not the row of settings. Replacing the settings of a partner
 * by new ones leaves its ledger where it is, so that nothing is charged again. What it is billed by, month by month,
 * stands in {@link BillingRule}. What a new one has is what the database gives it.
 */
@Entity()
@Check('ck_billing_account_grace_days', `grace_days BETWEEN 0 AND 60`)
@Check('ck_billing_account_shrinkage_share', `shrinkage_share BETWEEN 0 AND 1`)
@Check('ck_billing_account_open_months', `open_months BETWEEN 1 AND 12`)
@Index('uq_billing_account_partner_reference', ['partnerReference'], { unique: true })
@Index('uq_billing_account_settings_without_partner', ['settingsUuid'], {
  unique: true,
  where: 'partner_reference IS NULL',
})
@Index(['settingsUuid'])
export class BillingAccount extends BaseEntity {
  /** `XSP…` of the reseller; null until ArrowSphere has said who the key belongs to. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  partnerReference: string | null;

  /**
   * The settings it was first billed with. It goes with them while nothing is billed; what is billed refers to this row and
   * keeps both.
   */
  @Column('uuid')
  @ForeignKey(() => Settings, { onDelete: 'CASCADE' })
  settingsUuid: string;

  /** IANA name: on whose calendar months begin and end. */
  @Column({ length: 64, default: 'UTC' })
  timeZone: string = 'UTC';

  /** Days after the end of a month before a statement closes by the calendar alone. */
  @Column({ type: 'smallint', default: 3 })
  graceDays: number = 3;

  /** Share by which an export may shrink without being refused. */
  @Column({ type: 'numeric', precision: 4, scale: 3, default: () => '0.2' })
  shrinkageShare: string = '0.200';

  /** The number given last: invoices get theirs at issue, without gaps. */
  @Column({ type: 'integer', default: 0 })
  lastInvoiceNumber: number;

  /** Months up to the running one that schedules read until they are reconciled. */
  @Column({ type: 'smallint', default: 3 })
  openMonths: number = 3;

  @Column({ default: false })
  billingPaused: boolean = false;

  @Column({ default: false })
  consumptionPaused: boolean = false;

  @Column({ length: ACTOR_LENGTH, default: '' })
  pausedBy: string = '';

  @Column({ length: 500, default: '' })
  pauseReason: string = '';

  @TimeColumn({ nullable: true })
  pausedAt: Date | null = null;
}

/** Switches of the whole service, kept over restarts. */
@Entity()
export class BillingSwitch {
  @Column({ primary: true, length: 32 })
  name: string;

  @Column()
  enabled: boolean;

  @Column({ length: ACTOR_LENGTH, default: '' })
  changedBy: string;

  @TimeColumn()
  changedAt: Date;
}
