import type { Type } from '@nestjs/common';
import { IsObject, validateSync, type ValidationError } from 'class-validator';
import { type FieldErrors, InvalidFieldsError } from '../app.error.js';
import { fieldsOf, type Reading, type Say } from './field.js';
import { surelyKeepsRules } from './quick-rules.js';

/** A DTO as far as it could be read, and what is wrong with the rest. */
export interface ReadDto<T> {
  readonly value: T;
  readonly errors?: FieldErrors;
}

/** Stands where an object should be: never valid, and says so as Waldur does. */
class NotADictionary {
  @IsObject({
    message: ({ value }) =>
      value === null || value === undefined
        ? 'No data provided'
        : `Invalid data. Expected a dictionary, but got ${pythonType(value)}.`,
  })
  readonly non_field_errors: unknown;

  constructor(sent: unknown) {
    this.non_field_errors = sent;
  }
}

/**
 * Reads an untrusted value as a DTO of field decorators: unknown keys are ignored, all wrong fields are reported
 * together, each with the first rule it breaks. Never throws on bad input.
 */
export function readDto<T extends object>(dto: Type<T>, sent: unknown, reading: Reading): ReadDto<T> {
  const value = coerceFields(dto, sent, reading);
  if (surelyKeepsRules(value)) return { value };
  const faults = validateSync(value, { stopAtFirstError: true, validationError: { target: false } });
  return faults.length ? { value, errors: errorsOf(reading, faults) } : { value };
}

/** The same, where a field that is wrong is refused. Throws `InvalidFieldsError`. */
export function readDtoOrThrow<T extends object>(dto: Type<T>, sent: unknown, reading: Reading): T {
  const { value, errors } = readDto(dto, sent, reading);
  if (errors) throw new InvalidFieldsError(errors);
  return value;
}

/** Only what the DTO declares is looked at: what nobody asked for is never walked through. */
export function coerceFields<T extends object>(dto: Type<T>, sent: unknown, reading: Reading): T {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return new NotADictionary(sent) as T;
  const value = new dto() as Record<string, unknown>;
  for (const [field, { coerce }] of fieldsOf(dto)) {
    const given = Object.hasOwn(sent, field) ? (sent as Record<string, unknown>)[field] : undefined;
    if (given !== undefined) value[field] = coerce(given, reading);
  }
  return value as T;
}

function errorsOf(reading: Reading, faults: readonly ValidationError[] = []): FieldErrors {
  return Object.fromEntries(faults.map((fault) => [fault.property, sentencesOf(reading, fault)]));
}

/** Of a list: one entry per item, `{}` for good ones. */
function sentencesOf(reading: Reading, fault: ValidationError): FieldErrors[string] {
  const { constraints, contexts, children } = fault;
  const value: unknown = fault.value;
  if (!constraints) {
    const faultsAt = new Map(children?.map((item) => [item.property, item.children]));
    return (value as unknown[]).map((_, index) => errorsOf(reading, faultsAt.get(String(index))));
  }
  const [rule, message] = Object.entries(constraints)[0]!;
  const { say } = (contexts?.[rule] ?? {}) as { say?: Say };
  const sentences = [say ? say(value, reading) : message];
  return rule === 'isArray' && value !== null && value !== undefined ? { non_field_errors: sentences } : sentences;
}

/** The name Python gives the type of a JSON value: Waldur's sentences use it. */
export function pythonType(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool' }[typeof value as string] ?? 'dict';
}
