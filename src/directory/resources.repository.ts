import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type EntityManager, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import { normalizedReference } from '../common/normalize-arrow-reference.js';
import type { Paging } from '../common/page.js';
import { columnsOf } from '../database/columns-of.js';
import { EntityRepository } from '../database/entity.repository.js';
import { containing, type CreatedModified, mentioning, mentions, narrow, within } from '../database/paginate.js';
import { ResourceNotFoundError } from './directory.errors.js';
import type { AskedOrderState } from './order-states.js';
import { Resource, type ResourceState } from './resource.entity.js';

/** Which resources are meant; what is left out does not matter. */
export interface ResourceFilter extends Paging, CreatedModified {
  /** Part of it. */
  readonly name?: string;
  readonly nameExact?: string;
  readonly backendId?: string;
  readonly state?: readonly ResourceState[];
  readonly customer?: string;
  readonly customerUuid?: string;
  readonly projectUuid?: string;
  readonly offering?: string;
  /** Of any of these. */
  readonly offeringUuid?: readonly string[];
  /** The whole of it. */
  readonly offeringType?: string;
  readonly planUuid?: string;
  /** The whole of it. */
  readonly projectName?: string;
  /** The organisation that provides the offering. */
  readonly providerUuid?: string;
  /** Has an order in any of these states. */
  readonly orderState?: readonly AskedOrderState[];
  /** Part of name or backend id. */
  readonly query?: string;
}

/** A licence and the live resource that carries it. */
export interface LicenseLinkFacts {
  readonly licenseReference: string;
  readonly resourceUuid: string;
  readonly projectUuid: string;
  /** The organisation of the project. */
  readonly customerUuid: string;
}

/** However it is spelled in Waldur. */
const LICENSE = normalizedReference('resource.backendId');
const relations = { offering: true, plan: true, project: { customer: true } };
const live = { state: Not('Terminated' as const) };

const SET_LICENSES = `
  UPDATE resource
  SET backend_id = given.license,
      modified = CURRENT_TIMESTAMP
  FROM unnest($1::uuid[], $2::text[]) AS given (uuid, license)
  WHERE resource.uuid = given.uuid`;

const ORDERS = `
  SELECT 1
  FROM marketplace_order ordered
  WHERE ordered.resource_uuid = resource.uuid`;

@Injectable()
export class ResourcesRepository extends EntityRepository<Resource, ResourceFilter> {
  constructor(@InjectRepository(Resource) rows: Repository<Resource>) {
    super(rows, ResourceNotFoundError, { ...relations, offering: { customer: true } });
  }

  /** All resources of an organisation, by name. */
  ofCustomer(customerUuid: string): Promise<Resource[]> {
    return this.rows.find({ where: { project: { customerUuid } }, relations, order: { name: 'ASC', uuid: 'ASC' } });
  }

  /** The live resources of these organisations that carry a backend id, with their `project`; oldest first. */
  withBackendIdOf(customerUuids: readonly string[]): Promise<Resource[]> {
    return this.rows.find({
      where: { ...live, backendId: Not(''), project: { customerUuid: Any([...new Set(customerUuids)]) } },
      relations: { project: true },
      order: { created: 'ASC', uuid: 'ASC' },
    });
  }

  /** What live resources carry these licences, in the order of {@link liveHolders}. */
  linksOf(licenses: readonly string[]): Promise<LicenseLinkFacts[]> {
    return this.carrying(licenses, this.rows.manager)
      .innerJoin('resource.project', 'project')
      .select(LICENSE, 'licenseReference')
      .addSelect('resource.uuid', 'resourceUuid')
      .addSelect('project.uuid', 'projectUuid')
      .addSelect('project.customerUuid', 'customerUuid')
      .getRawMany<LicenseLinkFacts>();
  }

  /** Newest first, and last those that spell the licence as ArrowSphere does. */
  liveHolders(licenses: readonly string[], manager: EntityManager = this.rows.manager): Promise<Resource[]> {
    return this.carrying(licenses, manager).setFindOptions({ relations }).getMany();
  }

  async setLicenses(manager: EntityManager, changes: readonly Pick<Resource, 'uuid' | 'backendId'>[]): Promise<void> {
    await manager.query(SET_LICENSES, columnsOf(changes, 'uuid', 'backendId'));
  }

  private carrying(licenses: readonly string[], manager: EntityManager): SelectQueryBuilder<Resource> {
    return manager
      .createQueryBuilder(Resource, 'resource')
      .where(`${LICENSE} = ANY(:licenses)`, { licenses: [...new Set(licenses)] })
      .andWhere(`resource.backendId <> '' AND resource.state <> 'Terminated'`)
      .orderBy(`resource.backendId = ${LICENSE}`)
      .addOrderBy('resource.created', 'DESC')
      .addOrderBy('resource.uuid', 'DESC');
  }

  protected filtered(filter: ResourceFilter): SelectQueryBuilder<Resource> {
    const found = this.rows.createQueryBuilder('resource');
    if (filter.customer || filter.customerUuid || filter.projectName) found.innerJoin('resource.project', 'project');
    if (filter.offeringType || filter.providerUuid) found.innerJoin('resource.offering', 'offering');
    if (filter.query) found.andWhere(mentioning('resource', ['name', 'backendId'], filter.query));
    return narrow(found, {
      [mentions('resource.name', 'name')]: containing(filter.name),
      'resource.name = :nameExact': filter.nameExact,
      'resource.backendId = :backendId': filter.backendId,
      'resource.state = ANY(:state)': filter.state,
      'resource.projectUuid = :projectUuid': filter.projectUuid,
      'resource.offeringUuid = :offering': filter.offering,
      'resource.offeringUuid = ANY(:offeringUuid)': filter.offeringUuid,
      'project.customerUuid = :customer': filter.customer,
      'project.customerUuid = :customerUuid': filter.customerUuid,
      'project.name = :projectName': filter.projectName,
      'resource.planUuid = :planUuid': filter.planUuid,
      'offering.type = :offeringType': filter.offeringType,
      'offering.customerUuid = :providerUuid': filter.providerUuid,
      [`EXISTS (${ORDERS} AND ordered.state = ANY(:orderState))`]: filter.orderState,
      ...within('resource', filter),
    });
  }
}
