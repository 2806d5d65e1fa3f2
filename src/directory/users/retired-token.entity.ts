import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A lasting token that was replaced. It never opens again, not even where it still stands in `STAFF_TOKEN`. */
@Entity()
export class RetiredToken {
  /** SHA-256 of the token in lower-case hex. */
  @PrimaryColumn({ type: 'char', length: 64 })
  tokenHash: string;

  /** UTC. */
  @Column({ type: 'timestamptz', precision: 3 })
  retiredAt: Date;
}
