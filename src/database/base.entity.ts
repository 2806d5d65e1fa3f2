import { CreateDateColumn, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';

/** What every row has: the UUID it is known by everywhere, and when it came and last changed (UTC). */
export abstract class BaseEntity {
  @PrimaryGeneratedColumn('uuid')
  uuid: string;

  @CreateDateColumn({ type: 'timestamptz', precision: 3 })
  created: Date;

  @UpdateDateColumn({ type: 'timestamptz', precision: 3 })
  modified: Date;
}
