import { Check, Column, Entity, Index } from 'typeorm';
import { ACTOR_LENGTH } from '../auth/caller.js';
import { BaseEntity } from '../database/base.entity.js';

/** `in`: rows that are kept here become Waldur's. `out`: copies of Waldur's rows become ours. */
export const MOVE_DIRECTIONS = ['in', 'out'] as const;
export type MoveDirection = (typeof MOVE_DIRECTIONS)[number];

/**
 * - `waiting`: it is being worked out
 * - `previewed`: it says what would happen, and nothing has
 * - `applied`: it has
 * - `failed`: the data moved since; `problem` says so
 */
export const MOVE_STATES = ['waiting', 'previewed', 'applied', 'failed'] as const;
export type MoveState = (typeof MOVE_STATES)[number];

/** What moving the directory would do, or did. Its rows stand in `directory_move_row`. */
@Entity()
@Check('ck_directory_move_direction', `direction IN ('in', 'out')`)
@Check('ck_directory_move_state', `state IN ('waiting', 'previewed', 'applied', 'failed')`)
@Index(['created', 'uuid'])
export class DirectoryMove extends BaseEntity {
  static readonly path = '/api/admin/arrow/directory/moves/';

  @Column({ type: 'varchar', length: 3 })
  direction: MoveDirection;

  @Column({ length: ACTOR_LENGTH })
  requestedBy: string;

  @Column({ type: 'varchar', length: 16, default: 'waiting' })
  state: MoveState;

  /** Why it failed. */
  @Column({ type: 'text', default: '' })
  problem: string;

  /** The last job that worked on it. */
  @Column({ type: 'uuid', nullable: true })
  jobUuid: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  appliedAt: Date | null;
}
