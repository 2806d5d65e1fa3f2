import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type EntityManager, In, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { brokenConstraint, naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, mentions, countOnly, mentioning, orderOf, paginate } from '../database/paginate.js';
import { RelatedObjects } from '../database/related-objects.js';
import {
  LicenseOnAnotherResourceError,
  PlanOfAnotherOfferingError,
  ResourceNotFoundError,
} from './directory.errors.js';
import { CreateResourceDto, type ListResourcesQuery, RESOURCE_ORDER, type UpdateResourceDto } from './resource.dto.js';
import { ONE_LIVE_RESOURCE_PER_LICENSE, Resource } from './resource.entity.js';

/** What a resource that other modules make consists of; its UUID is chosen by them, so that one statement makes many. */
export type NewResource = Pick<Resource, 'uuid' | 'name' | 'backendId' | 'projectUuid' | 'offeringUuid' | 'planUuid'>;

const relations = { offering: true, plan: true, project: { customer: true } };

/** A licence and the live resource that carries it. */
export interface LicenseLinkFacts {
  readonly licenseReference: string;
  readonly resourceUuid: string;
  readonly projectUuid: string;
  /** The organisation of the project. */
  readonly customerUuid: string;
}

/** Resources of projects. Rows come with their `offering`, `plan` (or null), `project` and its `customer`. */
@Injectable()
export class ResourcesService {
  constructor(
    @InjectRepository(Resource) private readonly resources: Repository<Resource>,
    private readonly related: RelatedObjects,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListResourcesQuery): Promise<Page<Resource>> {
    const order = orderOf(query.o, RESOURCE_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.resources.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListResourcesQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** All resources of an organisation, by name. */
  ofCustomer(customerUuid: string): Promise<Resource[]> {
    return this.resources.find({
      where: { project: { customerUuid } },
      relations,
      order: { name: 'ASC', uuid: 'ASC' },
    });
  }

  /**
   * The resources that carry these backend ids (for us, licence references), with their `project`; live ones only. Where
   * several carry one id, the oldest counts.
   */
  async withBackendIds(backendIds: readonly string[]): Promise<Resource[]> {
    const found = await this.resources.find({
      where: { backendId: Any([...new Set(backendIds)]), state: Not('Terminated') },
      relations: { project: true },
      order: { created: 'DESC', uuid: 'DESC' },
    });
    return [...new Map(found.map((resource) => [resource.backendId, resource])).values()];
  }

  /** As {@link withBackendIds}, for sets of any size: only what a link is. */
  async linksOf(licenses: readonly string[]): Promise<LicenseLinkFacts[]> {
    const found = await this.resources
      .createQueryBuilder('resource')
      .innerJoin('resource.project', 'project')
      .select('resource.backendId', 'licenseReference')
      .addSelect('resource.uuid', 'resourceUuid')
      .addSelect('project.uuid', 'projectUuid')
      .addSelect('project.customerUuid', 'customerUuid')
      .where('resource.backendId = ANY(:licenses)', { licenses })
      .andWhere(`resource.state <> 'Terminated'`)
      .orderBy('resource.created', 'DESC')
      .addOrderBy('resource.uuid', 'DESC')
      .getRawMany<LicenseLinkFacts>();
    return [...new Map(found.map((link) => [link.licenseReference, link])).values()];
  }

  /** The live resources of these organisations that carry a backend id, with their `project`. */
  withBackendIdOf(customerUuids: readonly string[]): Promise<Resource[]> {
    return this.resources.find({
      where: {
        backendId: Not(''),
        state: Not('Terminated'),
        project: { customerUuid: Any([...new Set(customerUuids)]) },
      },
      relations: { project: true },
      order: { created: 'ASC', uuid: 'ASC' },
    });
  }

  /** Throws `ResourceNotFoundError`. */
  get(uuid: string): Promise<Resource> {
    return findOrThrow(this.resources, uuid, ResourceNotFoundError, { relations });
  }

  /** Those of these resources that exist, whoever they belong to. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager: EntityManager = this.resources.manager): Promise<Resource[]> {
    return manager.find(Resource, { where: { uuid: Any([...uuids]) }, relations });
  }

  /** The live resources that carry these licences, by licence: one each at most, the database sees to it. */
  async liveHolders(
    licenses: readonly string[],
    manager: EntityManager = this.resources.manager,
  ): Promise<Map<string, Resource>> {
    const where = { backendId: Any([...new Set(licenses)].filter(Boolean)), state: Not('Terminated' as const) };
    const found = await manager.find(Resource, { where, relations });
    return new Map(found.map((resource) => [resource.backendId, resource]));
  }

  /** Keeps these resources from being changed by others until the transaction ends; always in the same order. */
  async lock(manager: EntityManager, uuids: readonly string[]): Promise<void> {
    await manager.query('SELECT uuid FROM resource WHERE uuid = ANY($1::uuid[]) ORDER BY uuid FOR NO KEY UPDATE', [
      uuids,
    ]);
  }

  /** One statement, state OK. Throws the driver's error where a licence hangs on a live resource already. */
  async insert(manager: EntityManager, rows: readonly NewResource[]): Promise<void> {
    await manager.insert(Resource, [...rows]);
  }

  /** Gives resources other licences, `""` for none, in two statements: first all are freed, so that they may change places. */
  async setLicenses(
    manager: EntityManager,
    changes: readonly { readonly uuid: string; readonly backendId: string }[],
  ): Promise<void> {
    const uuids = changes.map(({ uuid }) => uuid);
    await manager.update(Resource, { uuid: Any(uuids) }, { backendId: '' });
    const given = changes.filter(({ backendId }) => backendId !== '');
    if (given.length === 0) return;
    await manager.query(
      `UPDATE resource SET backend_id = given.license, modified = CURRENT_TIMESTAMP
         FROM unnest($1::uuid[], $2::text[]) AS given (uuid, license) WHERE resource.uuid = given.uuid`,
      [given.map(({ uuid }) => uuid), given.map(({ backendId }) => backendId)],
    );
  }

  /** Ends a resource and frees its licence. */
  async terminate(manager: EntityManager, uuid: string): Promise<void> {
    await manager.update(Resource, { uuid }, { state: 'Terminated', backendId: '' });
  }

  /**
   * Throws `InvalidFieldsError` for a project, offering or plan that is not there, `PlanOfAnotherOfferingError`,
   * `LicenseOnAnotherResourceError`.
   */
  async create(dto: CreateResourceDto): Promise<Resource> {
    await this.related.mustExist(CreateResourceDto, dto);
    const { name, project, offering, plan, backend_id, state } = dto;
    const row = { name, projectUuid: project, offeringUuid: offering, planUuid: plan, backendId: backend_id, state };
    const { uuid } = await this.oneHolder(
      'backend_id',
      () => backend_id!,
      () =>
        naming({ fk_resource_plan_of_offering: () => new PlanOfAnotherOfferingError() }, () =>
          this.resources.save(this.resources.create(row)),
        ),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `LicenseOnAnotherResourceError` (back to life while another has the licence). */
  async update(uuid: string, dto: UpdateResourceDto): Promise<Resource> {
    const license = async () => (await this.get(uuid)).backendId;
    await this.oneHolder('state', license, () =>
      updateGiven(this.resources, uuid, { name: dto.name, state: dto.state }),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `LicenseOnAnotherResourceError`. */
  async setBackendId(uuid: string, backendId: string): Promise<Resource> {
    await this.oneHolder(
      'backend_id',
      () => backendId,
      () => updateGiven(this.resources, uuid, { backendId }),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const resource = await this.get(uuid);
    await removing(`The resource "${resource.name}"`, () => this.resources.delete({ uuid: resource.uuid }));
  }

  private async oneHolder<T>(
    field: string,
    licenseOf: () => string | Promise<string>,
    write: () => Promise<T>,
  ): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (brokenConstraint(error) !== ONE_LIVE_RESOURCE_PER_LICENSE) throw error;
      const license = await licenseOf();
      throw new LicenseOnAnotherResourceError(field, license, (await this.liveHolders([license])).get(license));
    }
  }

  private filtered(query: ListResourcesQuery): SelectQueryBuilder<Resource> {
    const {
      name,
      name_exact,
      backend_id,
      state,
      customer,
      customer_uuid,
      project_uuid,
      offering,
      offering_uuid,
      query: words,
    } = query;
    const found = this.resources.createQueryBuilder('resource');
    if (name) found.andWhere(mentions('resource.name', 'name'), { name: containing(name) });
    if (name_exact) found.andWhere('resource.name = :name_exact', { name_exact });
    if (backend_id) found.andWhere('resource.backendId = :backend_id', { backend_id });
    if (state) found.andWhere('resource.state IN (:...state)', { state });
    if (project_uuid) found.andWhere('resource.projectUuid = :project_uuid', { project_uuid });
    if (offering) found.andWhere('resource.offeringUuid = :offering', { offering });
    if (offering_uuid) found.andWhere('resource.offeringUuid IN (:...offering_uuid)', { offering_uuid });
    if (customer || customer_uuid) found.innerJoin('resource.project', 'project');
    if (customer) found.andWhere('project.customerUuid = :customer', { customer });
    if (customer_uuid) found.andWhere('project.customerUuid = :customer_uuid', { customer_uuid });
    if (words) found.andWhere(mentioning('resource', ['name', 'backendId'], words));
    return found;
  }
}
