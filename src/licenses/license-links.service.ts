import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import { Clock } from '../common/clock.js';
import { commandOf } from '../common/command.js';
import type { Count, Page } from '../common/page.js';
import { parseUuid } from '../common/uuid.js';
import { naming } from '../database/constraint.js';
import { countOnly, paginate } from '../database/paginate.js';
import { heldBy } from '../directory/directory.errors.js';
import { OrdersService } from '../directory/orders.service.js';
import { ONE_LIVE_RESOURCE_PER_LICENSE, type Resource } from '../directory/resource.entity.js';
import { ResourcesService } from '../directory/resources.service.js';
import type { ListedLink, ListLicenseLinksQuery } from './license-link.dto.js';
import { LicenseLink } from './license-link.entity.js';
import { LicenseLinkNotFoundError, ResourceTouchedSinceError, RevertNotRevertibleError } from './licenses.errors.js';
import { describeLink } from './describe-link.js';

/** An entry as it is to be written. */
export type NewLicenseLink = Pick<
  LicenseLink,
  | 'kind'
  | 'resourceUuid'
  | 'mappingUuid'
  | 'arrowReference'
  | 'licenseReference'
  | 'previousLicenseReference'
  | 'verified'
  | 'actorUuid'
  | 'actorUsername'
  | 'impersonatorUuid'
  | 'impersonatorUsername'
> & { readonly revertsUuid?: string };

/** The columns that say who does it, and who really calls. */
export function whoActs({ uuid, username, impersonator }: Caller) {
  return {
    actorUuid: uuid,
    actorUsername: username,
    impersonatorUuid: impersonator?.uuid ?? null,
    impersonatorUsername: impersonator?.username ?? null,
  };
}

/** What makes an entry of `link` the one that holds: said once, used to filter and to show. */
const ACTIVE = `link.license_reference <> ''
  AND EXISTS (SELECT 1 FROM resource holder WHERE holder.uuid = link.resource_uuid
                AND holder.backend_id = link.license_reference AND holder.state <> 'Terminated')
  AND NOT EXISTS (SELECT 1 FROM license_link later WHERE later.resource_uuid = link.resource_uuid
                    AND later.number > link.number)`;

/** The ledger of links: who gave which resource which licence, and the way back. */
@Injectable()
export class LicenseLinksService {
  constructor(
    @InjectRepository(LicenseLink) private readonly links: Repository<LicenseLink>,
    private readonly resources: ResourcesService,
    private readonly orders: OrdersService,
    private readonly clock: Clock,
  ) {}

  /** Newest first. Throws `PageNotFoundError`. */
  async list(query: ListLicenseLinksQuery): Promise<Page<ListedLink>> {
    const listed = new Map<string, ListedLink>();
    const page = await paginate(this.filtered(query), commandOf(query), [['number', 'DESC']], async (uuids) => {
      for (const one of await this.load(uuids)) listed.set(one.uuid, one);
      return [...listed.values()].map(({ link }) => link);
    });
    return page.map(({ uuid }) => listed.get(uuid)!);
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListLicenseLinksQuery): Promise<Count> {
    return countOnly(this.filtered(query), commandOf(query));
  }

  /** Throws `LicenseLinkNotFoundError`. */
  async get(uuid: string): Promise<ListedLink> {
    const known = parseUuid(uuid);
    const [found] = known ? await this.load([known]) : [];
    if (!found) throw new LicenseLinkNotFoundError();
    return found;
  }

  /** Adds entries, in this order, as part of the transaction that changes the resources. One statement. */
  async record(manager: EntityManager, entries: readonly NewLicenseLink[]): Promise<void> {
    if (entries.length > 0) await manager.insert(LicenseLink, [...entries]);
  }

  /**
   * Puts back what was before an entry: the former licence, or none; an imported resource is terminated. Answers the
   * entry that says so. Throws `LicenseLinkNotFoundError`, `RevertNotRevertibleError` and, where anything happened to
   * the resource since, `ResourceTouchedSinceError`.
   */
  async revert(uuid: string, caller: Caller): Promise<ListedLink> {
    const { link } = await this.get(uuid);
    if (link.kind === 'revert') throw new RevertNotRevertibleError();
    const license = link.previousLicenseReference;
    const taken = () => new ResourceTouchedSinceError(heldBy(license));
    await naming({ [ONE_LIVE_RESOURCE_PER_LICENSE]: taken }, () =>
      this.links.manager.transaction((manager) => this.undo(manager, link, caller)),
    );
    const entry = await this.links.findOneByOrFail({ revertsUuid: link.uuid });
    return this.get(entry.uuid);
  }

  private async undo(manager: EntityManager, link: LicenseLink, caller: Caller): Promise<void> {
    await this.resources.lock(manager, [link.resourceUuid]);
    const [resource] = await this.resources.findAll([link.resourceUuid], manager);
    const touched = await this.touchedSince(manager, link, resource!);
    if (touched) throw new ResourceTouchedSinceError(touched);
    if (link.kind === 'import') {
      await this.resources.terminate(manager, link.resourceUuid);
      const by = { userUuid: caller.uuid, at: this.clock.now() };
      await this.orders.recordDone(manager, 'Terminate', [link.resourceUuid], by);
    } else {
      await this.resources.setLicenses(manager, [
        { uuid: link.resourceUuid, backendId: link.previousLicenseReference },
      ]);
    }
    await this.record(manager, [
      {
        kind: 'revert',
        resourceUuid: link.resourceUuid,
        mappingUuid: link.mappingUuid,
        arrowReference: link.arrowReference,
        licenseReference: link.previousLicenseReference,
        previousLicenseReference: link.licenseReference,
        verified: null,
        ...whoActs(caller),
        revertsUuid: link.uuid,
      },
    ]);
  }

  /** What happened to the resource after the entry, as a sentence; `undefined`: nothing. */
  private async touchedSince(
    manager: EntityManager,
    link: LicenseLink,
    resource: Resource,
  ): Promise<string | undefined> {
    const later = await manager
      .createQueryBuilder(LicenseLink, 'link')
      .where('link.resourceUuid = :resource AND link.number > :number', {
        resource: link.resourceUuid,
        number: link.number,
      })
      .orderBy('link.number', 'ASC')
      .getOne();
    if (later) return describeLink(later);
    const { name, state, backendId } = resource;
    if (backendId !== link.licenseReference) {
      const now = backendId ? `has the licence ${backendId} now` : 'has no licence any more';
      return `the resource "${name}" ${now}, by a change outside this ledger.`;
    }
    if (state === 'Terminated') return `the resource "${name}" is terminated.`;
    // Written in one transaction, the two have the same time to the millisecond; any other change has another.
    if (resource.modified.getTime() !== link.created.getTime()) {
      return `the resource "${name}" was changed at ${resource.modified.toISOString()}.`;
    }
    const former = link.previousLicenseReference;
    const holder = former && (await this.resources.liveHolders([former], manager)).get(former);
    return holder ? heldBy(former, holder) : undefined;
  }

  private async load(uuids: readonly string[]): Promise<ListedLink[]> {
    const where = { uuid: In([...uuids]) };
    const [links, active, reverts] = await Promise.all([
      this.links.find({ where, relations: { resource: true } }),
      this.links.createQueryBuilder('link').select('link.uuid').where(where).andWhere(ACTIVE).getMany(),
      this.links.find({ where: { revertsUuid: In([...uuids]) }, select: { uuid: true, revertsUuid: true } }),
    ]);
    const holding = new Set(active.map(({ uuid }) => uuid));
    const undoing = new Map(reverts.map(({ uuid, revertsUuid }) => [revertsUuid, uuid]));
    return links.map((link) => ({
      uuid: link.uuid,
      link,
      isActive: holding.has(link.uuid),
      revertedByUuid: undoing.get(link.uuid),
    }));
  }

  private filtered(query: ListLicenseLinksQuery): SelectQueryBuilder<LicenseLink> {
    const {
      mapping,
      mapping_uuid,
      resource,
      resource_uuid,
      license_reference,
      actor,
      actor_uuid,
      impersonator_uuid,
      kind,
      active,
    } = query;
    const found = this.links.createQueryBuilder('link');
    const equal = { mappingUuid: [mapping, mapping_uuid], resourceUuid: [resource, resource_uuid] };
    for (const [property, values] of Object.entries({
      ...equal,
      actorUuid: [actor_uuid],
      actorUsername: [actor],
      impersonatorUuid: [impersonator_uuid],
    })) {
      values.forEach((value, at) => {
        if (value) found.andWhere(`link.${property} = :${property}${at}`, { [`${property}${at}`]: value });
      });
    }
    if (license_reference) {
      found.andWhere(':license IN (link.licenseReference, link.previousLicenseReference)', {
        license: license_reference,
      });
    }
    if (kind) found.andWhere('link.kind IN (:...kind)', { kind });
    if (active !== undefined) found.andWhere(active ? `(${ACTIVE})` : `NOT (${ACTIVE})`);
    return found;
  }
}
