import { Injectable, Logger, type OnModuleInit, type Type } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SCHEDULE } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { inParallel } from '../common/in-parallel.js';
import { Env } from '../config/env.js';
import { AbsentRows } from '../database/absent-rows.js';
import { Customer } from '../directory/customer.entity.js';
import {
  type MayWrite,
  type MirroredKind,
  MirroredRowsService,
  type Written,
} from '../directory/mirror/mirrored-rows.service.js';
import { Offering } from '../directory/offering.entity.js';
import { Plan } from '../directory/plan.entity.js';
import { Project } from '../directory/project.entity.js';
import { Resource } from '../directory/resource.entity.js';
import { JobIncompleteError } from '../jobs/job.errors.js';
import { type JobControl, JobHandlers } from '../jobs/job-handlers.js';
import type { JobRun } from '../jobs/job-run.entity.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { ListRead } from '../waldur-gateway/read-list.js';
import type { ListWanted, WaldurGateway } from '../waldur-gateway/waldur-gateway.js';
import { WaldurRefusedError } from '../waldur-gateway/waldur-gateway.errors.js';
import { BesideWaldur } from '../waldur-gateway/waldur-gateway.module.js';
import { WALDUR_KINDS, WALDUR_LISTS, type WaldurRows } from '../waldur-gateway/waldur-rows.js';
import { Batches } from './batches.js';
import { NotBesideWaldurError } from './waldur-mirror.errors.js';
import type { WaldurMark } from './waldur-mark.entity.js';
import { WaldurMarksRepository } from './waldur-marks.repository.js';

export const DIRECTORY_SYNC = 'directory-sync';

/** Everything is read once in so long, changed or not. */
const WHOLE_EVERY_MS = 24 * 3_600_000;
/** What Waldur was still writing when a run began shows up later with an earlier time. */
const OVERLAP_MS = 10 * 60_000;
/** So many rows that did not come are asked for one by one before they are called gone; more are looked for again. */
const MOST_ASKED = 100;
/** Turns of the schedule that may pass before the copy is late. */
const LATE_TURNS = 3;
/** How many of them a report names. */
const MOST_NAMED = 100;
/** A UUID that Waldur did not have is not asked for again so soon. */
const ABSENT_MS = 60_000;
const MOST_ABSENT = 1_000;

/** What came of reading one list. */
export interface KindReport {
  readonly whole: boolean;
  /** Rows that came. */
  read: number;
  created: number;
  changed: number;
  gone: number;
  unchanged: number;
  /** Of the changed ones: rows that were made here under the same UUID, and are Waldur's from now on. */
  ours: number;
  /** Rows that name what is not here, the first of them. */
  passed_over: string[];
  /** Why it cannot be said that all came; nothing was called gone then. */
  incomplete: string | null;
}

/** A list whose pages have all come. */
interface Reading {
  readonly kind: MirroredKind;
  readonly report: KindReport;
  readonly list: ListRead;
  /** Its rows that are not stored yet. */
  readonly batches: Pick<Batches<never>, 'end'>;
}

/** How fresh the copies are. */
export interface MirrorState {
  readonly url: string;
  readonly marks: readonly WaldurMark[];
  /** When the list that was read longest ago was read (UTC); null: not all have been. */
  readonly readAt: Date | null;
  /** That is longer ago than three turns of the schedule. */
  readonly isLate: boolean;
  /** Why the last run failed; `""`: it did not. */
  readonly lastError: string;
}

const noLease: MayWrite = () => Promise.resolve();

/** Waldur's organisations, projects, offerings and resources, copied into the directory. */
@Injectable()
export class WaldurMirrorService implements OnModuleInit {
  private readonly logger = new Logger(WaldurMirrorService.name);
  private readonly absent = new Map<string, number>();

  constructor(
    private readonly beside: BesideWaldur,
    private readonly rows: MirroredRowsService,
    private readonly marks: WaldurMarksRepository,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly absentRows: AbsentRows,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    if (!this.beside.gateway) return;
    this.handlers.register(DIRECTORY_SYNC, (control) => this.run(control));
    this.handlers.every({
      name: DIRECTORY_SYNC,
      everyHours: () => this.env.WALDUR_SYNC_INTERVAL_MINUTES / 60,
      start: async () => void (await this.request({ whole: false }, SCHEDULE)),
    });
    this.absentRows.bringWith((entity, uuid) => this.bring(entity, uuid));
  }

  /**
   * Queues a run; `whole`: everything, whatever was read before. Throws {@link NotBesideWaldurError},
   * `OtherRunUnderWayError`.
   */
  request({ whole }: { readonly whole?: boolean }, requestedBy: string): Promise<JobRun> {
    this.gateway();
    const parameters = { whole: whole ?? false };
    const request = { kind: DIRECTORY_SYNC, scope: 'waldur', parameters, requestedBy };
    return this.jobs.enqueueAll(request, 'The directory of Waldur');
  }

  /** `undefined` where there is no Waldur. */
  async state(): Promise<MirrorState | undefined> {
    const { gateway } = this.beside;
    if (!gateway) return undefined;
    const marks = await this.marks.all(gateway.url);
    const isRead = WALDUR_KINDS.every((kind) => marks.some((mark) => mark.kind === kind));
    const oldest = Math.min(...marks.map(({ readAt }) => readAt.getTime()));
    const runs = await this.jobs.list({ kind: DIRECTORY_SYNC, state: ['succeeded', 'failed'], pageSize: '1' });
    const lastError = runs.items[0]?.errorMessage ?? '';
    const isLate = this.clock.now().getTime() - oldest > LATE_TURNS * this.env.WALDUR_SYNC_INTERVAL_MINUTES * 60_000;
    return { url: gateway.url, marks, readAt: isRead ? new Date(oldest) : null, isLate, lastError };
  }

  /** Within `manager`'s transaction: what was read is Waldur's no more, and all is read anew if there is a Waldur again. */
  forget(manager: EntityManager): Promise<void> {
    return this.marks.clear(manager);
  }

  /** Licences that several live resources have in Waldur: the first of them, and how many there are. */
  disputes(): ReturnType<MirroredRowsService['disputes']> {
    return this.rows.disputes(MOST_NAMED);
  }

  private gateway(): WaldurGateway {
    if (!this.beside.gateway) throw new NotBesideWaldurError();
    return this.beside.gateway;
  }

  private async run(control: JobControl): Promise<Record<string, unknown>> {
    const reports: Partial<Record<MirroredKind, KindReport | WaldurMark['report']>> = {};
    let stored = Promise.resolve();
    try {
      for (const kind of WALDUR_KINDS) {
        const mark = await this.marks.of(kind, this.gateway().url);
        if (mark?.runUuid === control.run.uuid) {
          reports[kind] = mark.report;
          continue;
        }
        // The next list is read while the end of this one is being stored.
        const reading = await this.read(kind, mark, control, stored);
        reports[kind] = reading.report;
        stored = stored.then(() => this.store(reading, mark, control));
        stored.catch(() => undefined);
      }
    } finally {
      await stored;
    }
    const incomplete = Object.entries(reports).filter(([, report]) => report.incomplete);
    const { total: conflicts } = await this.disputes();
    const result = { ...reports, conflicts };
    if (incomplete.length) {
      const why = incomplete.map(([kind, report]) => `${kind}: ${String(report.incomplete)}`).join('; ');
      throw new JobIncompleteError(`Not all of Waldur was read (${why}).`, result);
    }
    return result;
  }

  /** All pages of a list. Its rows are stored when those of the lists before it are, as they name them. */
  private async read(
    kind: MirroredKind,
    mark: WaldurMark | null,
    control: JobControl,
    before: Promise<void>,
  ): Promise<Reading> {
    const since = this.changedSince(kind, mark, control.run.parameters['whole'] === true);
    const wanted: ListWanted[] = [{}];
    // The Waldur of 2024 takes a date here, and no time.
    if (since) wanted.unshift({ modifiedSince: since }, { modifiedSince: since, byDay: true });
    for (;;) {
      try {
        return await this.readSince(kind, wanted.shift()!, control, before);
      } catch (error) {
        if (!wanted.length || !(error instanceof WaldurRefusedError)) throw error;
      }
    }
  }

  private async store(
    { kind, report, list, batches }: Reading,
    mark: WaldurMark | null,
    { run, signal, lease }: JobControl,
  ): Promise<void> {
    const mayWrite: MayWrite = (manager) => lease.check(manager);
    await batches.end();
    // What is not shown is neither gone nor unchanged.
    const seesAll = () => this.gateway().ensureSeesAll({ signal, lane: DIRECTORY_SYNC });
    const sawAll = list.incomplete ? undefined : seesAll();
    sawAll?.catch(() => undefined);
    if (kind === 'resources') await this.rows.grantClaims(mayWrite);
    report.incomplete = list.incomplete ?? null;
    if (list.incomplete) return;
    await sawAll;
    const missing = report.whole ? await this.missing(kind, list, signal) : [];
    if (missing.length) {
      await seesAll();
      report.gone += await this.rows.markGone(kind, missing, mayWrite);
    }
    const now = this.clock.now();
    await this.marks.set(
      {
        kind,
        url: this.gateway().url,
        changedSince: earliest([list.began ?? null, ...(await this.before(kind))]),
        readAt: now,
        wholeAt: report.whole ? now : wentBack(mark, list) ? null : (mark?.wholeAt ?? null),
        runUuid: run.uuid,
        report: { ...report },
      },
      mayWrite,
    );
  }

  /** Since when changes of the lists before this one have not been read for sure: its rows name rows of theirs. */
  private async before(kind: MirroredKind): Promise<(Date | null)[]> {
    const marks = await this.marks.all(this.gateway().url);
    const earlier = WALDUR_KINDS.slice(0, WALDUR_KINDS.indexOf(kind));
    return earlier.map((one) => marks.find((mark) => mark.kind === one)?.changedSince ?? null);
  }

  /** From when on changes are to be read, by Waldur's clock; `undefined`: everything. */
  private changedSince(kind: MirroredKind, mark: WaldurMark | null, whole: boolean): Date | undefined {
    if (whole || !WALDUR_LISTS[kind].hasModified || !mark?.changedSince || !mark.wholeAt) return undefined;
    if (this.clock.now().getTime() - mark.wholeAt.getTime() >= WHOLE_EVERY_MS) return undefined;
    return new Date(mark.changedSince.getTime() - OVERLAP_MS);
  }

  private async readSince<K extends MirroredKind>(
    kind: K,
    wanted: ListWanted,
    { lease, signal, progress }: JobControl,
    before: Promise<void>,
  ): Promise<Reading> {
    const report = emptyReport(!wanted.modifiedSince);
    const askedAt = await this.rows.askedAt();
    const batches = new Batches<WaldurRows[K]>(async (rows) => {
      await before;
      count(report, rows.length, await this.rows.write(kind, rows, (manager) => lease.check(manager), askedAt));
    });
    let come = 0;
    try {
      const list = await this.gateway().readList(kind, { ...wanted, signal, lane: DIRECTORY_SYNC }, async (rows) => {
        await progress(kind, (come += rows.length), 0);
        await batches.add(rows);
      });
      return { kind, report, list, batches };
    } catch (error) {
      await batches.end();
      throw error;
    }
  }

  /** Copies that did not come, and that Waldur does not have when it is asked for them alone, or once more for all. */
  private async missing(kind: MirroredKind, read: ListRead, signal: AbortSignal): Promise<string[]> {
    const unseen = await this.rows.unseen(kind, read.seen);
    const gateway = this.gateway();
    const options = { signal, lane: DIRECTORY_SYNC };
    if (unseen.length > MOST_ASKED) {
      const again = await gateway.readList(kind, options, () => Promise.resolve());
      return again.incomplete ? [] : unseen.filter((uuid) => !again.seen.has(uuid));
    }
    const found = await inParallel(unseen, this.env.WALDUR_MAX_CONCURRENCY, (uuid) =>
      gateway.findOne(kind, uuid, options),
    );
    return unseen.filter((_, at) => !found[at]);
  }

  /** One row that a request names, and what it belongs to. Answers whether it is here now. */
  private async bring(entity: Type<object>, uuid: string): Promise<boolean> {
    const kind = KIND_OF.get(entity);
    const now = this.clock.now().getTime();
    if (!kind || (this.absent.get(uuid) ?? 0) > now) return false;
    const isHere = await (kind === 'plans' ? this.bringPlan(uuid) : this.bringOne(kind, uuid));
    if (!isHere) {
      if (this.absent.size >= MOST_ABSENT) this.absent.clear();
      this.absent.set(uuid, now + ABSENT_MS);
    }
    return isHere;
  }

  /** It comes with its offering. */
  private async bringPlan(uuid: string): Promise<boolean> {
    const plan = await this.gateway().findOne('plans', uuid);
    return plan !== undefined && this.bringOne('offerings', plan.offeringUuid);
  }

  private async bringOne(kind: MirroredKind, uuid: string): Promise<boolean> {
    const askedAt = await this.rows.askedAt();
    const row = await this.gateway().findOne(kind, uuid);
    if (!row) return false;
    for (const [parent, named] of parentsOf(row)) if (named) await this.bringOne(parent, named);
    const { passedOver } = await this.rows.write(kind, [row], noLease, askedAt);
    if (kind === 'resources') await this.rows.grantClaims(noLease);
    this.logger.log({ event: 'waldur_row_brought', kind, uuid });
    return passedOver.length === 0;
  }
}

const KIND_OF: ReadonlyMap<Type<object>, MirroredKind | 'plans'> = new Map<Type<object>, MirroredKind | 'plans'>([
  [Customer, 'customers'],
  [Project, 'projects'],
  [Offering, 'offerings'],
  [Plan, 'plans'],
  [Resource, 'resources'],
]);

/** Waldur's clock was ahead when the list was read before: what changed since then has earlier times than were asked for. */
function wentBack(mark: WaldurMark | null, { began }: ListRead): boolean {
  return !!began && !!mark?.changedSince && began.getTime() < mark.changedSince.getTime() - OVERLAP_MS;
}

/** Null where one of them is not known. */
function earliest(times: readonly (Date | null)[]): Date | null {
  return times.reduce((first, time) => (first && time ? (time < first ? time : first) : null));
}

/** What has to be here before a row can be. */
function parentsOf(row: WaldurRows[MirroredKind]): [MirroredKind, string | null][] {
  if ('offeringUuid' in row)
    return [
      ['projects', row.projectUuid],
      ['offerings', row.offeringUuid],
    ];
  return 'customerUuid' in row ? [['customers', row.customerUuid]] : [];
}

const emptyReport = (whole: boolean): KindReport => ({
  whole,
  read: 0,
  created: 0,
  changed: 0,
  gone: 0,
  unchanged: 0,
  ours: 0,
  passed_over: [],
  incomplete: null,
});

function count(report: KindReport, rows: number, { created, changed, gone, ours, passedOver }: Written): void {
  report.read += rows;
  report.created += created;
  report.changed += changed;
  report.gone += gone;
  report.ours += ours;
  report.unchanged += Math.max(0, rows - created - changed - gone - passedOver.length);
  for (const uuid of passedOver) if (report.passed_over.length < MOST_NAMED) report.passed_over.push(uuid);
}
