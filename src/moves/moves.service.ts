import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { type Count, Page, pageOf } from '../common/page.js';
import { JobHandlers, type Watch } from '../jobs/job-handlers.js';
import type { JobRun } from '../jobs/job-run.entity.js';
import { JobsService } from '../jobs/jobs.service.js';
import { LicenseLinksService } from '../licenses/license-links.service.js';
import { NotBesideWaldurError } from '../waldur-mirror/waldur-mirror.errors.js';
import { WaldurMirrorService } from '../waldur-mirror/waldur-mirror.service.js';
import type { DirectoryMove, MoveDirection } from './move.entity.js';
import {
  BesideWaldurError,
  JobsUnderWayError,
  MoveNotReadyError,
  MoveOutdatedError,
  WaldurNotReadError,
} from './moves.errors.js';
import {
  type MoveCounts,
  type MoveFilter,
  type MoveRow,
  type MoveRowFilter,
  MovesRepository,
} from './moves.repository.js';

export const MOVE_PREVIEW = 'directory-move-preview';
export const MOVE_APPLY = 'directory-move-apply';

const KEPT_MS = 7 * 86_400_000;

/** A move, and how many rows of each kind it is about. */
export interface CountedMove {
  readonly move: DirectoryMove;
  readonly counts: MoveCounts;
}

/** What came of it: in how many rows of each table Waldur's rows are named now. */
export interface Moved {
  readonly counts: MoveCounts;
  readonly references: Readonly<Record<string, number>>;
}

/**
 * A directory that is kept here becomes Waldur's (`in`), and the copy of Waldur's becomes ours (`out`): previewed, and
 * then done exactly as previewed, or not at all.
 */
@Injectable()
export class MovesService implements OnModuleInit {
  constructor(
    private readonly moves: MovesRepository,
    private readonly mirror: WaldurMirrorService,
    private readonly links: LicenseLinksService,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(MOVE_PREVIEW, async (control) => ({ ...(await this.preview(control.run.scope, control)) }));
    this.handlers.register(MOVE_APPLY, async (control) => ({ ...(await this.write(control.run.scope, control)) }));
  }

  /** Throws `PageNotFoundError`. */
  list(filter: MoveFilter): Promise<Page<DirectoryMove>> {
    return this.moves.list(filter);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: MoveFilter): Promise<Count> {
    return this.moves.count(filter);
  }

  /** Throws `DirectoryMoveNotFoundError`. */
  async get(uuid: string): Promise<CountedMove> {
    const move = await this.moves.get(uuid);
    return { move, counts: await this.moves.counts(move.uuid) };
  }

  /** Its rows by kind and name. Throws `DirectoryMoveNotFoundError`, `PageNotFoundError`. */
  async rows(uuid: string, filter: MoveRowFilter): Promise<Page<MoveRow>> {
    const { uuid: known } = await this.moves.get(uuid);
    const { total, page, pageSize } = pageOf(filter, await this.moves.countRows(known, filter));
    return new Page(await this.moves.listRows(known, filter, pageSize, (page - 1) * pageSize), total, page, pageSize);
  }

  /** A move that is not worked out yet. Throws `NotBesideWaldurError`, `WaldurNotReadError`, `BesideWaldurError`. */
  async make(direction: MoveDirection, requestedBy: string): Promise<DirectoryMove> {
    await this.assertPossible(direction);
    await this.moves.clearOld(new Date(this.clock.now().getTime() - KEPT_MS));
    return this.moves.get(await this.moves.insert({ direction, requestedBy }));
  }

  /** Makes a move and queues its preview. Throws as {@link make}. */
  async startPreview(direction: MoveDirection, requestedBy: string): Promise<CountedMove> {
    const { uuid } = await this.make(direction, requestedBy);
    return this.queued(uuid, MOVE_PREVIEW, requestedBy);
  }

  /**
   * Queues what was previewed. Throws `DirectoryMoveNotFoundError`, `MoveNotReadyError`, and as {@link make}.
   */
  async startApply(uuid: string, requestedBy: string): Promise<CountedMove> {
    const move = await this.moves.get(uuid);
    if (move.state !== 'previewed') throw new MoveNotReadyError(move.state);
    await this.assertPossible(move.direction);
    return this.queued(move.uuid, MOVE_APPLY, requestedBy);
  }

  private async queued(scope: string, kind: string, requestedBy: string): Promise<CountedMove> {
    const { uuid: jobUuid } = await this.jobs.enqueue({ kind, scope, parameters: {}, requestedBy });
    await this.moves.update(scope, { jobUuid });
    return this.get(scope);
  }

  /** Works out what would happen; nothing is changed. Throws `MovePreviewedError`. */
  async preview(uuid: string, watch: Watch): Promise<MoveCounts> {
    const { state, direction } = await this.moves.get(uuid);
    await watch.progress('comparing', 0, 0);
    // Otherwise the job was interrupted when it had done it.
    if (state === 'waiting')
      await this.moves.transaction(async (manager) => {
        await watch.lease?.check(manager);
        await this.moves.preview(manager, uuid, direction);
      });
    return this.moves.counts(uuid);
  }

  /**
   * Does what was previewed, in one transaction. Throws `MoveNotReadyError`, `MoveOutdatedError`, `JobsUnderWayError`;
   * nothing is written then.
   */
  async write(uuid: string, watch: Watch): Promise<Moved> {
    await watch.progress('moving', 0, 0);
    const { direction, state, jobUuid } = await this.moves.get(uuid);
    // The job was interrupted when it had done it.
    if (state === 'applied' && jobUuid === watch.run?.uuid)
      return { counts: await this.moves.counts(uuid), references: {} };
    await this.assertPossible(direction);
    if (direction === 'out') await this.cancelWhatNobodyDoes();
    await this.assertNoneUnderWay(watch.run?.uuid);
    try {
      const references = await this.moves.transaction(async (manager) => {
        await watch.lease?.check(manager);
        const move = await this.moves.lock(manager, uuid);
        if (move.state !== 'previewed') throw new MoveNotReadyError(move.state);
        await this.moves.keepOthersOut(manager);
        if (await this.moves.hasMoved(manager, move)) throw new MoveOutdatedError();
        const now = this.clock.now();
        const followed = direction === 'in' ? await this.moves.moveIn(manager, uuid, now) : {};
        if (direction === 'out') {
          await this.links.giveUpUnfinished(manager);
          await this.moves.moveOut(manager, now);
          await this.mirror.forget(manager);
        }
        await this.moves.applied(manager, uuid, { appliedAt: now, jobUuid: watch.run?.uuid });
        return followed;
      });
      return { counts: await this.moves.counts(uuid), references };
    } catch (error) {
      if (error instanceof MoveOutdatedError) await this.moves.giveUp(uuid, error.sentence);
      throw error;
    }
  }

  private async assertPossible(direction: MoveDirection): Promise<void> {
    const state = await this.mirror.state();
    if (direction === 'out') {
      if (state) throw new BesideWaldurError();
      return;
    }
    if (!state) throw new NotBesideWaldurError();
    if (!state.readAt || state.marks.some(({ wholeAt }) => !wholeAt)) throw new WaldurNotReadError();
  }

  /** What was waiting or cut off when Waldur was taken away is done by nobody any more. */
  private async cancelWhatNobodyDoes(): Promise<void> {
    for (const { uuid, kind } of await this.unfinished())
      if (!this.handlers.kinds.includes(kind)) await this.jobs.cancel(uuid);
  }

  private async assertNoneUnderWay(own: string | undefined): Promise<void> {
    const others = (await this.unfinished()).filter(({ uuid }) => uuid !== own).map(({ kind }) => kind);
    if (others.length) throw new JobsUnderWayError([...new Set(others)]);
  }

  private async unfinished(): Promise<JobRun[]> {
    return [...(await this.jobs.list({ state: ['queued', 'running'], pageSize: '300' })).items];
  }
}
