import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { parseUuid } from '../common/uuid.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { containing, countOnly, orderOf, paginate } from '../database/paginate.js';
import { PlanOfAnotherOfferingError, ResourceNotFoundError } from './directory.errors.js';
import type { CreateResourceDto, ListResourcesQuery, UpdateResourceDto } from './resource.dto.js';
import { Resource } from './resource.entity.js';

const relations = { offering: true, plan: true, project: { customer: true } };

/** Resources of projects. Rows come with their `offering`, `plan` (or null), `project` and its `customer`. */
@Injectable()
export class ResourcesService {
  constructor(@InjectRepository(Resource) private readonly resources: Repository<Resource>) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListResourcesQuery): Promise<Page<Resource>> {
    const order = orderOf(query.o, { name: 'name', created: 'created', state: 'state' }, [['created', 'DESC']]);
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

  /** Throws `ResourceNotFoundError`. */
  async get(uuid: string): Promise<Resource> {
    const known = parseUuid(uuid);
    const resource = known && (await this.resources.findOne({ where: { uuid: known }, relations }));
    if (!resource) throw new ResourceNotFoundError();
    return resource;
  }

  /** Throws `PlanOfAnotherOfferingError`. */
  async create(dto: CreateResourceDto): Promise<Resource> {
    const { name, project, offering, plan, backend_id, state } = dto;
    const row = { name, projectUuid: project, offeringUuid: offering, planUuid: plan, backendId: backend_id, state };
    const { uuid } = await naming({ fk_resource_plan_of_offering: () => new PlanOfAnotherOfferingError() }, () =>
      this.resources.save(this.resources.create(row)),
    );
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`. */
  async update(uuid: string, dto: UpdateResourceDto): Promise<Resource> {
    const resource = await this.get(uuid);
    await updateGiven(this.resources, resource.uuid, { name: dto.name, state: dto.state });
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`. */
  async setBackendId(uuid: string, backendId: string): Promise<Resource> {
    const resource = await this.get(uuid);
    await this.resources.update({ uuid: resource.uuid }, { backendId });
    return this.get(uuid);
  }

  /** Throws `ResourceNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const resource = await this.get(uuid);
    await removing(`The resource "${resource.name}"`, () => this.resources.delete({ uuid: resource.uuid }));
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
    if (name) found.andWhere('resource.name ILIKE :name', { name: containing(name) });
    if (name_exact) found.andWhere('resource.name = :name_exact', { name_exact });
    if (backend_id) found.andWhere('resource.backendId = :backend_id', { backend_id });
    if (state) found.andWhere('resource.state IN (:...state)', { state });
    if (project_uuid) found.andWhere('resource.projectUuid = :project_uuid', { project_uuid });
    if (offering) found.andWhere('resource.offeringUuid = :offering', { offering });
    if (offering_uuid) found.andWhere('resource.offeringUuid IN (:...offering_uuid)', { offering_uuid });
    if (customer || customer_uuid) found.innerJoin('resource.project', 'project');
    if (customer) found.andWhere('project.customerUuid = :customer', { customer });
    if (customer_uuid) found.andWhere('project.customerUuid = :customer_uuid', { customer_uuid });
    if (words) {
      found.andWhere(
        new Brackets((any) =>
          any
            .where('resource.name ILIKE :words', { words: containing(words) })
            .orWhere('resource.backendId = :exact', { exact: words }),
        ),
      );
    }
    return found;
  }
}
