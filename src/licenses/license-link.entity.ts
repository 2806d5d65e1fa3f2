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

/**
 * One step in the life of a resource's licence: who changed it, when, from what, to what. Only ever added to: the
 * database refuses to change or remove an entry. Mapping and actor are told by value, as they may go.
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
@Index('uq_license_link_reverts_uuid', ['revertsUuid'], { unique: true })
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

  @Column('uuid')
  resourceUuid: string;

  @ManyToOne(() => Resource, { nullable: false, onDelete: 'RESTRICT' })
  resource: Relation<Resource>;

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
  'uuid' | 'number' | 'created' | 'resource' | 'revertsUuid' | 'reverts'
> & { readonly revertsUuid?: string };

/** An entry with its `resource`, and whether it is what holds now. */
export interface ListedLink {
  readonly link: LicenseLink;
  readonly isActive: boolean;
  /** The entry that undid this one. */
  readonly revertedByUuid: string | null;
}
