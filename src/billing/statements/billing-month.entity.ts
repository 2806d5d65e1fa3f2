import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { BillingAccount } from '../accounts/billing-account.entity.js';
import type { TieOut } from '../ledger/tie-out.js';
import { ExportSnapshot } from './export-snapshot.entity.js';
import { TimeColumn } from '../../database/time.column.js';

/** Size of the largest export accepted since a person last accepted one: what shrinkage is measured from. */
export interface ExportSize {
  /** What of the rule decides how amounts are read. */
  readonly readBy?: string;
  readonly rows: number;
  /** Currency → sum of the absolute amounts, so that credits do not hide what is missing. */
  readonly turnover: Readonly<Record<string, string>>;
}

/** A month of an account. Whoever posts for it locks this row first, so that two never post at once. */
@Entity()
export class BillingMonth {
  @PrimaryColumn('uuid')
  @ForeignKey(() => BillingAccount, { onDelete: 'RESTRICT' })
  accountUuid: string;

  @PrimaryColumn('date')
  month: string;

  /** The newest export that was begun to be applied; an older one is refused from then on. */
  @Column({ type: 'integer', default: 0 })
  snapshotNumber: number;

  /** The latest accepted export, applied from end to end. */
  @Column({ type: 'uuid', nullable: true })
  @ForeignKey(() => ExportSnapshot, { onDelete: 'RESTRICT' })
  snapshotUuid: string | null;

  /** Of all inputs beside the export; `""` while the month is being worked on. Written at the very end of a run. */
  @Column({ length: 64, default: '' })
  fingerprint: string;

  @Column({ type: 'jsonb', nullable: true })
  largestExport: ExportSize | null;

  /** How statement, ledger and what is left over add up, per currency. */
  @Column({ type: 'jsonb', nullable: true })
  tieOut: TieOut[] | null;

  @TimeColumn({ nullable: true })
  appliedAt: Date | null;

  /** Everything of it is closed and posted. */
  @TimeColumn({ nullable: true })
  settledAt: Date | null;
}
