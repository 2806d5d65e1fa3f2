import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { registerDecorator, type ValidationArguments } from 'class-validator';
import type { FieldErrors } from '../app.error.js';

/** What a field made of the value it was given: the value to use, or the sentence that says what is wrong. */
export type Parsed<T = unknown> = { readonly value: T } | { readonly error: string | FieldErrors | FieldErrors[] };
export type Parser<T = unknown> = (raw: unknown) => Parsed<T>;

/** Stands in a DTO for a value that could not be read, until validation turns it into an answer. */
export class Unreadable {
  constructor(readonly error: string | FieldErrors | FieldErrors[]) {}
}

export interface FieldOptions {
  /** Left out of a request: refused if true. Default false. */
  readonly required?: boolean;
  readonly description?: string;
  readonly example?: unknown;
}

/**
 * One field of a request: how it is read, whether it may be left out, and how the API description shows it. All field
 * decorators are made from this one, so that reading, class-validator and Swagger never disagree.
 */
export function Field(parse: Parser, options: FieldOptions, openApi: ApiPropertyOptions): PropertyDecorator {
  const { required = false, description, example } = options;
  const shown = {
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
  };
  return applyDecorators(
    ApiProperty({ ...openApi, required, ...shown } as ApiPropertyOptions),
    (target: object, propertyName: string | symbol) => {
      const dto = target.constructor;
      parsersOf.set(dto, new Map(parsersOf.get(dto)).set(propertyName as string, parse));
      registerDecorator({
        name: 'field',
        target: target.constructor,
        propertyName: propertyName as string,
        validator: {
          validate: (value: unknown) => !(value instanceof Unreadable) && !(required && value === undefined),
          defaultMessage: ({ value }: ValidationArguments) =>
            value === undefined ? 'This field is required.' : 'unreadable',
        },
      });
    },
  );
}

const parsersOf = new WeakMap<object, Map<string, Parser>>();

/** How each field of a DTO is read, those of the classes it extends included. */
export function parsersIn(dto: object): ReadonlyMap<string, Parser> {
  const inherited: unknown = Object.getPrototypeOf(dto);
  const above = typeof inherited === 'function' ? parsersIn(inherited) : [];
  return new Map([...above, ...(parsersOf.get(dto) ?? [])]);
}

/** Reads the fields of `from` in `to` as well: for a class derived by copying decorators. */
export function inheritParsers(from: object, to: object): void {
  parsersOf.set(to, new Map(parsersIn(from)));
}

export const NULL_REFUSED = 'This field may not be null.';
export const BLANK_REFUSED = 'This field may not be blank.';
export const NULL_CHARACTERS_REFUSED = 'Null characters are not allowed.';

export interface TextRules {
  /** In characters. */
  readonly max?: number;
  /** Takes `""`. */
  readonly blank?: boolean;
  /** Spaces at both ends go, unless false. */
  readonly trim?: boolean;
  /** Makes one spelling of several. */
  readonly clean?: (text: string) => string;
  /** What is wrong with a text of the right length, as a sentence. */
  readonly check?: (text: string) => string | undefined;
}

/** Text as Waldur reads it: numbers become text, spaces at both ends go, null, lists and objects are refused. */
export function parseText(
  raw: unknown,
  { max = Infinity, blank = false, trim = true, clean = (text) => text, check = () => undefined }: TextRules = {},
): Parsed<string> {
  if (raw === null) return { error: NULL_REFUSED };
  if (typeof raw !== 'string' && (typeof raw !== 'number' || !Number.isFinite(raw)))
    return { error: 'Not a valid string.' };
  const given = trim ? String(raw).trim() : String(raw);
  if (given.includes('\0')) return { error: NULL_CHARACTERS_REFUSED };
  if (!given.isWellFormed()) return { error: 'Not a valid string.' };
  const text = clean(given);
  if (text.trim() === '' && !blank) return { error: BLANK_REFUSED };
  if ([...text].length > max) return { error: `Ensure this field has no more than ${max} characters.` };
  const fault = check(text);
  return fault ? { error: fault } : { value: text };
}

/** The name Python gives the type of a JSON value: Waldur's sentences use it. */
export function pythonType(raw: unknown): string {
  if (raw === null) return 'NoneType';
  if (Array.isArray(raw)) return 'list';
  if (typeof raw === 'string') return 'str';
  if (typeof raw === 'boolean') return 'bool';
  if (typeof raw === 'number') return Number.isInteger(raw) ? 'int' : 'float';
  return 'dict';
}
