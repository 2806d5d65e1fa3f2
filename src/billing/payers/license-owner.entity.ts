import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { BillingAccount } from '../accounts/billing-account.entity.js';

/** From when ArrowSphere was seen to name an Arrow customer as the owner of a licence, until a later entry. */
@Entity()
export class LicenseOwner {
  @PrimaryColumn('uuid')
  @ForeignKey(() => BillingAccount, { onDelete: 'RESTRICT' })
  accountUuid: string;

  @PrimaryColumn({ length: 255, collation: 'C' })
  licenseReference: string;

  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  seenFrom: Date;

  /** `XSP…` */
  @Column({ length: 255 })
  customerReference: string;
}
