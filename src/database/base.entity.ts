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

/** Of a new object: the UUID that it has elsewhere already, if it has one. */
export type New = Partial<Pick<BaseEntity, 'uuid'>>;
