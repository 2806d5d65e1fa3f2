import { YearMonth } from '../year-month.js';
import { Field, type FieldOptions, type Parser } from './field.js';

const FAULT = 'Invalid period format. Use YYYY-MM (e.g., 2024-01)';

const month: Parser = (raw) => {
  const found = YearMonth.parse(typeof raw === 'string' ? raw.trim() : raw);
  return found ? { value: found } : { error: FAULT };
};

/** A month in a body, `YYYY-MM`; read as a {@link YearMonth}. */
export const MonthField = (options: FieldOptions = {}) =>
  Field(month, options, { type: String, minLength: 1, example: '2026-01' });

/** A month in a query; an empty one is as good as none. */
export const MonthFilter = (options: Pick<FieldOptions, 'description'> = {}) =>
  Field(
    (raw) => {
      const last: unknown = Array.isArray(raw) ? raw.at(-1) : raw;
      return typeof last === 'string' && last.trim() === '' ? { value: undefined } : month(last);
    },
    { description: [options.description, 'for example `2026-01`'].filter(Boolean).join(' – ') },
    { type: String },
  );
