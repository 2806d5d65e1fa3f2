import { Column } from 'typeorm';
import { BaseEntity } from '../database/base.entity.js';

export type RowOwner = 'local' | 'waldur';

/** What Waldur may have too: a row is made here, or it is a copy of Waldur's under the same UUID. */
export abstract class MirroredEntity extends BaseEntity {
  /** `waldur`: a copy, which is changed there and not here. */
  @Column({ type: 'varchar', length: 8, default: 'local' })
  owner: RowOwner;

  /** Since when Waldur does not have it any more (UTC). It stays, as others refer to it; lists leave it out. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  goneAt: Date | null;
}
