import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MirroredKind } from '../directory/mirror/mirrored-rows.service.js';

/** How far a list of Waldur has been read. */
@Entity()
export class WaldurMark {
  @PrimaryColumn({ type: 'varchar', length: 16 })
  kind: MirroredKind;

  /** `WALDUR_URL` then: of another Waldur nothing is known by it. `""`: read by a program that did not say. */
  @Column({ type: 'text', default: '' })
  url: string;

  /** What changed then or later, or what that names, has not been read for sure, by Waldur's clock. Null: it did not say. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  changedSince: Date | null;

  /** When it was read last (UTC). */
  @Column({ type: 'timestamptz', precision: 3 })
  readAt: Date;

  /** When it was read last as a whole, completely (UTC). Null: not yet. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  wholeAt: Date | null;

  /** The job that read it: one that goes on after a crash does not read it again. */
  @Column('uuid')
  runUuid: string;

  /** What came of it, for that job. */
  @Column('jsonb')
  report: Record<string, unknown>;
}
