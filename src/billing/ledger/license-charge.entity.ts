import { Check, Column, Entity, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { BillingAccount } from '../accounts/billing-account.entity.js';

/** `license`: one charge for the licence and month, provisional first. `lines`: one charge for every export line. */
export const CHARGE_PATHS = ['license', 'lines'] as const;
export type ChargePath = (typeof CHARGE_PATHS)[number];

/** By which of the two ways the spend of one licence in one month is charged. Chosen once; postings must follow it. */
@Entity()
@Check('ck_license_charge_path', `path IN ('license', 'lines')`)
@Unique('uq_license_charge_path', ['accountUuid', 'month', 'licenseReference', 'path'])
export class LicenseCharge {
  @PrimaryColumn('uuid')
  accountUuid: string;

  @ManyToOne(() => BillingAccount, { nullable: false, onDelete: 'RESTRICT' })
  account: Relation<BillingAccount>;

  @PrimaryColumn('date')
  month: string;

  @PrimaryColumn({ length: 255 })
  licenseReference: string;

  @Column({ type: 'varchar', length: 8 })
  path: ChargePath;
}
