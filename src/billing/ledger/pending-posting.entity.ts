import { Column, Entity, OneToOne, JoinColumn, PrimaryColumn, type Relation } from 'typeorm';
import { MoneyColumn } from '../../database/money.column.js';
import { Charge } from './charge.entity.js';
import { TimeColumn } from '../../database/time.column.js';

/** A difference that an issued invoice cannot take yet: it waits until its charge is closed or somebody forces it. */
@Entity()
export class PendingPosting {
  @PrimaryColumn('uuid')
  chargeUuid: string;

  @OneToOne(() => Charge, { onDelete: 'RESTRICT' })
  @JoinColumn()
  charge: Relation<Charge>;

  /** In the digits of the charge's currency. */
  @MoneyColumn()
  amount: string;

  /** A code of core/reasons.ts. */
  @Column({ length: 40 })
  reason: string;

  @TimeColumn()
  since: Date;
}
