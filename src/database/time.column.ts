import { Column, type ColumnOptions } from 'typeorm';

/** A moment to the millisecond, kept in UTC. */
export const TimeColumn = (options: Omit<ColumnOptions, 'type' | 'precision'> = {}) =>
  Column({ ...options, type: 'timestamptz', precision: 3 });
