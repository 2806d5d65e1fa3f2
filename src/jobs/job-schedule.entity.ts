import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a schedule was started last: of several instances, one starts it. */
@Entity()
export class JobSchedule {
  @PrimaryColumn({ length: 100 })
  name: string;

  @Column({ type: 'timestamptz', precision: 3 })
  startedAt: Date;
}
