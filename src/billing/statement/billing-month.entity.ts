import { Column, Entity, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { MoneyColumn } from '../../database/money.column.js';
import { BillingAccount } from '../accounts/billing-account.entity.js';
import { ExportSnapshot } from './export-snapshot.entity.js';

/** A month of an account. Whoever posts for it locks this row first, so that two never post at once. */
@Entity()
export class BillingMonth {
  @PrimaryColumn('uuid')
  accountUuid: string;

  @ManyToOne(() => BillingAccount, { nullable: false, onDelete: 'RESTRICT' })
  account: Relation<BillingAccount>;

  @PrimaryColumn('date')
  month: string;

  /** The newest export of which anything was applied; an older one is refused from then on. */
  @Column({ type: 'integer', default: 0 })
  snapshotNumber: number;

  /** The export applied last, from end to end. */
  @Column({ type: 'uuid', nullable: true })
  snapshotUuid: string | null;

  @ManyToOne(() => ExportSnapshot, { nullable: true, onDelete: 'RESTRICT' })
  snapshot: Relation<ExportSnapshot> | null;

  /** Everything else that the result depended on; when it and the export are the same, there is nothing to do. */
  @Column({ length: 64, default: '' })
  fingerprint: string;

  @Column({ type: 'integer', default: 0 })
  rows: number;

  /** Sum of the absolute amounts of that export. */
  @MoneyColumn({ default: 0 })
  turnover: string;

  /** How statement, ledger and remainder add up, per currency. */
  @Column({ type: 'jsonb', nullable: true })
  tieOut: Record<string, unknown>[] | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  appliedAt: Date | null;

  /** Everything of it is final and posted: schedules leave it alone. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  settledAt: Date | null;

  @Column({ type: 'text', default: '' })
  errorMessage: string;
}
