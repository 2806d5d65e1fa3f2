import { Column, type ColumnOptions } from 'typeorm';

/** An exact amount or quantity, `numeric(22,10)`: a decimal string in code, never a float. */
export const MoneyColumn = (options: Omit<ColumnOptions, 'type' | 'precision' | 'scale'> = {}) =>
  Column({ ...options, type: 'numeric', precision: 22, scale: 10 });
