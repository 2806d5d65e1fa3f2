import type { Type } from '@nestjs/common';
import { isDate } from '../date-time.js';
import { type Addressable, parseLink } from '../links.js';
import { parseUuid } from '../uuid.js';
import { YearMonth } from '../year-month.js';
import { Field, type FieldOptions, NULL_CHARACTERS_REFUSED, type Parsed, type Parser } from './field.js';

type FilterOptions = Pick<FieldOptions, 'description'> & { readonly example?: string | number };

/** An example in words: Swagger UI would send one that stands for itself, and every list would look empty. */
const inWords = ({ description, example }: FilterOptions): FieldOptions => ({
  description: example ? [description, `for example \`${example}\``].filter(Boolean).join(' – ') : description,
});

/** Marks a link filter that points nowhere: the list is empty, whatever else is asked for. */
export const NOWHERE = '00000000-0000-0000-0000-000000000000';

/** A filter takes the last of repeated values; spaces around it go; an empty one is as good as none. */
const single =
  (parse: Parser): Parser =>
  (raw) => {
    const last: unknown = Array.isArray(raw) ? raw.at(-1) : raw;
    const text = typeof last === 'string' ? last.trim() : '';
    if (text.includes('\0')) return { error: NULL_CHARACTERS_REFUSED };
    return text === '' ? { value: undefined } : parse(text.toWellFormed());
  };

/** `page` and `page_size`: numbers to clients, but what is no number is not refused as a field. */
export const PagingFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => ({ value: raw })),
    inWords(options),
    { type: 'integer' },
  );

/** Free text; how it is compared is the list's business. */
export const TextFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => ({ value: raw })),
    inWords(options),
    { type: String },
  );

export const UuidFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => {
      const uuid = parseUuid(raw);
      return uuid ? { value: uuid } : { error: 'Enter a valid UUID.' };
    }),
    inWords(options),
    { type: String, format: 'uuid' },
  );

/** `true/false/1/0/yes/no` in any case; anything else is refused rather than silently ignored. */
export const BooleanFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => {
      const word = String(raw).toLowerCase();
      if (['true', '1', 'yes'].includes(word)) return { value: true };
      return ['false', '0', 'no'].includes(word) ? { value: false } : { error: 'Must be a valid boolean.' };
    }),
    inWords(options),
    { type: Boolean },
  );

export const IntegerFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => (/^-?\d{1,9}$/.test(raw as string) ? { value: Number(raw) } : { error: 'Enter a number.' })),
    inWords(options),
    { type: 'integer' },
  );

/** A calendar date, `YYYY-MM-DD`. */
export const DateFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => {
      return isDate(raw as string) ? { value: raw } : { error: 'Enter a valid date.' };
    }),
    inWords(options),
    { type: String, format: 'date' },
  );

/** A calendar month, `YYYY-MM`, of the years 2000 to 2100. */
export const MonthFilter = (options: FilterOptions = {}) =>
  Field(
    single((raw) => {
      const month = YearMonth.parse(raw);
      return month ? { value: month.toString() } : { error: 'Enter a month as YYYY-MM, from 2000-01 to 2100-12.' };
    }),
    inWords(options),
    { type: String, pattern: '^\\d{4}-(0[1-9]|1[0-2])$' },
  );

/** Hyperlink (or UUID) of another object; one that leads nowhere gives an empty list. */
export const LinkFilter = (
  to: () => Type<object> & Addressable,
  options: FilterOptions & { aliases?: readonly string[] } = {},
) =>
  Field(
    single((raw) => {
      const link = parseLink(raw as string, to(), options.aliases);
      return { value: link.kind === 'object' ? link.uuid : NOWHERE };
    }),
    inWords(options),
    { type: String, format: 'uri' },
  );

const listOf = (raw: unknown) =>
  (Array.isArray(raw) ? raw : [raw])
    .filter((text): text is string => typeof text === 'string')
    .map((text) => text.trim())
    .filter(Boolean);

/** Repeated values, all of them kept; unknown words are refused as Waldur refuses them. */
export const ChoicesFilter = (choices: readonly string[], options: FilterOptions = {}) =>
  Field((raw) => oneOf(choices, listOf(raw)), inWords(options), {
    type: 'array',
    items: { type: 'string', enum: [...choices] },
  } as never);

/** As {@link ChoicesFilter}; other words for some of the choices are read as those. */
export const AliasedChoicesFilter = (
  choices: readonly string[],
  aliases: Readonly<Record<string, string>>,
  options: FilterOptions = {},
) =>
  Field(
    (raw) => {
      const words = listOf(raw).map((word) => (Object.hasOwn(aliases, word) ? aliases[word]! : word));
      return oneOf(choices, words);
    },
    inWords(options),
    { type: 'array', items: { type: 'string', enum: [...choices, ...Object.keys(aliases)] } } as never,
  );

function oneOf(choices: readonly string[], words: readonly string[]): Parsed {
  const unknown = words.find((word) => !choices.includes(word));
  if (unknown === undefined) return { value: words.length ? words : undefined };
  return { error: `Select a valid choice. ${unknown.slice(0, 100)} is not one of the available choices.` };
}

/** How the description says that a list is written `k=a,b`; repeating the key works as well. */
const JOINED = { style: 'form', explode: false };

/** Repeated texts: any of them will do. */
export const TextsFilter = (options: FilterOptions = {}) =>
  Field(
    (raw) => {
      const texts = listOf(raw);
      if (texts.some((text) => text.includes('\0'))) return { error: NULL_CHARACTERS_REFUSED };
      return { value: texts.length ? texts.map((text) => text.toWellFormed()) : undefined };
    },
    inWords(options),
    { type: 'array', items: { type: 'string' } } as never,
  );

/** UUIDs, repeated or joined by commas. */
export const UuidsFilter = (options: FilterOptions = {}) =>
  Field(
    (raw) => {
      const uuids = listOf(raw)
        .flatMap((text) => text.split(','))
        .map(parseUuid);
      if (uuids.includes(undefined)) return { error: 'Enter a valid UUID.' };
      return { value: uuids.length ? uuids : undefined };
    },
    inWords(options),
    { type: 'array', items: { type: 'string', format: 'uuid' }, ...JOINED } as never,
  );

/** Names, repeated or joined by commas: what `o` and `field` take. `joined`: clients write them joined. */
export const NamesFilter = ({ joined = false, ...options }: FilterOptions & { joined?: boolean } = {}) =>
  Field(
    (raw) => ({
      value: listOf(raw)
        .flatMap((text) => text.split(','))
        .map((name) => name.trim())
        .slice(0, 200),
    }),
    inWords(options),
    { type: 'array', items: { type: 'string' }, ...(joined ? JOINED : {}) } as never,
  );
