import { IsInstance } from 'class-validator';
import { YearMonth } from '../year-month.js';
import { fieldOf, says } from './field.js';
import { type FilterOptions, filterOf } from './query-fields.js';

const ofMonths = IsInstance(YearMonth as never, says('Invalid period format. Use YYYY-MM (e.g., 2024-01)'));

/** Null is as wrong as any other text. */
const toMonth = (sent: unknown) => YearMonth.parse(typeof sent === 'string' ? sent.trim() : sent) ?? sent ?? '';

/** A month in a body, `YYYY-MM`; read as a {@link YearMonth}. */
export const MonthField = fieldOf({ type: String, minLength: 1, example: '2026-01' }, toMonth, ofMonths);

/** A month in a query, read as a {@link YearMonth}. */
export const MonthFilter = (options: Pick<FilterOptions, 'description'> = {}) =>
  filterOf({ type: String }, toMonth, ofMonths)({ ...options, example: '2026-01' });
