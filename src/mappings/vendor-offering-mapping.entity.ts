import { Check, Column, Entity, Index, JoinColumn, ManyToOne, type Relation, Unique } from 'typeorm';
import { BaseEntity } from '../database/base.entity.js';
import { Offering } from '../directory/offering.entity.js';
import { Plan } from '../directory/plan.entity.js';
import { Settings } from '../settings/settings.entity.js';

/** Which offering, and plan, licences of an ArrowSphere vendor become resources of, under one account. */
@Entity()
@Unique('uq_vendor_offering_mapping_settings_arrow_vendor_name', ['settingsUuid', 'arrowVendorName'])
@Check('ck_vendor_offering_mapping_arrow_vendor_name_not_blank', `btrim(arrow_vendor_name) <> ''`)
@Index(['created', 'uuid'])
@Index(['offeringUuid'])
@Index(['planUuid'])
export class VendorOfferingMapping extends BaseEntity {
  static readonly path = '/api/admin/arrow/vendor-offering-mappings/';

  @Column('uuid')
  settingsUuid: string;

  @ManyToOne(() => Settings, { nullable: false, onDelete: 'RESTRICT' })
  settings: Relation<Settings>;

  /** As export lines spell it; compared letter by letter. */
  @Column({ length: 255 })
  arrowVendorName: string;

  @Column('uuid')
  offeringUuid: string;

  @ManyToOne(() => Offering, { nullable: false, onDelete: 'RESTRICT' })
  offering: Relation<Offering>;

  @Column({ type: 'uuid', nullable: true })
  planUuid: string | null;

  /** Of the same offering: the database sees to it. */
  @ManyToOne(() => Plan, { nullable: true, onDelete: 'RESTRICT' })
  @JoinColumn([
    {
      name: 'plan_uuid',
      referencedColumnName: 'uuid',
      foreignKeyConstraintName: 'fk_vendor_offering_mapping_plan_of_offering',
    },
    {
      name: 'offering_uuid',
      referencedColumnName: 'offeringUuid',
      foreignKeyConstraintName: 'fk_vendor_offering_mapping_plan_of_offering',
    },
  ])
  plan: Relation<Plan> | null;

  @Column({ default: true })
  isActive: boolean;
}
