import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { LicenseLink } from './license-link.entity.js';

/** How Waldur carries out an entry of the link ledger: what is to be made there, and how far it is. */
@Entity()
export class WaldurWrite {
  /** Of the entry. */
  @PrimaryColumn('uuid')
  uuid: string;

  @OneToOne(() => LicenseLink, { nullable: false, onDelete: 'CASCADE' })
  @JoinColumn({ name: 'uuid', foreignKeyConstraintName: 'fk_waldur_write_uuid' })
  link: Relation<LicenseLink>;

  /** Of an import, as are the next four. */
  @Column({ type: 'uuid', nullable: true })
  projectUuid: string | null;

  @Column({ type: 'uuid', nullable: true })
  offeringUuid: string | null;

  @Column({ length: 100, default: '' })
  offeringType: string;

  @Column({ type: 'uuid', nullable: true })
  planUuid: string | null;

  @Column({ length: 150, default: '' })
  resourceName: string;

  /** When what makes the resource was sent last (UTC): from then on Waldur may have it. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  sentAt: Date | null;

  /** In Waldur. */
  @Column({ type: 'uuid', nullable: true })
  orderUuid: string | null;

  /** The resource that Waldur made. */
  @Column({ type: 'uuid', nullable: true })
  madeUuid: string | null;

  /** Why it is not done yet, or failed; a sentence. */
  @Column({ type: 'text', default: '' })
  problem: string;

  /** New whenever somebody begins to work on it: what is written without it does not count. */
  @Column({ type: 'uuid', nullable: true })
  claimToken: string | null;

  /** By the database's clock; who works on it extends it before every call. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  claimExpiresAt: Date | null;
}
