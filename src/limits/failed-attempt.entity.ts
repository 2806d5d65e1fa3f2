import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Unknown tokens and wrong passwords from one place, or wrong passwords for one user name from one place. */
@Entity()
@Check('ck_failed_attempt_failures_not_negative', 'failures >= 0')
@Index(['endsAt'])
export class FailedAttempt {
  /** SHA-256 of place, or of user name and place, in lower-case hex: people type passwords where the name belongs. */
  @PrimaryColumn({ type: 'char', length: 64 })
  attemptHash: string;

  @Column('integer')
  failures: number;

  /** UTC; from then on they count no more. */
  @Column({ type: 'timestamptz', precision: 3 })
  endsAt: Date;
}
