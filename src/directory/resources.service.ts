import { Injectable } from '@nestjs/common';
import { Any, type EntityManager } from 'typeorm';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import { brokenConstraint } from '../database/constraint.js';
import { AbsentRows } from '../database/absent-rows.js';
import { RelatedObjects } from '../database/related-objects.js';
import { EntityService } from '../database/entity.service.js';
import { LicenseOnAnotherResourceError, PlanOfAnotherOfferingError } from './directory.errors.js';
import { Offering } from './offering.entity.js';
import { Plan } from './plan.entity.js';
import { Project } from './project.entity.js';
import { ONE_LIVE_RESOURCE_PER_LICENSE, Resource } from './resource.entity.js';
import { WaldurOwnership } from './mirror/waldur-ownership.js';
import { type LicenseLinkFacts, type ResourceFilter, ResourcesRepository } from './resources.repository.js';

export type { LicenseLinkFacts };

/** What a resource that other modules make consists of; its UUID is chosen by them, so that one statement makes many. */
export type NewResource = Pick<Resource, 'uuid' | 'name' | 'backendId' | 'projectUuid' | 'offeringUuid' | 'planUuid'>;

/** What a single new resource is to be; what is left out takes its default. */
export type CreateResource = Pick<Resource, 'name' | 'projectUuid' | 'offeringUuid'> &
  Partial<Pick<Resource, 'uuid' | 'planUuid' | 'backendId' | 'state'>>;

/** Resources of projects. Rows come with their `offering`, `plan` (or null), `project` and its `customer`. */
@Injectable()
export class ResourcesService extends EntityService<Resource, ResourceFilter> {
  constructor(
    private readonly resources: ResourcesRepository,
    private readonly related: RelatedObjects,
    private readonly ownership: WaldurOwnership,
    private readonly absent: AbsentRows,
  ) {
    super(resources);
  }

  /** All resources of an organisation, by name. */
  ofCustomer(customerUuid: string): Promise<Resource[]> {
    return this.resources.ofCustomer(customerUuid);
  }

  /**
   * The live resources that carry these licences, which are spelled as ArrowSphere does. Where several do, the one that
   * spells it so counts, and then the oldest. For sets of any size: only what a link is.
   */
  async linksOf(licenses: readonly string[]): Promise<LicenseLinkFacts[]> {
    const found = await this.resources.linksOf(licenses);
    return [...new Map(found.map((link) => [link.licenseReference, link])).values()];
  }

  /** The live resources of these organisations that carry a backend id, with their `project`. */
  withBackendIdOf(customerUuids: readonly string[]): Promise<Resource[]> {
    return this.resources.withBackendIdOf(customerUuids);
  }

  /** Throws `ResourceNotFoundError`. */
  override get(uuid: string): Promise<Resource> {
    return this.absent.orBring(Resource, uuid, () => super.get(uuid));
  }

  /** Those of these resources that exist, whoever they belong to. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager?: EntityManager): Promise<Resource[]> {
    return this.resources.findAll(uuids, manager);
  }

  /** As {@link linksOf}, of licences in any spelling, and by that. */
  async liveHolders(licenses: readonly string[], manager?: EntityManager): Promise<Map<string, Resource>> {
    const found = await this.resources.liveHolders(licenses.map(normalizeArrowReference), manager);
    const holderOf = new Map(found.map((resource) => [resource.licenseReference, resource]));
    return new Map(
      licenses.flatMap((license) => {
        const holder = holderOf.get(normalizeArrowReference(license));
        return holder ? [[license, holder] as const] : [];
      }),
    );
  }

  /** Keeps these resources from being changed by others until the transaction ends; always in the same order. */
  async lock(manager: EntityManager, uuids: readonly string[]): Promise<void> {
    const lock = { mode: 'for_no_key_update' } as const;
    await manager.find(Resource, {
      select: { uuid: true },
      where: { uuid: Any([...uuids]) },
      order: { uuid: 'ASC' },
      lock,
    });
  }

  /** One statement, state OK. Throws the driver's error where a licence is linked to a live resource already. */
  async insert(manager: EntityManager, rows: readonly NewResource[]): Promise<void> {
    const projects = Any([...new Set(rows.map(({ projectUuid }) => projectUuid))]);
    await this.ownership.ensureOurs('resources', () => manager.findBy(Project, { uuid: projects }));
    await manager.insert(Resource, [...rows]);
  }

  /** Gives resources other licences, `""` for none, in two statements: first all are freed, so that they may change places. */
  async setLicenses(
    manager: EntityManager,
    changes: readonly { readonly uuid: string; readonly backendId: string }[],
  ): Promise<void> {
    const uuid = Any(changes.map((change) => change.uuid));
    await this.ownership.ensureOurs('resources', () => manager.findBy(Resource, { uuid }));
    await manager.update(Resource, { uuid }, { backendId: '' });
    const given = changes.filter(({ backendId }) => backendId !== '');
    if (given.length) await this.resources.setLicenses(manager, given);
  }

  /** Ends a resource and frees its licence. */
  async terminate(manager: EntityManager, uuid: string): Promise<void> {
    await this.ownership.ensureOurs('resources', () => manager.findBy(Resource, { uuid }));
    await manager.update(Resource, { uuid }, { state: 'Terminated', backendId: '' });
  }

  /**
   * Throws `InvalidFieldsError` for a project, offering or plan that is not there, `PlanOfAnotherOfferingError`,
   * `LicenseOnAnotherResourceError`.
   */
  async create(resource: CreateResource): Promise<Resource> {
    this.ownership.ensureMadeHere('resources');
    await this.related.assertExist({
      project: [Project, resource.projectUuid],
      offering: [Offering, resource.offeringUuid],
      plan: [Plan, resource.planUuid],
    });
    const { backendId: license = '' } = resource;
    const uuid = await this.oneHolder({ field: 'backend_id', license, isLive: resource.state !== 'Terminated' }, () =>
      this.resources.insert(resource, { fk_resource_plan_of_offering: () => new PlanOfAnotherOfferingError() }),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `LicenseOnAnotherResourceError` (back to life while another has the licence). */
  async update(uuid: string, { name, state }: Partial<Pick<Resource, 'name' | 'state'>>): Promise<Resource> {
    const { backendId: license } = await this.getOurs(uuid);
    const isLive = state !== undefined && state !== 'Terminated';
    await this.oneHolder({ field: 'state', license, isLive, own: uuid }, () =>
      this.resources.update(uuid, { name, state }),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `LicenseOnAnotherResourceError`. */
  async setBackendId(uuid: string, backendId: string): Promise<Resource> {
    const isLive = (await this.getOurs(uuid)).state !== 'Terminated';
    await this.oneHolder({ field: 'backend_id', license: backendId, isLive, own: uuid }, () =>
      this.resources.update(uuid, { backendId }),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `ObjectInUseError`, `OwnedByWaldurError`. */
  async remove(uuid: string): Promise<void> {
    await this.getOurs(uuid);
    return this.resources.remove(uuid, ({ name }) => `The resource "${name}"`);
  }

  /**
   * Writes what gives a resource a licence, or life with one. The database knows only equal spellings of it, so others are
   * looked for before. `own`: the resource that may have it. Throws `LicenseOnAnotherResourceError` for the field.
   */
  private async oneHolder<T>(
    { field, license, isLive, own }: { field: string; license: string; isLive: boolean; own?: string },
    write: () => Promise<T>,
  ): Promise<T> {
    const find = async () => (await this.liveHolders([license])).get(license);
    const holder = isLive && license ? await find() : undefined;
    if (holder && holder.uuid !== own) throw new LicenseOnAnotherResourceError(field, license, holder);
    try {
      return await write();
    } catch (error) {
      if (brokenConstraint(error) !== ONE_LIVE_RESOURCE_PER_LICENSE) throw error;
      throw new LicenseOnAnotherResourceError(field, license, await find());
    }
  }

  /** Throws `ResourceNotFoundError`, `OwnedByWaldurError`. */
  private async getOurs(uuid: string): Promise<Resource> {
    const resource = await this.resources.get(uuid);
    await this.ownership.ensureOurs('resources', () => Promise.resolve([resource]));
    return resource;
  }
}
