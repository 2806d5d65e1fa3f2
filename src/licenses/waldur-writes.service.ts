import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SCHEDULE } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { inParallel } from '../common/in-parallel.js';
import { Env } from '../config/env.js';
import { isConcurrencyConflict } from '../database/constraint.js';
import { MirroredRowsService } from '../directory/mirror/mirrored-rows.service.js';
import { ResourcesService } from '../directory/resources.service.js';
import type { UpstreamCallOptions } from '../http-client/upstream-client.js';
import { type JobControl, JobHandlers } from '../jobs/job-handlers.js';
import { JobsService } from '../jobs/jobs.service.js';
import { WaldurError } from '../waldur-gateway/waldur-gateway.errors.js';
import { BesideWaldur } from '../waldur-gateway/waldur-gateway.module.js';
import type { WaldurGateway } from '../waldur-gateway/waldur-gateway.js';
import type { WaldurResource } from '../waldur-gateway/waldur-rows.js';
import type { NewLicenseLink } from './license-link.entity.js';
import { LicenseLinksRepository } from './license-links.repository.js';
import {
  ClaimLostError,
  WaldurNotDoneYetError,
  WaldurWriteFailedError,
  WaldurWriteUnfinishedError,
} from './licenses.errors.js';
import { WaldurSteps } from './waldur-steps.js';
import type { WaldurWrite } from './waldur-write.entity.js';
import { type ClaimedWrite, type HalfDone, WaldurWritesRepository } from './waldur-writes.repository.js';

const LICENSE_WRITES = 'license-writes';

/** Looked for at each turn of the schedules, every minute. */
const EVERY_HOURS = 1 / 120;
/** Times that recording is begun anew when another transaction got in its way. */
const ATTEMPTS = 5;

/** An entry that Waldur is to carry out, and what an import makes. */
export interface IntendedWrite {
  readonly entry: NewLicenseLink;
  readonly make?: Pick<WaldurWrite, 'projectUuid' | 'offeringUuid' | 'offeringType' | 'planUuid' | 'resourceName'>;
}

/** How an entry came out, so far. */
export interface WriteEnd {
  readonly resourceUuid: string | null;
  /** `undefined`: it is recorded. */
  readonly error?: WaldurWriteFailedError | WaldurWriteUnfinishedError;
}

/**
 * Changes of licences that Waldur carries out, each by itself: intended, done in Waldur, recorded here. How far each is
 * stands in the database, so that any instance goes on with what another one left.
 */
@Injectable()
export class WaldurWritesService implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly dataSource: DataSource,
    private readonly beside: BesideWaldur,
    private readonly writes: WaldurWritesRepository,
    private readonly links: LicenseLinksRepository,
    private readonly mirrored: MirroredRowsService,
    private readonly resources: ResourcesService,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  /** Whether what Waldur owns is changed there. */
  get isBeside(): boolean {
    return this.beside.gateway !== undefined;
  }

  /** As part of the transaction that moves the directory out of Waldur: what was not recorded until then never is. */
  giveUp(manager: EntityManager): Promise<void> {
    return this.writes.giveUp(
      manager,
      'The directory was moved out before this was recorded: look into Waldur whether it was done.',
    );
  }

  onModuleInit(): void {
    if (!this.beside.gateway) return;
    this.handlers.register(LICENSE_WRITES, (control) => this.goOn(control));
    this.handlers.every({ name: LICENSE_WRITES, everyHours: () => EVERY_HOURS, start: () => this.request() });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.beside.gateway) return;
    // Nobody else can use an embedded database: whoever worked on it died with the last process.
    if (!this.env.DATABASE_URL) await this.writes.expireClaims();
    await this.request();
  }

  /** As part of the manager's transaction; carried out by {@link finish}. Answers the UUIDs of the entries. */
  async intend(manager: EntityManager, intended: readonly IntendedWrite[]): Promise<string[]> {
    if (intended.length === 0) return [];
    const entries = intended.map(({ entry }) => entry);
    const uuids = await this.links.insert(manager, entries, 'intended');
    await this.writes.insert(
      manager,
      intended.map(({ make }, at) => ({ uuid: uuids[at]!, ...make })),
    );
    return uuids;
  }

  /**
   * Has Waldur carry out these entries, as far as that is possible now, several at once. Answers how each came out, in
   * their order.
   */
  async finish(entries: readonly string[], options: UpstreamCallOptions = {}): Promise<WriteEnd[]> {
    const { gateway } = this.beside;
    // A client that goes away must not cut what Waldur is doing.
    const lasting = { signal: new AbortController().signal, ...options };
    if (gateway)
      await inParallel(entries, this.env.WALDUR_MAX_CONCURRENCY, (entry) => this.work(gateway, entry, lasting));
    const links = await this.links.findAll(entries);
    const found = new Map(links.map((link) => [link.uuid, link]));
    const writes = await this.links.writesOf(links);
    return entries.map((entry) => {
      const { state, resourceUuid } = found.get(entry)!;
      if (state === 'recorded') return { resourceUuid };
      const problem = writes.get(entry)?.problem ?? '';
      const error =
        state === 'failed' ? new WaldurWriteFailedError(problem) : new WaldurWriteUnfinishedError(entry, problem);
      return { resourceUuid, error };
    });
  }

  /** Entries that are half-way, by their state. */
  halfDone(): Promise<HalfDone[]> {
    return this.writes.halfDone();
  }

  /** Queues the job that goes on with what was left, if there is any. */
  private async request(): Promise<void> {
    if (!(await this.writes.unfinished()).length) return;
    await this.jobs.enqueue({ kind: LICENSE_WRITES, scope: 'waldur', parameters: {}, requestedBy: SCHEDULE });
  }

  private async goOn({ signal, progress }: JobControl): Promise<Record<string, unknown>> {
    const entries = await this.writes.unfinished();
    await progress('writing', 0, entries.length);
    const ends = await this.finish(entries, { signal, lane: LICENSE_WRITES });
    const failed = ends.filter(({ error }) => error instanceof WaldurWriteFailedError).length;
    const unfinished = ends.filter(({ error }) => error instanceof WaldurWriteUnfinishedError).length;
    return { recorded: ends.length - failed - unfinished, failed, unfinished };
  }

  /** Goes on with one entry, unless somebody else does. Throws nothing that Waldur is the reason of. */
  private async work(gateway: WaldurGateway, entry: string, options: UpstreamCallOptions): Promise<void> {
    // Longer than one call can take: whoever has a claim extends it before each.
    const claimSeconds = (2 * this.env.WALDUR_TIMEOUT_MS) / 1000;
    const claimed = await this.writes.claim(entry, randomUUID(), claimSeconds);
    if (!claimed) return;
    const steps = new WaldurSteps(gateway, claimed, {
      note: (notes = {}) => this.writes.extend(claimed, claimSeconds, notes),
      options,
      now: () => this.clock.now(),
    });
    try {
      await this.carryOut(claimed, steps);
    } catch (error) {
      if (!(error instanceof ClaimLostError)) throw error;
    }
  }

  /** Throws {@link ClaimLostError}. */
  private async carryOut(claimed: ClaimedWrite, steps: WaldurSteps): Promise<void> {
    try {
      await this.record(claimed, await this.confirmed(claimed, steps));
    } catch (error) {
      if (error instanceof WaldurWriteFailedError) return this.fail(claimed, error.problem);
      if (!(error instanceof WaldurError)) throw error;
      await this.writes.release(claimed, error.message);
    }
  }

  /** The resource as Waldur has it, once the entry is done there. */
  private async confirmed({ link, write }: ClaimedWrite, steps: WaldurSteps): Promise<WaldurResource> {
    if (link.state === 'done') return steps.read(link.resourceUuid ?? write.madeUuid!);
    const resource = await steps.carryOut();
    await this.writes.markDone(link.uuid);
    return resource;
  }

  /** The one transaction in which the resource's row and the entry change. */
  private async record(claimed: ClaimedWrite, resource: WaldurResource): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.dataSource.transaction((manager) => this.recordWithin(manager, claimed, resource));
      } catch (error) {
        if (!isConcurrencyConflict(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  private async recordWithin(manager: EntityManager, claimed: ClaimedWrite, resource: WaldurResource): Promise<void> {
    await this.writes.release(claimed, '', manager);
    const now = this.clock.now();
    if (!(await this.mirrored.confirm(manager, resource, now)))
      throw new WaldurNotDoneYetError('It is done in Waldur, and its project or offering is not here yet.');
    const [row] = await this.resources.findAll([resource.uuid], manager);
    if (row!.backendId !== resource.backendId)
      throw new WaldurWriteFailedError(
        `It is done in Waldur, where another live resource has ${resource.backendId} too: take it off one of them there.`,
      );
    await this.writes.end(manager, claimed.link.uuid, {
      state: 'recorded',
      resourceUuid: resource.uuid,
      recordedAt: now,
    });
  }

  private fail(claimed: ClaimedWrite, problem: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      await this.writes.release(claimed, problem, manager);
      await this.writes.end(manager, claimed.link.uuid, { state: 'failed' });
    });
  }
}
