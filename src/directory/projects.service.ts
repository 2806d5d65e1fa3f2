import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../common/page.js';
import { naming, removing, updateGiven } from '../database/constraint.js';
import { findOrThrow } from '../database/find-or-throw.js';
import { containing, mentions, countOnly, mentioning, orderOf, paginate } from '../database/paginate.js';
import { RelatedObjects } from '../database/related-objects.js';
import { ProjectNotFoundError } from './directory.errors.js';
import { CreateProjectDto, type ListProjectsQuery, PROJECT_ORDER, UpdateProjectDto } from './project.dto.js';
import { Project } from './project.entity.js';

const relations = { customer: true };

/** Projects of organisations. Rows come with their `customer`. */
@Injectable()
export class ProjectsService {
  constructor(
    @InjectRepository(Project) private readonly projects: Repository<Project>,
    private readonly related: RelatedObjects,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(query: ListProjectsQuery): Promise<Page<Project>> {
    const order = orderOf(query.o, PROJECT_ORDER, [['created', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.projects.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListProjectsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Those of these projects that exist. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager: EntityManager = this.projects.manager): Promise<Project[]> {
    return manager.find(Project, { where: { uuid: Any([...uuids]) }, relations });
  }

  /** Throws `ProjectNotFoundError`. */
  get(uuid: string): Promise<Project> {
    return findOrThrow(this.projects, uuid, ProjectNotFoundError, { relations });
  }

  /** Throws `InvalidFieldsError` for an organisation that is not there. */
  async create(dto: CreateProjectDto): Promise<Project> {
    await this.related.mustExist(CreateProjectDto, dto);
    const { uuid } = await naming({}, () =>
      this.projects.save(this.projects.create({ name: dto.name, customerUuid: dto.customer })),
    );
    return this.get(uuid);
  }

  /** Throws `ProjectNotFoundError`, `InvalidFieldsError` for an organisation that is not there. */
  async update(uuid: string, dto: UpdateProjectDto): Promise<Project> {
    await this.related.mustExist(UpdateProjectDto, dto);
    await updateGiven(this.projects, uuid, { name: dto.name, customerUuid: dto.customer });
    return this.get(uuid);
  }

  /** Throws `ProjectNotFoundError`, `ObjectInUseError`. */
  async remove(uuid: string): Promise<void> {
    const project = await this.get(uuid);
    await removing(`The project "${project.name}"`, () => this.projects.delete({ uuid: project.uuid }));
  }

  private filtered(query: ListProjectsQuery): SelectQueryBuilder<Project> {
    const { customer, name, name_exact, customer_name, query: words } = query;
    const found = this.projects.createQueryBuilder('project');
    if (customer) found.andWhere('project.customerUuid IN (:...customer)', { customer });
    if (name) found.andWhere(mentions('project.name', 'name'), { name: containing(name) });
    if (name_exact) found.andWhere('project.name = :name_exact', { name_exact });
    if (words) found.andWhere(mentioning('project', ['name'], words));
    if (customer_name) {
      found.innerJoin('project.customer', 'customer');
      found.andWhere(mentions('customer.name', 'customer_name'), { customer_name: containing(customer_name) });
    }
    return found;
  }
}
