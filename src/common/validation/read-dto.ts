import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import type { FieldErrors } from '../app.error.js';
import { pythonType, Unreadable } from './field.js';

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
  const value = plainToInstance(dto, declaredOnly(dto, raw), { exposeDefaultValues: false });
  const errors: FieldErrors = {};
  for (const fault of validateSync(value, { whitelist: true })) {
    const found: unknown = fault.value;
    const error = found instanceof Unreadable ? found.error : Object.values(fault.constraints ?? {})[0]!;
    errors[fault.property] = typeof error === 'string' ? [error] : error;
  }
  return Object.keys(errors).length ? { value, errors } : { value };
}

/** Only what the DTO declares: what nobody asked for need not be walked through. */
function declaredOnly(dto: Type<object>, raw: object): object {
  const fields = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const known = new Set(fields.map(({ propertyName }) => propertyName));
  return Object.fromEntries(Object.entries(raw).filter(([key]) => known.has(key)));
}
