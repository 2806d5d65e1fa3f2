import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Allow, getMetadataStorage, ValidateIf, type ValidationOptions } from 'class-validator';
import type { Addressable } from '../links.js';

/** What the meaning of a field may depend on besides what was sent. */
export interface Reading {
  /** The path that our own links have before `/api/`; mostly blank. */
  readonly pathPrefix: string;
}

/** Makes what is meant of what was sent. What it cannot read it hands back, for the rules to refuse. */
export type Coerce = (sent: unknown, reading: Reading) => unknown;

/** What is told of a value that is refused. */
export type Say = (value: unknown, reading: Reading) => string;

/** Another object that a field names: what it is, and how Waldur words that it is not there. */
export interface Relation {
  readonly to: () => Type<object> & Addressable;
  readonly form: 'uuid' | 'link';
}

/** What a field carries besides its rules, as the `context` of class-validator's `Allow`. */
export interface FieldContext {
  readonly coerce: Coerce;
  readonly relation?: Relation;
}

export interface FieldOptions {
  /** Left out of a request: refused if true. Default false. */
  readonly required?: boolean;
  readonly description?: string;
  readonly example?: unknown;
  /** What the service takes where the field is left out: shown, and nothing else. */
  readonly default?: unknown;
}

/**
 * One field of a request: how the API description shows it, how it is read, and the class-validator rules that hold for
 * it. Rules are tried in this order, and the client is told the first one that is broken. The first rule refuses null and
 * `undefined` as well: see {@link says}.
 */
export function Field(
  openApi: ApiPropertyOptions,
  coerce: Coerce,
  { required = false, description, example, default: usual }: FieldOptions,
  ...rules: PropertyDecorator[]
): PropertyDecorator {
  const shown = Object.entries({ description, example, default: usual }).filter(([, value]) => value !== undefined);
  return applyDecorators(
    ApiProperty({ ...openApi, required, ...Object.fromEntries(shown) } as ApiPropertyOptions),
    Allow({ context: { coerce } satisfies FieldContext }),
    ValidateIf((_, value) => required || value !== undefined),
    ...rules,
  );
}

/** A field decorator whose rules need no options. */
export const fieldOf =
  (openApi: ApiPropertyOptions, coerce: Coerce, ...rules: PropertyDecorator[]) =>
  (options: FieldOptions = {}) =>
    Field(openApi, coerce, options, ...rules);

/** What is told of a field that is not there; `undefined`: it is. */
function missing(value: unknown): string | undefined {
  if (value === undefined) return 'This field is required.';
  return value === null ? 'This field may not be null.' : undefined;
}

/** Options of a field's first rule, which says what kind of value it takes: told apart is what has no value at all. */
export const says = (sentence: string): ValidationOptions => ({ message: ({ value }) => missing(value) ?? sentence });

/**
 * As {@link says}, for a sentence that repeats what was sent. A `message` would not do: class-validator replaces
 * `$value`, `$property` and the like in it, also where the client wrote them.
 */
export const saysQuoting = (sentence: Say): ValidationOptions => ({
  context: { say: ((value, reading) => missing(value) ?? sentence(value, reading)) satisfies Say },
});

const known = new WeakMap<object, ReadonlyMap<string, FieldContext>>();

/** The fields of a DTO, those of the classes it extends included. */
export function fieldsOf(dto: Type<object>): ReadonlyMap<string, FieldContext> {
  let fields = known.get(dto);
  if (!fields) {
    const found = new Map<string, FieldContext>();
    for (const { propertyName, context } of getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false)) {
      const { coerce, relation } = (context ?? {}) as Partial<FieldContext>;
      if (coerce) found.set(propertyName, { coerce, relation });
    }
    known.set(dto, (fields = found));
  }
  return fields;
}
