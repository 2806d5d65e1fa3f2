import { Check, Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';
import { ACTOR_LENGTH } from '../../auth/caller.js';
import { AccountMonthEntity } from '../core/account-month.entity.js';
import { TimeColumn } from '../../database/time.column.js';

export type SnapshotState = 'fetching' | 'complete' | 'failed' | 'refused' | 'accepted';

/** One fetch of an export: when, by whom, of what, how it was proven complete, and the pages it consists of. */
@Entity()
@Check('ck_export_snapshot_state', `state IN ('fetching', 'complete', 'failed', 'refused', 'accepted')`)
@Index(['accountUuid', 'month', 'number'])
export class ExportSnapshot extends AccountMonthEntity {
  /** In the order in which fetching began: of two, the higher is the newer. */
  @Column()
  @Generated('increment')
  number: number;

  @Column({ length: 255 })
  exportTypeReference: string;

  @Column({ type: 'varchar', length: 16, default: 'fetching' })
  state: SnapshotState;

  @Column({ length: ACTOR_LENGTH })
  fetchedBy: string;

  @TimeColumn({ nullable: true })
  completedAt: Date | null;

  /** Rows and pages as ArrowSphere counts them, which is what was received; otherwise it would not be complete. */
  @Column({ type: 'integer', default: 0 })
  rows: number;

  /** Hashes of the pages, in order: what the export was, to the last cell. The pages themselves may be gone. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  pages: string[];

  /** SHA-256 over the hashes of the pages. */
  @Column({ length: 64, default: '' })
  hash: string;

  @Column({ type: 'text', default: '' })
  errorMessage: string;
}

/** A page of an export as received, kept once however often it comes. */
@Entity()
export class ExportPage {
  /** SHA-256 of the page's headers and rows. */
  @PrimaryColumn({ length: 64 })
  hash: string;

  /** `{"headers": [...], "rows": [[...]]}`, gzip. */
  @Column('bytea')
  content: Buffer;
}
