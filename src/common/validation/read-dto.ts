import type { Type } from '@nestjs/common';
import { validateSync } from 'class-validator';
import type { FieldErrors } from '../app.error.js';
import { parsersIn, pythonType, Unreadable } from './field.js';

/** A DTO as far as it could be read, and what is wrong with the rest. */
export interface ReadDto<T> {
  readonly value: T;
  readonly errors?: FieldErrors;
}

/**
 * Reads an untrusted value as a DTO of field decorators: unknown keys are ignored, all wrong fields are reported
 * together. Never throws on bad input.
 */
export function readDto<T extends object>(dto: Type<T>, raw: unknown): ReadDto<T> {
  const empty = () => new dto();
  if (raw === null || raw === undefined) return { value: empty(), errors: { non_field_errors: ['No data provided'] } };
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    const fault = `Invalid data. Expected a dictionary, but got ${pythonType(raw)}.`;
    return { value: empty(), errors: { non_field_errors: [fault] } };
  }
  const value = readFields(dto, raw);
  const errors: FieldErrors = {};
  for (const fault of validateSync(value, { whitelist: true })) {
    const found: unknown = fault.value;
    const error = found instanceof Unreadable ? found.error : Object.values(fault.constraints ?? {})[0]!;
    errors[fault.property] = typeof error === 'string' ? [error] : error;
  }
  return Object.keys(errors).length ? { value, errors } : { value };
}

/** Only what the DTO declares is looked at: what nobody asked for is never walked through. */
function readFields<T extends object>(dto: Type<T>, raw: object): T {
  const value = new dto() as Record<string, unknown>;
  for (const [property, parse] of parsersIn(dto)) {
    const given = Object.hasOwn(raw, property) ? (raw as Record<string, unknown>)[property] : undefined;
    if (given === undefined) continue;
    const parsed = parse(given);
    value[property] = 'value' in parsed ? parsed.value : new Unreadable(parsed.error);
  }
  return value as T;
}
