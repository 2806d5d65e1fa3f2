import { Check, Column, Entity, Index, JoinColumn, ManyToOne, type Relation } from 'typeorm';
import { arrowSpelling } from '../common/normalize-arrow-reference.js';
import { Offering } from './offering.entity.js';
import { Plan } from './plan.entity.js';
import { Project } from './project.entity.js';
import { MirroredEntity } from './mirrored.entity.js';

export const RESOURCE_STATES = ['Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated'] as const;
export type ResourceState = (typeof RESOURCE_STATES)[number];

/** Refuses a second live resource with the same licence. */
export const ONE_LIVE_RESOURCE_PER_LICENSE = 'uq_resource_live_license';

/** Something a project has: for us, most often one licence. */
@Entity()
@Index(ONE_LIVE_RESOURCE_PER_LICENSE, ['backendId'], {
  unique: true,
  where: `backend_id <> '' AND state <> 'Terminated'`,
})
@Check('ck_resource_owner', `owner IN ('local', 'waldur')`)
@Check('ck_resource_name_not_blank', `btrim(name) <> ''`)
@Check('ck_resource_disputed_has_no_license', `disputed_backend_id = '' OR backend_id = ''`)
@Check('ck_resource_state', `state IN ('Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated')`)
@Index(['projectUuid'])
@Index(['offeringUuid'])
@Index(['planUuid'])
@Index(['backendId'])
@Index('ix_resource_disputed_backend_id', ['disputedBackendId'], { where: `disputed_backend_id <> ''` })
@Index(['created', 'uuid'])
export class Resource extends MirroredEntity {
  static readonly path = '/api/marketplace-resources/';
  static readonly aliases = ['/api/marketplace-provider-resources/'];

  @Column({ length: 150 })
  name: string;

  /** The licence reference of a linked resource; `""` when there is none. */
  @Column({ length: 255, default: '' })
  backendId: string;

  /** The same as ArrowSphere writes it, however it is spelled in Waldur. */
  get licenseReference(): string {
    return arrowSpelling(this.backendId);
  }

  /**
   * The licence reference that it has in Waldur, where another live resource has the same: then `backendId` is blank, and
   * nobody is billed by it. `""`: it is not in dispute.
   */
  @Column({ length: 255, default: '' })
  disputedBackendId: string;

  /** What it has, or has in Waldur only, as another one has it too. */
  get claimedBackendId(): string {
    return this.backendId || this.disputedBackendId;
  }

  /** When Waldur last confirmed a change of its licence that was made here: what was read of it before is out of date. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  confirmedAt: Date | null;

  @Column({ type: 'varchar', length: 16, default: 'OK' })
  state: ResourceState;

  @Column('uuid')
  projectUuid: string;

  @ManyToOne(() => Project, { nullable: false, onDelete: 'RESTRICT' })
  project: Relation<Project>;

  @Column('uuid')
  offeringUuid: string;

  @ManyToOne(() => Offering, { nullable: false, onDelete: 'RESTRICT' })
  offering: Relation<Offering>;

  @Column({ type: 'uuid', nullable: true })
  planUuid: string | null;

  /** Of the same offering: the database sees to it. */
  @ManyToOne(() => Plan, { nullable: true, onDelete: 'RESTRICT' })
  @JoinColumn([
    { name: 'plan_uuid', referencedColumnName: 'uuid', foreignKeyConstraintName: 'fk_resource_plan_of_offering' },
    {
      name: 'offering_uuid',
      referencedColumnName: 'offeringUuid',
      foreignKeyConstraintName: 'fk_resource_plan_of_offering',
    },
  ])
  plan: Relation<Plan> | null;
}
