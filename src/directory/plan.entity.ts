import { Check, Column, Entity, Index, ManyToOne, type Relation, Unique } from 'typeorm';
import { Offering } from './offering.entity.js';
import type { PlanUnit } from './plan-units.js';
import { MirroredEntity } from './mirrored.entity.js';

/** How an offering is charged. */
@Entity()
@Check('ck_plan_owner', `owner IN ('local', 'waldur')`)
@Check('ck_plan_name_not_blank', `btrim(name) <> ''`)
@Check('ck_plan_unit', `unit IN ('month', 'quarter', 'half_month', 'day', 'hour', 'quantity')`)
@Unique('uq_plan_uuid_offering_uuid', ['uuid', 'offeringUuid'])
@Index(['offeringUuid'])
export class Plan extends MirroredEntity {
  static readonly path = '/api/marketplace-plans/';

  @Column({ length: 150 })
  name: string;

  @Column({ type: 'varchar', length: 16, default: 'month' })
  unit: PlanUnit;

  /** Waldur bills what has it by itself; null: it is not Waldur's, or was copied before that was read. */
  @Column({ type: 'boolean', nullable: true })
  hasPrice: boolean | null;

  @Column('uuid')
  offeringUuid: string;

  @ManyToOne(() => Offering, { nullable: false, onDelete: 'RESTRICT' })
  offering: Relation<Offering>;
}
