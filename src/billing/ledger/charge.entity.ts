import { Check, Column, Entity, ForeignKey, Index, ManyToOne, type Relation } from 'typeorm';
import { MoneyColumn } from '../../database/money.column.js';
import { Customer } from '../../directory/customer.entity.js';
import { Project } from '../../directory/project.entity.js';
import { Resource } from '../../directory/resource.entity.js';
import { AccountMonthEntity } from '../core/account-month.entity.js';
import { TimeColumn } from '../../database/time.column.js';

/** `license`: what is charged for a licence. `rounding`: what rounding every other charge of the invoice takes or gives. */
export type ChargeKind = 'license' | 'rounding';

/** What the target of a charge is taken from. */
export type ChargeBasis = 'lines' | 'consumption' | 'waiting' | 'taken_back' | 'held';

/**
 * Lines are evidence, charges are money: one licence, one month, one bill-to party, one currency. A charge that was
 * posted once stays a row even at 0. What is charged is the sum of its postings; what ought to be is its target.
 */
@Entity()
@Check('ck_charge_kind', `kind IN ('license', 'rounding')`)
@Check('ck_charge_basis', `basis IN ('lines', 'consumption', 'waiting', 'taken_back', 'held')`)
@Check('ck_charge_month_is_first_day', `extract(day from month) = 1`)
@Check('ck_charge_rounding_without_license', `(kind = 'rounding') = (license_reference = '')`)
@Check('ck_charge_held_has_reason', `(basis = 'held') = (held_reason <> '')`)
@Index(
  'uq_charge_key_with_project',
  ['accountUuid', 'month', 'licenseReference', 'customerUuid', 'projectUuid', 'currency'],
  { unique: true, where: 'project_uuid IS NOT NULL' },
)
@Index('uq_charge_key_without_project', ['accountUuid', 'month', 'licenseReference', 'customerUuid', 'currency'], {
  unique: true,
  where: 'project_uuid IS NULL',
})
@Index('ix_charge_customer_month', ['customerUuid', 'month'])
export class Charge extends AccountMonthEntity {
  @Column({ type: 'varchar', length: 16, default: 'license' })
  kind: ChargeKind;

  /** `""` for rounding. */
  @Column({ length: 255, collation: 'C' })
  licenseReference: string;

  @Column('uuid')
  @ForeignKey(() => Customer, { onDelete: 'RESTRICT' })
  customerUuid: string;

  @Column({ type: 'uuid', nullable: true })
  projectUuid: string | null;

  @ManyToOne(() => Project, { onDelete: 'RESTRICT' })
  project: Relation<Project> | null;

  /** ISO 4217 */
  @Column({ length: 3 })
  currency: string;

  /** The linked resource; follows the link as the project does. */
  @Column({ type: 'uuid', nullable: true })
  @ForeignKey(() => Resource, { onDelete: 'RESTRICT' })
  resourceUuid: string | null;

  /** The Arrow customer that it is charged by (`XSP…`), one of those of its lines; stays when mappings change. */
  @Column({ length: 255, default: '' })
  arrowCustomer: string;

  /** As it stands on the invoice. */
  @Column({ length: 255, default: '' })
  name: string;

  /** What the spend is for: first and last day over its lines. */
  @Column('date')
  start: string;

  @Column('date')
  end: string;

  /** Exact sums of its billable lines in the latest accepted export. */
  @MoneyColumn({ default: 0 })
  linesSell: string;

  @MoneyColumn({ default: 0 })
  linesBuy: string;

  @Column({ type: 'integer', default: 0 })
  lineCount: number;

  /** The exact amount that it ought to stand at. */
  @MoneyColumn({ default: 0 })
  target: string;

  /** The target in the digits of its currency: what its postings and its pending difference add up to. */
  @MoneyColumn({ default: 0 })
  rounded: string;

  @Column({ type: 'varchar', length: 16, default: 'lines' })
  basis: ChargeBasis;

  /** Why it stands at what was posted; `""` unless its basis is `held`. */
  @Column({ length: 40, default: '' })
  heldReason: string;

  /** When all statements of its lines were closed; null: more may come. */
  @TimeColumn({ nullable: true })
  closedAt: Date | null;
}
