import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Requests with one token, or from one place, within one minute, of all instances. */
@Entity()
@Check('ck_request_count_requests_positive', 'requests > 0')
@Index(['minute'])
export class RequestCount {
  /** SHA-256 of token or place in lower-case hex. */
  @PrimaryColumn({ type: 'char', length: 64 })
  callerHash: string;

  /** Its start, UTC. */
  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  minute: Date;

  @Column('integer')
  requests: number;
}
