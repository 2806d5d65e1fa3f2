import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Wrong passwords for one user name from one place. Gone with the next right one, or some minutes after the last. */
@Entity()
@Check('ck_login_failure_failures_positive', 'failures > 0')
@Index(['lastFailedAt'])
export class LoginFailure {
  /** SHA-256 of user name and place in lower-case hex: people type passwords where the name belongs. */
  @PrimaryColumn({ type: 'char', length: 64 })
  loginHash: string;

  @Column('integer')
  failures: number;

  /** UTC. */
  @Column({ type: 'timestamptz', precision: 3 })
  lastFailedAt: Date;
}
