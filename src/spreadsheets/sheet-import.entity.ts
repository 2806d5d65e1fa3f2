import { Check, Column, Entity, Index } from 'typeorm';
import { ACTOR_LENGTH } from '../auth/caller.js';
import { BaseEntity } from '../database/base.entity.js';
import type { SheetKindName } from './sheet-kind-names.js';

/**
 * - `uploaded`: waits to be read
 * - `previewed`: it says what would happen, and nothing has
 * - `applied`: it has
 * - `failed`: it cannot be read, or the data moved; `problem` says which
 */
export const IMPORT_STATES = ['uploaded', 'previewed', 'applied', 'failed'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** What an uploaded file says, and what it would do. Its rows stand in `sheet_import_row` and `sheet_import_result`. */
@Entity()
@Check('ck_sheet_import_state', `state IN ('uploaded', 'previewed', 'applied', 'failed')`)
@Index(['created', 'uuid'])
export class SheetImport extends BaseEntity {
  static readonly path = '/api/admin/arrow/directory/import/';

  @Column({ type: 'varchar', length: 50 })
  kind: SheetKindName;

  @Column({ length: 255 })
  fileName: string;

  @Column({ length: ACTOR_LENGTH })
  requestedBy: string;

  @Column({ type: 'varchar', length: 16, default: 'uploaded' })
  state: ImportState;

  /** `xlsx`, or the encoding of a CSV. */
  @Column({ length: 20 })
  encoding: string;

  /** Between the cells of a CSV. */
  @Column({ length: 1, default: '' })
  separator: string;

  /** The header of the file. */
  @Column({ type: 'jsonb', default: [] })
  header: string[];

  /** Columns that mean nothing here. */
  @Column({ type: 'jsonb', default: [] })
  ignoredColumns: string[];

  @Column({ type: 'integer', default: 0 })
  rowsCreated: number;

  @Column({ type: 'integer', default: 0 })
  rowsChanged: number;

  @Column({ type: 'integer', default: 0 })
  rowsUnchanged: number;

  @Column({ type: 'integer', default: 0 })
  rowsRefused: number;

  /** Why it failed. */
  @Column({ type: 'text', default: '' })
  problem: string;

  /** The last job that worked on it. */
  @Column({ type: 'uuid', nullable: true })
  jobUuid: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  appliedAt: Date | null;
}
