import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, type CreatedModified, mentioning, mentions, narrow, within } from '../database/paginate.js';
import { ProjectNotFoundError } from './directory.errors.js';
import { Project } from './project.entity.js';

/** Which projects are meant; what is left out does not matter. */
export interface ProjectFilter extends Paging, CreatedModified {
  /** Of any of these organisations. */
  readonly customer?: readonly string[];
  /** Part of it. */
  readonly name?: string;
  readonly nameExact?: string;
  /** The whole of it. */
  readonly backendId?: string;
  /** Part of what the organisation is called. */
  readonly customerName?: string;
  readonly customerNativeName?: string;
  readonly customerAbbreviation?: string;
  /** Part of name or backend id. */
  readonly query?: string;
}

@Injectable()
export class ProjectsRepository extends EntityRepository<Project, ProjectFilter> {
  constructor(@InjectRepository(Project) rows: Repository<Project>) {
    super(rows, ProjectNotFoundError, { customer: true });
  }

  protected filtered(filter: ProjectFilter): SelectQueryBuilder<Project> {
    const found = this.rows.createQueryBuilder('project').where('project.goneAt IS NULL');
    if (filter.customerName || filter.customerNativeName || filter.customerAbbreviation)
      found.innerJoin('project.customer', 'customer');
    if (filter.query) found.andWhere(mentioning('project', ['name', 'backendId'], filter.query));
    return narrow(found, {
      'project.customerUuid = ANY(:customer)': filter.customer,
      [mentions('project.name', 'name')]: containing(filter.name),
      'project.name = :nameExact': filter.nameExact,
      [mentions('customer.name', 'customerName')]: containing(filter.customerName),
      [mentions('customer.nativeName', 'customerNativeName')]: containing(filter.customerNativeName),
      [mentions('customer.abbreviation', 'customerAbbreviation')]: containing(filter.customerAbbreviation),
      'project.backendId = :backendId': filter.backendId,
      ...within('project', filter),
    });
  }
}
