import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, MoreThan, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page, Paging } from '../common/page.js';
import { EntityReader } from '../database/entity-reader.js';
import { findByOrThrow } from '../database/find-or-throw.js';
import { countOnly, narrow, paginate } from '../database/paginate.js';
import { LicenseLink, type LinkKind, type LinkState, type NewLicenseLink } from './license-link.entity.js';
import { LicenseLinkNotFoundError } from './licenses.errors.js';
import { WaldurWrite } from './waldur-write.entity.js';

/** An entry with its `resource`, and whether it is what holds now. */
export interface ListedLink {
  readonly link: LicenseLink;
  /** How Waldur carries it out; `undefined` where it does not go through Waldur. */
  readonly write?: WaldurWrite;
  readonly isActive: boolean;
  /** The entry that undid this one. */
  readonly revertedByUuid: string | null;
}

/** Which entries are meant; what is left out does not matter. */
export interface LicenseLinkFilter extends Paging {
  readonly mapping?: string;
  readonly mappingUuid?: string;
  readonly resource?: string;
  readonly resourceUuid?: string;
  /** The licence before or after. */
  readonly licenseReference?: string;
  readonly actorUuid?: string;
  /** User name. */
  readonly actor?: string;
  readonly impersonatorUuid?: string;
  readonly kind?: readonly LinkKind[];
  readonly state?: readonly LinkState[];
  /** Those that still hold, or those that do not. */
  readonly active?: boolean;
}

const relations = { resource: true };

/**
 * What makes an entry of `link` the one that holds: said once, used to filter and to show. Looks at the directory's
 * resources itself, as a page of a filtered list has to be one query.
 */
const ACTIVE = `
  link.license_reference <> ''
  AND link.state = 'recorded'
  AND EXISTS (
    SELECT
    FROM resource holder
    WHERE holder.uuid = link.resource_uuid
      AND holder.backend_id = link.license_reference
      AND holder.state <> 'Terminated'
  )
  AND NOT EXISTS (
    SELECT
    FROM license_link later
    WHERE later.resource_uuid = link.resource_uuid
      AND later.state = 'recorded'
      AND later.number > link.number
  )`;

/** The ledger of links. Rows come with their `resource` where nothing else is said. */
@Injectable()
export class LicenseLinksRepository {
  private readonly reader: EntityReader<LicenseLink>;

  constructor(@InjectRepository(LicenseLink) private readonly links: Repository<LicenseLink>) {
    this.reader = new EntityReader(links, relations);
  }

  /** Throws `PageNotFoundError`. */
  list(filter: LicenseLinkFilter): Promise<Page<LicenseLink>> {
    return paginate(this.filtered(filter), filter, [['number', 'DESC']], this.reader);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: LicenseLinkFilter): Promise<Count> {
    return countOnly(this.filtered(filter), filter);
  }

  /** Throws `LicenseLinkNotFoundError`. */
  get(uuid: string): Promise<LicenseLink> {
    return findByOrThrow(async (known) => (await this.findAll([known]))[0], uuid, LicenseLinkNotFoundError);
  }

  /** Those of these entries that hold now. */
  async active(uuids: readonly string[]): Promise<Set<string>> {
    const among = this.links
      .createQueryBuilder('link')
      .select('link.uuid')
      .where({ uuid: In([...uuids]) });
    return new Set((await among.andWhere(ACTIVE).getMany()).map(({ uuid }) => uuid));
  }

  /** The entries that undid some of these, by what they undid. */
  async revertsOf(uuids: readonly string[]): Promise<Map<string, string>> {
    const select = { uuid: true, revertsUuid: true } as const;
    const found = await this.links.find({ where: { revertsUuid: In([...uuids]), state: 'recorded' }, select });
    return new Map(found.map(({ uuid, revertsUuid }) => [revertsUuid!, uuid]));
  }

  /** What was done to the same resource next; the row alone. */
  next(manager: EntityManager, { resourceUuid, number }: LicenseLink): Promise<LicenseLink | null> {
    const where = { resourceUuid: resourceUuid!, number: MoreThan(number), state: 'recorded' as const };
    return manager.findOne(LicenseLink, { where, order: { number: 'ASC' } });
  }

  /** How Waldur carries out these entries, by their UUIDs; asked for those alone that go through Waldur. */
  async writesOf(links: readonly LicenseLink[]): Promise<Map<string, WaldurWrite>> {
    const uuids = links.flatMap(({ uuid, state, recordedAt }) => (state !== 'recorded' || recordedAt ? [uuid] : []));
    const found = uuids.length ? await this.links.manager.findBy(WaldurWrite, { uuid: In(uuids) }) : [];
    return new Map(found.map((write) => [write.uuid, write]));
  }

  /** Those of these entries that there are. */
  findAll(uuids: readonly string[]): Promise<LicenseLink[]> {
    return this.reader.find('item.uuid = ANY($1)', [uuids]);
  }

  /** Entries of these resources or licences that Waldur has not carried out yet. */
  unfinished(
    resourceUuids: readonly string[],
    licenses: readonly string[],
    manager: EntityManager = this.links.manager,
  ): Promise<LicenseLink[]> {
    const state = In(['intended', 'done']);
    return manager.findBy(LicenseLink, [
      { state, resourceUuid: In([...resourceUuids]) },
      { state, licenseReference: In([...licenses]) },
    ]);
  }

  /** Adds entries, in this order, in one statement. Answers their UUIDs. */
  async insert(
    manager: EntityManager,
    entries: readonly NewLicenseLink[],
    state: 'intended' | 'recorded' = 'recorded',
  ): Promise<string[]> {
    if (entries.length === 0) return [];
    const { identifiers } = await manager.insert(
      LicenseLink,
      entries.map((entry) => ({ ...entry, state })),
    );
    return identifiers.map(({ uuid }) => uuid as string);
  }

  private filtered(filter: LicenseLinkFilter): SelectQueryBuilder<LicenseLink> {
    const found = narrow(this.links.createQueryBuilder('link'), {
      'link.mappingUuid = :mapping': filter.mapping,
      'link.mappingUuid = :mappingUuid': filter.mappingUuid,
      'link.resourceUuid = :resource': filter.resource,
      'link.resourceUuid = :resourceUuid': filter.resourceUuid,
      'link.actorUuid = :actorUuid': filter.actorUuid,
      'link.actorUsername = :actor': filter.actor,
      'link.impersonatorUuid = :impersonatorUuid': filter.impersonatorUuid,
      ':license IN (link.licenseReference, link.previousLicenseReference)': filter.licenseReference,
      'link.kind = ANY(:kind)': filter.kind,
      'link.state = ANY(:state)': filter.state,
    });
    return filter.active === undefined ? found : found.andWhere(filter.active ? `(${ACTIVE})` : `NOT (${ACTIVE})`);
  }
}
