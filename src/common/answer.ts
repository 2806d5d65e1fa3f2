import type { Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { type Camel, camelCase } from './command.js';
import { renderDateTime } from './date-time.js';

/** A field of an answer; `format` as in OpenAPI, or `integer`. */
export function Shown(format: string | ApiPropertyOptions = {}, more: ApiPropertyOptions = {}): PropertyDecorator {
  if (typeof format !== 'string') return ApiProperty(format);
  return ApiProperty({ ...(format === 'integer' ? { type: format } : { format }), ...more });
}

/** A text of an answer that may be null. */
export function ShownOrNull(format: string | ApiPropertyOptions = {}, more?: ApiPropertyOptions): PropertyDecorator {
  const shown = typeof format === 'string' ? { format, ...more } : format;
  return ApiProperty({ ...shown, type: String, nullable: true } as ApiPropertyOptions);
}

const ALWAYS = 'same-in-every-answer';

/** Keys whose value never differs, by what it is. */
export interface SameInEveryAnswer {
  /** `[]` */
  readonly lists?: readonly string[];
  /** `{}` */
  readonly objects?: readonly string[];
  /** `""` */
  readonly texts?: readonly string[];
  readonly nulls?: readonly string[];
  readonly falses?: readonly string[];
  readonly trues?: readonly string[];
}

const KINDS: Readonly<Record<keyof SameInEveryAnswer, { value: unknown; shown: ApiPropertyOptions }>> = {
  lists: { value: [], shown: { type: 'array', items: {} } },
  objects: { value: {}, shown: { type: 'object', additionalProperties: true } },
  texts: { value: '', shown: { type: String } },
  nulls: { value: null, shown: { type: String, nullable: true } },
  falses: { value: false, shown: { type: Boolean } },
  trues: { value: true, shown: { type: Boolean } },
};

/** What a key would be if it were not null. */
const NULL_FORMATS = [
  [/uuid$/, 'uuid'],
  [/_date$/, 'date'],
] as const;

/**
 * On an answer: keys that Waldur's types require and that have one honest value here, as nothing of the kind is kept.
 * `answerOf` fills them in.
 */
export const Always =
  (keys: SameInEveryAnswer): ClassDecorator =>
  (answer) => {
    const values = Object.entries(keys).flatMap(([kind, names]) => {
      const { value, shown } = KINDS[kind as keyof SameInEveryAnswer];
      return (names as readonly string[]).map((name) => {
        const description = `Always \`${JSON.stringify(value)}\`: nothing of the kind is kept`;
        const format = kind === 'nulls' ? NULL_FORMATS.find(([names]) => names.test(name))?.[1] : undefined;
        ApiProperty({ ...shown, ...(format && { format }), description })(answer.prototype as object, name);
        return [name, value] as const;
      });
    });
    Reflect.defineMetadata(ALWAYS, Object.fromEntries(values), answer);
  };

type Rendered<T> = T extends Date ? string : T;

/** What the domain object does not have under the name of a field, or has as something else. */
type Missing<A, T> = {
  [
    K in keyof A as Camel<K & string> extends keyof T ? (Rendered<T[Camel<K & string>]> extends A[K] ? never : K) : K
  ]: A[K];
};

/** The fields of an answer, as its class declares them. */
export function answerFieldsOf<A extends object>(answer: Type<A>): (keyof A & string)[] {
  const fields = Reflect.getMetadata('swagger/apiModelPropertiesArray', answer.prototype as object) as string[];
  return fields.map((field) => field.slice(1) as keyof A & string);
}

/**
 * The wire form of a domain object: every field that the answer declares, from the property of the same name in camel
 * case. `rest` are those that have none, or another form.
 */
export function answerOf<A extends object, T extends object>(
  answer: Type<A>,
  from: T,
  rest: Missing<A, T> & Partial<A>,
): A {
  const same = Reflect.getMetadata(ALWAYS, answer) as object | undefined;
  const given = { ...same, ...rest } as Record<string, unknown>;
  const fields: Record<string, unknown> = {};
  for (const [field, property] of propertiesOf(answer)) {
    const value = field in given ? given[field] : (from as Record<string, unknown>)[property];
    if (value !== undefined) fields[field] = render(value);
  }
  return fields as A;
}

/** A plain object in its wire form, with all that is below it: for answers that no class declares. */
export function wireOf(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, below]) => {
      const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [field, deepRender(below)];
    }),
  );
}

function deepRender(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepRender);
  return value && typeof value === 'object' && !(value instanceof Date) ? wireOf(value) : render(value);
}

const known = new WeakMap<object, [field: string, property: string][]>();

/** Worked out once a class: files have a row for each of very many objects. */
function propertiesOf(answer: Type): [field: string, property: string][] {
  let found = known.get(answer);
  if (!found) {
    found = answerFieldsOf(answer as Type<object>).map((field) => [field, camelCase(field)]);
    known.set(answer, found);
  }
  return found;
}

function render(value: unknown): unknown {
  return value instanceof Date ? renderDateTime(value) : value;
}
