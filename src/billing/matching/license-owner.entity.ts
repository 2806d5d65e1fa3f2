import { Column, Entity, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { BillingAccount } from '../accounts/billing-account.entity.js';

/** Which ArrowSphere customer a licence belongs to, as ArrowSphere said when asked last. */
@Entity()
export class LicenseOwner {
  @PrimaryColumn('uuid')
  accountUuid: string;

  @ManyToOne(() => BillingAccount, { nullable: false, onDelete: 'RESTRICT' })
  account: Relation<BillingAccount>;

  @PrimaryColumn({ length: 255 })
  licenseReference: string;

  /** `XSP…` */
  @Column({ length: 255 })
  customerReference: string;

  @Column({ type: 'timestamptz', precision: 3 })
  askedAt: Date;
}
