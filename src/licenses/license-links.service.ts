import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import { Clock } from '../common/clock.js';
import type { Count, Page } from '../common/page.js';
import { brokenConstraint, translateConstraintErrors } from '../database/constraint.js';
import { heldBy } from '../directory/directory.errors.js';
import { OrdersService } from '../directory/orders.service.js';
import { ONE_LIVE_RESOURCE_PER_LICENSE, type Resource } from '../directory/resource.entity.js';
import { ResourcesService } from '../directory/resources.service.js';
import { describeLink } from './describe-link.js';
import {
  type LicenseLink,
  type NewLicenseLink,
  ONE_UNFINISHED_PER_LICENSE,
  ONE_UNFINISHED_PER_RESOURCE,
} from './license-link.entity.js';
import { type LicenseLinkFilter, LicenseLinksRepository, type ListedLink } from './license-links.repository.js';
import { LicenseChangeUnderWayError, ResourceTouchedSinceError, RevertNotRevertibleError } from './licenses.errors.js';
import type { HalfDone } from './waldur-writes.repository.js';
import { WaldurWritesService } from './waldur-writes.service.js';

const ONE_UNFINISHED = [ONE_UNFINISHED_PER_LICENSE, ONE_UNFINISHED_PER_RESOURCE];

/** The columns that say who does it, and who really calls. */
export function whoActs({ uuid, username, impersonator }: Caller) {
  return {
    actorUuid: uuid,
    actorUsername: username,
    impersonatorUuid: impersonator?.uuid ?? null,
    impersonatorUsername: impersonator?.username ?? null,
  };
}

/** The ledger of links: who gave which resource which licence, and the way back. */
@Injectable()
export class LicenseLinksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly links: LicenseLinksRepository,
    private readonly resources: ResourcesService,
    private readonly orders: OrdersService,
    private readonly clock: Clock,
    private readonly waldur: WaldurWritesService,
  ) {}

  /** Newest first. Throws `PageNotFoundError`. */
  async list(filter: LicenseLinkFilter): Promise<Page<ListedLink>> {
    const page = await this.links.list(filter);
    return page.with(await this.listed(page.items));
  }

  /** Throws `PageNotFoundError`. */
  count(filter: LicenseLinkFilter): Promise<Count> {
    return this.links.count(filter);
  }

  /** Throws `LicenseLinkNotFoundError`. */
  async get(uuid: string): Promise<ListedLink> {
    const [found] = await this.listed([await this.links.get(uuid)]);
    return found!;
  }

  /** Resource or licence → its entry that Waldur has not carried out yet. As part of the manager's transaction, if there is one. */
  async underWay(
    resourceUuids: readonly string[],
    licenses: readonly string[],
    manager?: EntityManager,
  ): Promise<Map<string, string>> {
    const found = await this.links.unfinished(resourceUuids, licenses, manager);
    const keys = found.flatMap(({ uuid, resourceUuid, licenseReference }) =>
      [resourceUuid, licenseReference].map((key) => [key, uuid] as const),
    );
    return new Map(keys.filter((pair): pair is [string, string] => !!pair[0]));
  }

  /**
   * Goes on at once with an entry that Waldur has not carried out yet, unless somebody does already; others stay as they
   * are. Answers the entry. Throws `LicenseLinkNotFoundError`.
   */
  async resume(uuid: string): Promise<ListedLink> {
    const { uuid: known } = await this.links.get(uuid);
    await this.waldur.finish([known]);
    return this.get(known);
  }

  /** Entries that are half-way, by their state. */
  unfinished(): Promise<HalfDone[]> {
    return this.waldur.halfDone();
  }

  /** Whether there is a Waldur that carries entries out. */
  get isBesideWaldur(): boolean {
    return this.waldur.isBeside;
  }

  /** Entries that Waldur has not carried out have failed from then on: there is no Waldur any more. */
  giveUpUnfinished(manager: EntityManager): Promise<void> {
    return this.waldur.giveUp(manager);
  }

  /** Adds entries, in this order, as part of the transaction that changes the resources. One statement. */
  async record(manager: EntityManager, entries: readonly NewLicenseLink[]): Promise<void> {
    await this.links.insert(manager, entries);
  }

  /**
   * Puts back what was before an entry: the former licence, or none; an imported resource is terminated, unless Waldur
   * owns it: then it only loses its licence. Answers the entry that says so. Throws `LicenseLinkNotFoundError`,
   * `RevertNotRevertibleError` and, where anything happened to the resource since, `ResourceTouchedSinceError`; of what
   * Waldur has to carry out, `LicenseChangeUnderWayError`, `WaldurWriteFailedError` and `WaldurWriteUnfinishedError`.
   */
  async revert(uuid: string, caller: Caller): Promise<ListedLink> {
    const link = await this.links.get(uuid);
    if (link.kind === 'revert' || link.state !== 'recorded') throw new RevertNotRevertibleError(link);
    const license = link.previousLicenseReference;
    const taken = () => new ResourceTouchedSinceError(heldBy(license));
    const undo = () =>
      translateConstraintErrors({ [ONE_LIVE_RESOURCE_PER_LICENSE]: taken }, () =>
        this.dataSource.transaction((manager) => this.undo(manager, link, caller)),
      );
    const entry = await undo().catch((error: unknown) => {
      // What another request has Waldur change since it was looked at is seen now, and named.
      if (!ONE_UNFINISHED.includes(brokenConstraint(error) ?? '')) throw error;
      return undo();
    });
    const [{ error } = {}] = this.waldur.isBeside ? await this.waldur.finish([entry]) : [];
    if (error) throw error;
    return this.get(entry);
  }

  /** Answers the UUID of the new entry. */
  private async undo(manager: EntityManager, link: LicenseLink, caller: Caller): Promise<string> {
    const resourceUuid = link.resourceUuid!;
    const license = link.previousLicenseReference;
    await this.resources.lock(manager, [resourceUuid]);
    const [resource] = await this.resources.findAll([resourceUuid], manager);
    const isWaldurs = this.waldur.isBeside && resource!.owner === 'waldur';
    const [pending] = isWaldurs ? await this.links.unfinished([resourceUuid], [license].filter(Boolean), manager) : [];
    if (pending) throw new LicenseChangeUnderWayError(pending.uuid);
    await this.assertUntouched(manager, link, resource!);
    const { mappingUuid, arrowReference, licenseReference } = link;
    const entry: NewLicenseLink = {
      ...{ kind: 'revert', resourceUuid, mappingUuid, arrowReference, revertsUuid: link.uuid },
      licenseReference: license,
      previousLicenseReference: licenseReference,
      verified: null,
      ...whoActs(caller),
    };
    if (isWaldurs) return (await this.waldur.intend(manager, [{ entry }]))[0]!;
    if (link.kind === 'import') {
      await this.resources.terminate(manager, resourceUuid);
      const by = { caller, at: this.clock.now() };
      await this.orders.recordDone(manager, 'Terminate', [resourceUuid], by);
    } else {
      await this.resources.setLicenses(manager, [{ uuid: resourceUuid, backendId: license }]);
    }
    return (await this.links.insert(manager, [entry]))[0]!;
  }

  /** Throws `ResourceTouchedSinceError` where anything happened to the resource after the entry. */
  private async assertUntouched(manager: EntityManager, link: LicenseLink, resource: Resource): Promise<void> {
    const later = await this.links.next(manager, link);
    if (later) throw new ResourceTouchedSinceError(describeLink(later));
    const { name, state, backendId } = resource;
    if (backendId !== link.licenseReference) {
      const now = backendId ? `has the licence ${backendId} now` : 'has no licence any more';
      throw new ResourceTouchedSinceError(`the resource "${name}" ${now}, by a change outside this ledger.`);
    }
    if (state === 'Terminated') throw new ResourceTouchedSinceError(`the resource "${name}" is terminated.`);
    // Written in one transaction, the two have the same time to the millisecond; any other change has another.
    if (resource.modified.getTime() !== (link.recordedAt ?? link.created).getTime()) {
      throw new ResourceTouchedSinceError(`the resource "${name}" was changed at ${resource.modified.toISOString()}.`);
    }
    const former = link.previousLicenseReference;
    const holder = former && (await this.resources.liveHolders([former], manager)).get(former);
    if (holder) throw new ResourceTouchedSinceError(heldBy(former, holder), [holder.uuid]);
  }

  private async listed(links: readonly LicenseLink[]): Promise<ListedLink[]> {
    if (links.length === 0) return [];
    const uuids = links.map(({ uuid }) => uuid);
    const [active, reverts, writes] = await Promise.all([
      this.links.active(uuids),
      this.links.revertsOf(uuids),
      this.links.writesOf(links),
    ]);
    return links.map((link) => ({
      link,
      write: writes.get(link.uuid),
      isActive: active.has(link.uuid),
      revertedByUuid: reverts.get(link.uuid) ?? null,
    }));
  }
}
