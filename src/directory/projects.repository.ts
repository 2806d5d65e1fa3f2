import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, mentioning, mentions, narrow } from '../database/paginate.js';
import { ProjectNotFoundError } from './directory.errors.js';
import { Project } from './project.entity.js';

/** Which projects are meant; what is left out does not matter. */
export interface ProjectFilter extends Paging {
  /** Of any of these organisations. */
  readonly customer?: readonly string[];
  /** Part of it, as `query`. */
  readonly name?: string;
  readonly nameExact?: string;
  /** Part of the name of the organisation. */
  readonly customerName?: string;
  readonly query?: string;
}

@Injectable()
export class ProjectsRepository extends EntityRepository<Project, ProjectFilter> {
  constructor(@InjectRepository(Project) rows: Repository<Project>) {
    super(rows, ProjectNotFoundError, { relations: { customer: true } });
  }

  protected filtered(filter: ProjectFilter): SelectQueryBuilder<Project> {
    const found = this.rows.createQueryBuilder('project');
    if (filter.customerName) found.innerJoin('project.customer', 'customer');
    if (filter.query) found.andWhere(mentioning('project', ['name'], filter.query));
    return narrow(found, {
      'project.customerUuid = ANY(:customer)': filter.customer,
      [mentions('project.name', 'name')]: containing(filter.name),
      'project.name = :nameExact': filter.nameExact,
      [mentions('customer.name', 'customerName')]: containing(filter.customerName),
    });
  }
}
