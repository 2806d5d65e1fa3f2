import { SetMetadata, type Type } from '@nestjs/common';
import { PartialType } from '@nestjs/swagger';
import { isEmail } from 'class-validator';
import type { FieldErrors } from '../app.error.js';
import { isDate } from '../date-time.js';
import { type Addressable, parseLink } from '../links.js';
import { isDecimalString } from '../money.js';
import { parseUrl } from '../parse-url.js';
import { parseUuid } from '../uuid.js';
import {
  Field,
  type FieldOptions,
  inheritParsers,
  NULL_REFUSED,
  type Parsed,
  parseText,
  pythonType,
  type TextRules,
} from './field.js';
import { readDto } from './read-dto.js';

const TRUE = new Set(['t', 'true', 'y', 'yes', 'on', '1']);
const FALSE = new Set(['f', 'false', 'n', 'no', 'off', '0']);

const scalarText = (raw: unknown) =>
  typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : JSON.stringify(raw);

/** Text by {@link TextRules}; `secret` is never shown. */
export const TextField = (options: FieldOptions & TextRules & { secret?: boolean } = {}) =>
  Field((raw) => parseText(raw, options), options, {
    type: String,
    maxLength: options.max,
    minLength: options.blank ? undefined : 1,
    // Otherwise Swagger UI fills in "string", and somebody sends it.
    ...(options.blank ? { example: '' } : {}),
    writeOnly: options.secret || undefined,
    format: options.secret ? 'password' : undefined,
  });

/** An e-mail address, or `""`. */
export const EmailField = (options: FieldOptions & { max?: number } = {}) =>
  Field(
    (raw) => {
      const text = parseText(raw, { ...options, blank: true });
      if ('error' in text || text.value === '' || isEmail(text.value)) return text;
      return { error: 'Enter a valid email address.' };
    },
    options,
    { type: String, format: 'email', maxLength: options.max },
  );

/** A boolean, also as the words and digits that HTML forms and scripts send. */
export const BooleanField = (options: FieldOptions & { default?: boolean } = {}) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      const word = scalarText(raw).trim().toLowerCase();
      if (TRUE.has(word)) return { value: true };
      return FALSE.has(word) ? { value: false } : { error: 'Must be a valid boolean.' };
    },
    options,
    { type: Boolean, default: options.default },
  );

/** A whole number within bounds, also as text. */
export const IntegerField = (options: FieldOptions & { min: number; max: number }) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      const text = typeof raw === 'number' || typeof raw === 'string' ? String(raw).trim() : '';
      if (!/^-?\d{1,15}(\.0+)?$/.test(text)) return { error: 'A valid integer is required.' };
      const value = Math.trunc(Number(text));
      if (value < options.min) return { error: `Ensure this value is greater than or equal to ${options.min}.` };
      if (value > options.max) return { error: `Ensure this value is less than or equal to ${options.max}.` };
      return { value };
    },
    options,
    { type: 'integer', minimum: options.min, maximum: options.max },
  );

/** A plain number within bounds, for shares and scores; never for money. */
export const NumberField = (options: FieldOptions & { min: number; max: number; default?: number }) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      const text = typeof raw === 'number' || typeof raw === 'string' ? String(raw).trim() : '';
      if (!isDecimalString(text)) return { error: 'A valid number is required.' };
      const value = Number(text);
      if (value < options.min) return { error: `Ensure this value is greater than or equal to ${options.min}.` };
      if (value > options.max) return { error: `Ensure this value is less than or equal to ${options.max}.` };
      return { value };
    },
    options,
    { type: Number, minimum: options.min, maximum: options.max, default: options.default },
  );

/** One of a few words. `blank` takes `""` as one of them. */
export const ChoiceField = (choices: readonly string[], options: FieldOptions & { enumName?: string } = {}) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      const text = scalarText(raw);
      return choices.includes(text) ? { value: text } : { error: `"${text.slice(0, 100)}" is not a valid choice.` };
    },
    options,
    { enum: [...choices], enumName: options.enumName },
  );

/** A calendar day, `YYYY-MM-DD`, that exists. */
export const DateField = (options: FieldOptions = {}) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      const text = scalarText(raw).trim();
      return isDate(text) ? { value: text } : { error: 'Enter a day that exists, as YYYY-MM-DD.' };
    },
    options,
    { type: String, format: 'date' },
  );

/** A UUID in any of the usual spellings; read as the dashed one. */
export const UuidField = (options: FieldOptions = {}) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      const uuid = parseUuid(raw);
      return uuid ? { value: uuid } : { error: 'Must be a valid UUID.' };
    },
    options,
    { type: String, format: 'uuid' },
  );

/** An absolute http(s) URL as text; what it may point at is for its owner to check (`check` answers a sentence). */
export const UrlField = (options: FieldOptions & { max: number; check?: (url: string) => string | undefined }) =>
  Field(
    (raw) => {
      const text = parseText(raw, { max: options.max });
      if ('error' in text) return text;
      if (!/^https?:\/\/[^\s/?#]+/i.test(text.value) || !parseUrl(text.value)) return { error: 'Enter a valid URL.' };
      const fault = options.check?.(text.value);
      return fault ? { error: fault } : text;
    },
    options,
    { type: String, format: 'uri', maxLength: options.max, minLength: 1 },
  );

const EXAMPLE_UUID = '08f0ed93-d85d-404e-a3b7-9a6877edaeea';

/** The objects a request points at, by the DTO property that does so: read by the validation pipe. */
export interface Relation {
  readonly property: string;
  readonly to: () => Type<object> & Addressable;
  readonly form: 'uuid' | 'link';
}

const relationsOf = new WeakMap<object, Relation[]>();

export function relationsIn(dto: Type<object>): Relation[] {
  const found: Relation[] = [];
  for (let proto: unknown = dto; typeof proto === 'function'; proto = Object.getPrototypeOf(proto)) {
    found.push(...(relationsOf.get(proto) ?? []));
  }
  return found;
}

/** The same DTO with every field optional, as PATCH takes it; null stays refused where the field refuses it. */
export function PartialDto<T extends object>(dto: Type<T>): Type<Partial<T>> {
  const derived = PartialType(dto, { skipNullProperties: false });
  inheritParsers(dto, derived);
  relationsOf.set(derived, relationsIn(dto));
  return derived;
}

/** What an unknown object is called in the answer, in the form the relation was asked for. */
export const relationMissing = (form: Relation['form'], asSent: unknown) =>
  form === 'uuid'
    ? `Object with uuid=${String(asSent).slice(0, 100)} does not exist.`
    : 'Invalid hyperlink - Object does not exist.';

/**
 * Another object, given as its UUID or as Waldur's hyperlink, whichever the client has; read as the dashed UUID. The
 * validation pipe also checks that it exists. `form` decides how faults are worded and what the description says:
 * `uuid` as Waldur's create operations, `link` as its updates. `nullable` takes null and `""` as "none".
 */
export function RelationField(
  to: Relation['to'],
  options: FieldOptions & { form: Relation['form']; nullable?: boolean; aliases?: readonly string[] },
): PropertyDecorator {
  const { form, nullable = false, aliases } = options;
  const parse = (raw: unknown): Parsed => {
    if (raw === null || raw === '') return nullable ? { value: null } : { error: NULL_REFUSED };
    if (typeof raw !== 'string') {
      if (form === 'uuid') return { error: relationMissing(form, JSON.stringify(raw)) };
      return { error: `Incorrect type. Expected URL string, received ${pythonType(raw)}.` };
    }
    const link = parseLink(raw.trim(), to(), aliases);
    if (link.kind === 'object') return { value: link.uuid };
    if (form === 'uuid') return { error: relationMissing(form, raw) };
    if (link.kind === 'not-a-uuid') return { error: relationMissing(form, raw) };
    return { error: `Invalid hyperlink - ${link.kind === 'no-match' ? 'No URL match.' : 'Incorrect URL match.'}` };
  };
  const decorate = Field(parse, options, {
    type: String,
    format: form === 'link' ? 'uri' : 'uuid',
    nullable: nullable || undefined,
    example: form === 'link' ? `https://waldur.example${to().path}${EXAMPLE_UUID}/` : EXAMPLE_UUID,
  });
  return (target, property) => {
    const dto = target.constructor;
    relationsOf.set(dto, [...(relationsOf.get(dto) ?? []), { property: property as string, to, form }]);
    decorate(target, property);
  };
}

/** A list of objects, each read as `item`; at most `max` of them. Faults come one entry per item, `{}` for good ones. */
export const ListField = <T extends object>(item: Type<T>, options: FieldOptions & { max: number }) =>
  Field(
    (raw) => {
      if (raw === null) return { error: NULL_REFUSED };
      if (!Array.isArray(raw))
        return { error: { non_field_errors: [`Expected a list of items but got type "${pythonType(raw)}".`] } };
      if (raw.length > options.max) return { error: `Ensure this field has no more than ${options.max} elements.` };
      const items = raw.map((entry) => readDto(item, entry));
      if (items.some((entry) => entry.errors)) return { error: items.map((entry): FieldErrors => entry.errors ?? {}) };
      return { value: items.map((entry) => entry.value) };
    },
    options,
    { type: [item] } as never,
  );

/** Room for ten thousand rows, nicely indented. */
export const MANY_ROWS_BYTES = 2_097_152;
/** Room for every field of an object at its longest. */
const USUAL_BYTES = 131_072;
const BODY_LIMIT = 'body-limit';

/** On a DTO: how many bytes its body may have. Without it, 128 KB. */
export const BodyLimit = (bytes: number) => SetMetadata(BODY_LIMIT, bytes);

/** In bytes. */
export function bodyLimitOf(dto: object | undefined): number {
  return ((dto && Reflect.getMetadata(BODY_LIMIT, dto)) as number | undefined) ?? USUAL_BYTES;
}
