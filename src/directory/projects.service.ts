import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { New } from '../database/base.entity.js';
import { AbsentRows } from '../database/absent-rows.js';
import { RelatedObjects } from '../database/related-objects.js';
import { EntityService } from '../database/entity.service.js';
import { Customer } from './customer.entity.js';
import { Project } from './project.entity.js';
import { WaldurOwnership } from './mirror/waldur-ownership.js';
import { type ProjectFilter, ProjectsRepository } from './projects.repository.js';

/** What is said of a project. */
export type ProjectFields = Pick<Project, 'name' | 'customerUuid'> & Partial<Pick<Project, 'backendId'>>;

/** Projects of organisations. Rows come with their `customer`. */
@Injectable()
export class ProjectsService extends EntityService<Project, ProjectFilter> {
  constructor(
    private readonly projects: ProjectsRepository,
    private readonly related: RelatedObjects,
    private readonly ownership: WaldurOwnership,
    private readonly absent: AbsentRows,
  ) {
    super(projects);
  }

  /** Those of these projects that exist. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager?: EntityManager): Promise<Project[]> {
    return this.projects.findAll(uuids, manager);
  }

  /** Throws `ProjectNotFoundError`. */
  override get(uuid: string): Promise<Project> {
    return this.absent.orBring(Project, uuid, () => super.get(uuid));
  }

  /** Throws `InvalidFieldsError` for an organisation that is not there, `UuidTakenError`, `OwnedByWaldurError`. */
  async create(fields: ProjectFields & New): Promise<Project> {
    this.ownership.ensureMadeHere('projects');
    await this.related.assertExist({ customer: [Customer, fields.customerUuid] });
    return this.get(await this.projects.insert(fields));
  }

  /** Throws `ProjectNotFoundError`, `InvalidFieldsError` for an organisation that is not there. */
  async update(uuid: string, fields: Partial<ProjectFields>): Promise<Project> {
    await this.ownership.ensureOneOurs('projects', this.projects, uuid);
    await this.related.assertExist({ customer: [Customer, fields.customerUuid] });
    await this.projects.update(uuid, fields);
    return this.get(uuid);
  }

  /** Throws `ProjectNotFoundError`, `ObjectInUseError`, `OwnedByWaldurError`. */
  async remove(uuid: string): Promise<void> {
    await this.ownership.ensureOneOurs('projects', this.projects, uuid);
    return this.projects.remove(uuid, ({ name }) => `The project "${name}"`);
  }
}
