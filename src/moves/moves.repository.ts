import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { narrow } from '../database/paginate.js';
import {
  BECOME_OURS,
  CLEAR_OLD,
  CLEAR_ROWS,
  COUNT_ROWS,
  COUNTS,
  followed,
  GIVE_LICENSES,
  hasMoved,
  keepOthersOut,
  MOVED_KINDS,
  type MovedKind,
  MOVING,
  previewed,
  type Reference,
  REFERENCES,
  REMOVE_MOVED,
  ROWS,
} from './move.sql.js';
import { DirectoryMove, type MoveDirection, type MoveState } from './move.entity.js';
import { DirectoryMoveNotFoundError, MovePreviewedError } from './moves.errors.js';

export { MOVED_KINDS, type MovedKind };

/**
 * - `moves`: it becomes Waldur's row, or ours
 * - `stays`: Waldur has nothing like it; it stays ours
 * - `conflict`: Waldur may have it, and `reason` says why it stays ours for now
 */
export const MOVE_OUTCOMES = ['moves', 'stays', 'conflict'] as const;
export type MoveOutcome = (typeof MOVE_OUTCOMES)[number];

/** Which moves are meant; what is left out does not matter. */
export interface MoveFilter extends Paging {
  readonly direction?: MoveDirection;
  readonly state?: readonly MoveState[];
}

/** Which rows of a move are meant. */
export interface MoveRowFilter extends Paging {
  readonly outcome?: readonly MoveOutcome[];
  readonly kind?: readonly MovedKind[];
}

/** What becomes of a row. */
export interface MoveRow {
  readonly uuid: string;
  readonly kind: MovedKind;
  readonly name: string;
  readonly outcome: MoveOutcome;
  /** The UUID that it has in Waldur; null: none. */
  readonly waldurUuid: string | null;
  readonly matchedBy: string;
  readonly reason: string;
  /** By columns of the database. */
  readonly here: Readonly<Record<string, unknown>>;
  readonly there: Readonly<Record<string, unknown>> | null;
}

export type MoveCounts = Readonly<Record<MovedKind, Readonly<Record<MoveOutcome, number>>>>;

/** What moving the directory would do, and does. */
@Injectable()
export class MovesRepository extends EntityRepository<DirectoryMove, MoveFilter> {
  constructor(@InjectRepository(DirectoryMove) rows: Repository<DirectoryMove>) {
    super(rows, DirectoryMoveNotFoundError);
  }

  /** Works out what would happen, and keeps it. Throws {@link MovePreviewedError}. */
  async preview(manager: EntityManager, uuid: string, direction: MoveDirection): Promise<void> {
    await manager.query(CLEAR_ROWS, [uuid]);
    await manager.query(previewed(direction), [uuid]);
    // Last, so that nobody waits for it who writes down which job it is.
    const { affected } = await manager.update(DirectoryMove, { uuid, state: 'waiting' }, { state: 'previewed' });
    if (!affected) throw new MovePreviewedError();
  }

  /** Forgets previews from before then that nobody applied. */
  async clearOld(before: Date): Promise<void> {
    await this.rows.query(CLEAR_OLD, [before]);
  }

  async counts(uuid: string): Promise<MoveCounts> {
    const rows = await this.rows.query<{ kind: MovedKind; outcome: MoveOutcome; rows: number }[]>(COUNTS, [uuid]);
    return Object.fromEntries(
      MOVED_KINDS.map((kind) => {
        const found = rows.filter((row) => row.kind === kind).map(({ outcome, rows: count }) => [outcome, count]);
        return [kind, { moves: 0, stays: 0, conflict: 0, ...Object.fromEntries(found) }];
      }),
    ) as unknown as MoveCounts;
  }

  countRows(uuid: string, wanted: MoveRowFilter): Promise<number> {
    return this.rows.query<[{ rows: number }]>(COUNT_ROWS, [uuid, ...chosen(wanted)]).then(([{ rows }]) => rows);
  }

  listRows(uuid: string, wanted: MoveRowFilter, limit: number, skip: number): Promise<MoveRow[]> {
    return this.rows.query<MoveRow[]>(ROWS, [uuid, ...chosen(wanted), limit, skip]);
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.rows.manager.transaction(work);
  }

  /** Keeps a move to this transaction. */
  lock(manager: EntityManager, uuid: string): Promise<DirectoryMove> {
    return manager.findOneOrFail(DirectoryMove, { where: { uuid }, lock: { mode: 'pessimistic_write' } });
  }

  /** Nothing of the directory, and nothing that names rows of it, is changed by others until the transaction ends. */
  async keepOthersOut(manager: EntityManager): Promise<void> {
    await manager.query(keepOthersOut(await this.references(manager)));
  }

  /** Whether anything else would happen now than what was previewed. */
  async hasMoved(manager: EntityManager, { uuid, direction }: DirectoryMove): Promise<boolean> {
    const [{ moved }] = await manager.query<[{ moved: boolean }]>(hasMoved(direction), [uuid]);
    return moved;
  }

  /** Rows of ours become Waldur's. Answers in how many rows of each table others are named now. */
  async moveIn(manager: EntityManager, uuid: string, now: Date): Promise<Record<string, number>> {
    await manager.query(MOVING);
    const rows = await manager.query<{ table: string; rows: number }[]>(followed(await this.references(manager)), [
      uuid,
    ]);
    for (const statement of REMOVE_MOVED) await manager.query(statement, [uuid]);
    await manager.query(GIVE_LICENSES, [uuid, now]);
    return Object.fromEntries(rows.filter((each) => each.rows).map((each) => [each.table, each.rows]));
  }

  /** Copies of Waldur's rows become ours. */
  async moveOut(manager: EntityManager, now: Date): Promise<void> {
    for (const statement of BECOME_OURS) await manager.query(statement, [now]);
  }

  /** By that job, if it was one. */
  async applied(
    manager: EntityManager,
    uuid: string,
    how: { readonly appliedAt: Date; readonly jobUuid?: string },
  ): Promise<void> {
    await manager.update(DirectoryMove, { uuid }, { state: 'applied', ...how });
  }

  /** Unless somebody else has applied it. */
  async giveUp(uuid: string, problem: string): Promise<void> {
    await this.rows.update({ uuid, state: 'previewed' }, { state: 'failed', problem });
  }

  protected filtered({ direction, state }: MoveFilter): SelectQueryBuilder<DirectoryMove> {
    return narrow(this.rows.createQueryBuilder('move'), {
      'move.direction = :direction': direction,
      'move.state = ANY(:state)': state,
    });
  }

  private references(manager: EntityManager): Promise<Reference[]> {
    return manager.query<Reference[]>(REFERENCES);
  }
}

const chosen = ({ outcome, kind }: MoveRowFilter) => [
  outcome?.length ? outcome : MOVE_OUTCOMES,
  kind?.length ? kind : MOVED_KINDS,
];
