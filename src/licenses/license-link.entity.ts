import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { Resource } from '../directory/resource.entity.js';

export const LINK_KINDS = ['link', 'import', 'unlink', 'revert'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** Refuse a second change of a resource or a licence while Waldur has not carried out the first. */
export const ONE_UNFINISHED_PER_RESOURCE = 'uq_license_link_unfinished_resource';
export const ONE_UNFINISHED_PER_LICENSE = 'uq_license_link_unfinished_license';

/**
 * `recorded`: it happened. What Waldur has to carry out is `intended` first, `done` once it is so in Waldur, and then
 * recorded; or it `failed`.
 */
export const LINK_STATES = ['intended', 'done', 'recorded', 'failed'] as const;
export type LinkState = (typeof LINK_STATES)[number];

/**
 * One step in the life of a resource's licence: who changed it, when, from what, to what. Only ever added to: the
 * database refuses to change or remove an entry, but for how far it is until it is recorded or has failed. Mapping and
 * actor are told by value, as they may go.
 */
@Entity('license_link')
@Check('ck_license_link_kind', `kind IN ('link', 'import', 'unlink', 'revert')`)
@Index('uq_license_link_number', ['number'], { unique: true })
@Index(['resourceUuid', 'number'])
@Index(['licenseReference'])
@Index(['previousLicenseReference'])
@Index(['mappingUuid'])
@Index(['actorUuid'])
@Index(['impersonatorUuid'])
@Index('uq_license_link_reverts_uuid', ['revertsUuid'], { unique: true, where: `state <> 'failed'` })
@Check('ck_license_link_state', `state IN ('intended', 'done', 'recorded', 'failed')`)
@Check('ck_license_link_recorded_has_resource', `state <> 'recorded' OR resource_uuid IS NOT NULL`)
@Index(ONE_UNFINISHED_PER_RESOURCE, ['resourceUuid'], { unique: true, where: `state IN ('intended', 'done')` })
@Index(ONE_UNFINISHED_PER_LICENSE, ['licenseReference'], {
  unique: true,
  where: `state IN ('intended', 'done') AND license_reference <> ''`,
})
export class LicenseLink {
  static readonly path = '/api/admin/arrow/license-links/';

  @PrimaryGeneratedColumn('uuid')
  uuid: string;

  /** Rises with every entry: the order in which things happened to a resource, whatever the clock says. */
  @Column({ type: 'bigint', generated: 'increment' })
  number: string;

  @CreateDateColumn({ type: 'timestamptz', precision: 3 })
  created: Date;

  @Column({ type: 'varchar', length: 8 })
  kind: LinkKind;

  @Column({ type: 'varchar', length: 16, default: 'recorded' })
  state: LinkState;

  /** When Waldur's change was recorded here (UTC); null where it is not, and where nothing went through Waldur. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  recordedAt: Date | null;

  /** Null for an import until Waldur has made the resource and it is recorded. */
  @Column({ type: 'uuid', nullable: true })
  resourceUuid: string | null;

  @ManyToOne(() => Resource, { nullable: true, onDelete: 'RESTRICT' })
  resource: Relation<Resource> | null;

  /** The mapping it was done under; it may have been removed since. */
  @Column('uuid')
  mappingUuid: string;

  /** The customer of that mapping, `XSP…`. */
  @Column({ length: 255 })
  arrowReference: string;

  /** The licence afterwards; `""`: none. */
  @Column({ length: 255, default: '' })
  licenseReference: string;

  /** The licence before; `""`: none. */
  @Column({ length: 255, default: '' })
  previousLicenseReference: string;

  /** Whether ArrowSphere confirmed the licence; null where there was nothing to ask. */
  @Column({ type: 'boolean', nullable: true })
  verified: boolean | null;

  @Column('uuid')
  actorUuid: string;

  @Column({ length: 128 })
  actorUsername: string;

  /** Who really called, where staff acted as the actor. */
  @Column({ type: 'uuid', nullable: true })
  impersonatorUuid: string | null;

  @Column({ type: 'varchar', length: 128, nullable: true })
  impersonatorUsername: string | null;

  /** For `revert`: the entry that it undid. An entry is undone once. */
  @Column({ type: 'uuid', nullable: true })
  revertsUuid: string | null;

  @ManyToOne(() => LicenseLink, { nullable: true, onDelete: 'RESTRICT' })
  reverts: Relation<LicenseLink> | null;
}

/** An entry as it is to be written. */
export type NewLicenseLink = Omit<
  LicenseLink,
  'uuid' | 'number' | 'created' | 'resource' | 'revertsUuid' | 'reverts' | 'state' | 'recordedAt'
> & { readonly revertsUuid?: string };
